"""What is asked of one pane: a size, and its file."""

from pathlib import Path

from tests.plugin.compare.comparison import Comparison


def test_a_size_is_kept(comparison: Comparison) -> None:
    panel = comparison.panel
    plain, jpeg = panel.panes[1], panel.panes[3]
    plain.fit_to(9_000)
    jpeg.fit_to(5_000)
    comparison.wait_until_idle()
    for pane, most in ((plain, 9_000), (jpeg, 5_000)):
        assert 0.8 * most < len(pane.candidate.data) <= most
    assert plain.fields.n_clusters.value() > 2


def test_a_size_that_cannot_be_is_said(comparison: Comparison) -> None:
    panel = comparison.panel
    panel.panes[1].fit_to(10)
    comparison.wait_until_idle()
    assert "cannot have only 10" in panel.panes[1].figures.text()


def test_a_saved_file_is_the_one_that_was_shown(
    comparison: Comparison, tmp_path: Path
) -> None:
    panel = comparison.panel
    pane = panel.panes[2]
    pane.write(tmp_path / "cat.png")
    assert (tmp_path / "cat.png").read_bytes() == pane.candidate.data
