"""Images whose colors are too many to count, against scikit-learn on all pixels.

`tox -e bench` prints inertia and time as ratios to scikit-learn's best of three
full runs, and to the time of these.
"""

from time import perf_counter

import numpy as np
import pytest
from skimage.data import astronaut
from sklearn.cluster import KMeans

from napari_kmeans import PixelKMeans


def planted(side: int = 1536) -> np.ndarray:
    """A dozen classes in 16 channels, with Poisson noise: 2.4 megapixels."""
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 12, (side // 8, side // 8)).repeat(8, 0).repeat(8, 1)
    means = rng.gamma(2, 10, (12, 16))
    return rng.poisson(means[classes]).astype(np.float32)


def deep_photograph() -> np.ndarray:
    """A photograph of 16 bits a channel."""
    rng = np.random.default_rng(0)
    image = np.tile(astronaut(), (2, 2, 1)).astype(np.uint16) * 257
    noisy = np.clip(image + rng.integers(-256, 257, image.shape), 0, 65535)
    return np.asarray(noisy, dtype=np.uint16)


@pytest.mark.parametrize("kind", [planted, deep_photograph])
@pytest.mark.parametrize("n_clusters", [8, 12, 24])
def test_wide(kind, n_clusters: int, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    image = kind()
    pixels = image.reshape(-1, image.shape[-1]).astype(np.float64)
    PixelKMeans(n_clusters).fit(image[:64, :64])  # warm
    started = perf_counter()
    theirs = min(
        KMeans(n_clusters, n_init=1, random_state=seed).fit(pixels).inertia_
        for seed in range(3)
    )
    peer_time = perf_counter() - started
    started = perf_counter()
    km = PixelKMeans(n_clusters).fit(image)
    time = perf_counter() - started
    labels = km.predict(image).ravel()
    ours = sum(
        float(((pixels[labels == j] - center) ** 2).sum())
        for j, center in enumerate(km.cluster_centers_)
    )
    with capsys.disabled():
        print(
            f"\n{kind.__name__} {image.shape} {image.dtype}, k = {n_clusters}: inertia "
            f"{ours / theirs:.4f} x, reported {km.inertia_ / ours:.5f} x the true one; "
            f"time 1/{peer_time / time:.0f}",
            end="",
        )
    assert ours <= 1.02 * theirs
    assert ours <= km.inertia_ * (1 + 1e-9)
