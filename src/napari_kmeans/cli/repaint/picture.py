"""A picture in each of its colors: read, repainted, written, and recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

from napari_kmeans.cli.pictures.files import (
    CAT,
    PictureFile,
    make_folder,
    remove_unfinished,
    result_name,
    save_bytes,
    save_model,
    save_zarr,
)
from napari_kmeans.cli.pictures.pictures import read_cat
from napari_kmeans.cli.pictures.record import Entry, Record, size_of
from napari_kmeans.cli.repaint.encoding import (
    check_format,
    encode_result,
    exact_measures,
    fit_to_size,
)
from napari_kmeans.cli.repaint.figures import PictureFigures, ResultFigures
from napari_kmeans.cli.repaint.mask_and_matte import open_picture
from napari_kmeans.cli.repaint.repainted import (
    Original,
    Repainted,
    iter_repaint,
    read_original,
)
from napari_kmeans.core.labels import NOT_FOR_MEASURING
from napari_kmeans.errors import PictureError, WriteError

if TYPE_CHECKING:
    from napari_kmeans.cli.arguments.options import Options
    from napari_kmeans.cli.repaint.fits import Fit
    from napari_kmeans.cli.repaint.plan import Planned


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of a picture.

    Attributes
    ----------
    file : PictureFile
    figures : PictureFigures or None
        None if it failed.
    complaint : str
        A sentence about it, if there is something to complain of.
    repainted : tuple of Repainted
        Those that are to be shown.
    """

    file: PictureFile
    figures: PictureFigures | None
    complaint: str = ""
    repainted: tuple[Repainted, ...] = ()


def repaint(
    planned: Planned,
    fits: Sequence[Fit],
    options: Options,
    record: Record,
    step: Callable[[], None],
) -> Outcome:
    """Repaint a picture by each fit, and write what comes out.

    Parameters
    ----------
    planned : Planned
    fits : sequence of Fit
    options : Options
    record : Record
        Told when all of it is done.
    step : callable
        Called after each result; raises to give up.

    Returns
    -------
    Outcome
    """
    file = planned.file or CAT
    results, shown = [], []
    try:
        original = _read(planned.file, fits, options)
        if options.max_bytes is not None:
            fits = [fit_to_size(original, options)]
        for repainted in iter_repaint(original, fits):
            results.append(_write(repainted, options))
            if options.view:  # or else there is no use in holding them
                shown.append(repainted)
            step()
        figures = _figures(planned, original, results)
        if options.save_model is not None and not options.shared:
            save_model(repainted.km, options.save_model)
        written = {result.file: result.n_bytes for result in results}
        entry = Entry(file.name, planned.made_from, written, asdict(figures))
        record.add(entry)
    except PictureError as error:
        return Outcome(file, None, f"cannot use {file.path}: {error}.")
    except MemoryError:
        complaint = f"cannot use {file.path}: there is not enough memory."
        return Outcome(file, None, complaint)
    except WriteError as error:
        return Outcome(file, None, f"{error}.")
    return Outcome(file, figures, _frames_left_out(file, original), tuple(shown))


def _read(file: PictureFile | None, fits: Sequence[Fit], options: Options) -> Original:
    if file is None:
        read_cat()  # imports what reads it, which is no part of the time
        original = read_original(CAT.name, read_cat, options.color_space)
    else:
        read = partial(open_picture, file, options)
        original = read_original(file.name, read, options.color_space)
    check_format(original.picture, options)
    for fit in fits:
        fit.check(original.summary.pixels)
    return original


def _write(repainted: Repainted, options: Options) -> ResultFigures:
    name = result_name(repainted.original.name, repainted.fit.label, options.suffix)
    path = options.output / name
    make_folder(path.parent)
    remove_unfinished(path)
    if options.format == "zarr":
        measures = exact_measures(repainted)
        note = NOT_FOR_MEASURING if repainted.km.is_dithered else ""
        save_zarr(repainted.labels, repainted.km.palette_, path, note)
    else:
        data, measures = encode_result(repainted, options)
        save_bytes(data, path)
    return ResultFigures(
        file=name,
        n_clusters=repainted.n_clusters,
        n_colors=measures.n_colors,
        inertia=repainted.inertia,
        psnr=measures.psnr,
        ciede2000=measures.ciede2000,
        n_bytes=size_of(path) or 0,
        seconds=repainted.seconds,
    )


def _figures(
    planned: Planned, original: Original, results: Sequence[ResultFigures]
) -> PictureFigures:
    return PictureFigures(
        name=original.name,
        size=original.picture.size,
        n_pixels=original.summary.n_pixels,
        n_colors=original.summary.n_unique_colors,
        n_bytes=None if planned.file is None else size_of(planned.file.path),
        seconds=original.seconds,
        results=tuple(results),
    )


def _frames_left_out(file: PictureFile, original: Original) -> str:
    n_frames = original.picture.n_frames
    if n_frames == 1:
        return ""
    return f"{file.path} has {n_frames:,} frames; only the first is used."
