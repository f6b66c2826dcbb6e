import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import napari_kmeans
from napari_kmeans import errors

SOURCES = Path(napari_kmeans.__path__[0])


def test_the_front_door() -> None:
    assert sorted(napari_kmeans.__all__) == [
        "KCurve",
        "Palette",
        "PixelKMeans",
        "encode",
        "errors",
        "merge_summaries",
        "quantize",
        "quantize_layer",
        "quantize_to_size",
        "summarize",
        "write_image",
    ]
    assert set(napari_kmeans.__all__) <= set(dir(napari_kmeans))
    for name in napari_kmeans.__all__:
        assert getattr(napari_kmeans, name).__name__.rpartition(".")[2] == name
    with pytest.raises(AttributeError, match="kmeans"):
        _ = napari_kmeans.kmeans  # type: ignore[attr-defined]


def test_scripting_needs_no_window() -> None:
    code = (
        "import sys, numpy as np\n"
        "from napari_kmeans import quantize\n"
        "quantize(np.zeros((4, 4, 3), 'uint8'), 2)\n"
        "assert not {'napari', 'qtpy', 'magicgui', 'sklearn'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_function_is_documented() -> None:
    missing = []
    for info in pkgutil.walk_packages(napari_kmeans.__path__, "napari_kmeans."):
        module = importlib.import_module(info.name)
        for name, member in vars(module).items():
            is_ours = getattr(member, "__module__", None) == info.name
            is_code = inspect.isfunction(member) or inspect.isclass(member)
            if is_ours and is_code and name[0] != "_" and not member.__doc__:
                missing.append(f"{info.name}.{name}")
    assert missing == []


def trees() -> Iterator[tuple[str, ast.Module]]:
    """Yield the name of each module, and its tree."""
    for path in sorted(SOURCES.rglob("*.py")):
        name = ".".join(path.relative_to(SOURCES.parent).with_suffix("").parts)
        yield name.removesuffix(".__init__"), ast.parse(path.read_text("utf-8"))


def named_in_raises(docstring: str) -> set[str]:
    """Return the errors that a docstring has in its section Raises."""
    section = re.search(r"^Raises\n-+\n(.*?)(?=^\S.*\n-+$|\Z)", docstring, re.M | re.S)
    return set(re.findall(r"^(\w+)$", section[1], re.M)) if section else set()


def test_an_error_that_is_told_of_can_be_caught() -> None:
    homes: dict[str, str] = {}
    named: set[str] = set()
    for module, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, module)
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                named |= named_in_raises(ast.get_docstring(node) or "")
    assert {"ValueError", "OSError", "UnsupportedImageError"} <= named
    ours = {name for name in named if name in homes}
    assert ours <= set(errors.__all__)
    for name in errors.__all__:
        assert homes[name] == "napari_kmeans.errors"
        assert issubclass(getattr(errors, name), Exception)


def test_errors_are_as_light_as_the_front_door() -> None:
    code = (
        "import sys, napari_kmeans.errors\n"
        "assert not {'dask', 'napari', 'numba', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
