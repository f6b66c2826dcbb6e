from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from napari_kmeans.core.color import color_code
from napari_kmeans.core.image.pixels import PixelFormat
from napari_kmeans.core.summary import count_table
from napari_kmeans.core.summary.counts import ColorTally, TotalCounts, count_rows

RGB = PixelFormat(np.dtype(np.uint8), 2, n_channels=3, has_alpha=False)


def counted(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes, counts = np.unique(color_code.encode_colors(rows), return_counts=True)
    return codes, counts


@pytest.mark.parametrize("n", [1, 254, 255, 256, 510, 511, 70_000])
def test_counts_that_a_byte_cannot_hold_are_carried(n: int) -> None:
    rows = np.full((n, 3), 9, dtype=np.uint8)
    rest = np.arange(30, dtype=np.uint8).reshape(-1, 3)
    for _ in range(2):  # the second finds the table as the first left it
        summary = count_rows([(rows, 0), (rest, 5), (rows[:99], 0)], RGB)
        expected = counted(np.concatenate([rows, rest, rows[:99]]))
        np.testing.assert_array_equal(summary.codes, expected[0])
        np.testing.assert_array_equal(summary.counts, expected[1])
        assert summary.n_ignored == 5


@pytest.mark.parametrize("n", [7, 2048, 2051, 9001])
@pytest.mark.parametrize("n_channels", [3, 4])
def test_every_pixel_is_counted_once_in_whatever_turn(n: int, n_channels: int) -> None:
    rng = np.random.default_rng(n)
    rows = rng.integers(0, 6, (n, n_channels), dtype=np.uint8)
    summary = count_rows([(rows, 0)], replace(RGB, has_alpha=n_channels == 4))
    opaque = rows[rows[:, -1] > 0, :3] if n_channels == 4 else rows
    expected = counted(opaque)
    np.testing.assert_array_equal(summary.codes, expected[0])
    np.testing.assert_array_equal(summary.counts, expected[1])
    assert summary.n_ignored == n - len(opaque)


def test_threads_count_at_the_same_time_into_one_tally() -> None:
    rng = np.random.default_rng(0)
    parts = [rng.integers(0, 40, (90_000, 3), dtype=np.uint8) for _ in range(5)]
    parts += [np.full((90_000, 3), n, dtype=np.uint8) for n in (7, 7, 8)]
    tally = ColorTally(RGB)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda rows: tally.add([(rows, 1)]), parts))
        expected = counted(np.concatenate(parts))
        for summary in (tally.read(), tally.read()):
            np.testing.assert_array_equal(summary.codes, expected[0])
            np.testing.assert_array_equal(summary.counts, expected[1])
        list(pool.map(lambda rows: tally.add([(rows, 1)]), parts))
    summary = tally.close()
    np.testing.assert_array_equal(summary.codes, expected[0])
    np.testing.assert_array_equal(summary.counts, 2 * expected[1])
    assert summary.n_ignored == 16
    assert count_rows([(parts[-1], 0)], RGB).counts.tolist() == [90_000]


def test_carries_beyond_what_is_held_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_table, "MOST_CARRIES", 3)
    rng = np.random.default_rng(0)
    parts = [rng.integers(0, 2, (5000, 3), dtype=np.uint8) for _ in range(4)]
    summary = count_rows([(rows, 0) for rows in parts], RGB)
    np.testing.assert_array_equal(summary.counts, counted(np.concatenate(parts))[1])


def test_transparent_pixels_are_ignored_in_every_part() -> None:
    rows = np.array([[1, 2, 3, 0], [1, 2, 3, 9]], dtype=np.uint8)
    rgba = PixelFormat(np.dtype(np.uint8), 2, n_channels=3, has_alpha=True)
    summary = count_rows([(rows, 0), (rows, 0)], rgba)
    assert (summary.counts.tolist(), summary.n_ignored) == ([2], 2)


def test_a_total_can_be_read_while_it_grows() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 4, (50, 3), dtype=np.uint8)
    total = TotalCounts(count_rows([(rows, 1)], RGB))
    for n_parts in range(1, 4):
        found, expected = total.read(), counted(rows)
        np.testing.assert_array_equal(found.codes, expected[0])
        np.testing.assert_array_equal(found.counts, expected[1])
        assert found.n_ignored == n_parts
        part = rng.integers(0, 4, (50, 3), dtype=np.uint8)
        total.add(count_rows([(part, 1)], RGB))
        rows = np.concatenate([rows, part])


def test_a_total_of_nothing_is_empty() -> None:
    nothing = count_rows([(np.empty((0, 3), np.uint8), 7)], RGB)
    total = TotalCounts(nothing)
    total.add(nothing)
    assert len(total.read().codes) == len(total.read().counts) == 0
    assert total.read().n_ignored == 14
