"""What pictures are repainted by: fits of their own, one for all, or a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from napari_kmeans.cli.pictures.files import save_model
from napari_kmeans.cli.repaint.mask_and_matte import open_picture
from napari_kmeans.core.palette import Palette
from napari_kmeans.core.summary import Summary, merge_summaries, summarize
from napari_kmeans.errors import FitError, PictureError, UnsupportedImageError
from napari_kmeans.estimator import PixelKMeans

if TYPE_CHECKING:
    from napari_kmeans.cli.arguments.options import Options
    from napari_kmeans.cli.pictures.files import PictureFile
    from napari_kmeans.core.image import PixelFormat


@dataclass(frozen=True, slots=True)
class Fit:
    """What pictures are repainted by.

    Attributes
    ----------
    label : str
        How the names of the results end.
    n_clusters : int
        The colors that were asked for.
    fit_to : callable
        Fits an estimator to the summary of a picture; or
    fitted_for : callable
        returns one, fitted already, for a format of pixels.
    """

    label: str
    n_clusters: int
    fit_to: Callable[[Summary], PixelKMeans] | None = None
    fitted_for: Callable[[PixelFormat], PixelKMeans] | None = None

    @property
    def is_fixed(self) -> bool:
        """Whether the colors are the same, whatever the picture."""
        return self.fitted_for is not None

    def estimator(self, summary: Summary) -> PixelKMeans:
        """Return a fitted estimator for a picture.

        Parameters
        ----------
        summary : Summary
            Of the picture.

        Returns
        -------
        PixelKMeans
        """
        pixels = summary.pixels
        if self.fitted_for is not None:
            return self.fitted_for(pixels).set_params(channel_axis=pixels.channel_axis)
        assert self.fit_to is not None  # one of them is given
        return self.fit_to(summary)

    def check(self, pixels: PixelFormat) -> None:
        """Check that pixels can be repainted, as far as that can be known.

        Parameters
        ----------
        pixels : PixelFormat

        Raises
        ------
        PictureError
            If they cannot.
        """
        if self.fitted_for is None:
            return
        try:
            self.fitted_for(pixels).codebook(pixels)
        except UnsupportedImageError as error:
            raise PictureError(str(error).rstrip(".")) from error


def find_fits(
    options: Options,
    files: Sequence[PictureFile],
    on_read: Callable[[], object] = lambda: None,
) -> list[Fit]:
    """Work out by what the pictures are repainted.

    Parameters
    ----------
    options : Options
    files : sequence of PictureFile
        Read now, if they share their colors.
    on_read : callable
        Called for each that was read.

    Returns
    -------
    list of Fit
        One for each result of a picture, in the order of `options.labels`.

    Raises
    ------
    FitError
        If a file cannot be read, or pictures cannot share their colors.
    WriteError
        If the fit that they share cannot be saved.
    """
    try:
        if options.palette is not None:
            palette = Palette.read(options.palette)
            paint = partial(_painter, palette, options)
            return [Fit(options.labels[0], len(palette), fitted_for=paint)]
        if options.model is not None:
            km = PixelKMeans.load(options.model)
            if options.dither != "none":
                strength = options.dither_strength
                km.set_params(dither=options.dither, dither_strength=strength)
            return [_fixed(options.labels[0], km)]
        if options.max_bytes is not None:
            return []  # each picture has its own number of colors
        if not options.shared:
            pairs = zip(options.labels, options.clusters, strict=True)
            return [Fit(name, k, partial(fit_summary, k, options)) for name, k in pairs]
        summary = _merged(files, options, on_read)
        if summary is None:
            return []  # what is wrong with them is told when it is their turn
        kms = [fit_summary(k, options, summary) for k in options.clusters]
        if options.save_model is not None:
            save_model(kms[0], options.save_model)
        return [_fixed(name, km) for name, km in zip(options.labels, kms, strict=True)]
    except OSError as error:
        message = f"cannot read {error.filename}: {error.strerror or error}"
        raise FitError(message) from error
    except ValueError as error:  # of files, and of pictures that cannot share
        raise FitError(str(error).rstrip(".")) from error


def _fixed(label: str, km: PixelKMeans) -> Fit:
    return Fit(label, km.n_clusters, fitted_for=lambda _: km)


def fit_summary(n_clusters: int, options: Options, summary: Summary) -> PixelKMeans:
    """Fit an estimator to a summary.

    Parameters
    ----------
    n_clusters : int
        How many colors.
    options : Options
        The other settings of the estimator.
    summary : Summary

    Returns
    -------
    PixelKMeans
    """
    assert options.dither != "auto"  # the search for a size has chosen
    km = PixelKMeans(
        n_clusters,
        color_space=options.color_space,
        random_state=options.seed,
        channel_axis=summary.pixels.channel_axis,
        dither=options.dither,
        dither_strength=options.dither_strength,
    )
    return km.fit(summary)


def _painter(palette: Palette, options: Options, pixels: PixelFormat) -> PixelKMeans:
    assert options.dither != "auto"  # which does not go with a palette
    return PixelKMeans.from_palette(
        palette.astype(pixels.dtype),
        color_space=options.color_space,
        dither=options.dither,
        dither_strength=options.dither_strength,
    )


def _merged(
    files: Sequence[PictureFile], options: Options, on_read: Callable[[], object]
) -> Summary | None:
    """Read all pictures that can be read, holding one summary of them."""
    merged = None
    for file in files:
        try:
            picture = open_picture(file, options)
        except PictureError:
            continue
        summary = summarize(
            picture.array, channel_axis=picture.channel_axis, mask=picture.mask
        )
        merged = summary if merged is None else merge_summaries([merged, summary])
        on_read()
    return merged
