"""What the README shows is what the program does."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage import data

README = Path(__file__).parents[1] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text("utf-8"), re.DOTALL)


def test_the_script_runs(
    make_napari_viewer_proxy: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    viewer = make_napari_viewer_proxy()
    viewer.add_image(data.chelsea(), name="kitten")
    codes = blocks("python")
    assert len(codes) >= 2
    names: dict[str, Any] = {"viewer": viewer}
    for code in codes:
        exec(compile(code, str(README), "exec"), names)
    assert [layer.name for layer in viewer.layers] == [
        "kitten",
        "kitten [24 colors]",
        "kitten [24 color labels]",
    ]
    np.testing.assert_array_equal(
        names["km"].quantize(data.chelsea()), viewer.layers[1].data
    )


def test_two_commands_do_all_set_up() -> None:
    commands = "".join(blocks("sh")).strip().splitlines()
    assert len(commands) == 2
    assert "napari-kmeans" in commands[0]
    assert commands[1].endswith("tox")
