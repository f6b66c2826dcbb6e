import numpy as np
import pytest


@pytest.fixture(scope="session")
def corner(cat: np.ndarray) -> np.ndarray:
    """A corner of the cat, (120, 150, 3) uint8."""
    return cat[:120, :150]
