"""`PixelKMeans`: the one room that knows the whole recipe.

An image gives its summary in one pass; the summary gives centers, and these the
palette; palette and image give labels and repainted image, chunk by chunk.
"""

from __future__ import annotations

import inspect
from collections.abc import Generator, Iterator
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

import numpy as np

from napari_kmeans._typing import Array, FloatArray, ImageLike
from napari_kmeans.core import assign
from napari_kmeans.core.coarse import coarsen
from napari_kmeans.core.colorspace import COLOR_SPACES, ColorSpace, to_color_space
from napari_kmeans.core.interval import optimal_intervals
from napari_kmeans.core.lloyd import (
    LloydState,
    assign_points,
    converge,
    lloyd,
    mean_variance,
)
from napari_kmeans.core.pixels import (
    PixelFormat,
    UnsupportedImageError,
    is_multiscale,
    levels,
    pixel_format,
)
from napari_kmeans.core.seeding import SEEDINGS, Seeding, seed
from napari_kmeans.core.settle import settle
from napari_kmeans.core.summary import ColorCounts, summarize

if TYPE_CHECKING:
    from napari_kmeans.core.palette import Palette

MAX_CLUSTERS = 1 << 14
_GROUPS_PER_CLUSTER, _LEAST_GROUPS = 64, 2048
_TRIAL_ITER = 12


class Quantized(NamedTuple):
    """Labels and palette of an image; ``palette[labels]`` repaints it.

    Attributes
    ----------
    labels : array of int16, or list of them for a pyramid
        0 to k - 1, and -1 for fully transparent pixels.
    palette : Palette
        The k colors, the most used first.
    """

    labels: Any
    palette: Palette


class PixelKMeans:
    """K-means on the pixels of an image of any size, read once.

    The fit counts the colors of the image in one pass and clusters the counts,
    which is the same as clustering all pixels. A single channel is solved to
    its global optimum.

    Parameters
    ----------
    n_clusters : int, default 8
        Colors wanted. An image that has fewer keeps those it has.
    color_space : {"rgb", "oklab", "lab"}, default "rgb"
        Where distances are measured: ``"rgb"`` leaves the least squared error
        in the file, the others weigh differences as they look. A single
        channel is measured by its values.
    init : {"k-means++", "random"} or (k, C) array, default "k-means++"
        Where centers start. An array gives them in the color space.
    n_init : int or "auto", default "auto"
        Starts that are tried on a coarse summary; the best is finished on all
        colors. ``"auto"`` tries up to 16 for few clusters, where luck matters
        most, and fewer for many. An array is the only start.
    max_iter : int, default 300
        The most moves of the centers.
    tol : float, default 1e-4
        Stop when centers move less than this, relative to the variance of the
        colors.
    random_state : int or None, default 0
        The seed: the same one gives the same palette, whatever the chunks and
        the scheduler. None draws a new one for every fit.
    channel_axis : int or None, default -1
        The axis of the channels; None for one value a pixel.

    Attributes
    ----------
    palette_ : Palette
        The centers as colors of the image's dtype, all distinct, the most used
        first. `predict` and `quantize` go by these.
    cluster_centers_ : (k, C) float64
        The centers in the color space, in the order of the palette.
    inertia_ : float
        Sum over pixels of the squared distance to the nearest center.
    n_iter_ : int
        Moves of the centers on all colors.
    n_unique_colors_ : int
        Distinct colors of the image.
    n_features_in_ : int
        Channels that were clustered.

    Examples
    --------
    >>> import numpy as np
    >>> from napari_kmeans import PixelKMeans
    >>> image = np.array([[[250, 0, 0], [254, 0, 0]], [[0, 0, 9], [0, 0, 9]]], "uint8")
    >>> km = PixelKMeans(n_clusters=2).fit(image)
    >>> km.palette_.hex
    ['#000009', '#fc0000']
    >>> km.predict(image).tolist()
    [[1, 1], [0, 0]]
    """

    palette_: Palette
    cluster_centers_: FloatArray
    inertia_: float
    n_iter_: int
    n_unique_colors_: int
    n_features_in_: int

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        color_space: ColorSpace = "rgb",
        init: Seeding | Array = "k-means++",
        n_init: int | Literal["auto"] = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        random_state: int | None = 0,
        channel_axis: int | None = -1,
    ) -> None:
        self.n_clusters = n_clusters
        self.color_space = color_space
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.channel_axis = channel_axis

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self._changed())
        return f"PixelKMeans({given})"

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return the parameters by name, as scikit-learn's `clone` wants them."""
        names = inspect.signature(type(self)).parameters
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Raises
        ------
        ValueError
            If there is no such parameter.
        """
        for name, value in params.items():
            if name not in inspect.signature(type(self)).parameters:
                raise ValueError(f"PixelKMeans has no parameter {name!r}.")
            setattr(self, name, value)
        return self

    def fit(self, image: ImageLike | ColorCounts, y: None = None) -> Self:  # noqa: ARG002
        """Find the palette of an image.

        Parameters
        ----------
        image : array, sequence of arrays, or ColorCounts
            NumPy, Dask or Zarr; of a pyramid, the finest level is read. Or what
            `summarize` returned: then nothing is read.
        y : None
            Not used; there for scikit-learn's conventions.

        Returns
        -------
        PixelKMeans
            Itself.

        Raises
        ------
        UnsupportedImageError
            If pixels of this kind cannot be clustered, before anything is read.
        ValueError
            If a parameter is out of its range, or no pixel takes part.
        """
        for _ in self.iter_fit(image):
            pass
        return self

    def iter_fit(
        self, image: ImageLike | ColorCounts
    ) -> Generator[LloydState, None, None]:
        """Do as `fit` does, yielding each move of the centers; closing cancels.

        The estimator is fitted when the iterator ends. Inertia never rises.

        Parameters
        ----------
        image
            As for `fit`.

        Yields
        ------
        LloydState
            The last one holds the centers before they are rounded to a palette.
        """
        self._check_params()
        if isinstance(image, ColorCounts):
            summary = image
        else:
            summary = summarize(image, channel_axis=self.channel_axis)
        if not summary.n_unique_colors:
            raise ValueError("Every pixel is fully transparent: nothing to cluster.")
        points = to_color_space(summary.colors, self.color_space)
        state = None
        for state in self._walk(summary, points):
            yield state
        assert state is not None  # the start is a state
        self._settle(summary, points, state)

    def predict(self, image: ImageLike) -> Any:
        """Return the label of each pixel: the index of its nearest palette color.

        Parameters
        ----------
        image : array or sequence of arrays
            Pixels like those of the fit; any shape, any array, any pyramid.

        Returns
        -------
        array of int16, or list of them for a pyramid
            The shape of the image without its channel axis: 0 to k - 1, and -1
            for fully transparent pixels. A lazy image gives a Dask array, of
            which nothing is computed yet.

        Raises
        ------
        UnsupportedImageError
            If the pixels are not like those of the fit.
        RuntimeError
            If `fit` was not called before.
        """
        return self._each_level(assign.predict, image)

    def quantize(self, image: ImageLike) -> Any:
        """Return the image with each pixel in its nearest palette color.

        Parameters
        ----------
        image : array or sequence of arrays
            As for `predict`.

        Returns
        -------
        array, or list of them for a pyramid
            The shape and dtype of the image; alpha is kept, and fully
            transparent pixels are 0 in all channels. A lazy image gives a Dask
            array, of which nothing is computed yet.

        Raises
        ------
        UnsupportedImageError
            If the pixels are not like those of the fit.
        RuntimeError
            If `fit` was not called before.
        """
        return self._each_level(assign.repaint, image)

    def _walk(self, summary: ColorCounts, points: FloatArray) -> Iterator[LloydState]:
        weights = summary.weights
        given = not isinstance(self.init, str)
        if not given and len(points) <= self.n_clusters:
            yield LloydState(points, 0.0, n_iter=0)
        elif not given and points.shape[1] == 1:
            yield optimal_intervals(points[:, 0], weights, self.n_clusters)
        else:
            start = (
                self._given_centers(points) if given else self._start(summary, points)
            )
            least_shift = self.tol * mean_variance(points, weights)
            yield from lloyd(
                points,
                weights,
                start,
                max_iter=self.max_iter,
                least_shift=least_shift,
            )

    def _start(self, summary: ColorCounts, points: FloatArray) -> FloatArray:
        """Walk every start on the coarse summary, dropping the worse on the way."""
        n_groups = max(_LEAST_GROUPS, _GROUPS_PER_CLUSTER * self.n_clusters)
        means, mass = coarsen(summary.codes, points, summary.weights, n_groups)
        random = np.random.default_rng(self.random_state)
        assert isinstance(self.init, str)  # an array is a start of its own
        channels = np.ascontiguousarray(means.T)
        least_shift = self.tol * mean_variance(means, mass)
        starts = [
            seed(means, mass, self.n_clusters, self.init, random)
            for _ in range(self._n_starts())
        ]
        for max_iter in (_TRIAL_ITER, 2 * _TRIAL_ITER, self.max_iter):
            walked = [
                converge(channels, mass, start, max_iter, least_shift)
                for start in starts
            ]
            walked.sort(key=itemgetter(1))
            starts = [centers for centers, _ in walked[: -(-len(starts) // 4)]]
        return starts[0]

    def _n_starts(self) -> int:
        if self.n_init == "auto":
            few = self.n_clusters**2 // 2  # there is little to choose from
            return max(1, min(few, 16, 192 // self.n_clusters))
        return self.n_init

    def _given_centers(self, points: FloatArray) -> FloatArray:
        centers = np.asarray(self.init, dtype=np.float64)
        if centers.shape != (self.n_clusters, points.shape[1]):
            raise ValueError(
                f"init has the shape {centers.shape}; {self.n_clusters} clusters of "
                f"{points.shape[1]} channels need ({self.n_clusters}, "
                f"{points.shape[1]})."
            )
        return centers[: len(points)]

    def _settle(
        self, summary: ColorCounts, points: FloatArray, state: LloydState
    ) -> None:
        palette, centers = settle(summary, points, state.centers, self.color_space)
        _, distances = assign_points(points, centers)
        self.palette_ = palette
        self.cluster_centers_ = centers
        self.inertia_ = float((summary.weights * distances).sum())
        self.n_iter_ = state.n_iter
        self.n_unique_colors_ = summary.n_unique_colors
        self.n_features_in_ = points.shape[1]

    def _each_level(self, function: Any, image: ImageLike) -> Any:
        if not hasattr(self, "palette_"):
            raise RuntimeError("This PixelKMeans is not fitted: call fit(image) first.")
        colors = self.palette_.colors
        arrays = levels(image)
        formats = [pixel_format(array, self.channel_axis) for array in arrays]
        for pixels in formats:
            _check_like_fitted(pixels, colors)
        results = [
            function(array, pixels, colors, self.color_space)
            for array, pixels in zip(arrays, formats, strict=True)
        ]
        return results if is_multiscale(image) else results[0]

    def _check_params(self) -> None:
        _check_whole_number("n_clusters", self.n_clusters, MAX_CLUSTERS)
        _check_whole_number("max_iter", self.max_iter)
        if self.n_init != "auto":
            _check_whole_number("n_init", self.n_init)
        if not self.tol >= 0:
            raise ValueError(f"tol must be 0 or more, not {self.tol}.")
        if self.color_space not in COLOR_SPACES:
            raise ValueError(
                f"color_space must be one of {', '.join(COLOR_SPACES)}, not "
                f"{self.color_space!r}."
            )
        if isinstance(self.init, str) and self.init not in SEEDINGS:
            raise ValueError(
                f"init must be an array or one of {', '.join(SEEDINGS)}, not "
                f"{self.init!r}."
            )

    def _changed(self) -> Iterator[tuple[str, Any]]:
        defaults = inspect.signature(type(self)).parameters
        for name, value in self.get_params().items():
            if name == "n_clusters" or value is not defaults[name].default:
                yield name, value


def quantize(image: ImageLike, n_clusters: int = 8, **params: Any) -> Quantized:
    """Reduce an image to k colors.

    Parameters
    ----------
    image : array or sequence of arrays
        As for `PixelKMeans.fit`.
    n_clusters : int, default 8
    **params
        The other parameters of `PixelKMeans`.

    Returns
    -------
    Quantized
        ``labels, palette``; ``palette[labels]`` is the repainted image.
    """
    km = PixelKMeans(n_clusters=n_clusters, **params).fit(image)
    return Quantized(km.predict(image), km.palette_)


def _check_whole_number(name: str, value: Any, most: int | None = None) -> None:
    is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not is_whole or value < 1 or (most is not None and value > most):
        limits = "1 or more" if most is None else f"from 1 to {most}"
        raise ValueError(f"{name} must be a whole number, {limits}, not {value!r}.")


def _check_like_fitted(pixels: PixelFormat, colors: Array) -> None:
    if pixels.n_channels != colors.shape[1] or pixels.dtype != colors.dtype:
        raise UnsupportedImageError(
            f"The palette has {_kind(colors.shape[1])} of {colors.dtype}, but the "
            f"image has {_kind(pixels.n_channels)} of {pixels.dtype}."
        )


def _kind(n_channels: int) -> str:
    return "RGB colors" if n_channels == 3 else "single values"
