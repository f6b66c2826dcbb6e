"""Names that a package offers, imported from their homes when they are first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(
    module: dict[str, Any], homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return what a module has as its ``__getattr__`` and ``__dir__``.

    Parameters
    ----------
    module : dict
        The ``globals()`` of the module that offers the names; each is kept there
        once it was used.
    homes : mapping of str to str
        From a name to the module that defines it.

    Returns
    -------
    tuple of two callables
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(
                f"module {module['__name__']!r} has no attribute {name!r}"
            )
        value = getattr(import_module(homes[name]), name)
        module[name] = value
        return value

    def names() -> list[str]:
        return sorted({*module, *homes})

    return get, names
