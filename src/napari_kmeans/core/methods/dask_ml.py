"""K-means on all pixels by dask-ml, its known faults guarded.

Left alone, dask-ml 2025.1.0 cuts centers to the integer dtype of the points, gives
a cluster without points the center 0 (a black that the image has not), and may
report a sum of distances as inertia, not squared. Its tolerance is absolute, so
means nothing on small or large values, and at 0 never stops it; and the smaller
the values, the fewer the candidates it starts with. So it gets the points as
float64 of mean 0 and variance 1, and its clusters are counted and measured anew.

References
----------
.. [1] B. Bahmani et al., "Scalable k-means++", PVLDB 5(7), 2012.
       :doi:`10.14778/2180912.2180915`
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import dask
import numpy as np

from napari_kmeans._typing import Array, FloatArray
from napari_kmeans.core.compute import on_region
from napari_kmeans.core.image import (
    PixelFormat,
    flat,
    pixel_rows,
    regions_of,
    spatial,
    take_part,
)
from napari_kmeans.core.kmeans import LloydState
from napari_kmeans.core.nearest import assign_points

if TYPE_CHECKING:
    from napari_kmeans.core.color import Space
    from napari_kmeans.core.kmeans import Seeding

_INIT_ROUNDS = 5


def fit_all_pixels(
    points: Any,
    n_clusters: int,
    *,
    init: Seeding | Array,
    max_iter: int,
    tol: float,
    random_state: int | None,
    scheduler: Any = None,
) -> LloydState:
    """Cluster points with `dask_ml.cluster.KMeans`; there is one start only.

    A center that is left without points moves to the point that costs most, and
    dask-ml goes on from there as long as moves are left and inertia falls.

    Parameters
    ----------
    points : (n, C) Dask array of float64 or float32
        Finite. It is read anew in every one of many passes: persist it if it fits
        into memory. Unknown chunk sizes cost one pass more.
    n_clusters : int
    init : {"k-means++", "random"} or (n_clusters, C) array
        ``"k-means++"`` stands for its counterpart in dask-ml, k-means|| [1]_, with
        about 2 k candidates from each of 5 rounds.
    max_iter : int
        The most moves; 1 or more.
    tol : float
        Stop when the sum of squared moves is no more than this, relative to the
        variance of the points.
    random_state : int or None
        The seed: the same one gives the same centers for the same chunks.
    scheduler : optional
        Where Dask computes: anything that `dask.compute` takes. By default the
        current one. dask-ml cannot be told, so while it runs, this is the default
        scheduler of the whole process, other threads included; so are the
        warnings that are ignored meanwhile.

    Returns
    -------
    LloydState
        Each center is the nearest one of some point, so there are fewer than
        `n_clusters` if the points have fewer distinct values. Inertia is that of
        these centers on all points.

    Raises
    ------
    ImportError
        If dask-ml is not installed.
    ValueError
        If there are no points, not all are finite, or `init` has another shape.
    """
    _import_dask_ml()
    data = _LazyPoints.of(points, scheduler)
    if isinstance(init, str):
        n_clusters = min(n_clusters, data.n_points)
    elif np.shape(init) != (n_clusters, len(data.mean)):
        raise ValueError(
            f"init has the shape {np.shape(init)}, not ({n_clusters}, "
            f"{len(data.mean)})."
        )
    if data.scale == 0:
        return LloydState(data.mean[None], 0.0, n_iter=0)
    run = partial(_run, data, tol=tol, random_state=random_state)
    state, is_mended = run(init, n_clusters, max_iter=max_iter)
    n_iter = state.n_iter
    while is_mended and state.inertia > 0 and n_iter < max_iter:
        start = state.centers
        further, is_mended = run(start, len(start), max_iter=max_iter - n_iter)
        n_iter += further.n_iter
        if further.inertia >= state.inertia:
            break
        state = LloydState(further.centers, further.inertia, n_iter)
    return state


@dataclass(frozen=True, slots=True, eq=False)
class _LazyPoints:
    """The points, and what the first pass found out about them.

    Attributes
    ----------
    array : (n, C) Dask array
        Of known chunks, each as wide as a point.
    blocks : list of Delayed
        The same points.
    n_points : int
    mean : (C,) float64
    scale : float
        Root of the variance, averaged over channels.
    scheduler : optional
    """

    array: Any
    blocks: list[Any]
    n_points: int
    mean: FloatArray
    scale: float
    scheduler: Any

    @classmethod
    def of(cls, points: Any, scheduler: Any) -> _LazyPoints:
        array = points.rechunk({1: -1})
        if np.isnan(array.chunks[0]).any():
            with _default_scheduler(scheduler):
                array = array.copy().compute_chunk_sizes()  # which works in place
        if not len(array):
            raise ValueError("There are no points to cluster.")
        blocks = list(array.to_delayed().ravel())
        tasks = [dask.delayed(_moments)(block) for block in blocks]
        n_points, mean, squares = _merge_moments(
            dask.compute(*tasks, scheduler=scheduler)
        )
        if not np.isfinite(squares):
            raise ValueError("Not all points are finite, or they are too far apart.")
        scale = float(np.sqrt(squares / n_points / len(mean)))
        return cls(array, blocks, n_points, mean, scale, scheduler)

    def each_block(self, function: Any, *args: Any) -> tuple[Any, ...]:
        """Return ``function(block, *args)`` of all blocks, from one pass."""
        shared = [dask.delayed(value) for value in args]
        tasks = [dask.delayed(function)(block, *shared) for block in self.blocks]
        results: tuple[Any, ...] = dask.compute(*tasks, scheduler=self.scheduler)
        return results


def all_points(image: Any, pixels: PixelFormat, space: Space, mask: Any = None) -> Any:
    """Lay out an image as the points that `fit_all_pixels` takes, lazily.

    Parameters
    ----------
    image : array
        A single level.
    pixels : PixelFormat
    space : Space
    mask : array, optional
        Not 0 where pixels take part.

    Returns
    -------
    (n, C) Dask array of float64
        Of the pixels that take part, so that chunk sizes are not known.
    """
    import dask.array as da

    image, mask = flat(image), flat(mask)
    gather = partial(_block_points, pixels=pixels, space=space)
    blocks = [
        da.from_delayed(
            on_region(gather, (image, region), (mask, spatial(region, pixels))),
            (np.nan, pixels.n_channels),
            dtype=np.float64,
        )
        for region in regions_of(image, pixels)
    ]
    return da.concatenate(blocks)


def _block_points(
    block: Any, mask: Any, *, pixels: PixelFormat, space: Space
) -> FloatArray:
    rows = pixel_rows(block, pixels)
    taking = take_part(block, rows, pixels, mask)
    values = rows[:, : pixels.n_channels]
    return space.coordinates(values if taking is None else values[taking])


def _import_dask_ml() -> Any:
    try:
        from dask_ml.cluster import KMeans
    except ImportError as error:
        raise ImportError(
            'This needs dask-ml: pip install "napari-kmeans[dask-ml]"'
        ) from error
    return KMeans


def _run(
    data: _LazyPoints,
    start: Seeding | Array,
    n_clusters: int,
    *,
    max_iter: int,
    tol: float,
    random_state: int | None,
) -> tuple[LloydState, bool]:
    """Return where dask-ml ends, mended, and whether there was need to."""
    if isinstance(start, str):
        start_there: Any = "k-means||" if start == "k-means++" else start
    else:
        start_there = (np.asarray(start, dtype=np.float64) - data.mean) / data.scale
    km = _import_dask_ml()(
        n_clusters,
        init=start_there,
        oversampling_factor=2 * n_clusters,
        init_max_iter=_INIT_ROUNDS,
        max_iter=max_iter,
        tol=np.nextafter(tol, np.inf),  # it stops below, not at
        random_state=random_state,
    )
    with _default_scheduler(data.scheduler), _expected_warnings():
        km.fit((data.array.astype(np.float64) - data.mean) / data.scale)
    centers = km.cluster_centers_ * data.scale + data.mean
    mended, inertia = _fill_empty(data, centers)
    return LloydState(mended, inertia, km.n_iter_), mended is not centers


def _fill_empty(data: _LazyPoints, centers: FloatArray) -> tuple[FloatArray, float]:
    """Move centers without points to the costliest points, until none is left.

    Ends, as each move takes some point to distance 0 and none farther away. When
    all are there, what is still empty is dropped.

    Returns
    -------
    centers : (k, C) float64
        The very array that was passed if no center is without points.
    inertia : float
        Of these centers.
    """
    while True:
        parts = data.each_block(_tally, centers)
        inertia = float(np.sum([part[0] for part in parts]))
        counts = np.sum([part[1] for part in parts], axis=0)
        empty = np.flatnonzero(counts == 0)
        if not len(empty):
            return centers, inertia
        if inertia == 0:
            return centers[counts > 0], inertia
        costliest = data.each_block(_costliest, centers, len(empty))
        found, _ = _most_distant(
            np.concatenate([part[0] for part in costliest]),
            np.concatenate([part[1] for part in costliest]),
            len(empty),
        )
        centers = centers.copy()
        centers[empty[: len(found)]] = found


def _moments(block: Array) -> tuple[int, FloatArray, float]:
    """Return the number of rows, their mean, and the squares about it."""
    if not len(block):
        return 0, np.zeros(block.shape[1]), 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        # about the first row, so that equal rows have their own value as mean
        channels = np.array(block.T, dtype=np.float64, order="C")  # a copy, always
        first = channels[:, 0].copy()
        channels -= first[:, None]
        mean = channels.mean(axis=1)
        squares = float(((channels - mean[:, None]) ** 2).sum())
    return len(block), first + mean, squares


def _merge_moments(
    parts: tuple[tuple[int, FloatArray, float], ...],
) -> tuple[int, FloatArray, float]:
    """Merge what `_moments` returned, as it does: about the first mean."""
    parts = tuple(part for part in parts if part[0])
    counts = np.array([part[0] for part in parts])
    means = np.array([part[1] for part in parts])
    with np.errstate(over="ignore", invalid="ignore"):
        means_from_first = means - means[0]
        n_points = int(counts.sum())
        mean = counts @ means_from_first / n_points
        squares = counts @ ((means_from_first - mean) ** 2).sum(axis=1)
    return n_points, means[0] + mean, float(squares + sum(part[2] for part in parts))


def _tally(block: Array, centers: FloatArray) -> tuple[float, Array]:
    """Return the inertia of a block, and the number of points of each center."""
    labels, distances = assign_points(np.asarray(block, np.float64), centers)
    return float(distances.sum()), np.bincount(labels, minlength=len(centers))


def _costliest(
    block: Array, centers: FloatArray, most: int
) -> tuple[FloatArray, FloatArray]:
    points = np.asarray(block, np.float64)
    return _most_distant(points, assign_points(points, centers)[1], most)


def _most_distant(
    points: FloatArray, distances: FloatArray, most: int
) -> tuple[FloatArray, FloatArray]:
    """Return distinct points not at distance 0, the most distant first.

    Distinct, as images are full of equal pixels, and a second center at the same
    place would be empty again.
    """
    away = distances > 0
    points, distances = points[away], distances[away]
    order = np.lexsort((*points.T, -distances))
    points, distances = points[order], distances[order]
    is_new = np.ones(len(points), dtype=np.bool_)
    is_new[1:] = (points[1:] != points[:-1]).any(axis=1)
    return points[is_new][:most], distances[is_new][:most]


def _default_scheduler(scheduler: Any) -> Any:
    """Return a context in which this is the scheduler of the whole process."""
    return dask.config.set({} if scheduler is None else {"scheduler": scheduler})


@contextmanager
def _expected_warnings() -> Iterator[None]:
    """Ignore what dask-ml has to say of points with few distinct values."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Number of distinct", ConvergenceWarning)
        warnings.filterwarnings("ignore", "invalid value enc.* divide", RuntimeWarning)
        yield
