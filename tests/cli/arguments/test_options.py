from __future__ import annotations

from typing import get_args

from napari_kmeans.cli.arguments.options import SUFFIXES
from napari_kmeans.core.encode.encoding import Format, format_of


def test_formats_are_those_of_the_library() -> None:
    assert set(SUFFIXES) == {*get_args(Format), "zarr"}
    for name in get_args(Format):
        assert format_of(f"a{SUFFIXES[name]}") == name
