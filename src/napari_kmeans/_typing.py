"""Type aliases shared by the modules."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
"""A NumPy array of any dtype; docstrings name shape and dtype."""

FloatArray: TypeAlias = npt.NDArray[np.float64]

ImageLike: TypeAlias = Any
"""A NumPy, Dask or Zarr array, or a list of them, finest first (a pyramid)."""
