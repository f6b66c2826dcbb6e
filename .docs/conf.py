"""The site: the guides of the package, and the reference of its front door."""

from importlib.metadata import version as version_of

project = "napari-kmeans"
author = "napari-kmeans contributors"
project_copyright = "napari-kmeans contributors"
version = release = version_of(project)

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
]
html_theme = "pydata_sphinx_theme"
html_title = project
html_theme_options = {"github_url": "https://github.com/napari-kmeans/napari-kmeans"}
myst_heading_anchors = 3
extlinks = {"doi": ("https://doi.org/%s", "doi:%s")}

autodoc_typehints = "none"  # numpydoc says it in words
autosummary_generate = True
numpydoc_show_class_members = False
# Each mistake is a warning, and a warning is an error.
numpydoc_validation_checks = {
    "GL01", "GL02", "GL03", "GL05", "GL06", "GL07", "GL08", "GL09", "GL10",
    "PR01", "PR02", "PR03", "PR04", "PR05", "PR10",
    "RT01", "SS01", "SS02", "SS03", "SS04", "SS06", "YD01",
}  # fmt: skip
# Frozen dataclasses tell of their parameters as attributes.
numpydoc_validation_exclude = {r"\.Palette$", r"\.KCurve$"}
