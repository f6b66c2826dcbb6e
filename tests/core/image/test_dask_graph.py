from collections.abc import Callable
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
from dask.local import get_sync

from napari_kmeans import PixelKMeans, summarize
from napari_kmeans._typing import Array
from napari_kmeans.core.compute.batches import on_region
from napari_kmeans.core.image.dask_graph import cut, flat
from napari_kmeans.core.summary.counts import ColorCounts

N_BLOCKS = 600


def block(index: int) -> Array:
    return np.random.default_rng(index).integers(0, 9, (4, 6, 3), dtype=np.uint8)


def values() -> Array:
    return np.stack([block(index) for index in range(N_BLOCKS)])


def delayed_blocks() -> list[Any]:
    read = dask.delayed(block)
    return [
        da.from_delayed(read(i), (4, 6, 3), dtype=np.uint8) for i in range(N_BLOCKS)
    ]


IMAGES: dict[str, tuple[Callable[[], Any], Callable[[], Array]]] = {
    "stack": (lambda: da.stack(delayed_blocks()), values),
    "concatenate": (
        lambda: da.concatenate(delayed_blocks()),
        lambda: np.concatenate(list(values())),
    ),
    "mapped": (
        lambda: da.stack(delayed_blocks()).map_blocks(np.flip, axis=1, dtype="u1"),
        lambda: np.flip(values(), 1),
    ),
    "rechunked": (
        lambda: da.stack(delayed_blocks()).rechunk({0: 7, 1: 2, 3: 2}),
        values,
    ),
}


class CountingScheduler:
    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, tasks: Any, keys: Any, **options: Any) -> Any:
        if hasattr(tasks, "__dask_graph__"):  # an expression, in newer versions
            tasks = tasks.__dask_graph__()
        self.sizes.append(len(tasks))
        return get_sync(tasks, keys, **options)


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("napari_kmeans.core.compute.batches.SECONDS", 0.0)
    monkeypatch.setattr("napari_kmeans.core.image.regions.REGION_BYTES", 10 * 4 * 6 * 3)


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.usefixtures("short_windows")
def test_a_window_has_no_more_tasks_than_it_needs(name: str) -> None:
    make, expected = IMAGES[name]
    scheduler = CountingScheduler()
    counted = summarize(make(), scheduler=scheduler)
    assert isinstance(counted, ColorCounts)
    direct = summarize(expected())
    np.testing.assert_array_equal(counted.colors, direct.colors)
    np.testing.assert_array_equal(counted.weights, direct.weights)
    assert len(scheduler.sizes) > 10
    # a task or a few for each of the blocks of its regions, of thousands in all
    assert max(scheduler.sizes) < 300
    assert sum(scheduler.sizes) < 20 * N_BLOCKS


@pytest.mark.parametrize("name", IMAGES)
def test_a_region_of_a_flat_array_is_that_of_the_array(name: str) -> None:
    image = IMAGES[name][0]()
    flattened = flat(image)
    assert len(flattened.dask.layers) == 1 < len(image.dask.layers)
    assert flattened.name == image.name
    assert flattened.chunks == image.chunks
    assert flat(flattened) is flattened
    whole = tuple(slice(0, length) for length in image.shape)
    region = (slice(3, 25), slice(1, 3), *whole[2:])
    for place in (region, whole):
        np.testing.assert_array_equal(cut(flattened, place), image[place].compute())
    assert len(cut(flattened, region).dask) < 400 < len(flattened.dask)


def test_a_task_holds_the_graph_of_its_region_and_no_more() -> None:
    image = flat(da.stack(delayed_blocks()))
    whole = tuple(slice(0, length) for length in image.shape)
    task = on_region(lambda part: part.sum(), (image, (slice(10, 20), *whole[1:])))
    assert len(task.dask) < 100  # before Dask culls it, which it does for each task
    assert task.compute() == values()[10:20].sum()


def test_passes_and_results_are_those_of_the_image_in_memory() -> None:
    blocks = [part.astype(np.float32) for part in delayed_blocks()]
    image, same = da.stack(blocks), values().astype(np.float32)
    inside = np.arange(same[..., 0].size).reshape(same.shape[:-1]) % 3 > 0
    mask = da.stack([da.from_delayed(dask.delayed(part), part.shape, bool)
                     for part in inside])  # fmt: skip
    km = PixelKMeans(5).fit(image, mask=mask)
    expected = PixelKMeans(5).fit(same, mask=inside)
    np.testing.assert_allclose(km.palette_.colors, expected.palette_.colors, rtol=1e-6)
    assert km.inertia_ == pytest.approx(expected.inertia_, rel=1e-9)
    np.testing.assert_array_equal(km.predict(image), km.predict(same))
    np.testing.assert_array_equal(
        km.quantize(image, mask=mask), km.quantize(same, mask=inside)
    )


def test_masked_blocks_stay_masked() -> None:
    image = da.stack(delayed_blocks()).map_blocks(np.ma.masked_equal, 4, dtype="u1")
    counted = summarize(image)
    direct = summarize(np.ma.masked_equal(values(), 4))
    np.testing.assert_array_equal(counted.colors, direct.colors)
    assert counted.n_ignored == direct.n_ignored > 0


def test_blocks_made_by_a_rule_are_not_laid_out_one_by_one() -> None:
    image = da.map_blocks(
        np.full, (1, 1), 7, chunks=((1,) * 500, (1,) * 500), dtype=np.uint8
    )
    assert flat(image) is image
    part = cut(image, (slice(0, 3), slice(5, 7)))
    np.testing.assert_array_equal(part, np.full((3, 2), 7))
    assert not any(layer.is_materialized() for layer in image.dask.layers.values())


def test_what_is_small_or_annotated_or_no_dask_array_is_left_as_it_is() -> None:
    few = da.stack(delayed_blocks()[:5])
    assert flat(few) is few
    assert flat(None) is None
    array = np.zeros((2, 3))
    assert flat(array) is array
    with dask.annotate(resources={"GPU": 1}):
        annotated = da.stack(delayed_blocks())
    assert flat(annotated) is annotated
