"""The table of faults names tests that exist."""

import re
from importlib.resources import files
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_every_test_that_the_guide_names_exists() -> None:
    guide = files("napari_kmeans").joinpath("guides", "faults.md").read_text("utf-8")
    named = set(re.findall(r"`(test_\w+)`", guide))
    defined = {
        name
        for path in TESTS.rglob("test_*.py")
        for name in re.findall(r"^ *def (test_\w+)", path.read_text("utf-8"), re.M)
    }
    assert len(named) > 40
    assert named <= defined
