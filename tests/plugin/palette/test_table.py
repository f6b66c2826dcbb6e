"""The table of the classes: its rows, its columns, its colors."""

import numpy as np
import pytest
from qtpy.QtGui import QColor

from napari_kmeans.plugin.palette.model import Column, ink_on
from tests.dock import Dock


def test_rows_are_sorted_by_share_lightness_and_hue(dock: Dock) -> None:
    viewer = dock.viewer
    colors = np.array(
        [[255, 0, 0], [0, 0, 90], [128, 128, 128], [0, 255, 0], [255, 255, 0]],
        np.uint8,
    )
    image = np.repeat(colors, [50, 40, 30, 20, 10], axis=0).reshape(10, 15, 3)
    viewer.add_image(image, rgb=True)
    dock.run(5)
    red, blue, gray, green, yellow = [
        "#ff0000",
        "#00005a",
        "#808080",
        "#00ff00",
        "#ffff00",
    ]
    by_hue = [red, yellow, green, blue, gray]
    for order, expected in (
        ("Hue", by_hue),
        ("Lightness", [blue, gray, red, green, yellow]),
        ("Share", [red, blue, gray, green, yellow]),
        ("Hue", by_hue),
    ):
        dock.sort_field.setCurrentText(f"By {order.lower()}")
        assert dock.column(Column.COLOR) == expected
    dock.click_cell(1, Column.NAME)  # rows are found where they were sorted to
    assert dock.table.selected_labels() == [5]


@pytest.mark.parametrize("width", [260, 300, 700])
def test_every_column_that_is_shown_has_room(
    dock: Dock, cat: np.ndarray, width: int
) -> None:
    viewer = dock.viewer
    viewer.add_image(cat, scale=(0.5, 0.5), units=("um", "um"))
    dock.run(64)
    table = dock.table
    table.setFixedWidth(width - 18)
    dock.wait(20)
    assert table.isColumnHidden(Column.SIZE) == (width < 300)
    assert table.isColumnHidden(Column.PIXELS) == (width < 700)
    metrics = table.fontMetrics()
    for which in Column:
        if table.isColumnHidden(which) or which == Column.NAME:
            continue
        longest = max(
            metrics.horizontalAdvance(text or "") for text in dock.column(which)
        )
        assert table.columnWidth(which) > longest
    room = metrics.horizontalAdvance("Label 64") + 8  # the margins that Qt leaves
    assert table.columnWidth(Column.NAME) >= room
    total = sum(table.columnWidth(which) for which in Column)
    assert total == pytest.approx(table.viewport().width(), abs=2)


def test_codes_are_read_on_any_color() -> None:
    def luminance(color: QColor) -> float:
        parts = (color.redF(), color.greenF(), color.blueF())
        linear = [
            ((it + 0.055) / 1.055) ** 2.4 if it > 0.04 else it / 12.92 for it in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for red in range(0, 256, 15):
        for green in range(0, 256, 15):
            for blue in range(0, 256, 15):
                color = QColor(red, green, blue)
                low, high = sorted(map(luminance, (color, QColor(ink_on(color)))))
                assert (high + 0.05) / (low + 0.05) > 4.5  # of WCAG, for text
