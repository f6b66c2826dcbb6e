"""The pixels of files that were written."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage


def rgba(path: str | Path) -> Any:
    with PillowImage.open(path) as image:
        return np.asarray(image.convert("RGBA"))
