"""Every error of its own that napari-kmeans raises.

Each says in its message what is wrong and, where that is known, what to do. Errors of
images and of files are a ValueError or an OSError, too.
"""

from __future__ import annotations

__all__ = [
    "CheckpointError",
    "ChunkError",
    "ClusterError",
    "FileContentError",
    "FitError",
    "FormatError",
    "ModelFileError",
    "NoPictureError",
    "PaletteFileError",
    "PictureError",
    "StoreLostError",
    "TooLargeError",
    "UnseenImageError",
    "UnsupportedImageError",
    "ViewError",
    "WriteError",
]

# ---------------------------------------------------------------- of images


class UnsupportedImageError(ValueError):
    """The image is of a kind that cannot be clustered; the message says why."""


class ChunkError(OSError):
    """A chunk cannot be read; the message names it and says why."""


class StoreLostError(OSError):
    """A store was there when it was opened, and is not any more."""


# -------------------------------------------------------------- of clusters


class ClusterError(Exception):
    """A Dask cluster cannot do what it was asked; the message says what to do.

    Not a RuntimeError: threads of superqt swallow those without a word.
    """


class UnseenImageError(ClusterError):
    """A worker reads other pixels than are read here."""


# ----------------------------------------------------------------- of files


class FileContentError(ValueError):
    """A file does not hold what it should; the message names it and says why."""


class CheckpointError(FileContentError):
    """A file is no checkpoint of this pass; the message says why and what to do."""


class ModelFileError(FileContentError):
    """A model cannot be read or written; the message says why."""


class PaletteFileError(FileContentError):
    """A palette cannot be read or written; the message says why."""


class FormatError(ValueError):
    """A file is not of its format; the message says why, as part of a sentence."""


class TooLargeError(ValueError):
    """No file is small enough; the message says how large it is."""


# -------------------------------------------------- of the command line


class PictureError(Exception):
    """A picture cannot be read or clustered; the message says why."""


class NoPictureError(Exception):
    """Nothing can be made of a folder; the message says why."""


class FitError(Exception):
    """There is nothing to repaint by; the message says why."""


class WriteError(Exception):
    """Something cannot be written; the message says what and why."""


class ViewError(Exception):
    """There can be no window; the message says why."""
