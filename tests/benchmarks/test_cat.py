"""The cat, against scikit-learn on all its pixels.

`tox -e bench` prints the table. Runs alternate and medians are compared: the
ratio holds where a machine's speed does not.
"""

from statistics import median
from time import perf_counter, sleep

import numpy as np
import pytest
from skimage.data import chelsea
from sklearn.cluster import KMeans

from napari_kmeans import PixelKMeans

ROUNDS = 7


@pytest.mark.parametrize("n_clusters", [2, 5, 10, 15, 24])
def test_cat(n_clusters: int, capsys: pytest.CaptureFixture[str]) -> None:
    image = chelsea()
    pixels = image.reshape(-1, 3).astype(np.float64)
    theirs, ours = [], []
    for seed in range(ROUNDS):
        started = perf_counter()
        peer = KMeans(n_clusters, n_init=1, random_state=seed).fit(pixels)
        theirs.append((perf_counter() - started, _peer_error(peer, pixels)))
        sleep(0.3)  # its threads go on spinning for a while
        km = PixelKMeans(n_clusters, random_state=seed).fit(image)
        error = _error(km, image)
        km.fit(image)  # warm: what came before has filled the caches
        for _ in range(3):
            started = perf_counter()
            km.fit(image)
            ours.append((perf_counter() - started, error))
    (peer_time, peer_error), (time, error) = (
        [median(column) for column in zip(*rows, strict=True)]
        for rows in (theirs, ours)
    )
    with capsys.disabled():
        print(
            f"\nk = {n_clusters:2d}  {1000 * time:5.1f} ms, {peer_time / time:5.1f} x "
            f"faster than scikit-learn; error {error:.3f}, {error / peer_error:.4f} x",
            end="",
        )


def _peer_error(peer: KMeans, pixels: np.ndarray) -> float:
    painted = np.rint(peer.cluster_centers_)[peer.labels_]
    return float(((painted - pixels) ** 2).mean())


def _error(km: PixelKMeans, image: np.ndarray) -> float:
    return float(((km.quantize(image).astype(float) - image) ** 2).mean())
