from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command


def test_the_sheet_shows_what_stood_as_well(
    photos: Path, tmp_path: Path, command: Command
) -> None:
    out = tmp_path / "out"
    command(photos / "p00.png", photos / "p02.png", "-k", 2, "-o", out)
    command(photos, "-k", 2, "-o", out)
    sheet = (out / "contact-sheet.png").read_bytes()
    command(photos, "-k", 2, "-o", out, "--overwrite")
    assert (out / "contact-sheet.png").read_bytes() == sheet
