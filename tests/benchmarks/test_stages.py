"""Own speed, step by step, on the cat and on 24 megapixels.

`tox -e bench` prints the table.
"""

from typing import Any

import numpy as np
import pytest
from skimage.data import chelsea

from napari_kmeans import PixelKMeans, summarize
from tests.benchmarks.peers.pictures import photograph

PICTURES = {"cat": chelsea, "24 megapixels": photograph}


@pytest.fixture(scope="module", params=PICTURES)
def image(request: pytest.FixtureRequest) -> Any:
    return np.ascontiguousarray(PICTURES[request.param]())


@pytest.fixture(scope="module")
def fitted(image: Any) -> PixelKMeans:
    return PixelKMeans(64).fit(image)


@pytest.mark.benchmark(group="summarize")
def test_summarize(benchmark: Any, image: Any) -> None:
    benchmark.pedantic(summarize, (image,), rounds=7, warmup_rounds=1)


@pytest.mark.benchmark(group="fit the summary")
@pytest.mark.parametrize("quality", ["fast", "balanced", "best"])
@pytest.mark.parametrize("k", [8, 24, 64, 256])
def test_fit(benchmark: Any, image: Any, k: int, quality: Any) -> None:
    km = PixelKMeans(k, quality=quality)
    benchmark.pedantic(km.fit, (summarize(image),), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="fit the summary, perceptual")
@pytest.mark.parametrize("color_space", ["din99o", "oklab"])
@pytest.mark.parametrize("k", [24, 256])
def test_fit_perceptual(benchmark: Any, image: Any, k: int, color_space: Any) -> None:
    km = PixelKMeans(k, color_space=color_space)
    benchmark.pedantic(km.fit, (summarize(image),), rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="labels, repainted image, k = 64")
@pytest.mark.parametrize("step", ["predict", "quantize"])
def test_assign(benchmark: Any, image: Any, fitted: PixelKMeans, step: str) -> None:
    benchmark.pedantic(getattr(fitted, step), (image,), rounds=7, warmup_rounds=1)
