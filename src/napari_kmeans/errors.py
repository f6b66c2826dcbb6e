"""Every error of its own that napari-kmeans raises, to be caught by name.

All but a lost cluster are kinds of ValueError or OSError, too; those of the command
line are none of either.

Of images:

- `UnsupportedImageError`: pixels of this kind cannot be clustered
- `ChunkError`: a chunk cannot be read
- `StoreLostError`: a Zarr store is there no more
- `ClusterError`: a Dask cluster was lost; `UnseenImageError`: its workers do not see
  the image

Of files:

- `FileContentError`: a file is damaged or of another kind; so are `ModelFileError`,
  `PaletteFileError` and `CheckpointError`, of one kind of file each
- `FormatError`: no palette in a format that was tried
- `TooLargeError`: no file is small enough

Of the command line, each told in one line:

- `NoPictureError`, `PictureError`: there is no picture, or it cannot be read
- `FitError`, `WriteError`, `ViewError`: a fit or a palette cannot be used, a file
  cannot be written, napari cannot be opened
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_kmeans._lazy import lazy_names

if TYPE_CHECKING:
    from napari_kmeans.cli.files import WriteError
    from napari_kmeans.cli.fits import FitError
    from napari_kmeans.cli.inputs import NoPictureError
    from napari_kmeans.cli.pictures import PictureError
    from napari_kmeans.cli.view import ViewError
    from napari_kmeans.core.compute import ClusterError, UnseenImageError
    from napari_kmeans.core.encode import TooLargeError
    from napari_kmeans.core.files import FileContentError
    from napari_kmeans.core.image import (
        ChunkError,
        StoreLostError,
        UnsupportedImageError,
    )
    from napari_kmeans.core.palette import FormatError, PaletteFileError
    from napari_kmeans.core.summary import CheckpointError
    from napari_kmeans.estimator.model_file import ModelFileError

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

_HOMES = {
    "CheckpointError": "napari_kmeans.core.checkpoint",
    "ChunkError": "napari_kmeans.core.chunked",
    "ClusterError": "napari_kmeans.core.cluster",
    "FileContentError": "napari_kmeans.core.files",
    "FitError": "napari_kmeans.cli.fits",
    "FormatError": "napari_kmeans.core.palette_files.swatch",
    "ModelFileError": "napari_kmeans.estimator.model_file",
    "NoPictureError": "napari_kmeans.cli.inputs",
    "PaletteFileError": "napari_kmeans.core.palette_files",
    "PictureError": "napari_kmeans.cli.pictures",
    "StoreLostError": "napari_kmeans.core.chunked",
    "TooLargeError": "napari_kmeans.core.encode.to_size",
    "UnseenImageError": "napari_kmeans.core.cluster",
    "UnsupportedImageError": "napari_kmeans.core.pixels",
    "ViewError": "napari_kmeans.cli.view",
    "WriteError": "napari_kmeans.cli.files",
}

__getattr__, __dir__ = lazy_names(globals(), _HOMES)
