"""Labels and images to filter, of any shape and chunks."""

import numpy as np
from hypothesis import strategies as st

from napari_kmeans._typing import Array

Chunks = tuple[tuple[int, ...], ...]

INTEGERS = [
    ("uint8", 1),
    ("int8", 1),
    (">i4", 1),
    ("uint16", 20_000),
    ("int64", 10**12),
    ("uint64", 5 * 10**18),
]


def noise(shape: tuple[int, ...], dtype: str, seed: int = 0) -> Array:
    values = np.random.default_rng(seed).integers(0, 250, shape)
    return (values > 120 if dtype == "bool" else values).astype(dtype)


def patches(shape: tuple[int, ...], n_labels: int = 4, seed: int = 0) -> Array:
    """Labels -1 to n_labels - 1, in pieces of some pixels and single ones."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(-1, n_labels, [-(-length // 3) for length in shape])
    for axis in range(coarse.ndim):
        coarse = coarse.repeat(3, axis)
    labels = coarse[tuple(map(slice, shape))]
    fine = rng.integers(-1, n_labels, shape)
    return np.where(rng.random(shape) < 0.3, fine, labels).astype(np.int16)


def scaled(labels: Array, dtype: str, factor: int) -> Array:
    return (labels.astype(np.uint64) * np.uint64(factor)).astype(dtype)


@st.composite
def chunked_shapes(draw: st.DrawFn, max_axes: int = 3) -> Chunks:
    n_axes = draw(st.integers(1, max_axes))
    most = {1: 9, 2: 5, 3: 3, 4: 2}[n_axes]
    lengths = st.lists(st.integers(1, 5), min_size=1, max_size=most).map(tuple)
    return tuple(draw(lengths) for _ in range(n_axes))


def shape_of(chunks: Chunks) -> tuple[int, ...]:
    return tuple(map(sum, chunks))
