"""All of it in turn: plan, repaint, write, print, and show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from napari_kmeans.cli.pictures.files import (
    CAT,
    CONTACT_SHEET,
    PictureFile,
    make_folder,
)
from napari_kmeans.cli.pictures.pictures import any_size
from napari_kmeans.cli.pictures.record import Record
from napari_kmeans.cli.repaint.batch import in_order
from napari_kmeans.cli.repaint.fits import Fit, find_fits
from napari_kmeans.cli.repaint.picture import Outcome, repaint
from napari_kmeans.cli.repaint.plan import Planned, plan
from napari_kmeans.cli.report import table
from napari_kmeans.cli.report.sheet_file import MOST_ON_SHEET, write_sheet
from napari_kmeans.cli.report.terminal import complain, progress_bar, say
from napari_kmeans.errors import FitError, WriteError

if TYPE_CHECKING:
    from napari_kmeans.cli.arguments.options import Options
    from napari_kmeans.cli.repaint.repainted import Repainted


def run(options: Options) -> int:
    """Do what was asked for.

    Parameters
    ----------
    options : Options

    Returns
    -------
    int
        0; 1 if something could not be read, written or shown; 130 if it was
        interrupted.
    """
    files = [file for file in options.pictures if _can_open(file)]
    if options.pictures and not files:
        return 1
    record = Record(options.output)
    planned = plan(files or [None], options, record)
    finished: list[Outcome] = []
    try:
        with any_size():
            outcomes = _repaint_all(planned, options, record, finished)
            _write_sheet(outcomes, planned, options, record)
    except (FitError, WriteError) as error:
        complain(f"{error}.")
        return 1
    except KeyboardInterrupt:
        n_done = sum(outcome.figures is not None for outcome in finished)
        done = f"{n_done:,} of {len(planned):,} pictures are done"
        complain(f"interrupted: {done}; the same command goes on from there.")
        return 130
    return _end(outcomes, planned, options)


def _repaint_all(
    planned: Sequence[Planned],
    options: Options,
    record: Record,
    finished: list[Outcome],
) -> list[Outcome]:
    """Repaint what is not done yet, printing the table picture by picture.

    What is finished is added in any order, at once: an interrupt tells of it.
    """
    fits = _fits(planned, options)
    make_folder(options.output)

    n_each = len(options.labels)
    preparing = "preparing, longest on first use"  # when code is compiled
    with progress_bar(n_each * len(planned), preparing) as bar:

        def repaint_one(one: Planned, check: Callable[[], None]) -> Outcome:
            n_left = n_each

            def step() -> None:
                nonlocal n_left
                n_left -= 1
                bar.set_description("repainting", refresh=False)
                bar.update()
                check()

            if one.done is None:
                outcome = repaint(one, fits, options, record, step)
            else:
                outcome = Outcome(one.file or CAT, one.done)
            finished.append(outcome)
            bar.update(n_left)
            return outcome

        with closing(in_order(repaint_one, planned, options.jobs)) as results:
            return list(_printed(results))


def _fits(planned: Sequence[Planned], options: Options) -> list[Fit]:
    if all(one.done is not None for one in planned):
        return []
    files = [one.file for one in planned if one.file is not None]
    with progress_bar(len(files), "reading") as bar:
        return find_fits(options, files, bar.update)


def _printed(outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    has_header = False
    for outcome in outcomes:
        if outcome.complaint:
            complain(outcome.complaint)
        if outcome.figures is not None:
            if not has_header:
                say(table.header())
                has_header = True
            for line in table.picture_lines(outcome.figures):
                say(line)
        yield outcome


def _write_sheet(
    outcomes: Sequence[Outcome],
    planned: Sequence[Planned],
    options: Options,
    record: Record,
) -> None:
    shown = [
        (one, outcome.figures)
        for one, outcome in zip(planned, outcomes, strict=True)
        if outcome.figures is not None
    ]
    if shown:
        write_sheet(shown[:MOST_ON_SHEET], options, record)


def _end(
    outcomes: Sequence[Outcome], planned: Sequence[Planned], options: Options
) -> int:
    n_failed = sum(outcome.figures is None for outcome in outcomes)
    if n_failed == len(outcomes):
        return 1
    say(table.notes(options.color_space))
    n_stood = sum(one.done is not None for one in planned)
    say(_written(options, len(outcomes) - n_failed - n_stood, n_stood))
    to_show = [each.repainted for each in outcomes if each.repainted]
    is_complete = len(outcomes) - n_failed == max(1, len(options.pictures))
    is_shown = _view(to_show, options) if options.view else True
    return 0 if is_complete and is_shown else 1


def _can_open(file: PictureFile) -> bool:
    try:
        file.path.open("rb").close()
    except OSError as error:
        complain(f"cannot read {file.path}: {error.strerror or error}.")
        return False
    return True


def _view(pictures: Sequence[Sequence[Repainted]], options: Options) -> bool:
    from napari_kmeans.cli.report.viewer import open_viewer
    from napari_kmeans.errors import ViewError

    try:
        open_viewer(pictures, options)
    except ViewError as error:
        complain(f"cannot open napari: {error}.")
        return False
    return True


def _written(options: Options, n_made: int, n_stood: int) -> str:
    made, stood = (n * len(options.labels) for n in (n_made, n_stood))
    pictures = f"{made:,} picture{'s' if made > 1 else ''} and {CONTACT_SHEET}"
    place = options.output.resolve()
    if not stood:
        return f"Wrote {pictures} to {place}"
    again = f"{stood:,} stood there from an earlier run (--overwrite makes them again)"
    return f"Wrote {pictures} to {place}; {again}" if made else f"{place}: {again}"
