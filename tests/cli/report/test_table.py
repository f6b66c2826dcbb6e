from __future__ import annotations

import pytest

from napari_kmeans.cli.report.table import inertia_text, psnr_text


@pytest.mark.parametrize(
    ("inertia", "text"),
    [
        (0.0, "0"),
        (0.0123456, "0.01235"),
        (42.954, "42.95"),
        (1234.5, "1,234"),
        (14329924.2, "14,329,924"),
        (2.5e16, "2.500000e+16"),
    ],
)
def test_inertia(inertia: float, text: str) -> None:
    assert inertia_text(inertia) == text


def test_psnr() -> None:
    assert psnr_text(32.56) == "32.6 dB"
    assert psnr_text(float("inf")) == "lossless"
