"""What is public tells what it takes, gives and raises, in the form of numpydoc.

Public is what has no leading underscore: functions, classes and their methods, in
every module. The site validates only its own pages, with the codes that `.docs/conf.py`
lists; here they hold for all of the package, together with two rules that numpydoc
does not have: arrays have a shape, and errors are named.
"""

from __future__ import annotations

import ast
import inspect
import re
import runpy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import validate

import napari_kmeans

EXEMPT: tuple[str, ...] = (
    "napari_kmeans.cli",
    "napari_kmeans.core.all_pixels",
    "napari_kmeans.core.edit",
    "napari_kmeans.core.encode",
    "napari_kmeans.core.filters",
    "napari_kmeans.core.fit",
    "napari_kmeans.core.labels",
    "napari_kmeans.core.methods",
    "napari_kmeans.core.metrics",
    "napari_kmeans.core.model_file",
    "napari_kmeans.estimator",
    "napari_kmeans.plugin",
)
"""Modules and packages that the rules do not hold for yet."""

SITE = runpy.run_path(str(Path(__file__).parents[1] / ".docs" / "conf.py"))
CODES = SITE["numpydoc_validation_checks"]
OF_PARAMETERS = {"PR01", "PR02", "PR03"}

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
SHAPE = re.compile(r"\([^()]*,[^()]*\)|\barray\b|\bndarray\b")
ARRAY = re.compile(r"\b(Float)?Array\b")


@dataclass(frozen=True, eq=False)
class Public:
    """A public function, class, method or property, as code and as an object."""

    name: str
    node: FunctionNode | ast.ClassDef
    thing: Any

    @cached_property
    def doc(self) -> Any:
        return get_doc_object(self.thing, config={"show_class_members": False})

    @property
    def functions(self) -> list[FunctionNode]:
        """Those whose parameters and errors its docstring tells of."""
        if not isinstance(self.node, ast.ClassDef):
            return [self.node]
        makers = "__init__", "__new__", "__post_init__"
        return [it for it in functions_of(self.node) if it.name in makers]

    @property
    def fields(self) -> dict[str, str]:
        """The public fields of a frozen dataclass or a NamedTuple: their annotations.

        These may stand under Attributes, as the site has it, too.
        """
        thing = self.thing
        params = getattr(thing, "__dataclass_params__", None)
        is_frozen = params is not None and params.frozen
        is_tuple = isinstance(thing, type) and hasattr(thing, "_fields")
        if not isinstance(self.node, ast.ClassDef) or not (is_frozen or is_tuple):
            return {}
        lines = (it for it in self.node.body if isinstance(it, ast.AnnAssign))
        found = {ast.unparse(it.target): ast.unparse(it.annotation) for it in lines}
        return {
            name: annotation
            for name, annotation in found.items()
            if not name.startswith("_") and not annotation.startswith("ClassVar")
        }

    @property
    def annotations(self) -> dict[str, str]:
        """Of the parameters, and of the fields."""
        arguments = [argument for node in self.functions for argument in all_of(node)]
        return self.fields | {
            argument.arg: ast.unparse(argument.annotation)
            for argument in arguments
            if argument.annotation is not None
        }

    def types(self, *sections: str) -> dict[str, str]:
        """Return the documented type of each name in some sections."""
        return {
            name.lstrip("*"): entry.type
            for section in sections
            for entry in self.doc[section]
            for name in entry.name.split(", ")
        }


def functions_of(node: ast.ClassDef) -> list[FunctionNode]:
    return [it for it in node.body if isinstance(it, FunctionNode)]


def all_of(node: FunctionNode) -> list[ast.arg]:
    own = node.args
    stars = [it for it in (own.vararg, own.kwarg) if it is not None]
    return [*own.posonlyargs, *own.args, *own.kwonlyargs, *stars]


def is_exempt(module: str) -> bool:
    return any(module == it or module.startswith(f"{it}.") for it in EXEMPT)


def module_names() -> Iterator[str]:
    root = Path(napari_kmeans.__file__).parent
    has_qt = find_spec("napari") and find_spec("qtpy")
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        is_public = not any(part.startswith("_") for part in name.split("."))
        if is_public and (has_qt or not name.startswith("napari_kmeans.plugin")):
            yield name


def plain(thing: Any) -> Any:
    """Return the function that was written, of one that is compiled or wrapped."""
    thing = getattr(thing, "py_func", thing)
    if isinstance(thing, (classmethod, staticmethod)):
        thing = thing.__func__
    return inspect.unwrap(thing) if callable(thing) else thing


def public_of(module: str) -> Iterator[Public]:
    """Find what a module defines itself."""
    loaded = import_module(module)
    tree = ast.parse(Path(str(loaded.__file__)).read_text("utf-8"))
    for node in tree.body:
        if not isinstance(node, FunctionNode | ast.ClassDef) or node.name[0] == "_":
            continue
        thing = plain(getattr(loaded, node.name))
        yield Public(f"{module}.{node.name}", node, thing)
        if isinstance(node, ast.ClassDef):
            for method in functions_of(node):
                # of a property, the getter; of the rest, what the class has in the end
                is_setter = any(
                    isinstance(it, ast.Attribute) and it.attr in ("setter", "deleter")
                    for it in method.decorator_list
                )
                if method.name[0] != "_" and not is_setter:
                    held = plain(vars(thing)[method.name])
                    yield Public(f"{module}.{node.name}.{method.name}", method, held)


def mistakes_of_form(public: Public) -> Iterator[str]:
    """Yield what numpydoc finds."""
    passed_over = set()
    if public.fields and public.types("Attributes"):
        passed_over = OF_PARAMETERS
        given = public.types("Attributes", "Parameters")
        yield from (f"no {name} in Attributes" for name in public.fields.keys() - given)
    elif isinstance(public.node, ast.ClassDef) and not public.functions:
        if not public.fields:  # nothing of its own: an error, or a kind of another
            passed_over = OF_PARAMETERS
    elif isinstance(public.thing, (property, cached_property)):
        passed_over = OF_PARAMETERS
    if not is_in_front(public.name):
        passed_over = passed_over | {"RT01"}  # the summary may say all of it
    for code, message in validate(public.doc)["errors"]:
        if code in CODES - passed_over:
            yield f"{code} {message}"


def is_in_front(name: str) -> bool:
    """Return whether it is what the package gives away, or a method of that."""
    given = (getattr(napari_kmeans, it) for it in napari_kmeans.__all__ if is_seen(it))
    homes = (f"{it.__module__}.{it.__qualname__}" for it in given)
    return any(name == home or name.startswith(f"{home}.") for home in homes)


def is_seen(name: str) -> bool:
    """Return whether a name of the front door can be imported here."""
    return not is_exempt(napari_kmeans._HOMES[name])


def mistakes_of_arrays(public: Public) -> Iterator[str]:
    """Yield the arrays whose type is told without a shape."""
    types = public.types("Parameters", "Other Parameters", "Attributes")
    for name, annotation in public.annotations.items():
        if ARRAY.search(annotation) and not SHAPE.search(types.get(name, "")):
            yield f"{name} is an array without a shape"


def mistakes_of_errors(public: Public) -> Iterator[str]:
    """Yield the errors that are raised and not named."""
    raised = {
        name for node in public.functions for name in raised_in(node.body, frozenset())
    }
    types = " ".join(entry.type for entry in public.doc["Raises"])
    named = set(re.findall(r"\w+", types))
    yield from (f"{name} is not in Raises" for name in sorted(raised - named))


def raised_in(nodes: list[Any], caught: frozenset[str]) -> Iterator[str]:
    """Yield the classes of errors that leave statements: not of functions in them."""
    for node in nodes:
        if isinstance(node, FunctionNode | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Try):
            here = frozenset().union(*map(names_caught, node.handlers))
            yield from raised_in(node.body, caught | here)
            outside = [*node.handlers, *node.orelse, *node.finalbody]
            yield from raised_in(outside, caught)
            continue
        if isinstance(node, ast.Raise):
            yield from {class_name(node.exc)} - {"", *caught}
        yield from raised_in(list(ast.iter_child_nodes(node)), caught)


def names_caught(handler: ast.ExceptHandler) -> set[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {name for kind in kinds if (name := class_name(kind))}


def class_name(node: ast.expr | None) -> str:
    """Return the name of a class, as in `Error` or `Error(...)`; of all else none."""
    if isinstance(node, ast.Call):
        node = node.func
    name = ast.unparse(node).rpartition(".")[2] if node is not None else ""
    return name if name[:1].isupper() else ""


RULES: list[Callable[[Public], Iterator[str]]] = [
    mistakes_of_form,
    mistakes_of_arrays,
    mistakes_of_errors,
]


@pytest.mark.parametrize(
    "module", [name for name in module_names() if not is_exempt(name)]
)
def test_what_is_public_is_documented(module: str) -> None:
    mistakes = [
        f"{public.name}: {mistake}"
        for public in public_of(module)
        for rule in RULES
        for mistake in rule(public)
    ]
    assert not mistakes, "\n".join(mistakes)
