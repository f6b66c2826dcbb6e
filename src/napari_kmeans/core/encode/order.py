"""Orders of a palette in which its picture compresses well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_kmeans._typing import Array

if TYPE_CHECKING:
    from napari_kmeans.core.encode.indexed import Indexed

_LUMA = 0.299, 0.587, 0.114  # of red, green and blue, by ITU-R BT.601


def by_luminance(picture: Indexed) -> Indexed:
    """Return the picture with its colors from dark to light, transparent ones first.

    Parameters
    ----------
    picture : Indexed

    Returns
    -------
    Indexed
    """
    luminance = picture.colors[:, :3] @ np.array(_LUMA)
    is_opaque = picture.colors[:, 3] == 255
    return picture.reordered(np.lexsort((luminance, is_opaque)))


def by_neighborhood(picture: Indexed) -> Indexed:
    """Return the picture so that colors that touch in it are neighbors in the palette.

    Filters then find small steps. A path through all colors is joined from the pairs
    that touch in the most places. Transparent colors come first, since PNG lists the
    alpha of the first ones alone.

    Parameters
    ----------
    picture : Indexed
        Of at most 256 colors.

    Returns
    -------
    Indexed

    References
    ----------
    S. Battiato, G. Gallo, G. Impoco, F. Stanco, "An efficient re-indexing algorithm
    for color-mapped images", IEEE Transactions on Image Processing 13(11), 2004,
    https://doi.org/10.1109/TIP.2004.836174
    """
    order = _path(_touches(picture))
    is_opaque = picture.colors[order, 3] == 255
    return picture.reordered(order[np.argsort(is_opaque, kind="stable")])


def _touches(picture: Indexed) -> Array:
    """Return how often two colors lie side by side in any direction, (n, n)."""
    n = len(picture.colors)
    touches = np.zeros(n * n, np.int64)
    for indices in picture.frames.astype(np.int32):
        for one, other in (
            (indices[:, 1:], indices[:, :-1]),
            (indices[1:], indices[:-1]),
        ):
            touches += np.bincount((one * n + other).ravel(), minlength=n * n)
    square = touches.reshape(n, n)
    return square + square.T


def _path(touches: Array) -> Array:
    """Join pairs, those of the most touches first, to one path through all colors."""
    n = len(touches)
    one, other = np.triu_indices(n, 1)
    by_touches = np.argsort(-touches[one, other], kind="stable")
    neighbors: list[list[int]] = [[] for _ in range(n)]
    far_end = list(range(n))  # of a color at an end of a piece: its other end
    n_joined = 0
    for a, b in zip(one[by_touches].tolist(), other[by_touches].tolist(), strict=True):
        if n_joined == n - 1:
            break
        if len(neighbors[a]) == 2 or len(neighbors[b]) == 2 or far_end[a] == b:
            continue
        neighbors[a].append(b)
        neighbors[b].append(a)
        ends = far_end[a], far_end[b]
        far_end[ends[0]], far_end[ends[1]] = ends[1], ends[0]
        n_joined += 1
    return np.array(_walk(neighbors), dtype=np.intp)


def _walk(neighbors: list[list[int]]) -> list[int]:
    """Return the colors of the path, from one end to the other."""
    here = next(i for i, near in enumerate(neighbors) if len(near) < 2)
    walked, before = [here], -1
    while ahead := [i for i in neighbors[here] if i != before]:
        before, here = here, ahead[0]
        walked.append(here)
    return walked
