"""The guides do what they say: a person's steps and the code, in a real window.

A guide is walked from top to bottom. Steps that a person does by hand are code in
comments, which no reader sees. A picture is taken where its link stands, of what its
name ends in: "window", "dock" or "canvas". `tox -e pictures` writes them anew.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from napari_kmeans import PixelKMeans
from napari_kmeans.plugin.controls.guide import GUIDES
from tests.dock import Dock

WRITES = bool(os.environ.get("WRITE_PICTURES"))
SIZE = 1080, 960
COLORS = 96
STEP = re.compile(
    r"^```python\n(?P<code>.*?)^```|<!-- step\n(?P<hand>.*?)-->"
    r"|!\[[^\]]*\]\((?P<picture>[^)]+)\)",
    re.DOTALL | re.MULTILINE,
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
MENU = re.compile(r"\*((?:File|Layers|Plugins) > [^*]+)\*")
NAMES = sorted(path.name for path in GUIDES.glob("*.md"))
WITH_CODE = [it for it in NAMES if STEP.search((GUIDES / it).read_text("utf-8"))]


@pytest.mark.parametrize("name", WITH_CODE)
def test_a_guide_does_what_it_says(
    name: str,
    make_napari_viewer_proxy: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    viewer = make_napari_viewer_proxy(show=True)
    viewer.window.resize(*SIZE)
    names: dict[str, Any] = {"viewer": viewer, "__name__": "__main__"}
    text = (GUIDES / name).read_text("utf-8")
    for step in STEP.finditer(text):
        if step["picture"]:
            qtbot.wait(200)  # for what is still being drawn
            check_picture(GUIDES / step["picture"], names)
            continue
        code = step["code"] or step["hand"]
        line = text.count("\n", 0, step.start()) + 1
        exec(compile("\n" * line + code, str(GUIDES / name), "exec"), names)
        if "widget" in names:
            Dock(viewer, names["widget"], qtbot).wait_until_idle(200_000)


def check_picture(path: Path, names: dict[str, Any]) -> None:
    """Take the picture that is at a path, and compare both, or write it there."""
    taken = take(path.stem.rsplit("-", 1)[-1], names)
    if WRITES:
        write(path, taken)
    with Image.open(path) as file:
        there = file.convert("RGB")
    assert path.stat().st_size < 130_000
    if sys.platform == "linux":  # windows look elsewhere as they look there
        now, then = (coarse(it) for it in (Image.fromarray(taken), there))
        assert np.abs(now - then).mean() < 12


def coarse(picture: Any) -> np.ndarray:
    return np.asarray(picture.resize((24, 16), Image.Resampling.BOX), float)


def take(kind: str, names: dict[str, Any]) -> np.ndarray:
    taken = Path("taken.png")
    if kind == "dock":
        names["widget"].native.grab().save(str(taken))
    else:
        canvas_only = {"canvas": True, "window": False}[kind]
        names["viewer"].screenshot(str(taken), canvas_only=canvas_only, flash=False)
    with Image.open(taken) as file:
        return np.array(file.convert("RGB"))


def write(path: Path, taken: np.ndarray) -> None:
    """Write a picture in few colors, which this project is good at."""
    km = PixelKMeans(COLORS, color_space="oklab").fit(taken)
    picture = Image.fromarray(km.predict(taken).astype(np.uint8), mode="P")
    picture.putpalette(km.palette_.colors.tobytes())
    path.parent.mkdir(exist_ok=True)
    picture.save(path, optimize=True)


def test_menus_are_where_the_texts_say(
    make_napari_viewer: Callable[..., Any],
) -> None:
    root = Path(__file__).parents[1]
    texts = [root / "README.md", *(GUIDES / name for name in NAMES)]
    told = " ".join(path.read_text("utf-8") for path in texts)
    bar = make_napari_viewer().window.main_menu
    paths = {" ".join(path.split()) for path in MENU.findall(told)}
    assert len(paths) > 3
    # of the plugin manager, which need not be installed here
    for path in paths - {"Plugins > Install/Uninstall Plugins…"}:
        menu = bar
        for entry in path.replace("…", "...").split(" > "):
            titles = {it.text().replace("&", ""): it.menu() for it in menu.actions()}
            assert any(title.startswith(entry) for title in titles), (path, *titles)
            menu = next(titles[it] for it in titles if it.startswith(entry))
            if menu is not None:
                menu.aboutToShow.emit()


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    text = (GUIDES / name).read_text("utf-8")
    lost = [
        link
        for link in LINK.findall(text)
        if not link.startswith("https://") and not (GUIDES / link).exists()
    ]
    assert lost == []
    pictures = [step["picture"] for step in STEP.finditer(text) if step["picture"]]
    assert all((GUIDES / picture).exists() for picture in pictures)


def test_every_guide_and_picture_is_linked() -> None:
    texts = {it: (GUIDES / it).read_text("utf-8") for it in NAMES}
    assert set(NAMES) - {"index.md"} == set(LINK.findall(texts["index.md"]))
    shown = set(re.findall(r"\(pictures/([^)]+)\)", "".join(texts.values())))
    assert shown == {path.name for path in (GUIDES / "pictures").iterdir()}
    assert all(text.startswith("# ") for text in texts.values())
