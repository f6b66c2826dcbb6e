"""The file that settings give, and how far it is from the picture."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from napari_kmeans.core.encode import decode, encode, largest_that_fits, most_colors
from napari_kmeans.core.metrics import Fidelity, fidelity_of
from napari_kmeans.estimator import PixelKMeans

if TYPE_CHECKING:
    from napari_kmeans._typing import Array
    from napari_kmeans.core.encode import Effort
    from napari_kmeans.plugin.compare.picture import Picture
    from napari_kmeans.plugin.compare.settings import Settings

MOST_COLORS: Final = 256
"""The most that the palette of a file can have."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A file, and the picture in it.

    Attributes
    ----------
    settings : Settings
    data : bytes
    shown : (rows, columns, 3 or 4) uint8 array
        The picture in the file.
    fidelity : Fidelity
        How large it is, and how far from the source.
    """

    settings: Settings
    data: bytes
    shown: Array
    fidelity: Fidelity


def iter_candidate(
    picture: Picture, settings: Settings, effort: Effort
) -> Generator[Candidate | None, None, None]:
    """Make the file of some settings.

    Parameters
    ----------
    picture : Picture
    settings : Settings
    effort : {"fast", "balanced", "best"}
        How much time is spent on a smaller PNG.

    Yields
    ------
    Candidate or None
        None where it can be stopped, and the candidate at the end.

    Raises
    ------
    ValueError
        If the picture cannot be written into such a file.
    """
    if not settings.has_palette:
        options: dict[str, Any] = {"effort": effort}
        if settings.has_quality:
            options["quality"] = settings.quality
        file_format = "png" if settings.format == "original" else settings.format
        data = encode(picture.image, file_format, **options)
    else:
        km = _fitted(picture, settings)
        yield None
        labels = km.predict(picture.image)
        yield None
        data = _encoded(picture, settings, km, labels, effort)
    yield None
    shown = decode(data)
    yield None
    yield Candidate(settings, data, shown, fidelity_of(picture.image, shown, len(data)))


def iter_fitting(
    picture: Picture, settings: Settings, max_bytes: int
) -> Generator[Settings, None, None]:
    """Look for the most colors, or the highest quality, under so many bytes.

    Parameters
    ----------
    picture : Picture
    settings : Settings
        What else is asked for.
    max_bytes : int
        The most that the file may have.

    Yields
    ------
    Settings
        Once, with the number of colors or the quality that was found.

    Raises
    ------
    ValueError
        If no file of this format is so small.
    """
    if settings.has_quality:
        yield replace(settings, quality=_highest_quality(picture, settings, max_bytes))
        return

    def encode_in(n_clusters: int, effort: Effort) -> bytes:
        tried = replace(settings, n_clusters=n_clusters)
        km = _fitted(picture, tried)
        return _encoded(picture, tried, km, km.predict(picture.image), effort)

    n_clusters, _ = most_colors(encode_in, max_bytes, MOST_COLORS, "balanced")
    yield replace(settings, n_clusters=n_clusters)


def _fitted(picture: Picture, settings: Settings) -> PixelKMeans:
    km = PixelKMeans(
        settings.n_clusters, method=settings.method, dither=settings.dither
    )
    return km.fit(picture.summary)


def _encoded(
    picture: Picture, settings: Settings, km: PixelKMeans, labels: Array, effort: Effort
) -> bytes:
    assert settings.format != "original"
    has_alpha = picture.image.shape[-1] == 4
    return encode(
        labels,
        settings.format,
        palette=km.palette_,
        alpha=picture.image[..., 3] if has_alpha else None,
        effort=effort,
    )


def _highest_quality(picture: Picture, settings: Settings, max_bytes: int) -> int:
    assert settings.format != "original"
    file_format = settings.format
    found = largest_that_fits(
        lambda quality: encode(picture.image, file_format, quality=quality),
        max_bytes,
        1,
        100,
    )
    if found is None:
        raise ValueError(f"At the lowest quality it has more than {max_bytes:,} bytes.")
    return found[0]
