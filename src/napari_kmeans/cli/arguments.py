"""What was asked for on the command line, and whether it can be done.

Imports nothing heavy: `--help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_kmeans.cli.files import PictureFile, name_pictures, overwritten

if TYPE_CHECKING:
    from napari_kmeans.core.colorspace import ColorSpace

PROGRAM = "napari-kmeans"
CLUSTERS = (2, 5, 10, 15, 24)
COLOR_SPACES = ("rgb", "oklab", "din99o", "lab", "hed")
MAX_CLUSTERS = 1 << 14
MAX_SEED = (1 << 31) - 1

_DESCRIPTION = """\
Repaint pictures in k colors each, found by K-means on their pixels. Writes
NAME-K-colors.png for every picture and every k, and contact-sheet.png with all
of them side by side; prints what each k costs and keeps.
"""

_EPILOG = """\
Results of an earlier run in the folder are replaced; a picture that is read is
never written over. Of two pictures with the same name, the second is written as
NAME-2. Pictures are read with 8 bits a channel, or 16 if they have one channel;
of a file with several frames, the first. Transparent pixels take no part.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for.

    Attributes
    ----------
    pictures : tuple of PictureFile
        None: the cat of scikit-image.
    clusters : tuple of int
        The numbers of colors, each once, in the order given.
    output : Path
        The folder for the results.
    color_space : {"rgb", "oklab", "din99o", "lab", "hed"}
    seed : int
    view : bool
        Whether to open napari in the end.
    shared : bool
        Whether all pictures get the same colors.
    palette, model : Path or None
        The file that has the colors, if they are not to be found.
    save_model : Path or None
        Where to write the only fit.
    """

    pictures: tuple[PictureFile, ...]
    clusters: tuple[int, ...]
    output: Path
    color_space: ColorSpace
    seed: int
    view: bool
    shared: bool = False
    palette: Path | None = None
    model: Path | None = None
    save_model: Path | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """How the names of the results of a picture end."""
        given = self.palette or self.model
        if given is not None:
            return (given.stem,)
        return tuple(f"{k}-colors" for k in self.clusters)


def parse_arguments(arguments: Sequence[str] | None = None) -> Options:
    """Read the arguments; wrong ones end the process with a message and code 2.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    Options
    """
    parser = _parser()
    # intermixed: options may come before, between and after pictures
    given = parser.parse_intermixed_args(arguments)
    if given.version:
        sys.stdout.write(f"{PROGRAM} {_version()}\n")
        parser.exit()
    once: dict[str, Path] = {}
    for path in given.pictures:
        once.setdefault(os.path.realpath(path), path)
    pictures = tuple(name_pictures(list(once.values())))
    options = _options(given, pictures)
    _check_together(parser, given, options)
    lost = overwritten(given.output, pictures, options.labels, options.save_model)
    if lost is not None:
        parser.error(
            f"the results would replace the picture {lost}: choose another folder "
            "with -o, or another file"
        )
    return options


def _options(given: argparse.Namespace, pictures: tuple[PictureFile, ...]) -> Options:
    is_found = given.palette is None and given.model is None
    return Options(
        pictures,
        tuple(dict.fromkeys(given.clusters or CLUSTERS)) if is_found else (),
        given.output,
        given.color_space,
        given.seed,
        given.view,
        given.shared,
        given.palette,
        given.model,
        given.save_model,
    )


def _check_together(
    parser: argparse.ArgumentParser, given: argparse.Namespace, options: Options
) -> None:
    if given.clusters and not options.clusters:
        parser.error("-k goes with neither --palette nor --model: they tell how many")
    one_fit = len(options.clusters) == 1 and (
        options.shared or len(options.pictures) <= 1
    )
    if options.save_model is not None and not one_fit:
        parser.error(
            "--save-model is for one fit: give one number with -k, and one picture "
            "or --shared"
        )
    if options.shared and not options.pictures:
        parser.error("--shared needs pictures")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description=_DESCRIPTION, epilog=_EPILOG
    )
    parser.add_argument(
        "pictures",
        metavar="PICTURE",
        nargs="*",
        type=Path,
        help="a file that Pillow can read; the cat of scikit-image if there is none",
    )
    parser.add_argument(
        "-k",
        "--clusters",
        metavar="K",
        nargs="+",
        type=_clusters,
        help=f"how many colors, 1 to {MAX_CLUSTERS} (default: {_joined(CLUSTERS)})",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        default=Path(),
        help="folder for the results, made if missing (default: the current one)",
    )
    _add_files(parser)
    parser.add_argument(
        "--color-space",
        choices=COLOR_SPACES,
        default="rgb",
        help="where the difference of two colors is measured: rgb leaves the least "
        "squared error, the others weigh differences as they look (default: rgb)",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=_seed,
        default=0,
        help="the same seed gives the same colors (default: 0)",
    )
    parser.add_argument(
        "--view", action="store_true", help="open all of it in napari as well"
    )
    parser.add_argument(
        "--version", action="store_true", help="show the version and exit"
    )
    return parser


def _add_files(parser: argparse.ArgumentParser) -> None:
    colors = parser.add_mutually_exclusive_group()
    colors.add_argument(
        "--shared",
        action="store_true",
        help="find one palette for all pictures, which are read twice then",
    )
    colors.add_argument(
        "--palette",
        metavar="FILE",
        type=Path,
        help="repaint in the colors of a palette file (.gpl .ase .aco .pal .hex .txt "
        ".css .json .png), as NAME-FILE.png",
    )
    colors.add_argument(
        "--model",
        metavar="FILE",
        type=Path,
        help="repaint as an earlier fit does, as NAME-FILE.png",
    )
    parser.add_argument(
        "--save-model",
        metavar="FILE",
        type=Path,
        help="write the fit, for --model and PixelKMeans.load",
    )


def _clusters(text: str) -> int:
    return _whole_number(text, 1, MAX_CLUSTERS, " (pictures go before -k)")


def _seed(text: str) -> int:
    return _whole_number(text, 0, MAX_SEED)


def _whole_number(text: str, least: int, most: int, hint: str = "") -> int:
    try:
        number = int(text)
    except ValueError:
        message = f"{text!r} is not a whole number{hint}"
        raise argparse.ArgumentTypeError(message) from None
    if not least <= number <= most:
        message = f"{number} is not from {least} to {most}"
        raise argparse.ArgumentTypeError(message)
    return number


def _joined(numbers: Sequence[int]) -> str:
    return " ".join(map(str, numbers))


def _version() -> str:
    from importlib.metadata import version

    return version(PROGRAM)
