"""`PixelKMeans`: the estimator, fitted by the recipe."""

from __future__ import annotations

import inspect
import os
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

from napari_kmeans._typing import Array, FloatArray, ImageLike
from napari_kmeans.core.checks import check_whole_number
from napari_kmeans.core.color import Space
from napari_kmeans.core.metrics import KCurve, k_curve
from napari_kmeans.core.summary import ColorCounts, PixelSample
from napari_kmeans.errors import ModelFileError
from napari_kmeans.estimator import recipe
from napari_kmeans.estimator.base import NamedParameters
from napari_kmeans.estimator.fitted import Fitted
from napari_kmeans.estimator.model_file import Model, read_model, write_model
from napari_kmeans.estimator.painter import Painter
from napari_kmeans.estimator.parameters import (
    MAX_CLUSTERS,
    KMeansParameters,
    check_params,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_kmeans.core.color import ColorSpace, Scaling, ScalingKind
    from napari_kmeans.core.fit import Quality
    from napari_kmeans.core.image import OnError, UnreadChunk
    from napari_kmeans.core.kmeans import LloydState, Seeding
    from napari_kmeans.core.labels import DitherName
    from napari_kmeans.core.methods import MethodName
    from napari_kmeans.core.palette import Palette
    from napari_kmeans.core.summary import Summary


class PixelKMeans(Painter, NamedParameters):
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
        Colors wanted, 1 to 16384. An image that has fewer keeps those it has.
    color_space : {"rgb", "oklab", "din99o", "lab", "hed"}, default "rgb"
        Where distances of colors are measured: ``"rgb"`` leaves the least
        squared error in the file, ``"oklab"``, ``"din99o"`` and ``"lab"`` weigh
        differences as they look, and minimize the mean distance rather than its
        square; ``"hed"`` goes by the stains of a section. Other numbers of channels
        than three are measured by their values.
    init : {"k-means++", "random"} or (k, C) array, default "k-means++"
        Where centers start [2]_. An array gives them in the space of
        `cluster_centers_`.
    n_init : int or "auto", default "auto"
        Starts that are tried on a coarse summary; the best is finished on all
        points. ``"auto"`` leaves it to `quality`. An array is the only start.
    max_iter : int, default 300
        The most moves of the centers to the means of their points [1]_; 1 or more.
    tol : float, default 1e-4
        Stop when centers move less than this, relative to the variance of the
        pixels; 0 or more.
    random_state : int or None, default 0
        The seed: the same one gives the same palette, whatever the chunks and
        the scheduler. None draws a new one for every fit.
    quality : {"fast", "balanced", "best"}, default "balanced"
        How much is done for a lower error. ``"fast"`` tries up to 4 starts on some
        thousand groups of colors, and moves the best one twice on all points.
        ``"balanced"`` tries up to 8, breathes (adds centers where the error is
        large, and takes away those whose loss costs least [3]_), and makes up to 8
        moves on all points. ``"best"`` tries up to 32 on more groups, and goes on
        until nothing helps; where two or three channels are sampled, ``"balanced"``
        does the same. Not used where `init` is an array, nor for a single channel.
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
        The percentile that becomes 1, for the scaling of that name; above 0, up to
        100.
    channel_weights : sequence of C float, optional
        Factors of the differences in each channel, 0 or more; 0 leaves a channel
        out.
    refine : int or "until", default 1
        Passes over all pixels after a fit on a sample; ``"until"`` goes on
        until one gains less than a part in 100,000. The first also looks for
        classes that the sample missed, unless `init` is an array; if it finds
        any, there is a pass more. Counted colors need none.
    method : {"kmeans", "median-cut", "octree", "wu", "dask-ml"} or clusterer
        How colors are found; by default ``"kmeans"``. The others are there for
        comparison: nothing is refined then. ``"dask-ml"`` runs
        `dask_ml.cluster.KMeans` on all pixels of the image, with some hundred
        passes; the others go by the summary. A clusterer of scikit-learn, which
        sees some 2,000 groups of pixels, finds as many clusters as it was made
        for; `n_clusters` is not used.
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

    References
    ----------
    .. [1] S. Lloyd, "Least squares quantization in PCM", IEEE Transactions on
           Information Theory 28(2), 1982. :doi:`10.1109/TIT.1982.1056489`
    .. [2] D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful
           seeding", SODA 2007. :doi:`10.5555/1283383.1283494`
    .. [3] B. Fritzke, "Breathing K-Means: Superior K-Means Solutions through
           Dynamic K-Values", 2020. :doi:`10.48550/arXiv.2006.15666`

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

    cluster_centers_: FloatArray
    inertia_: float
    n_iter_: int
    n_unique_colors_: int | None
    scaling_: Scaling | None
    n_features_in_: int
    unread_chunks_: tuple[UnreadChunk, ...]

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
            0 to 1.

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
        km._take(Fitted(palette, space, centers))
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
        fitted = Fitted(
            self.palette_,
            self.space_,
            self.cluster_centers_,
            self.inertia_,
            self.n_iter_,
            self.n_unique_colors_,
        )
        write_model(Model(self.get_params(), fitted), path)

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
        km._take(model.fitted)
        return km

    def _take(self, fitted: Fitted) -> None:
        """Set all that is known of a fitted estimator."""
        self.palette_ = fitted.palette
        self.space_ = fitted.space
        self.scaling_ = fitted.space.scaling
        self.cluster_centers_ = fitted.centers
        self.inertia_ = fitted.inertia
        self.n_iter_ = fitted.n_iter
        self.n_unique_colors_ = fitted.n_unique_colors
        self.n_features_in_ = fitted.palette.colors.shape[1]
        self.unread_chunks_ = fitted.unread_chunks
        self._known_labels = fitted.known_labels

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
            without its channel axis. Not of a summary.
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
            If a parameter is out of its range, or no pixel takes part.
        CheckpointError
            If the checkpoint is damaged, of another image, or cannot be written; a
            ValueError.
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
            Centers, inertia, and how many moves there were. The last one holds the
            centers before they are rounded to a palette.

        Raises
        ------
        ValueError
            As for `fit`, like the other errors.
        """
        self.check_params()
        params = KMeansParameters.of(self)
        if isinstance(image, ColorCounts | PixelSample):
            if mask is not None:
                raise ValueError("A mask goes with an image, not with its summary.")
            material = recipe.material_of(image, params)
        else:
            material = recipe.read_material(
                image,
                params,
                summary=summary,
                mask=mask,
                level=level,
                scheduler=scheduler,
                checkpoint=checkpoint,
            )
        self._take((yield from recipe.iter_fit(material, params)))

    def curve(self, summary: Summary, *, n_max: int = 64) -> KCurve:
        """Return what every number of colors would leave over, up to `n_max`.

        Reads no image, needs no fit and changes none.

        Parameters
        ----------
        summary : ColorCounts or PixelSample
            What `summarize` returned.
        n_max : int, default 64
            The most colors, 1 to 16384.

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
        space = recipe.learn_space(summary, KMeansParameters.of(self))
        return k_curve(summary, space, n_max=n_max, random_state=self.random_state)

    def check_params(self) -> None:
        """Check the parameters, as `fit` does before any work.

        Raises
        ------
        ValueError
            If one is out of its range.
        """
        check_params(KMeansParameters.of(self))
