"""What the fields of the dock begin with: Preferences > Plugin Preferences."""

from __future__ import annotations

from typing import Any, Final

from napari.settings import get_plugin_settings

_NAMES: Final = "n_clusters", "quality", "color_space", "keep_previous"


def chosen_defaults() -> dict[str, Any]:
    """Return the values that fields begin with, by the names of the fields.

    Returns
    -------
    dict
        Empty where napari does not know this plugin, which happens where it is
        imported without having been installed.
    """
    try:
        settings = get_plugin_settings("napari-kmeans")
    except KeyError:
        return {}
    return {name: getattr(settings.defaults, name) for name in _NAMES}
