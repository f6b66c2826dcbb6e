"""Four colors and their pixels, and what is asked of a palette of them."""

import numpy as np

from napari_kmeans.core.edit.state import EditedPalette

COLORS = np.array(
    [[200, 10, 10], [10, 200, 10], [10, 10, 200], [250, 250, 250]], np.uint8
)
COUNTS = np.array([40, 30, 20, 10])


def labels_of(state: EditedPalette) -> list[int]:
    return [one.label for one in state.classes]
