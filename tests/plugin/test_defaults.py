"""What the dock begins with, by the Preferences of napari."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from napari.settings import get_plugin_settings, get_settings

from napari_kmeans.plugin.defaults import chosen_defaults
from tests.dock import Dock


@pytest.fixture
def preferences(make_napari_viewer_proxy: Callable[..., Any]) -> Iterator[Any]:
    """The Preferences of the plugin, which are reset after a test."""
    make_napari_viewer_proxy()  # which finds the plugins
    found = get_plugin_settings("napari-kmeans")
    yield found
    found.reset()


def test_tests_have_preferences_of_their_own() -> None:
    # set before napari was imported, or else it had no effect
    path = get_settings().config_path
    assert str(path) == os.environ["NAPARI_CONFIG"]
    assert path.parent.parent == Path(tempfile.gettempdir())


def test_preferences_are_what_the_dock_begins_with(
    preferences: Any, make_napari_viewer_proxy: Callable[..., Any], qtbot: Any
) -> None:
    assert chosen_defaults() == {
        "n_clusters": 24,
        "quality": "balanced",
        "color_space": "rgb",
        "keep_previous": False,
    }
    preferences.defaults.n_clusters = 7
    preferences.defaults.color_space = "oklab"
    widget = Dock.open(make_napari_viewer_proxy(), qtbot).widget
    assert widget.n_clusters.value == 7
    assert widget.color_space.value == "oklab"
    assert widget.quality.value == "balanced"
