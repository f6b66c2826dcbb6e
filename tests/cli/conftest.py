from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from napari_kmeans._typing import Array
from napari_kmeans.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Ran:
    code: object
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        """The rows of the table.

        k, unique colors, inertia, PSNR, dE00, bytes, bits a pixel, seconds.
        """
        cells = [line.replace(" dB", "").split() for line in self.out.splitlines()]
        return [row for row in cells if len(row) == 8 and row[-1][:1].isdigit()]


Command = Callable[..., Ran]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command in this process."""

    def run(*arguments: Any) -> Ran:
        code: object
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return run


@pytest.fixture
def rgb() -> Array:
    """A picture of many colors, wider than high."""
    return np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of four pictures of noise, half of them in a sub-folder."""
    random = np.random.default_rng(5)
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for i in range(4):
        array = random.integers(0, 256, (20, 20, 3), dtype=np.uint8)
        place = folder / "sub" if i % 2 else folder
        Image.fromarray(array).save(place / f"p{i:02}.png")
    return folder
