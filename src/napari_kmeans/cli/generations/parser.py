"""What was asked for after the word `generations`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_kmeans.cli.arguments import values
from napari_kmeans.cli.arguments.parser import EXIT_STATUS, PROGRAM, add_clustering
from napari_kmeans.cli.pictures.files import CAT, PictureFile, same_file

if TYPE_CHECKING:
    from napari_kmeans.core.color import ColorSpace

WORD = "generations"
MAX_TIMES = 10_000

_DESCRIPTION = """\
Save a picture as JPEG, read it, save it again, and so on, n times over: what is
left of it? Prints the size of the file and its difference from the picture, with
the same picture in a palette, as PNG, to compare: that stays the same however
often it is saved. Writes NAME-qQ-N-times.jpg, NAME-K-colors.png, and all of them
side by side as NAME-qQ-generations.png.
"""


@dataclass(frozen=True, slots=True)
class GenerationsOptions:
    """What was asked for.

    Attributes
    ----------
    picture : PictureFile or None
        None: the cat of scikit-image.
    quality : int
        Of the JPEG, 1 to 100.
    times : tuple of int
        How often it is saved, each once, rising.
    n_clusters : int
        Colors of the palette to compare with.
    output : Path
        The folder for the results.
    color_space : {"rgb", "oklab", "din99o", "lab", "hed"}
    seed : int
    """

    picture: PictureFile | None
    quality: int
    times: tuple[int, ...]
    n_clusters: int
    output: Path
    color_space: ColorSpace
    seed: int

    @property
    def name(self) -> str:
        """What the results are called."""
        return (self.picture or CAT).name

    def jpeg_name(self, times: int) -> str:
        """Return the file name of the JPEG after so many times.

        Parameters
        ----------
        times : int
            How often the picture was saved.

        Returns
        -------
        str
        """
        return f"{self.name}-q{self.quality}-{times}-times.jpg"

    @property
    def png_name(self) -> str:
        """The file name of the picture in a palette."""
        return f"{self.name}-{self.n_clusters}-colors.png"

    @property
    def sheet_name(self) -> str:
        """The file name of all of them side by side."""
        return f"{self.name}-q{self.quality}-generations.png"


def parse_arguments(arguments: Sequence[str]) -> GenerationsOptions:
    """Read the arguments; wrong ones end the process with a message and code 2.

    Parameters
    ----------
    arguments : sequence of str

    Returns
    -------
    GenerationsOptions
    """
    parser = _parser()
    given = parser.parse_intermixed_args(arguments)
    path = given.picture
    options = GenerationsOptions(
        None if path is None else PictureFile(path, path.stem),
        given.quality,
        tuple(sorted(set(given.times))),
        given.clusters,
        given.output,
        given.color_space,
        given.seed,
    )
    names = [options.png_name, options.sheet_name, *map(options.jpeg_name, given.times)]
    if path is not None and any(same_file(path, given.output / name) for name in names):
        parser.error(
            f"the results would replace the picture {path}: choose another folder "
            "with -o"
        )
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"{PROGRAM} {WORD}",
        description=_DESCRIPTION,
        epilog=f"{EXIT_STATUS}\nexample:\n"
        f"  {PROGRAM} {WORD} cat.jpg -q 75 -n 1 10 100 -k 24 -o left\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "picture",
        metavar="PICTURE",
        nargs="?",
        type=Path,
        help="a file that Pillow can read; the cat of scikit-image if there is none",
    )
    parser.add_argument(
        "-q",
        "--quality",
        metavar="Q",
        type=values.quality,
        default=75,
        help="of the JPEG, 1 to 100 (default: 75)",
    )
    parser.add_argument(
        "-n",
        "--times",
        metavar="N",
        nargs="+",
        type=lambda text: values.whole_number(text, 1, MAX_TIMES),
        default=(1, 10, 100),
        help=f"how often it is saved, 1 to {MAX_TIMES} (default: 1 10 100)",
    )
    parser.add_argument(
        "-k",
        "--clusters",
        metavar="K",
        type=values.number_of_colors,
        default=24,
        help="colors of the palette (default: 24)",
    )
    add_clustering(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        default=Path(),
        help="folder for the results, made if missing (default: the current one)",
    )
    return parser
