"""What a pass has read so far, in a file: after a crash it goes on from there.

The file is that of `numpy.savez`, without pickle. It holds the number of regions that
were read, their summary, the chunks that could not be read, and what shows whether it
is of the same image.
"""

from __future__ import annotations

import io
import json
import math
import os
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import astuple, replace
from time import monotonic
from typing import Any, NoReturn

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.compute import corner, digest, read_here
from napari_kmeans.core.files import NPY_ERRORS, read_bounded, write_whole
from napari_kmeans.core.image import PixelFormat, Region, UnreadChunk, is_lazy, spatial
from napari_kmeans.core.summary.counts import ColorCounts
from napari_kmeans.core.summary.sample import PixelSample, sample_size
from napari_kmeans.errors import CheckpointError, FileContentError

_FORMAT = "napari-kmeans checkpoint 1"
_MOST_BYTES = 1 << 30
SECONDS = 10.0
"""The shortest time between two writings; at least twenty times what one takes."""

_Summary = ColorCounts | PixelSample


class Checkpoint:
    """The file that keeps the progress of a pass.

    Parameters
    ----------
    path : str or path
        Of the file, which is made if it is missing.
    array, mask : array
        As they are read; the mask may be None.
    whole : sequence of tuple of slice
        The regions of the array, in the order in which they are read.
    pixels : PixelFormat
        Of the array.

    Attributes
    ----------
    done : int
        How many regions had been read when the file was written last.
    summary : ColorCounts, PixelSample or None
        Of the regions that had been read when the pass began; None if there were none.

    Raises
    ------
    CheckpointError
        If the file is something else, damaged, of another image, or cannot be
        written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        array: Any,
        mask: Any,
        whole: Sequence[Region],
        pixels: PixelFormat,
    ) -> None:
        self._path = os.fspath(path)
        self._pixels, self._whole = pixels, whole
        self._image = _identity(array, mask, whole, pixels)
        self.done, self.summary = 0, None
        if os.path.lexists(self._path):
            self.done, self.summary = self._read()
        else:
            self._write_first()
        self._started, self._pause = monotonic(), SECONDS

    def offer(self, done: int, summary: Any) -> None:
        """Write what was read by now, if the last writing is long enough ago.

        Parameters
        ----------
        done : int
            How many regions were read.
        summary : callable
            Returns their summary; called only if it is written.
        """
        if monotonic() - self._started >= self._pause:
            self.keep(done, summary)

    def keep(self, done: int, summary: Any) -> None:
        """Write what was read by now; a failure only warns, as the pass may go on.

        Parameters
        ----------
        done : int
            How many regions were read; if no more than before, nothing is written.
        summary : callable
            Returns their summary; called only if it is written.

        Warns
        -----
        UserWarning
            If the file cannot be written.
        """
        if done <= self.done:
            return
        started = monotonic()
        try:
            write_whole(self._path, _encode(self._image, done, summary()))
            self.done = done
        except OSError as error:
            warnings.warn(
                f"Cannot write the checkpoint {self._path}: {_reason(error)}. The pass "
                "goes on without.",
                stacklevel=2,
            )
        self._started = monotonic()
        self._pause = max(SECONDS, 20 * (self._started - started))

    def _write_first(self) -> None:
        try:
            write_whole(self._path, _encode(self._image, 0, None))
        except OSError as error:
            raise CheckpointError(
                f"Cannot write the checkpoint {self._path}: {_reason(error)}."
            ) from error

    def _read(self) -> tuple[int, _Summary | None]:
        try:
            image, done, unread, arrays = _decode(read_bounded(self._path, _MOST_BYTES))
        except OSError as error:
            self._refuse(f"{_reason(error)}")
        except FileContentError as error:
            raise CheckpointError(str(error)) from error
        except (*NPY_ERRORS, zipfile.BadZipFile, NotImplementedError) as error:
            self._refuse("it is no checkpoint, or a damaged one", error)
        for what, value in self._image.items():
            if image.get(what) != value:
                self._refuse(f"it is of another image or mask, by its {what}")
        if not 0 <= done <= len(self._whole):
            self._refuse("it is damaged")
        if not done:
            return 0, None
        summary = _summary(arrays, self._pixels)
        n_read = sum(
            math.prod(part.stop - part.start for part in spatial(region, self._pixels))
            for region in self._whole[:done]
        )
        if summary is None or summary.n_pixels + summary.n_ignored != n_read:
            self._refuse("it is damaged")
        return done, replace(summary, unread=unread)

    def _refuse(self, why: str, error: Exception | None = None) -> NoReturn:
        raise CheckpointError(
            f"Cannot go on from the checkpoint {self._path}: {why}. Delete it to read "
            "the image from the start, or name another file."
        ) from error


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _identity(
    array: Any, mask: Any, whole: Sequence[Region], pixels: PixelFormat
) -> dict[str, Any]:
    """Return what distinguishes one image and mask from others, as values of JSON."""
    # of three chunks only, since they are read once more
    ends = sorted({0, len(whole) // 2, len(whole) - 1})
    corners = [corner(whole[i], pixels) for i in ends]
    return {
        "shape": list(array.shape),
        "dtype": pixels.dtype.str,
        "channels": [pixels.channel_axis, pixels.n_channels, pixels.has_alpha],
        "chunks": digest(
            np.array([[[part.start, part.stop] for part in region] for region in whole])
        ),
        "pixels": [digest(read_here(array, region)) for region in corners],
        "mask": _mask_identity(mask, [spatial(region, pixels) for region in corners]),
    }


def _mask_identity(mask: Any, corners: Sequence[Region]) -> list[str] | None:
    if mask is None:
        return None
    if not is_lazy(mask):
        return [digest(mask != 0)]
    return [digest(read_here(mask, region) != 0) for region in corners]


def _encode(image: dict[str, Any], done: int, summary: _Summary | None) -> bytes:
    arrays: dict[str, Any] = {}
    if isinstance(summary, ColorCounts):
        arrays = {"codes": summary.codes, "counts": summary.counts}
    elif summary is not None:
        low, high = summary.value_range
        arrays = {"keys": summary.keys, "colors": summary.colors}
        arrays |= {"low": low, "high": high, "n_pixels": summary.n_pixels}
    if summary is not None:
        arrays["n_ignored"] = summary.n_ignored
    unread = [] if summary is None else [astuple(chunk) for chunk in summary.unread]
    about = {"format": _FORMAT, "image": image, "done": done, "unread": unread}
    header = json.dumps(about)
    file = io.BytesIO()
    np.savez(file, header=np.frombuffer(header.encode(), np.uint8), **arrays)
    return file.getvalue()


def _decode(
    data: bytes,
) -> tuple[dict[str, Any], int, tuple[UnreadChunk, ...], dict[str, Array]]:
    """Return image, regions done, unread chunks, arrays; errors are of many kinds."""
    file = io.BytesIO(data)
    with zipfile.ZipFile(file) as archive:
        # not compressed, so that what is unpacked is no larger than the file
        if any(it.compress_type for it in archive.infolist()):
            raise ValueError("compressed")
        if archive.testzip():  # before NumPy evaluates a header
            raise ValueError("damaged")
    file.seek(0)
    with np.load(file, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    header = json.loads(arrays.pop("header").tobytes())
    if header["format"] != _FORMAT or not isinstance(header["image"], dict):
        raise ValueError("another format")
    unread = tuple(_unread_chunk(*it) for it in header.get("unread", []))
    return header["image"], int(header["done"]), unread, arrays


def _unread_chunk(index: Any, name: Any, error: Any) -> UnreadChunk:
    return UnreadChunk(
        tuple(map(int, index)), str(name), None if error is None else str(error)
    )


def _summary(arrays: dict[str, Array], pixels: PixelFormat) -> _Summary | None:
    """Return the summary that the arrays hold; None if they cannot be one."""
    n_ignored = arrays.get("n_ignored", np.zeros(1))
    if n_ignored.shape or n_ignored.dtype.kind != "i" or n_ignored < 0:
        return None
    if pixels.is_countable:
        return _counts(arrays, int(n_ignored), pixels)
    return _sample(arrays, int(n_ignored), pixels)


def _counts(
    arrays: dict[str, Array], n_ignored: int, pixels: PixelFormat
) -> ColorCounts | None:
    codes, counts = arrays.get("codes"), arrays.get("counts")
    if codes is None or counts is None or codes.shape != counts.shape:
        return None
    if codes.ndim != 1 or codes.dtype != np.uint32 or counts.dtype != np.int64:
        return None
    n_bits = 8 * pixels.dtype.itemsize if pixels.n_channels == 1 else 24
    if (np.diff(codes.astype(np.int64)) <= 0).any() or (codes >> n_bits).any():
        return None
    if (counts < 1).any():
        return None
    return ColorCounts(codes, counts, n_ignored, pixels)


def _sample(
    arrays: dict[str, Array], n_ignored: int, pixels: PixelFormat
) -> PixelSample | None:
    names = "keys", "colors", "low", "high", "n_pixels"
    if any(name not in arrays for name in names):
        return None
    keys, colors, low, high, n_pixels = (arrays[name] for name in names)
    if n_pixels.shape or n_pixels.dtype.kind != "i" or keys.dtype != np.uint64:
        return None
    n_kept = min(int(n_pixels), sample_size(pixels))
    shapes = (n_kept,), (n_kept, pixels.n_channels), *[(pixels.n_channels,)] * 2
    if (keys.shape, colors.shape, low.shape, high.shape) != shapes:
        return None
    if any(values.dtype != pixels.dtype for values in (colors, low, high)):
        return None
    if (keys[1:] <= keys[:-1]).any() or not np.isfinite(colors.astype(float)).all():
        return None
    return PixelSample(keys, colors, int(n_pixels), n_ignored, (low, high), pixels)
