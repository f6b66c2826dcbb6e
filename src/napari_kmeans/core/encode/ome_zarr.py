"""OME-Zarr: results larger than memory, written chunk by chunk."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import dask
import numpy as np

from napari_kmeans.core.compute import in_batches, on_region
from napari_kmeans.core.files import whole_folder
from napari_kmeans.core.image import Region, flat, is_dask, is_lazy

if TYPE_CHECKING:
    from napari_kmeans._typing import Array
    from napari_kmeans.core.palette import Palette

VERSION = "0.5"
CLASSES = "classes"
"""The name of the labels in the store."""

_SIDE = 1024
"""Rows and columns of a chunk; the coarsest level has no more than these."""
_AXES = "tzyx"


def iter_write_zarr(
    path: str | os.PathLike[str],
    labels: Any,
    palette: Palette,
    *,
    axes: str | None = None,
    scale: Sequence[float] | None = None,
    units: Sequence[str] | None = None,
    comment: str = "",
) -> Generator[tuple[int, int], None, None]:
    """Write labels and the repainted image as an OME-Zarr, yielding the progress.

    Each chunk of the labels is computed once, and painted. Coarser levels, of every
    other row and column, come from the levels that are written. What was at the
    path before is replaced when all is written; closing the iterator, or a
    failure, leaves it as it was.

    Parameters
    ----------
    path : str or path
        Of a folder that is made, or of a Zarr that is replaced.
    labels : (..., rows, columns) array of int
        NumPy, Dask or Zarr: 0 to k - 1, and -1 for pixels that take no part.
    palette : Palette
        In the store, its colors are those of the labels 1 to k; 0 is for pixels
        that take no part.
    axes : str, optional
        A letter for each axis, the last ones ``"zyx"`` or ``"yx"``, before which
        there may be ``"t"``. By default, the last ones of ``"tzyx"``.
    scale : sequence of float, optional
        The size of a pixel along each axis, in its unit; 1 by default.
    units : sequence of str, optional
        Of each axis, as OME has them: ``"micrometer"``, ``"second"``; ``""`` for none.
    comment : str, optional
        A sentence about the labels, which stands in their attributes.

    Yields
    ------
    done, total : int
        Regions written, and regions in all.

    Raises
    ------
    ImportError
        If zarr is not installed.
    OSError
        If it cannot be written, or if something else is there.
    ValueError
        If axes, scale or units do not fit the labels, or a label has no color.
    """
    axes = _check_axes(axes, labels.ndim)
    geometry = _Geometry(axes, _checked(scale, axes, 1.0), _checked(units, axes, ""))
    with whole_folder(path) as folder:
        source = flat(_in_chunks(labels))
        levels = list(_make_levels(folder, source, palette, geometry, comment))
        tasks = [
            (source if index == 0 else levels[index - 1].labels, level, region, index)
            for index, level in enumerate(levels)
            for region in level.regions()
        ]
        n_done = 0
        for index in range(len(levels)):  # each needs the level before, complete
            of_level = [task for task in tasks if task[3] == index]
            for done, batch in in_batches(of_level):
                dask.compute(
                    *(_task(*task, palette=palette) for task in batch),
                    scheduler="threads",
                )
                yield n_done + done, len(tasks)
            n_done += len(of_level)


def write_zarr(
    path: str | os.PathLike[str], labels: Any, palette: Palette, **options: Any
) -> None:
    """Write labels and the repainted image as an OME-Zarr, as a whole or not at all.

    Parameters
    ----------
    path : str or path
        Of a folder that is made, or of a Zarr that is replaced.
    labels : (..., rows, columns) array of int
        NumPy, Dask or Zarr: 0 to k - 1, and -1 for pixels that take no part.
    palette : Palette
        Of k colors.
    **options
        ``axes``, ``scale``, ``units`` and ``comment`` of `iter_write_zarr`, which
        also lists the errors.
    """
    for _ in iter_write_zarr(path, labels, palette, **options):
        pass


def read_painted(path: str | os.PathLike[str]) -> Array:
    """Return the image in a store of two axes, transparent where there is no class.

    Parameters
    ----------
    path : str or path
        Of a store that `write_zarr` wrote.

    Returns
    -------
    (rows, columns, 3 or 4) uint8

    Raises
    ------
    OSError, KeyError, ValueError
        If it cannot be read, or is not such a store.
    """
    import zarr

    root: Any = zarr.open_group(path, mode="r")
    painted = np.moveaxis(np.asarray(root["0"][:]), 0, -1)
    takes_part = np.asarray(root[f"labels/{CLASSES}/0"][:]) > 0
    if takes_part.all():
        return painted
    return np.dstack([painted, np.where(takes_part, 255, 0).astype(np.uint8)])


@dataclass(frozen=True, slots=True)
class _Geometry:
    """The axes of labels, and of the image that has channels as well."""

    axes: str
    scale: tuple[float, ...]
    units: tuple[str, ...]

    @property
    def channel(self) -> int:
        """Where the channels of the image are: before space, and after time."""
        return 1 if self.axes.startswith("t") else 0

    def with_channels(self) -> _Geometry:
        at = self.channel
        return _Geometry(
            self.axes[:at] + "c" + self.axes[at:],
            (*self.scale[:at], 1.0, *self.scale[at:]),
            (*self.units[:at], "", *self.units[at:]),
        )

    def multiscales(self, name: str, n_levels: int) -> list[dict[str, Any]]:
        kinds = {"t": "time", "c": "channel"}
        axes: list[dict[str, Any]] = []
        for letter, unit in zip(self.axes, self.units, strict=True):
            axis = {"name": letter, "type": kinds.get(letter, "space")}
            axes.append({**axis, "unit": unit} if unit else axis)
        return [
            {
                "name": name,
                "axes": axes,
                "type": "nearest",
                "datasets": [
                    {
                        "path": str(level),
                        "coordinateTransformations": [
                            {"type": "scale", "scale": self._scale(level)}
                        ],
                    }
                    for level in range(n_levels)
                ],
            }
        ]

    def _scale(self, level: int) -> list[float]:
        factors = [2.0**level if letter in "yx" else 1.0 for letter in self.axes]
        return [a * b for a, b in zip(self.scale, factors, strict=True)]


@dataclass(frozen=True, slots=True)
class _Level:
    labels: Any
    image: Any
    channel: int

    def regions(self) -> Iterator[Region]:
        ranges = [
            [slice(at, min(at + step, n)) for at in range(0, n, step)]
            for n, step in zip(self.labels.shape, self.labels.chunks, strict=True)
        ]
        yield from product(*ranges)


def _task(
    source: Any, level: _Level, region: Region, index: int, *, palette: Any
) -> Any:
    write = partial(_write, level=level, region=region, index=index, palette=palette)
    if index:
        last = source.ndim - 2
        region = tuple(
            slice(2 * part.start, min(2 * part.stop, n)) if axis >= last else part
            for axis, (part, n) in enumerate(zip(region, source.shape, strict=True))
        )
    return on_region(write, (source, region))


def _write(
    block: Any, *, level: _Level, region: Region, index: int, palette: Palette
) -> None:
    labels = np.asarray(block)
    labels = labels[..., ::2, ::2].astype(np.int32) - 1 if index else labels
    colors = np.rint(255 * palette.rgb).astype(np.uint8)
    table = np.concatenate([colors, np.zeros((1, 3), np.uint8)])  # the last is of -1
    if labels.size and not -1 <= int(labels.min()) <= int(labels.max()) < len(colors):
        raise ValueError(f"Labels must be -1 to {len(colors) - 1}.")
    level.labels[region] = (labels + 1).astype(level.labels.dtype)
    at = level.channel
    level.image[(*region[:at], slice(None), *region[at:])] = np.moveaxis(
        table[labels], -1, at
    )


def _make_levels(
    folder: Any, source: Any, palette: Palette, geometry: _Geometry, comment: str
) -> Iterator[_Level]:
    """Make the empty store, and yield its levels, the finest first."""
    try:
        import zarr
    except ImportError as error:
        raise ImportError("Writing OME-Zarr needs zarr: pip install zarr") from error
    shapes = [source.shape]
    while max(shapes[-1][-2:]) > _SIDE:
        *others, rows, columns = shapes[-1]
        shapes.append((*others, -(-rows // 2), -(-columns // 2)))
    painted = geometry.with_channels()
    name = os.fspath(folder.name).split(".")[1]
    root = zarr.open_group(
        folder,
        mode="w",
        zarr_format=3,
        attributes=_ome(multiscales=painted.multiscales(name, len(shapes))),
    )
    room = root.create_group("labels", attributes=_ome(labels=[CLASSES]))
    classes = room.create_group(
        CLASSES,
        attributes=_ome(
            **{
                "multiscales": geometry.multiscales(CLASSES, len(shapes)),
                "image-label": _image_label(palette),
            }
        ),
    )
    if comment:
        classes.attrs["comment"] = comment
    dtype = np.min_scalar_type(len(palette))
    at = geometry.channel
    for index, shape in enumerate(shapes):
        chunks = tuple(
            min(length, n) for length, n in zip(_chunks(source), shape, strict=True)
        )
        yield _Level(
            classes.create_array(
                str(index),
                shape=shape,
                chunks=chunks,
                dtype=dtype,
                dimension_names=list(geometry.axes),
            ),
            root.create_array(
                str(index),
                shape=(*shape[:at], 3, *shape[at:]),
                chunks=(*chunks[:at], 3, *chunks[at:]),
                dtype=np.uint8,
                dimension_names=list(painted.axes),
            ),
            at,
        )


def _ome(**content: Any) -> dict[str, Any]:
    return {"ome": {"version": VERSION, **content}}


def _image_label(palette: Palette) -> dict[str, Any]:
    colors = np.rint(255 * palette.rgb).astype(int).tolist()
    named: list[dict[str, Any]] = []
    for index, code in enumerate(palette.hex):
        name = palette.names[index] if palette.names else ""
        entry = {"label-value": index + 1, "hex": code}
        named.append({**entry, "name": name} if name else entry)
    return {
        "version": VERSION,
        "colors": [
            {"label-value": 0, "rgba": [0, 0, 0, 0]},
            *(
                {"label-value": index + 1, "rgba": [*color, 255]}
                for index, color in enumerate(colors)
            ),
        ],
        "properties": named,
        "source": {"image": "../../"},
    }


def _in_chunks(labels: Any) -> Any:
    """Return labels whose chunks are equally long along each axis."""
    if not is_lazy(labels):
        return labels
    import dask.array as da

    if not is_dask(labels):
        labels = da.from_array(labels)
    uneven = {
        axis: _SIDE if axis >= labels.ndim - 2 else 1
        for axis, lengths in enumerate(labels.chunks)
        if len({*lengths[:-1], lengths[0]}) > 1 or lengths[-1] > lengths[0]
    }
    return labels.rechunk(uneven) if uneven else labels


def _chunks(source: Any) -> tuple[int, ...]:
    if is_dask(source):
        return tuple(lengths[0] for lengths in source.chunks)
    return (*(1,) * (source.ndim - 2), _SIDE, _SIDE)


def _check_axes(axes: str | None, ndim: int) -> str:
    if axes is None and 2 <= ndim <= 4:
        return _AXES[-ndim:]
    letters = axes or ""
    if len(letters) != ndim or letters not in ("yx", "zyx", "tyx", "tzyx"):
        raise ValueError(
            f"The axes of labels are yx, zyx, tyx or tzyx, not {letters!r} of {ndim}."
        )
    return letters


def _checked(values: Sequence[Any] | None, axes: str, default: Any) -> tuple[Any, ...]:
    if values is None:
        return (default,) * len(axes)
    if len(values) != len(axes):
        raise ValueError(f"There are {len(axes)} axes, and {len(values)} values.")
    return tuple(values)
