"""The recipe for conda-forge asks for what the metadata ask for."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
# Where conda-forge splits a package otherwise than PyPI.
CONDA_NAMES = {"dask[array]": "dask-core"}


def in_conda(requirements: list[str]) -> set[str]:
    """Return requirements in the words of conda."""
    parsed = map(Requirement, requirements)
    return {
        f"{CONDA_NAMES.get(str(one).removesuffix(str(one.specifier)), one.name)} "
        f"{one.specifier}"
        for one in parsed
    }


def test_the_recipe_has_the_dependencies_of_the_metadata() -> None:
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    text = (ROOT / ".github" / "conda-forge" / "recipe.yaml").read_text("utf-8")
    recipe: dict[str, Any] = yaml.safe_load(text)
    needed = recipe["requirements"]
    project = metadata["project"]
    python = "python >=${{ python_min }}"
    assert set(needed["run"]) == in_conda(project["dependencies"]) | {python}
    host = set(needed["host"]) - {"python ${{ python_min }}.*", "pip"}
    assert host == in_conda(metadata["build-system"]["requires"])
    assert f">={recipe['context']['python_min']}" == project["requires-python"]
