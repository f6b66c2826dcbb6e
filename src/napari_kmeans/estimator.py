"""`PixelKMeans`: the one room that knows the whole recipe.

An image gives its summary in one pass; the summary gives centers, and these the
palette; palette and image give labels and repainted image, chunk by chunk.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from napari_kmeans._typing import Array, FloatArray, ImageLike
from napari_kmeans.core.checks import check_one_of, check_whole_number, fixed_colors
from napari_kmeans.core.color import (
    COLOR_SPACES,
    SCALINGS,
    ColorSpace,
    Scaling,
    ScalingKind,
    Space,
    learn_scaling,
)
from napari_kmeans.core.encode import encode, least_error, most_colors, write_image
from napari_kmeans.core.fit import (
    QUALITIES,
    CoresetPlan,
    Points,
    Quality,
    Search,
    effort_of,
    iter_centers,
    iter_refine,
    round_to_palette,
    summary_points,
)
from napari_kmeans.core.image import (
    ON_ERROR,
    OnError,
    PixelFormat,
    UnreadChunk,
    UnsupportedImageError,
    is_multiscale,
    levels,
    pixel_format,
    readable,
)
from napari_kmeans.core.kmeans import (
    SEEDINGS,
    LloydState,
    Seeding,
    inertia_of,
    softening_of,
)
from napari_kmeans.core.labels import (
    Codebook,
    DitherName,
    check_can_dither,
    chosen_dither,
    dithers_of,
    predict,
    repaint,
)
from napari_kmeans.core.methods import METHODS, MethodName, find_centers
from napari_kmeans.core.methods.clusterer import is_clusterer
from napari_kmeans.core.metrics import KCurve, difference_from_afar, k_curve
from napari_kmeans.core.model_file import (
    Model,
    ModelFileError,
    read_model,
    write_model,
)
from napari_kmeans.core.nearest import assign_points
from napari_kmeans.core.palette import Palette
from napari_kmeans.core.summary import (
    ColorCounts,
    PixelSample,
    Summary,
    check_mask,
    chosen_level,
    summarize,
)

if TYPE_CHECKING:
    from napari_kmeans.core.encode import Effort, Format
    from napari_kmeans.core.fit import RareClasses

MAX_CLUSTERS = 1 << 14


class Quantized(NamedTuple):
    """Labels and palette of an image; ``palette[labels]`` repaints it.

    Attributes
    ----------
    labels : array of int16, or list of them for a pyramid
        0 to k - 1, and -1 for pixels that take no part.
    palette : Palette
        The k colors, the most used first.
    """

    labels: Any
    palette: Palette

    def save(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write the picture to a file, by its suffix; as a whole or not at all.

        Parameters
        ----------
        path : str or path
            ``.png``, ``.gif``, ``.tif``, ``.jpg``, ``.webp`` or ``.zarr``.
        **options
            As for `write_image`. Of a pyramid, the finest level is written.

        Raises
        ------
        OSError
            If it cannot be written.
        ValueError
            If there is no such format, or the picture does not go into it.
        """
        labels = self.labels[0] if isinstance(self.labels, list) else self.labels
        write_image(path, labels, self.palette, **options)


class QuantizedFile(NamedTuple):
    """A picture as a file of a given size.

    Attributes
    ----------
    data : bytes
        The file.
    labels : array of int16
    palette : Palette
    """

    data: bytes
    labels: Any
    palette: Palette


class PixelKMeans:
    """K-means on the pixels of an image of any size.

    Where a pixel has at most 24 bits (8-bit color, 8- or 16-bit values), the fit
    counts colors in one pass and clusters the counts, which is the same as
    clustering all pixels. Elsewhere it clusters a sample of its pixels, taken
    in one pass, and then moves the centers to the means of all their pixels, a
    pass each. A single channel is solved to the global optimum of its counts, or
    of its sample.

    Pixels take no part if they are fully transparent, outside the mask, masked
    (in a masked array), or have a NaN or an infinity in any channel.

    Parameters
    ----------
    n_clusters : int, default 8
        Colors wanted. An image that has fewer keeps those it has.
    color_space : {"rgb", "oklab", "din99o", "lab", "hed"}, default "rgb"
        Where distances of colors are measured: ``"rgb"`` leaves the least
        squared error in the file, ``"oklab"``, ``"din99o"`` and ``"lab"`` weigh
        differences as they look, and minimize the mean distance rather than its
        square; ``"hed"`` goes by the stains of a section. Other numbers of channels
        than three are measured by their values.
    init : {"k-means++", "random"} or (k, C) array, default "k-means++"
        Where centers start. An array gives them in the space of
        `cluster_centers_`.
    n_init : int or "auto", default "auto"
        Starts that are tried on a coarse summary; the best is finished on all
        points. ``"auto"`` leaves it to `quality`. An array is the only start.
    max_iter : int, default 300
        The most moves of the centers.
    tol : float, default 1e-4
        Stop when centers move less than this, relative to the variance of the
        pixels.
    random_state : int or None, default 0
        The seed: the same one gives the same palette, whatever the chunks and
        the scheduler. None draws a new one for every fit.
    quality : {"fast", "balanced", "best"}, default "balanced"
        How much is done for a lower error. ``"fast"`` walks few starts on few
        groups of colors; ``"balanced"`` tries up to 16 of them and then breathes:
        adds centers, and drops what is not missed; ``"best"`` does so on more
        groups, until nothing helps. ``"fast"`` and ``"balanced"`` finish with 2
        and up to 12 moves on all points. Of two or three channels that are sampled,
        which takes longer than to search, ``"balanced"`` is as ``"best"``. Not used
        where `init` is an array, nor for a single channel.
    fixed_colors : (m, C) array, optional
        Colors that the palette has in any case, in values of the image; m is at
        most `n_clusters`. Not used where `init` is an array, nor by dask-ml.
    channel_axis : int or None, default -1
        The axis of the channels, up to 64; None for one value a pixel.
    alpha : bool, optional
        Whether the last of four channels is alpha. By default it is where the
        channel axis is the last one.
    scaling : {"min-max", "standard", "percentile", "arcsinh"} or None
        How channels that are not colors are brought to comparable sizes before
        they are compared; learned by the fit. ``color_space`` is not used then.
    percentile : float, default 99.9
        The percentile that becomes 1, for the scaling of that name.
    channel_weights : sequence of float, optional
        Factors of the differences in each channel; 0 leaves a channel out.
    refine : int or "until", default 1
        Passes over all pixels after a fit on a sample; ``"until"`` goes on
        until one gains less than a part in 100,000. The first also looks for
        classes that the sample missed, unless `init` is an array; if it finds
        any, there is a pass more. Counted colors need none.
    method : {"kmeans", "median-cut", "octree", "wu"} or clusterer, default "kmeans"
        How colors are found on the summary. The other methods are there for
        comparison: nothing is refined then. A clusterer of scikit-learn, which
        sees some 2,000 groups of pixels, finds as many clusters as it was made
        for; `n_clusters` is not used.
    engine : {"summary", "dask-ml"}, default "summary"
        ``"dask-ml"`` runs `dask_ml.cluster.KMeans` on all pixels instead, with
        some hundred passes; for comparison.
    dither : {"none", "pattern", "floyd-steinberg"}, default "none"
        How `predict` and `quantize` mix colors that stand side by side, so that the
        eye sees those between; labels are not for measuring then.
    dither_strength : float, default 1.0
        How much of the difference a dither makes good, 0 to 1.
    on_error : {"raise", "skip"}, default "raise"
        What a chunk of a lazy image that cannot be read is: an error that names
        it, or pixels that take no part. Those of a chunk that is missing from a
        Zarr store take no part in any case: nothing was stored there.

    Attributes
    ----------
    palette_ : Palette
        The centers as colors of the image's dtype, all distinct, the most used
        first. `predict` and `quantize` go by these.
    cluster_centers_ : (k, C) float64
        The centers in the color space, or scaled, in the order of the palette.
    inertia_ : float
        Sum over pixels of the squared distance to the nearest center. After a
        pass of `refine`, no less than the true one, and equal where the labels
        did not change; of a sample that was not refined, or in a perceptual
        space, an estimate. NaN where the palette was given.
    n_iter_ : int
        Moves of the centers, on all points of the summary or of the last pass.
    n_unique_colors_ : int or None
        Distinct colors of the image; None where they were not counted.
    scaling_ : Scaling or None
        What was learned of the channels.
    space_ : Space
        In which pixels like those of the fit are compared.
    n_features_in_ : int
        Channels that were clustered.
    unread_chunks_ : tuple of UnreadChunk
        What the fit met of missing and broken chunks: ``index``, ``name`` and
        ``error``, which is None where a chunk is missing.

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
    n_unique_colors_: int | None
    scaling_: Scaling | None
    space_: Space
    _met: tuple[Array, Array] | None = None
    n_features_in_: int
    unread_chunks_: tuple[UnreadChunk, ...] = ()

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
        quality: Quality = "balanced",
        fixed_colors: npt.ArrayLike | None = None,
        channel_axis: int | None = -1,
        alpha: bool | None = None,
        scaling: ScalingKind | None = None,
        percentile: float = 99.9,
        channel_weights: Sequence[float] | None = None,
        refine: int | Literal["until"] = 1,
        method: MethodName | Any = "kmeans",
        engine: Literal["summary", "dask-ml"] = "summary",
        dither: DitherName = "none",
        dither_strength: float = 1.0,
        on_error: OnError = "raise",
    ) -> None:
        self.n_clusters = n_clusters
        self.color_space = color_space
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.quality = quality
        self.fixed_colors = fixed_colors
        self.channel_axis = channel_axis
        self.alpha = alpha
        self.scaling = scaling
        self.percentile = percentile
        self.channel_weights = channel_weights
        self.refine = refine
        self.method = method
        self.engine = engine
        self.dither = dither
        self.dither_strength = dither_strength
        self.on_error = on_error

    @classmethod
    def from_palette(
        cls,
        palette: Palette,
        *,
        color_space: ColorSpace = "rgb",
        channel_axis: int | None = -1,
        alpha: bool | None = None,
        dither: DitherName = "none",
        dither_strength: float = 1.0,
    ) -> Self:
        """Return a quantizer that paints in a given palette, and learns nothing.

        Label i is the i-th color, as the palette has them, and every color of the
        palette is painted as itself.

        Parameters
        ----------
        palette : Palette
            In the dtype of the images: `Palette.astype` turns the 8 bits of a
            palette file into others.
        color_space : {"rgb", "oklab", "din99o", "lab", "hed"}, default "rgb"
            As for the class, like the others.
        channel_axis : int or None, default -1
        alpha : bool, optional
        dither : {"none", "pattern", "floyd-steinberg"}, default "none"
        dither_strength : float, default 1.0

        Returns
        -------
        PixelKMeans
            Fitted.

        Raises
        ------
        ValueError
            If the palette has no color, or more than 16384.
        """
        km = cls(
            len(palette),
            color_space=color_space,
            channel_axis=channel_axis,
            alpha=alpha,
            dither=dither,
            dither_strength=dither_strength,
        )
        km.check_params()
        space = Space(color_space, palette.white)
        centers = space.coordinates(palette.colors)
        km._restore(Model(km.get_params(), palette, space, centers))
        return km

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write parameters, palette and space as JSON, as a whole or not at all.

        Parameters
        ----------
        path : str or path

        Raises
        ------
        OSError
            If the file cannot be written.
        ModelFileError
            If a parameter cannot be written as JSON; a ValueError.
        RuntimeError
            If `fit` was not called before.
        """
        self._check_fitted()
        model = Model(
            self.get_params(),
            self.palette_,
            self.space_,
            self.cluster_centers_,
            self.inertia_,
            self.n_iter_,
            self.n_unique_colors_,
        )
        write_model(model, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the estimator that `save` wrote: it gives the same labels.

        Nothing in the file is run, and all of it is checked.

        Parameters
        ----------
        path : str or path

        Returns
        -------
        PixelKMeans
            Fitted.

        Raises
        ------
        OSError
            If the file cannot be opened.
        ModelFileError
            If it is damaged, or of another kind; a ValueError.
        """
        model = read_model(path, inspect.signature(cls).parameters)
        km = cls(**model.parameters)
        try:
            km.check_params()
        except (TypeError, ValueError) as error:
            raise ModelFileError(f"Cannot read {os.fspath(path)}: {error}") from error
        km._restore(model)
        return km

    def _restore(self, model: Model) -> None:
        self.palette_ = model.palette
        self.space_ = model.space
        self.scaling_ = model.space.scaling
        self.cluster_centers_ = model.centers
        self.inertia_ = model.inertia
        self.n_iter_ = model.n_iter
        self.n_unique_colors_ = model.n_unique_colors
        self.n_features_in_ = model.palette.colors.shape[1]

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self._changed())
        return f"PixelKMeans({given})"

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return the parameters by name, as scikit-learn's `clone` wants them.

        Parameters
        ----------
        deep : bool, default True
            Not used; there for scikit-learn's conventions.

        Returns
        -------
        dict
        """
        names = inspect.signature(type(self)).parameters
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Parameters
        ----------
        **params
            Those of the class.

        Returns
        -------
        PixelKMeans
            Itself.

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

    def fit(
        self,
        image: ImageLike | Summary,
        y: None = None,  # noqa: ARG002
        *,
        mask: ImageLike | None = None,
        level: int = 0,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Find the palette of an image.

        Parameters
        ----------
        image : array, sequence of arrays, or summary
            NumPy, Dask, Zarr, xarray or tensorstore, or a list of them (a
            pyramid, finest first). Or what `summarize` returned: then nothing is
            read, and a sample is not refined.
        y : None
            Not used; there for scikit-learn's conventions.
        mask : array, optional
            Not 0 where pixels take part; the shape of the level that is read,
            without its channel axis.
        level : int, default 0
            Which level of a pyramid is read; 0 is the finest.
        checkpoint : str or path, optional
            A file that keeps what the first pass has read, as for `summarize`.

        Returns
        -------
        PixelKMeans
            Itself.

        Raises
        ------
        UnsupportedImageError
            If pixels of this kind cannot be clustered, before anything is read.
        ValueError
            If a parameter is out of its range, no pixel takes part, or the
            checkpoint is damaged, of another image, or cannot be written.
        ClusterError
            If a cluster was lost, or its workers do not see the image.
        ChunkError
            If a chunk cannot be read; an OSError.
        StoreLostError
            If a Zarr store is there no more; an OSError.
        """
        for _ in self.iter_fit(image, mask=mask, level=level, checkpoint=checkpoint):
            pass
        return self

    def iter_fit(
        self,
        image: ImageLike | Summary,
        *,
        summary: Summary | None = None,
        mask: ImageLike | None = None,
        level: int = 0,
        scheduler: Any = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Generator[LloydState, None, None]:
        """Do as `fit` does, yielding each move of the centers; closing cancels.

        The estimator is fitted when the iterator ends. Inertia never rises while
        the centers move on the summary, nor from pass to pass.

        Parameters
        ----------
        image : array, sequence of arrays, or summary
            As for `fit`, like `mask`, `level` and `checkpoint`.
        summary : ColorCounts or PixelSample, optional
            Of the image, where it is known already.
        mask : array, optional
        level : int, default 0
        scheduler : optional
            Where Dask computes the passes over the image, as for `summarize`.
        checkpoint : str or path, optional

        Yields
        ------
        LloydState
            The last one holds the centers before they are rounded to a palette.
        """
        self.check_params()
        if isinstance(image, ColorCounts | PixelSample):
            summary, array = image, None
            fixed = self._fixed_colors(summary.pixels)
        else:
            array = readable(chosen_level(image, level), self.on_error)
            pixels = pixel_format(array, self.channel_axis, self.alpha)
            fixed = self._fixed_colors(pixels)
            self._check_can_dither(pixels, Space())
            if summary is None:
                summary = summarize(
                    array,
                    channel_axis=self.channel_axis,
                    alpha=self.alpha,
                    mask=mask,
                    scheduler=scheduler,
                    checkpoint=checkpoint,
                )
        _check_any_pixel(summary)
        space = self._learn_space(summary)
        self._check_can_dither(summary.pixels, space)
        colors, points = summary_points(summary, space)
        mask = check_mask(mask, array, summary.pixels)
        state, found = yield from self._walk(
            summary, points, space, fixed, mask, array, scheduler
        )
        if found is not None:
            colors, points = found.extend(colors, points, state.centers, space)
        self.space_, self.scaling_ = space, space.scaling
        self._settle(summary, colors, points, state, fixed)

    def curve(self, summary: Summary, *, n_max: int = 64) -> KCurve:
        """Return what every number of colors would leave over, up to `n_max`.

        Reads no image, needs no fit and changes none.

        Parameters
        ----------
        summary : ColorCounts or PixelSample
            What `summarize` returned.
        n_max : int, default 64

        Returns
        -------
        KCurve
            With the space, scaling and seed of these parameters.

        Raises
        ------
        ValueError
            If a parameter is out of its range, or no pixel takes part.
        """
        self.check_params()
        check_whole_number("n_max", n_max, MAX_CLUSTERS)
        _check_any_pixel(summary)
        space = self._learn_space(summary)
        return k_curve(summary, space, n_max=n_max, random_state=self.random_state)

    def predict(self, image: ImageLike, *, mask: ImageLike | None = None) -> Any:
        """Return the label of each pixel: the index of its nearest palette color.

        Where pixels are dithered, of the one that stands for it.

        Parameters
        ----------
        image : array or sequence of arrays
            Pixels like those of the fit; any shape, any array, any pyramid.
        mask : array, or list of them for a pyramid, optional
            Not 0 where pixels get a label.

        Returns
        -------
        array of int16, or list of them for a pyramid
            The shape of the image without its channel axis: 0 to k - 1, and -1
            for pixels that take no part. A lazy image gives a Dask array, of
            which nothing is computed yet.

        Raises
        ------
        UnsupportedImageError
            If the pixels are not like those of the fit.
        RuntimeError
            If `fit` was not called before.
        """
        return self._each_level(predict, image, mask)

    def quantize(self, image: ImageLike, *, mask: ImageLike | None = None) -> Any:
        """Return the image in the palette: each pixel in the color of its label.

        Parameters
        ----------
        image : array or sequence of arrays
            As for `predict`, like `mask`.
        mask : array, or list of them for a pyramid, optional

        Returns
        -------
        array, or list of them for a pyramid
            The shape and dtype of the image; alpha is kept, and pixels that take
            no part are 0 in all channels. A lazy image gives a Dask array, of
            which nothing is computed yet.

        Raises
        ------
        UnsupportedImageError
            If the pixels are not like those of the fit.
        RuntimeError
            If `fit` was not called before.
        """
        return self._each_level(repaint, image, mask)

    def codebook(self, pixels: PixelFormat) -> Codebook:
        """Return what assigns pixels of a format.

        Parameters
        ----------
        pixels : PixelFormat

        Returns
        -------
        Codebook

        Raises
        ------
        UnsupportedImageError
            If the pixels are not like those of the fit.
        RuntimeError
            If `fit` was not called before.
        """
        self._check_fitted()
        colors = self.palette_.colors
        _check_like_fitted(pixels, colors)
        self._check_can_dither(pixels, self.space_)
        dither = chosen_dither(self.dither, self.dither_strength)
        return Codebook(colors, self.space_, pixels, self._met, dither)

    @property
    def is_dithered(self) -> bool:
        """Whether pixels do not all get their nearest colors."""
        return chosen_dither(self.dither, self.dither_strength) is not None

    def _check_can_dither(self, pixels: PixelFormat, space: Space) -> None:
        if self.is_dithered:
            check_can_dither(pixels, space)

    def _check_fitted(self) -> None:
        if not hasattr(self, "palette_"):
            raise RuntimeError("This PixelKMeans is not fitted: call fit(image) first.")

    def _walk(
        self,
        summary: Summary,
        points: Points,
        space: Space,
        fixed: Array | None,
        mask: Any,
        array: Any,
        scheduler: Any,
    ) -> Generator[LloydState, None, tuple[LloydState, RareClasses | None]]:
        """Walk the centers, on the summary and then, where asked, on the image.

        Returns the last state, and what the summary had missed.
        """
        if self.engine == "dask-ml":
            state = self._fit_all_pixels(summary, space, mask, array, scheduler)
            yield state
            return state, None
        if self.method != "kmeans":
            state = self._find_centers(points, space, fixed)
            yield state
            return state, None
        for state in iter_centers(points, self._search(summary, space, fixed)):
            yield state
        found = None
        if isinstance(summary, PixelSample) and array is not None and self.refine:
            softening = None
            if space.minimizes_distance:
                softening = softening_of(points.coordinates, points.weights)
            is_searched = isinstance(self.init, str) and fixed is None
            draws = is_searched and softening is None and summary.is_part
            for step in iter_refine(
                array,
                summary.pixels,
                space,
                state.centers,
                n_passes=None if self.refine == "until" else self.refine,
                mask=mask,
                plan=CoresetPlan(summary.n_pixels, state.inertia) if draws else None,
                n_more=self.n_clusters - len(state.centers),
                n_fixed=0 if fixed is None else len(fixed),
                softening=softening,
                scheduler=scheduler,
            ):
                state, found = step.state or state, step.found
                yield state
        return state, found

    def _find_centers(
        self, points: Points, space: Space, fixed: Array | None
    ) -> LloydState:
        if fixed is None:
            return find_centers(points, self.method, self.n_clusters)
        n_free = max(1, self.n_clusters - len(fixed))
        state = find_centers(points, self.method, n_free)
        given = space.coordinates(fixed).astype(float)
        centers = np.concatenate([given, state.centers])[: self.n_clusters]
        return replace(state, centers=centers)

    def _fit_all_pixels(
        self, summary: Summary, space: Space, mask: Any, array: Any, scheduler: Any
    ) -> LloydState:
        from napari_kmeans.core.all_pixels import all_points, fit_all_pixels

        if array is None:
            raise ValueError("The engine dask-ml needs the image, not its summary.")
        return fit_all_pixels(
            all_points(array, summary.pixels, space, mask),
            self.n_clusters,
            init=self.init,
            max_iter=self.max_iter,
            tol=self.tol,
            random_state=self.random_state,
            scheduler=scheduler,
        )

    def _search(self, summary: Summary, space: Space, fixed: Array | None) -> Search:
        return Search(
            self.n_clusters,
            self.init,
            self.n_init,
            self.max_iter,
            self.tol,
            self.random_state,
            effort_of(self.quality, summary),
            minimizes_distance=space.minimizes_distance,
            fixed=None if fixed is None else space.coordinates(fixed).astype(float),
        )

    def _fixed_colors(self, pixels: PixelFormat) -> Array | None:
        """Return the fixed colors in the dtype of the image, where they are used."""
        if not isinstance(self.init, str) or self.engine == "dask-ml":
            return None
        return fixed_colors(self.fixed_colors, self.n_clusters, pixels)

    def _learn_space(self, summary: Summary) -> Space:
        n_channels = summary.pixels.n_channels
        factors = self.channel_weights
        if factors is not None and (
            len(factors) != n_channels or min(factors) < 0 or max(factors) == 0
        ):
            raise ValueError(
                f"channel_weights must be {n_channels} numbers, 0 or more, not all 0."
            )
        scaling = None
        if self.scaling is not None or factors is not None:
            scaling = learn_scaling(
                self.scaling,
                summary.colors,
                summary.weights,
                value_range=summary.value_range,
                percentile=self.percentile,
                channel_weights=factors,
            )
        return Space(self.color_space, summary.pixels.white, scaling)

    def _settle(
        self,
        summary: Summary,
        colors: Array,
        points: Points,
        state: LloydState,
        fixed: Array | None,
    ) -> None:
        settled = round_to_palette(colors, points, state.centers, self.space_, fixed)
        self.inertia_ = state.inertia
        is_kmeans = self.method == "kmeans" and self.engine == "summary"
        is_known = is_kmeans and not settled.has_refilled
        is_exact = isinstance(summary, ColorCounts)
        if self.space_.minimizes_distance or (is_exact and not is_known):
            boxes = points.boxes_for(len(settled.centers))
            labels, _ = assign_points(points.coordinates, settled.centers, boxes)
            self.inertia_ = inertia_of(
                points.coordinates, points.weights, labels, settled.centers
            )
        self._met = None
        if isinstance(summary, ColorCounts) and summary.pixels.n_channels > 1:
            self._met = summary.codes, settled.labels
        self.palette_ = Palette(settled.colors, settled.counts, self.space_.white)
        self.cluster_centers_ = settled.centers
        self.n_iter_ = state.n_iter
        self.n_unique_colors_ = summary.n_unique_colors
        self.n_features_in_ = colors.shape[1]
        self.unread_chunks_ = summary.unread

    def _each_level(self, function: Any, image: ImageLike, mask: Any) -> Any:
        arrays = levels(image)
        masks = mask if is_multiscale(mask) else [mask] * len(arrays)
        results = []
        for array, its_mask in zip(arrays, masks, strict=True):
            pixels = pixel_format(array, self.channel_axis, self.alpha)
            array = readable(array, self.on_error)
            book = self.codebook(pixels)
            results.append(function(array, book, check_mask(its_mask, array, pixels)))
        return results if is_multiscale(image) else results[0]

    def check_params(self) -> None:
        """Check the parameters, as `fit` does before any work.

        Raises
        ------
        ValueError
            If one is out of its range.
        """
        check_whole_number("n_clusters", self.n_clusters, MAX_CLUSTERS)
        check_whole_number("max_iter", self.max_iter)
        if self.n_init != "auto":
            check_whole_number("n_init", self.n_init)
        if not self.tol >= 0:
            raise ValueError(f"tol must be 0 or more, not {self.tol}.")
        check_one_of("color_space", self.color_space, COLOR_SPACES)
        check_one_of("quality", self.quality, QUALITIES)
        check_one_of("scaling", self.scaling, (None, *SCALINGS))
        if not 0 < self.percentile <= 100:
            raise ValueError(
                f"percentile must be above 0 and at most 100, not {self.percentile}."
            )
        if self.refine not in ("until", 0):
            check_whole_number("refine", self.refine)
        if not is_clusterer(self.method):
            also = "a clusterer of scikit-learn"
            check_one_of("method", self.method, METHODS, also)
        check_one_of("engine", self.engine, ("summary", "dask-ml"))
        check_one_of("on_error", self.on_error, ON_ERROR)
        if self.method != "kmeans" and self.engine == "dask-ml":
            raise ValueError("The engine dask-ml has no other method than kmeans.")
        chosen_dither(self.dither, self.dither_strength)
        if isinstance(self.init, str):
            check_one_of("init", self.init, SEEDINGS, "an array")

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


def quantize_to_size(
    image: ImageLike,
    max_bytes: int,
    *,
    format: Format = "png",  # noqa: A002 - as Pillow calls it
    k_max: int = 256,
    options: Mapping[str, Any] | None = None,
    **params: Any,
) -> QuantizedFile:
    """Reduce an image to as many colors as leave a file small enough.

    The image is read once; every number of colors is fitted from its summary.

    Parameters
    ----------
    image : array or sequence of arrays
        As for `PixelKMeans.fit`; of a pyramid, the finest level. It is held in
        memory, as its file is.
    max_bytes : int
        The size of the file at the most.
    format : {"png", "gif", "tiff"}, default "png"
    k_max : int, default 256
        The most colors that are tried.
    options : mapping, optional
        Of `encode`: ``matte``, ``dither_alpha``, ``effort``, ``fps``...
    **params
        Other parameters of `PixelKMeans`. Here ``dither`` may be ``"auto"``: without
        or by ``"floyd-steinberg"``, each in as many colors as fit, whichever looks
        more like the image from afar (`core.metrics.difference_from_afar`).

    Returns
    -------
    QuantizedFile
        ``data, labels, palette``.

    Raises
    ------
    ValueError
        If the file is larger even in two colors.
    """
    check_whole_number("max_bytes", max_bytes)
    check_whole_number("k_max", k_max, 256)
    given = dict(options or {})
    effort = given.pop("effort", "balanced")
    dithers = dithers_of(params.pop("dither", "none"))
    km = PixelKMeans(k_max, dither=dithers[-1], **params)
    km.check_params()
    array = np.asarray(levels(image)[0])
    pixels = pixel_format(array, km.channel_axis, km.alpha)
    if pixels.has_alpha:
        given.setdefault("alpha", array[..., -1])
    summary = summarize(array, channel_axis=km.channel_axis, alpha=km.alpha)

    def quantized(k: int, dither: DitherName) -> Quantized:
        km = PixelKMeans(k, dither=dither, **params).fit(summary)
        return Quantized(km.predict(array), km.palette_)

    def search(dither: DitherName) -> QuantizedFile:
        def encode_in(k: int, effort: Effort) -> bytes:
            labels, palette = quantized(k, dither)
            return encode(labels, format, palette=palette, effort=effort, **given)

        k, data = most_colors(encode_in, max_bytes, k_max, effort)
        return QuantizedFile(data, *quantized(k, dither))

    def error_of(found: QuantizedFile) -> float:
        colors = array[..., None]
        if pixels.channel_axis is not None:
            colors = np.moveaxis(array, pixels.channel_axis, -1)
        return difference_from_afar(
            colors, found.labels, found.palette.colors, pixels.white
        )

    return least_error(dithers, search, error_of)


def _check_any_pixel(summary: Summary) -> None:
    if not summary.n_pixels:
        n_missing = len(summary.unread)
        why = f" {n_missing} chunks are missing or broken." if n_missing else ""
        raise ValueError(f"No pixel takes part: there is nothing to cluster.{why}")


def _check_like_fitted(pixels: PixelFormat, colors: Array) -> None:
    if pixels.n_channels != colors.shape[1] or pixels.dtype != colors.dtype:
        raise UnsupportedImageError(
            f"The palette has {_kind(colors.shape[1])} of {colors.dtype}, but the "
            f"image has {_kind(pixels.n_channels)} of {pixels.dtype}."
        )


def _kind(n_channels: int) -> str:
    names = {1: "single values", 3: "RGB colors"}
    return names.get(n_channels, f"{n_channels} channels")
