"""The parameters of `PixelKMeans`: what they may be, checked before any work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import numpy as np
import numpy.typing as npt

from napari_kmeans._typing import Array
from napari_kmeans.core.checks import check_one_of, check_whole_number
from napari_kmeans.core.color import COLOR_SPACES, SCALINGS, ColorSpace, ScalingKind
from napari_kmeans.core.fit import QUALITIES, Quality
from napari_kmeans.core.image import ON_ERROR, OnError
from napari_kmeans.core.kmeans import SEEDINGS, Seeding
from napari_kmeans.core.labels import DitherName, chosen_dither
from napari_kmeans.core.methods import METHODS, MethodName, is_clusterer

if TYPE_CHECKING:
    from napari_kmeans.core.image import PixelFormat

MAX_CLUSTERS: Final = 1 << 14
"""The most colors of a palette: labels are int16."""


@dataclass(frozen=True, slots=True, eq=False)
class KMeansParameters:
    """The parameters of a `PixelKMeans`, as they are when a fit begins.

    Attributes
    ----------
    n_clusters : int
    color_space : {"rgb", "oklab", "din99o", "lab", "hed"}
    init : {"k-means++", "random"} or (k, C) array
    n_init : int or "auto"
    max_iter : int
    tol : float
    random_state : int or None
    quality : {"fast", "balanced", "best"}
    fixed_colors : (m, C) array or None
    channel_axis : int or None
    alpha : bool or None
    scaling : {"min-max", "standard", "percentile", "arcsinh"} or None
    percentile : float
    channel_weights : sequence of float or None
    refine : int or "until"
    method : {"kmeans", "median-cut", "octree", "wu", "dask-ml"} or clusterer
    dither : {"none", "pattern", "floyd-steinberg"}
    dither_strength : float
    on_error : {"raise", "skip"}
        All of them as for `PixelKMeans`.
    """

    n_clusters: int
    color_space: ColorSpace
    init: Seeding | Array
    n_init: int | Literal["auto"]
    max_iter: int
    tol: float
    random_state: int | None
    quality: Quality
    fixed_colors: npt.ArrayLike | None
    channel_axis: int | None
    alpha: bool | None
    scaling: ScalingKind | None
    percentile: float
    channel_weights: Sequence[float] | None
    refine: int | Literal["until"]
    method: MethodName | Any
    dither: DitherName
    dither_strength: float
    on_error: OnError

    @classmethod
    def of(cls, estimator: Any) -> Self:
        """Return the parameters that an estimator has as attributes.

        Parameters
        ----------
        estimator : PixelKMeans

        Returns
        -------
        KMeansParameters
        """
        return cls(**{each.name: getattr(estimator, each.name) for each in fields(cls)})


def check_params(params: KMeansParameters) -> None:
    """Check parameters, as far as that can be done without an image.

    Parameters
    ----------
    params : KMeansParameters

    Raises
    ------
    ValueError
        If one is out of its range.
    """
    check_whole_number("n_clusters", params.n_clusters, MAX_CLUSTERS)
    check_whole_number("max_iter", params.max_iter)
    if params.n_init != "auto":
        check_whole_number("n_init", params.n_init)
    if not params.tol >= 0:
        raise ValueError(f"tol must be 0 or more, not {params.tol}.")
    check_one_of("color_space", params.color_space, COLOR_SPACES)
    check_one_of("quality", params.quality, QUALITIES)
    check_one_of("scaling", params.scaling, (None, *SCALINGS))
    if not 0 < params.percentile <= 100:
        raise ValueError(
            f"percentile must be above 0 and at most 100, not {params.percentile}."
        )
    if params.refine not in ("until", 0):
        check_whole_number("refine", params.refine)
    if not is_clusterer(params.method):
        also = "a clusterer of scikit-learn"
        check_one_of("method", params.method, METHODS, also)
    check_one_of("on_error", params.on_error, ON_ERROR)
    chosen_dither(params.dither, params.dither_strength)
    if isinstance(params.init, str):
        check_one_of("init", params.init, SEEDINGS, "an array")


def fixed_colors(
    colors: npt.ArrayLike | None, n_clusters: int, pixels: PixelFormat
) -> Array | None:
    """Return fixed colors in the dtype of the image.

    Parameters
    ----------
    colors : (m, C) array or None
        In values of the image.
    n_clusters : int
        How many there can be.
    pixels : PixelFormat
        Of the image.

    Returns
    -------
    (m, C) ndarray or None
        None if there are none.

    Raises
    ------
    ValueError
        If they are no colors of such an image, or not distinct, or too many.
    """
    if colors is None or not np.asarray(colors).size:
        return None
    given = np.asarray(colors)
    if given.ndim != 2 or given.shape[1] != pixels.n_channels:
        raise ValueError(
            f"fixed_colors has the shape {given.shape}; colors of such an image "
            f"have {pixels.n_channels} values each."
        )
    if len(given) > n_clusters:
        raise ValueError(
            f"There are {len(given)} fixed colors, and only {n_clusters} clusters."
        )
    fixed = given.astype(pixels.dtype)
    if not np.array_equal(fixed, given) and pixels.dtype.kind != "f":
        raise ValueError(f"fixed_colors must be values of {pixels.dtype}.")
    if len(np.unique(fixed, axis=0)) < len(fixed):
        raise ValueError("fixed_colors has one color twice.")
    return fixed
