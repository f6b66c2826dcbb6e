from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import pytest
from skimage import data


@pytest.fixture(scope="session")
def cat() -> np.ndarray:
    image: np.ndarray = data.chelsea()
    return image


@pytest.fixture(scope="session")
def forbidden() -> Callable[..., NoReturn]:
    def compute(*args: Any, **kwargs: Any) -> NoReturn:
        raise AssertionError("something was computed")

    return compute
