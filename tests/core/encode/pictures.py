"""Labels in palettes, and what a reader of the file should find."""

import io
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from napari_kmeans import Palette

EXACT = ("png", "gif", "tiff")


def palette_of(n: int, seed: int = 0) -> Palette:
    codes = np.random.default_rng(seed).choice(1 << 24, n, replace=False)
    colors = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)
    return Palette(colors.astype(np.uint8), np.zeros(n, np.int64))


def rgba_of(labels: Any, palette: Palette) -> Any:
    """What any reader should find: the colors, and nothing where there is none."""
    rgba = np.zeros((*labels.shape, 4), np.uint8)
    rgba[..., :3] = palette.colors[labels]
    rgba[..., 3] = 255
    rgba[labels < 0] = 0
    return rgba


def seen(data: bytes) -> Any:
    """Return what a reader shows, all that is fully transparent being the same."""
    with Image.open(io.BytesIO(data)) as image:
        rgba = np.array(image.convert("RGBA"))
    rgba[rgba[..., 3] == 0] = 0
    return rgba


labels_and_k = st.integers(1, 256).flatmap(
    lambda k: st.tuples(
        arrays(np.int16, st.tuples(st.integers(1, 9), st.integers(1, 19)),
               elements=st.integers(-1, k - 1)),
        st.just(k),
    )
)  # fmt: skip
