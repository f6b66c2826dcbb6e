"""Who is measured: from an image and k to the repainted image and the labels.

Each gets the image as (rows, columns, 3) uint8 and gives it repainted in at most k
colors, with labels where it has them. What it costs to bring the image into the
form that a library asks for is a part of its price. Libraries are imported where
they are used, so that the memory of one is not counted for another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from tests.benchmarks.peers.pictures import Picture

Painted = tuple[Any, Any]
"""The repainted image, and labels or None."""

QUALITIES = ("fast", "balanced", "best")
PRESETS = ("rgb", "din99o", "oklab")
COPIES = "plain copies"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A way to reduce a picture to k colors.

    Attributes
    ----------
    paint : callable
        From image and k to the repainted image and labels or None.
    package : str
        Of which the version is printed.
    limit : float
        Megapixels times k above which it is too slow to be waited for.
    """

    paint: Callable[[Picture, int], Painted]
    package: str
    limit: float = inf


def ours(image: Any, k: int, quality: Any, color_space: Any) -> Painted:
    from napari_kmeans import PixelKMeans

    km = PixelKMeans(k, quality=quality, color_space=color_space).fit(image)
    labels = km.predict(image)
    return km.palette_[labels], labels


def scikit_learn(image: Picture, k: int) -> Painted:
    from sklearn.cluster import KMeans

    km = KMeans(k, n_init=1, random_state=0).fit(_points(image))
    return _repaint(image, km.cluster_centers_, km.labels_)


def dask_ml(image: Picture, k: int) -> Painted:
    import dask.array as da
    from dask_ml.cluster import KMeans

    points = da.from_array(_points(image), chunks=(1 << 20, 3))
    km = KMeans(k, random_state=0).fit(points)
    return _repaint(image, km.cluster_centers_, km.labels_.compute())


def opencv(image: Picture, k: int) -> Painted:
    import cv2

    cv2.setRNGSeed(0)
    _, labels, centers = cv2.kmeans(
        _points(image),
        k,
        np.empty((0, 1), np.int32),
        (cv2.TERM_CRITERIA_MAX_ITER, 10, 0.0),
        1,
        cv2.KMEANS_PP_CENTERS,
    )
    return _repaint(image, centers, labels)


def faiss(image: Picture, k: int) -> Painted:
    from faiss import Kmeans

    points = _points(image)
    km = Kmeans(3, k, seed=0)
    km.train(points)
    _, labels = km.index.search(points, 1)
    return _repaint(image, km.centroids, labels)


def libimagequant(image: Picture, k: int) -> Painted:
    source, result = quantized_by_libimagequant(image, k)
    result.dithering_level = 0
    labels = np.frombuffer(result.remap_image(source), np.uint8)
    palette = [(color.r, color.g, color.b) for color in result.get_palette()]
    return _repaint(image, np.array(palette), labels)


def quantized_by_libimagequant(image: Picture, k: int) -> tuple[Any, Any]:
    """Return a picture as libimagequant takes it, and its palette."""
    from libimagequant import Attr

    rows, columns, _ = image.shape
    opaque = np.full((rows, columns, 4), 255, np.uint8)
    opaque[..., :3] = image
    attr = Attr()
    attr.max_colors = k
    attr.speed = 3
    source = attr.create_rgba(opaque.reshape(-1), columns, rows, 0)
    return source, source.quantize(attr)


def pillow(image: Picture, k: int, method: Image.Quantize, kmeans: int = 0) -> Painted:
    indexed = Image.fromarray(image).quantize(
        k, method=method, kmeans=kmeans, dither=Image.Dither.NONE
    )
    return np.asarray(indexed.convert("RGB")), np.asarray(indexed)


def copies(image: Picture, k: int) -> Painted:
    """Read the image once and write both results: what no one can do without."""
    return image.copy(), np.full(image.shape[:2], k - 1, np.int16)


def _points(image: Picture) -> Any:
    return image.reshape(-1, 3).astype(np.float32)


def _repaint(image: Picture, centers: Any, labels: Any) -> Painted:
    palette = np.clip(np.rint(centers), 0, 255).astype(np.uint8)
    return palette[labels.ravel()].reshape(image.shape), labels


def name_of_ours(quality: str = "balanced", color_space: str = "rgb") -> str:
    return f"ours, {quality}, {color_space}"


OURS = name_of_ours()
PEERS = {
    "scikit-learn KMeans": Contestant(scikit_learn, "scikit-learn", limit=512),
    "dask-ml KMeans": Contestant(dask_ml, "dask-ml", limit=8),
    "OpenCV kmeans": Contestant(opencv, "opencv-python-headless", limit=512),
    "faiss Kmeans": Contestant(faiss, "faiss-cpu"),
    "libimagequant": Contestant(libimagequant, "libimagequant"),
    "Pillow median cut": Contestant(
        partial(pillow, method=Image.Quantize.MEDIANCUT), "pillow"
    ),
    "Pillow median cut, kmeans": Contestant(
        partial(pillow, method=Image.Quantize.MEDIANCUT, kmeans=1), "pillow", limit=512
    ),
    "Pillow octree": Contestant(
        partial(pillow, method=Image.Quantize.FASTOCTREE), "pillow"
    ),
}
CONTESTANTS = {
    **{
        name_of_ours(quality, space): Contestant(
            partial(ours, quality=quality, color_space=space), "napari-kmeans"
        )
        for quality in QUALITIES
        for space in PRESETS
    },
    **PEERS,
    COPIES: Contestant(copies, "numpy"),
}


def versions() -> str:
    packages = dict.fromkeys(each.package for each in CONTESTANTS.values())
    return ", ".join(f"{package} {version(package)}" for package in packages)
