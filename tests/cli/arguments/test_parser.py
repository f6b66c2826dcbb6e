from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import get_args

import pytest

from napari_kmeans.cli.arguments import parser, values
from napari_kmeans.cli.arguments.parser import parse_arguments
from napari_kmeans.core.color.colorspace import COLOR_SPACES, ColorSpace
from napari_kmeans.estimator import MAX_CLUSTERS

HEAVY = {"dask", "napari", "numba", "numpy", "PIL", "qtpy", "skimage"}


def test_nothing_asked_for_is_the_seed_experiment() -> None:
    options = parse_arguments([])
    assert options.pictures == ()
    assert options.clusters == (2, 5, 10, 15, 24)
    assert options.output == Path()
    assert (options.color_space, options.seed, options.view) == ("rgb", 0, False)


def test_limits_are_those_of_the_library() -> None:
    assert values.MAX_CLUSTERS == MAX_CLUSTERS
    assert set(parser.COLOR_SPACES) == set(COLOR_SPACES)
    assert set(parser.COLOR_SPACES) == set(get_args(ColorSpace))


@pytest.mark.parametrize(
    "line",
    [
        "a.png b.png -k 3 7 -o out --seed 5",
        "-o out a.png --seed 5 b.png -k 3 7",
        "-k 3 7 -o out --seed 5 a.png b.png",
        "--seed 5 -o out -k 3 7 -- a.png b.png",
        "--clusters 3 7 3 --output=out --seed=5 a.png b.png ./a.png",
    ],
)
def test_options_may_stand_anywhere(line: str) -> None:
    options = parse_arguments(line.split())
    assert [file.path.name for file in options.pictures] == ["a.png", "b.png"]
    assert (options.clusters, options.output) == ((3, 7), Path("out"))
    assert options.seed == 5


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("-k 0", "0 is not from 1 to 16384"),
        ("-k 2 16385", "16385 is not from 1 to 16384"),
        ("-k 2.5", "'2.5' is not a whole number"),
        ("-k 2 a.png", "'a.png' is not a whole number (pictures go before -k)"),
        ("-k", "expected at least one argument"),
        ("--seed -1", "-1 is not from 0"),
        ("--seed x", "'x' is not a whole number\n"),
        ("--color-space hsv", "invalid choice"),
        ("--fast", "unrecognized arguments"),
    ],
)
def test_wrong_arguments_end_with_2(
    line: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        parse_arguments(line.split())
    assert stop.value.code == 2
    assert says in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        parse_arguments(["--version"])
    assert stop.value.code == 0
    out, err = capsys.readouterr()
    assert (out, err) == (f"napari-kmeans {version('napari-kmeans')}\n", "")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import atexit, sys; from napari_kmeans.cli import main; "
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); main(['-h'])"
    )
    asked = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "--color-space {rgb,oklab,din99o,lab,hed}" in asked.stdout
    assert max(map(len, asked.stdout.splitlines())) <= 80
    loaded = set(asked.stderr.split())
    assert "napari_kmeans.cli.arguments.parser" in loaded
    assert not loaded & HEAVY


def test_dither_and_its_strength_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    options = parse_arguments(["--dither", "pattern", "--dither-strength", "0.5"])

    assert (options.dither, options.dither_strength) == ("pattern", 0.5)
    with pytest.raises(SystemExit):
        parse_arguments(["--dither-strength", "1.5"])
    assert "not a number from 0 to 1" in capsys.readouterr().err
