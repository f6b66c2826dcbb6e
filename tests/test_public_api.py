import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import napari_kmeans


def test_the_front_door() -> None:
    assert sorted(napari_kmeans.__all__) == [
        "KCurve",
        "Palette",
        "PixelKMeans",
        "encode",
        "merge_summaries",
        "quantize",
        "quantize_layer",
        "quantize_to_size",
        "summarize",
        "write_image",
    ]
    assert set(napari_kmeans.__all__) <= set(dir(napari_kmeans))
    for name in napari_kmeans.__all__:
        assert getattr(napari_kmeans, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'kmeans'"):
        _ = napari_kmeans.kmeans


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
