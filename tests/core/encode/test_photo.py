import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage.data import chelsea

from napari_kmeans.core.encode.encoding import encode
from napari_kmeans.core.encode.photo import decode


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_a_photograph_loses_less_at_more_quality(kind: Any) -> None:
    image = chelsea()[:128, :128]
    errors, sizes = [], []
    for quality in (10, 50, 95):
        data = encode(image, kind, quality=quality)
        with Image.open(io.BytesIO(data)) as found:
            assert found.format == kind.upper()
        errors.append(np.abs(decode(data).astype(float) - image).mean())
        sizes.append(len(data))
    assert errors == sorted(errors, reverse=True)
    assert sizes == sorted(sizes)


def test_what_is_transparent_is_white_in_a_jpeg_and_kept_in_a_webp() -> None:
    image = np.zeros((16, 16, 4), np.uint8)
    assert (decode(encode(image, "jpeg")) > 250).all()
    assert (decode(encode(image, "webp"))[..., 3] == 0).all()
    assert decode(encode(image, "webp", matte="black")).shape == (16, 16, 3)
