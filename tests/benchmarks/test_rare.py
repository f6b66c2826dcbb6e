"""Classes of few pixels far from all others, against scikit-learn on all pixels.

`pytest tests/benchmarks/test_rare.py -s` prints which of them were found, and
inertia and time as ratios to scikit-learn's best of three full runs.
"""

from time import perf_counter

import numpy as np
import pytest
from sklearn.cluster import KMeans

from napari_kmeans import PixelKMeans

SIDE, N_CHANNELS = 1500, 16
RARE = 1e-2, 1e-3, 1e-4, 2e-5


def planted(distance: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eight usual classes and four rare ones: image, labels and means."""
    rng = np.random.default_rng(0)
    means = rng.normal(0, 6, (8 + len(RARE), N_CHANNELS))
    directions = rng.normal(size=(len(RARE), N_CHANNELS))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    means[8:] = distance * directions
    shares = [(1 - sum(RARE)) / 8] * 8 + list(RARE)
    labels = rng.choice(len(shares), SIDE**2, p=shares)
    pixels = means[labels] + rng.normal(0, 1.5, (SIDE**2, N_CHANNELS))
    image = pixels.astype(np.float32).reshape(SIDE, SIDE, N_CHANNELS)
    return image, labels, means


@pytest.mark.parametrize("distance", [60.0, 120.0, 240.0])
@pytest.mark.parametrize("refine", [0, 1])
def test_rare(distance: float, refine: int, capsys: pytest.CaptureFixture[str]) -> None:
    image, labels, means = planted(distance)
    pixels = image.reshape(-1, N_CHANNELS).astype(np.float64)
    optimum = float(((pixels - means[labels]) ** 2).sum())
    km = PixelKMeans(len(means), refine=refine)
    km.fit(image[:64, :64])  # warm
    started = perf_counter()
    km.fit(image)
    time = perf_counter() - started
    started = perf_counter()
    theirs = min(
        KMeans(len(means), n_init=1, random_state=seed).fit(pixels).inertia_
        for seed in range(3)
    )
    peer_time = perf_counter() - started
    predicted = km.predict(image).ravel()
    ours = float(((pixels - km.cluster_centers_[predicted]) ** 2).sum())
    nearest = [
        np.linalg.norm(km.cluster_centers_ - mean, axis=1).min() for mean in means[8:]
    ]
    found = [
        f"{share:.3%} {'found' if off < 6 else 'missed'}"
        for share, off in zip(RARE, nearest, strict=True)
    ]
    with capsys.disabled():
        print(
            f"\nrefine = {refine}, rare classes at {distance / 1.5:.0f} sigma: "
            f"{', '.join(found)}; inertia {ours / theirs:.4f} x scikit-learn's, "
            f"{ours / optimum:.4f} x the planted; time 1/{peer_time / time:.0f}",
            end="",
        )
    if refine:
        assert ours <= 1.005 * min(theirs, optimum)
