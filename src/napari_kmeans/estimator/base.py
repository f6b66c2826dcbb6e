"""Parameters by name, as every estimator of scikit-learn has them.

Without scikit-learn, which is slow to import.
"""

from __future__ import annotations

import inspect
from typing import Any, Self


class NamedParameters:
    """What keeps each parameter of its ``__init__`` in an attribute of that name."""

    def __repr__(self) -> str:
        signature = inspect.signature(type(self)).parameters
        shown = []
        for name, value in self.get_params().items():
            parameter = signature[name]
            is_option = parameter.kind is parameter.KEYWORD_ONLY
            if not is_option or value is not parameter.default:
                shown.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return the parameters by name, as scikit-learn's `clone` wants them.

        Parameters
        ----------
        deep : bool, default True
            Not used; there for scikit-learn's conventions.

        Returns
        -------
        dict
        """
        names = inspect.signature(type(self)).parameters
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Parameters
        ----------
        **params
            Those of the class.

        Returns
        -------
        PixelKMeans
            Itself.

        Raises
        ------
        ValueError
            If there is no such parameter.
        """
        for name, value in params.items():
            if name not in inspect.signature(type(self)).parameters:
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}.")
            setattr(self, name, value)
        return self
