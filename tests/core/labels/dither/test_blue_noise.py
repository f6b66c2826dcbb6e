import hashlib

import numpy as np

from napari_kmeans.core.labels.dither.blue_noise import SIDE, blue_noise


def test_each_rank_is_there_once_and_the_same_everywhere() -> None:
    ranks = blue_noise()

    assert sorted(ranks.ravel().tolist()) == list(range(SIDE * SIDE))
    digest = hashlib.sha256(ranks.astype("<u2").tobytes()).hexdigest()
    assert digest[:16] == "392348cf08f0b30f"


def test_there_is_hardly_any_low_frequency() -> None:
    spectrum = np.abs(np.fft.fft2(blue_noise() / (SIDE * SIDE) - 0.5)) ** 2
    frequency = np.fft.fftfreq(SIDE)
    radius = np.hypot(frequency[:, None], frequency)
    low, all_of_it = spectrum[(radius > 0) & (radius < 0.15)], spectrum[radius > 0]

    assert low.mean() < 0.02 * all_of_it.mean()
