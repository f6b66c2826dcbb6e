from __future__ import annotations

from itertools import islice

import numpy as np

from napari_kmeans.cli.generations.saving import iter_generations


def test_what_settles_is_not_saved_again() -> None:
    gray = np.full((16, 16, 3), 128, np.uint8)
    saved = list(islice(iter_generations(gray, 90), 3))
    assert saved[0][0] is saved[1][0] is saved[2][0]
    np.testing.assert_array_equal(saved[0][1], gray)
