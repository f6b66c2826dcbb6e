from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from napari_kmeans import Palette, PixelKMeans
from napari_kmeans.cli.pictures.record import RECORD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command

MAIN = "import sys; from napari_kmeans.cli import main; sys.exit(main(sys.argv[1:]))"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != RECORD
    }


def times(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*.png")
    }


def recorded(folder: Path) -> list[str]:
    path = folder / RECORD
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line)["name"] for line in lines if line.endswith("}")]


def test_a_folder_and_its_sub_folders(
    photos: Path, tmp_path: Path, command: Command
) -> None:
    out = tmp_path / "out"
    ran = command(photos, "-k", 2, 3, "-o", out)
    assert (ran.code, ran.err) == (0, "")
    names = [f"{name}-{k}-colors.png" for name in ("p00", "p02") for k in (2, 3)]
    below = [f"sub/{name}-{k}-colors.png" for name in ("p01", "p03") for k in (2, 3)]
    assert set(contents(out)) == {*names, *below, "contact-sheet.png"}
    assert "\nsub/p01: 400 pixels\n" in ran.out
    assert "Wrote 8 pictures and contact-sheet.png to" in ran.out
    with Image.open(photos / "sub" / "p03.png") as source:
        expected = PixelKMeans(3).fit(array := np.array(source)).quantize(array)
    with Image.open(out / "sub" / "p03-3-colors.png") as image:
        np.testing.assert_array_equal(np.array(image.convert("RGB")), expected)


def test_what_stands_is_left_alone(
    photos: Path, tmp_path: Path, command: Command
) -> None:
    out = tmp_path / "out"
    first = command(photos, "-k", 2, "-o", out)
    before = times(out)
    again = command(photos, "-k", 2, "-o", out)
    assert (again.code, again.err) == (0, "")
    assert times(out) == before
    # the same table, from the record
    assert again.rows == first.rows
    assert "4 stood there from an earlier run" in again.out

    (out / "p02-2-colors.png").unlink()
    Image.new("RGB", (5, 5), "red").save(photos / "sub" / "p01.png")
    third = command(photos, "-k", 2, "-o", out)
    changed = {name for name, at in times(out).items() if at != before[name]}
    assert changed == {
        *("p02-2-colors.png", "sub/p01-2-colors.png", "contact-sheet.png"),
    }
    assert "Wrote 2 pictures" in third.out
    assert "2 stood there" in third.out


@pytest.mark.parametrize(
    "settings",
    [
        ("-k", "3"),
        ("-k", "2", "--seed", "1"),
        ("-k", "2", "--color-space", "oklab"),
        ("-k", "2", "--overwrite"),
        ("-k", "2", "--shared"),
        ("--palette", "p.hex"),
        ("-k", "2", "--matte", "red"),
    ],
)
def test_other_settings_make_all_again(
    settings: tuple[str, ...],
    photos: Path,
    tmp_path: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.hex").write_text("ff0000\n0000ff\n")
    assert command(photos, "-k", 2, "-o", "out").code == 0
    assert "stood" not in command(photos, *settings, "-o", "out").out


def test_a_palette_file_that_was_changed(
    photos: Path, tmp_path: Path, command: Command
) -> None:
    path, out = tmp_path / "p.gpl", tmp_path / "out"
    for colors, made in (([[1, 2, 3]], True), ([[1, 2, 3]], False), ([[9] * 3], True)):
        Palette(np.array(colors, np.uint8), np.zeros(1, int)).write(path)
        ran = command(photos, "--palette", path, "-o", out)
        assert ("stood" not in ran.out) == made


def test_shared_colors_depend_on_all_pictures(
    photos: Path, tmp_path: Path, command: Command
) -> None:
    out, model = tmp_path / "out", tmp_path / "fit.json"
    asked = (photos, "--shared", "-k", 2, "-o", out, "--save-model", model)
    assert command(*asked).code == 0
    assert "4 stood" in command(*asked).out
    model.unlink()
    assert "stood" not in command(*asked).out
    assert model.exists()
    Image.new("RGB", (50, 50), "red").save(photos / "p00.png")
    assert "stood" not in command(*asked).out


def start(*asked: object, stderr: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    """Run the command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *map(str, asked)],
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        text=True,
    )


def add_slow(photos: Path, *names: str) -> None:
    """Write pictures that take a second or so."""
    noise = np.random.default_rng(6).integers(0, 256, (700, 700, 3), dtype=np.uint8)
    for name in names:
        Image.fromarray(noise).save(photos / name)


def wait_for(n_done: int, out: Path, process: subprocess.Popen[str]) -> None:
    while len(recorded(out)) < n_done:
        assert process.poll() is None
        time.sleep(0.002)


def test_killed_in_the_middle_it_goes_on(
    photos: Path, tmp_path: Path, command: Command
) -> None:
    add_slow(photos, "p01.png", "p03.png")
    out = tmp_path / "out"
    process = start(photos, "-k", 4, "-o", out)
    try:
        wait_for(2, out, process)
    finally:
        process.kill()
        process.wait(60)
    done = recorded(out)
    assert 2 <= len(done) < 6
    before = times(out)
    for path in out.rglob("[!.]*.png"):
        with Image.open(path) as image:
            image.load()  # none is cut off
    # as if it had been writing just then
    (out / "p00-4-colors.png").unlink()
    (out / ".p00-4-colors.png.99999.part").write_text("cut off")

    ran = command(photos, "-k", 4, "-o", out)

    assert (ran.code, ran.err) == (0, "")
    after = times(out)
    kept = [f"{name}-4-colors.png" for name in done if name != "p00"]
    assert kept
    assert all(after[name] == before[name] for name in kept)
    assert command(photos, "-k", 4, "-o", tmp_path / "whole").code == 0
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_says_how_to_go_on(
    jobs: int, photos: Path, tmp_path: Path
) -> None:
    termios = pytest.importorskip("termios", reason="terminals are others here")
    add_slow(photos, "p01.png", "p03.png")
    out = tmp_path / "out"
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    process = start(photos, "-k", 4, "--jobs", jobs, "-o", out, stderr=theirs)
    os.close(theirs)
    wait_for(1, out, process)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    told = read_all(ours)
    n_done = len(recorded(out))
    assert 1 <= n_done < 6
    assert told.rstrip().endswith(
        f"napari-kmeans: interrupted: {n_done} of 6 pictures are done; the same "
        "command goes on from there."
    )
    assert not list(out.rglob("*.part"))
    # a terminal is shown how far it is
    assert "preparing, longest on first use:   0%|" in told
    assert "/6 [" in told


def read_all(terminal: int) -> str:
    shown = b""
    with suppress(OSError):  # how Linux tells that there is no more
        while part := os.read(terminal, 4096):
            shown += part
    os.close(terminal)
    return shown.decode()


def test_several_at_a_time_are_told_in_order(
    photos: Path, tmp_path: Path, command: Command
) -> None:
    (photos / "p01b.png").write_text("no picture")
    one = command(photos, "-k", 2, 9, "-o", tmp_path / "one")
    some = command(photos, "-k", 2, 9, "-o", tmp_path / "some", "--jobs", 3)
    assert (one.code, some.code) == (1, 1)
    assert one.err == some.err
    assert [row[:7] for row in one.rows] == [row[:7] for row in some.rows]
    assert contents(tmp_path / "one") == contents(tmp_path / "some")
