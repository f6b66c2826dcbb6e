"""The table of the classes, and its file."""

from typing import Any

import numpy as np
import pytest
from napari.layers import Image

from napari_kmeans.core import edit
from napari_kmeans.plugin.layers.features import edited_features, write_csv
from napari_kmeans.plugin.layers.pixel_size import PixelSize
from tests.plugin.layers.clustered import clustered


def test_the_table_and_its_file(corner: np.ndarray, tmp_path: Any) -> None:
    import pandas as pd

    *_, state = clustered(Image(corner), 4)
    state = edit.rename(
        edit.recolor(edit.merge(state, [1, 2]), 3, (1, 0, 0.2)), 3, "ä,b"
    )
    table = pd.DataFrame(edited_features(state, PixelSize(0.25e-12, 2)))
    write_csv(table, tmp_path / "table.csv")
    read = pd.read_csv(tmp_path / "table.csv", keep_default_na=False)
    assert list(read.columns) == [
        "index", "name", "hex", "r", "g", "b", "count", "percent", "area (µm²)",
    ]  # fmt: skip
    assert read["index"].tolist() == [1, 3, 4]
    assert read["name"].tolist() == ["", "ä,b", ""]
    assert read.loc[1, ["hex", "r", "g", "b"]].tolist() == ["#ff0033", 255, 0, 51]
    assert read["count"].sum() == corner.shape[0] * corner.shape[1]
    assert read["area (µm²)"].tolist() == (read["count"] * 0.25).tolist()
    assert read["percent"].sum() == pytest.approx(100, abs=0.01)
    assert list(table.columns) == [c for c in read.columns if c not in "rgb"]
