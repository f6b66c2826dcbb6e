"""What was asked for on the command line, and whether it can be done.

Imports nothing heavy: `--help` answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from napari_kmeans.cli.arguments import values
from napari_kmeans.cli.arguments.inputs import find_pictures
from napari_kmeans.cli.arguments.options import SUFFIXES, Options
from napari_kmeans.cli.pictures.files import PictureFile, overwritten
from napari_kmeans.errors import NoPictureError

PROGRAM = "napari-kmeans"
CLUSTERS = (2, 5, 10, 15, 24)
COLOR_SPACES = ("rgb", "oklab", "din99o", "lab", "hed")
DITHERS = ("none", "pattern", "floyd-steinberg", "auto")
MAX_GIF = 256

_DESCRIPTION = """\
Repaint pictures in k colors each, found by K-means on their pixels. Writes
NAME-K-colors.png for every picture and every k, and contact-sheet.png with all
of them side by side; prints what each k costs and keeps.

napari-kmeans generations --help tells of the other command: a picture saved as
JPEG many times over.
"""

EXIT_STATUS = """\
exit status:
  0    all is done
  1    something could not be read, written or shown, as a line on the standard
       error tells for each; the rest is done
  2    the command was wrong, and nothing was done
  130  interrupted; the same command goes on
"""

_EPILOG = f"""\
folders:
  Of a folder, the pictures in it and below are repainted, and their results lie
  in the same sub-folders of DIR. Hidden files are left out, and so are folders
  that hold results. The contact sheet shows the first 24 pictures.

resuming:
  What is done is recorded in DIR, in .napari-kmeans.jsonl, picture by picture.
  The same command goes on where an earlier one stopped, however it was ended:
  pictures are left alone whose results stand and were made from the same file
  with the same settings. --overwrite makes them again, and so does --view.
  Every file is written beside its place and then moved, so that none is ever
  half there. Other files of these names are replaced, but never a picture that
  is read.

pictures:
  They are read with 8 bits a channel, or 16 if they have one channel; of a file
  with several frames, the first. Transparent pixels take no part. Of two
  pictures with the same name, the second is written as NAME-2.

{EXIT_STATUS}
examples:
  napari-kmeans cat.jpg -k 8 16 -o small
  napari-kmeans photos -k 32 -o small --jobs 4
  napari-kmeans photos --shared -k 16 --save-model fit.json -o posters
  napari-kmeans more-photos --model fit.json -o posters
"""


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
        sys.stdout.write(f"{PROGRAM} {version()}\n")
        parser.exit()
    try:
        pictures = find_pictures(given.pictures, given.output)
    except NoPictureError as error:
        parser.error(str(error))
    options = _options(given, tuple(pictures))
    _check_together(parser, given, options)
    lost = overwritten(
        given.output, pictures, options.labels, options.suffix, options.save_model
    )
    if lost is not None:
        parser.error(
            f"the results would replace the picture {lost}: choose another folder "
            "with -o, or another file"
        )
    return options


def _options(given: argparse.Namespace, pictures: tuple[PictureFile, ...]) -> Options:
    is_found = given.palette is given.model is given.max_bytes is None
    return Options(
        pictures=pictures,
        clusters=tuple(dict.fromkeys(given.clusters or CLUSTERS)) if is_found else (),
        output=given.output,
        color_space=given.color_space,
        seed=given.seed,
        view=given.view,
        shared=given.shared,
        palette=given.palette,
        model=given.model,
        save_model=given.save_model,
        mask=given.mask,
        matte=given.matte,
        format=given.format,
        quality=given.quality,
        max_bytes=given.max_bytes,
        jobs=given.jobs,
        overwrite=given.overwrite,
        dither=given.dither,
        dither_strength=given.dither_strength,
    )


def _check_together(
    parser: argparse.ArgumentParser, given: argparse.Namespace, options: Options
) -> None:
    if given.clusters and not options.clusters:
        parser.error(
            "-k does not go with --palette, --model and --max-bytes: they tell how many"
        )
    if given.dither == "auto" and given.max_bytes is None:
        parser.error("--dither auto needs --max-bytes")
    if given.format == "zarr" and find_spec("zarr") is None:
        parser.error("--format zarr needs zarr: pip install zarr")
    if given.max_bytes is not None and given.format in ("jpeg", "webp", "zarr"):
        parser.error("--max-bytes is for files with a palette: png, gif and tiff")
    one_fit = len(options.clusters) == 1 and (
        options.shared or len(options.pictures) <= 1
    )
    if options.save_model is not None and not one_fit:
        parser.error(
            "--save-model is for one fit: give one number with -k, and one picture "
            "or --shared"
        )
    if options.format == "gif" and max(options.clusters, default=1) > MAX_GIF:
        parser.error(f"a GIF holds at most {MAX_GIF} colors: give a lower k")
    for option in ("shared", "mask"):
        if getattr(options, option) and not options.pictures:
            parser.error(f"--{option} needs pictures")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "pictures",
        metavar="PICTURE",
        nargs="*",
        type=Path,
        help="a file that Pillow can read, or a folder of such; the cat of "
        "scikit-image if there is none",
    )
    parser.add_argument(
        "--version", action="store_true", help="show the version and exit"
    )
    _add_pixels(parser.add_argument_group("pixels that take part"))
    _add_colors(parser.add_argument_group("colors"))
    _add_results(parser.add_argument_group("results"))
    return parser


def _add_pixels(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--mask",
        metavar="FILE",
        type=Path,
        help="a picture or .npy array of the same height and width, not 0 where "
        "pixels take part; or a folder with one for each picture, of the same name",
    )
    group.add_argument(
        "--matte",
        metavar="COLOR",
        type=values.color,
        help="put a color (#rrggbb, or a name of CSS) under what is transparent, so "
        "that it takes part",
    )


def _add_colors(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-k",
        "--clusters",
        metavar="K",
        nargs="+",
        type=values.number_of_colors,
        help=f"how many colors, 1 to {values.MAX_CLUSTERS} "
        f"(default: {' '.join(map(str, CLUSTERS))})",
    )
    add_clustering(group)
    _add_dither(group)
    _add_files(group)


def add_clustering(group: argparse._ActionsContainer) -> None:
    """Add the options that decide the colors, except for how many there are.

    Parameters
    ----------
    group : argparse group or parser
        Where to add them.
    """
    group.add_argument(
        "--color-space",
        choices=COLOR_SPACES,
        default="rgb",
        help="where the difference of two colors is measured: rgb leaves the least "
        "squared error, the others weigh differences as they look (default: rgb)",
    )
    group.add_argument(
        "--seed",
        metavar="N",
        type=values.seed,
        default=0,
        help="the same seed gives the same colors (default: 0)",
    )


def _add_dither(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--dither",
        choices=DITHERS,
        default="none",
        help="mix the colors, so that few look like more; auto, with --max-bytes: "
        "with or without, as looks better (default: none, or that of the model)",
    )
    group.add_argument(
        "--dither-strength",
        metavar="S",
        type=values.strength,
        default=1.0,
        help="of the dither, 0 to 1 (default: 1)",
    )


def _add_results(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=Path,
        default=Path(),
        help="folder for the results, made if missing (default: the current one)",
    )
    group.add_argument(
        "--format",
        choices=tuple(SUFFIXES),
        default="png",
        help="of the files; png, gif and tiff hold the palette itself, jpeg and webp "
        "are there to compare with; zarr is a folder, as OME-Zarr, with the labels "
        "too (default: png)",
    )
    group.add_argument(
        "-q",
        "--quality",
        metavar="Q",
        type=values.quality,
        default=75,
        help="of jpeg and webp, 1 to 100 (default: 75)",
    )
    group.add_argument(
        "--overwrite",
        action="store_true",
        help="make again what an earlier run made",
    )
    group.add_argument(
        "--jobs",
        metavar="N",
        type=values.jobs,
        default=1,
        help="pictures at a time: more of them take more memory (default: 1)",
    )
    group.add_argument(
        "--view", action="store_true", help="open all of it in napari as well"
    )


def _add_files(group: argparse._ArgumentGroup) -> None:
    colors = group.add_mutually_exclusive_group()
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
    colors.add_argument(
        "--max-bytes",
        metavar="N",
        type=values.file_size,
        help="find as many colors, up to 256, as leave each file no larger, such as "
        "50000 or 50k; as NAME-N-bytes.png",
    )
    group.add_argument(
        "--save-model",
        metavar="FILE",
        type=Path,
        help="write the fit, for --model and PixelKMeans.load",
    )


def version() -> str:
    """Return the version that is installed.

    Returns
    -------
    str
    """
    from importlib.metadata import version

    return version(PROGRAM)
