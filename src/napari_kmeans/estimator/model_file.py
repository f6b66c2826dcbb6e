"""What a fit has learned, as JSON: numbers and words, no code.

A float is written with as many digits as tell it from all others, so that a
model that is read gives the labels of the one that was written, bit for bit.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

from napari_kmeans._typing import Array
from napari_kmeans.core.color import COLOR_SPACES, Scaling, Space
from napari_kmeans.core.files import read_bounded, write_whole
from napari_kmeans.core.image import MOST_CHANNELS
from napari_kmeans.core.palette import Palette
from napari_kmeans.errors import FileContentError, ModelFileError
from napari_kmeans.estimator.fitted import Fitted

if TYPE_CHECKING:
    import os

FORMAT: Final = "napari-kmeans model"
VERSION: Final = 1
MOST_BYTES: Final = 1 << 24
_MOST_COLORS: Final = 1 << 14
_LONGEST_NAME: Final = 1000

_INTEGERS: Final = ("int8", "int16", "int32", "int64")
_UNSIGNED: Final = ("uint8", "uint16", "uint32", "uint64")
_DTYPES: Final = ("bool", "float16", "float32", "float64", *_INTEGERS, *_UNSIGNED)
_PLAIN_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "channel_axis": (int, type(None)),
    "alpha": (bool, type(None)),
    "random_state": (int, type(None)),
    "channel_weights": (list, type(None)),
}
"""Of the parameters that an estimator does not check before it reads an image."""


class _ContentError(ValueError):
    """Something in the file is wrong; the message is part of a sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What is known of a fitted estimator.

    Attributes
    ----------
    parameters : dict
        By name, as the class takes them.
    fitted : Fitted
        The file does not keep its unread chunks, nor its known labels.
    """

    parameters: dict[str, Any]
    fitted: Fitted


def write_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model, as a whole or not at all.

    Parameters
    ----------
    model : Model
    path : str or path

    Raises
    ------
    OSError
        If the file cannot be written.
    ModelFileError
        If a parameter cannot be written as JSON, or the file would be too large
        to be read.
    """
    fitted = model.fitted
    palette, space = fitted.palette, fitted.space
    scaling = (
        None
        if space.scaling is None
        else {
            "offset": space.scaling.offset,
            "scale": space.scaling.scale,
            "cofactor": space.scaling.cofactor,
        }
    )
    content = {
        "format": FORMAT,
        "version": VERSION,
        "parameters": model.parameters,
        "space": {
            "color_space": space.color_space,
            "white": space.white,
            "scaling": scaling,
        },
        "palette": {
            "dtype": palette.colors.dtype.name,
            "white": palette.white,
            "colors": palette.colors,
            "counts": palette.counts,
            "names": palette.names,
        },
        "centers": fitted.centers,
        "inertia": None if math.isnan(fitted.inertia) else fitted.inertia,
        "n_iter": fitted.n_iter,
        "n_unique_colors": fitted.n_unique_colors,
    }
    try:
        text = json.dumps(content, default=_plain, allow_nan=False, indent=1)
    except (TypeError, ValueError) as error:
        raise ModelFileError(f"Cannot write {Path(path)}: {error}.") from error
    data = text.encode()
    if len(data) > MOST_BYTES:
        raise ModelFileError(
            f"Cannot write {Path(path)}: it would have more than {MOST_BYTES:,} bytes."
        )
    write_whole(path, data)


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def read_model(path: str | os.PathLike[str], known: Collection[str]) -> Model:
    """Read a model.

    Parameters
    ----------
    path : str or path
    known : collection of str
        The names of parameters there are.

    Returns
    -------
    Model

    Raises
    ------
    OSError
        If the file cannot be opened.
    ModelFileError
        If anything in it is not as `write_model` writes it.
    """
    try:
        content = _load(read_bounded(path, MOST_BYTES))
        fitted = _fitted(content)
        n_channels = fitted.palette.colors.shape[1]
        given = _without_engine(_field(content, "parameters", dict))
        return Model(_parameters(given, known, n_channels), fitted)
    except _ContentError as error:
        raise ModelFileError(f"Cannot read {Path(path)}: {error}.") from error
    except FileContentError as error:
        raise ModelFileError(str(error)) from error


def _load(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise _ContentError("it is not JSON") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _ContentError("it is not a model of napari-kmeans")
    if _field(content, "version", int) != VERSION:
        raise _ContentError(
            f"it has version {content['version']} of the format, and only version "
            f"{VERSION} is known"
        )
    return content


def _fitted(content: dict[str, Any]) -> Fitted:
    palette = _palette(_field(content, "palette", dict))
    n_channels = palette.colors.shape[1]
    inertia = _field(content, "inertia", float, int, type(None))
    unique = _field(content, "n_unique_colors", int, type(None))
    if n_channels > MOST_CHANNELS:
        raise _ContentError(f"it has more than {MOST_CHANNELS} channels")
    centers = _numbers(content.get("centers"), "centers", np.dtype(np.float64))
    if centers.shape != palette.colors.shape:
        raise _ContentError("it has not as many centers as colors")
    return Fitted(
        palette,
        _space(_field(content, "space", dict), n_channels),
        centers,
        math.nan if inertia is None else _finite(inertia, "inertia"),
        _field(content, "n_iter", int),
        unique,
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _field(content: Mapping[str, Any], name: str, *types: type) -> Any:
    # not isinstance: a bool is no number here
    value = content.get(name)
    if type(value) not in types:
        raise _ContentError(f"{name!r} is missing, or not what it should be")
    return value


def _finite(value: float, name: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _ContentError(f"{name!r} is not a finite number")
    return number


def _without_engine(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters as they are now: what was an engine is a method."""
    if "engine" not in parameters:
        return parameters
    others = {name: value for name, value in parameters.items() if name != "engine"}
    if parameters["engine"] == "summary":
        return others
    if parameters["engine"] == "dask-ml" and others.get("method", "kmeans") == "kmeans":
        return others | {"method": "dask-ml"}
    raise _ContentError("the parameter 'engine' is not what it should be")


def _parameters(
    content: dict[str, Any], known: Collection[str], n_channels: int
) -> dict[str, Any]:
    parameters = {}
    for name, value in content.items():
        if name not in known:
            raise _ContentError(f"{name[:40]!a} is no parameter")
        types = _PLAIN_TYPES.get(name, (type(value),))
        if type(value) not in types or isinstance(value, dict):
            raise _ContentError(f"the parameter {name!r} is not what it should be")
        if isinstance(value, list):
            rows = value if value and isinstance(value[0], list) else [value]
            array = _numbers(rows, name, np.dtype(np.float64))
            value = array if rows is value else array[0].tolist()
        parameters[name] = value
    if parameters.get("channel_axis", -1) is None and n_channels > 1:
        raise _ContentError("it has several channels, but no channel axis")
    return parameters


def _space(content: dict[str, Any], n_channels: int) -> Space:
    color_space = _field(content, "color_space", str)
    if color_space not in COLOR_SPACES:
        raise _ContentError(f"{color_space[:40]!a} is no color space")
    scaling = _field(content, "scaling", dict, type(None))
    if scaling is not None:
        rows = [_field(scaling, name, list) for name in ("offset", "scale")]
        cofactor = _field(scaling, "cofactor", list, type(None))
        rows += [] if cofactor is None else [cofactor]
        values = _numbers(rows, "scaling", np.dtype(np.float64))
        if values.shape[1] != n_channels or (values[2:] <= 0).any():
            raise _ContentError("'scaling' does not fit the channels")
        scaling = Scaling(*map(tuple, values.tolist()))
    return Space(color_space, _white(content), scaling)


def _palette(content: dict[str, Any]) -> Palette:
    dtype = _field(content, "dtype", str)
    if dtype not in _DTYPES:
        raise _ContentError(f"{dtype[:40]!a} is no dtype of pixels")
    colors = _numbers(_field(content, "colors", list), "colors", np.dtype(dtype))
    counts = _field(content, "counts", list)
    names = _field(content, "names", list)
    if len(counts) != len(colors) or len(names) not in (0, len(colors)):
        raise _ContentError("it has not as many counts or names as colors")
    if not all(type(name) is str and len(name) <= _LONGEST_NAME for name in names):
        raise _ContentError("a name is not a text, or too long")
    (numbers,) = _numbers([counts], "counts", np.dtype(np.int64))
    if numbers.min() < 0:
        raise _ContentError("a count is below 0")
    return Palette(colors, numbers, _white(content), tuple(names))


def _white(content: dict[str, Any]) -> float:
    white = _finite(_field(content, "white", float, int), "white")
    if white <= 0:
        raise _ContentError("'white' is not above 0")
    return white


def _numbers(rows: Any, name: str, dtype: np.dtype[Any]) -> Array:
    """Return rows of numbers as a matrix of a dtype, none of them changed by it."""
    allowed = {"b": (bool,), "f": (int, float)}.get(dtype.kind, (int,))
    wrong = _ContentError(f"{name!r} is not a table of numbers that fit {dtype}")
    if not isinstance(rows, list) or not 0 < len(rows) <= _MOST_COLORS:
        raise wrong
    if not all(isinstance(row, list) and len(row) == len(rows[0]) for row in rows):
        raise wrong
    if not all(type(value) in allowed for row in rows for value in row):
        raise wrong
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if not all(limits.min <= v <= limits.max for row in rows for v in row):
            raise wrong
    try:
        with np.errstate(over="ignore"):
            numbers = np.array(rows, dtype=dtype)
    except OverflowError:
        raise wrong from None
    if numbers.ndim != 2 or not numbers.size or not np.isfinite(numbers).all():
        raise wrong
    return numbers
