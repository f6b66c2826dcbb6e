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
from numpydoc.validate import Validator, validate

import napari_kmeans

SITE = runpy.run_path(str(Path(__file__).parents[1] / ".docs" / "conf.py"))
# Before 1.11, numpydoc wanted the summary below the quotes, not after them (GL01).
CODES = SITE["numpydoc_validation_checks"] - {"GL01"}

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
SHAPE = re.compile(r"\([^()]*,[^()]*\)|\barray\b|\bndarray\b")


@dataclass(frozen=True, eq=False)
class Public:
    """A public function, class, method or property, as code and as an object."""

    module: str
    name: str
    node: FunctionNode | ast.ClassDef
    thing: Any
    is_override: bool = False

    @cached_property
    def doc(self) -> Any:
        return get_doc_object(self.thing, config={"show_class_members": False})

    @property
    def is_in_front(self) -> bool:
        """Whether it is what the package gives at its front door, or a method of it."""
        front = self.name.split(".")[0]
        if front not in napari_kmeans.__all__:
            return False
        return bool(getattr(napari_kmeans, front).__module__ == self.module)

    @property
    def functions(self) -> list[FunctionNode]:
        """Those whose parameters and errors its docstring tells of."""
        if not isinstance(self.node, ast.ClassDef):
            return [self.node]
        makers = "__init__", "__new__", "__post_init__"
        return [it for it in functions_of(self.node) if it.name in makers]

    @property
    def fields(self) -> dict[str, str]:
        """The public fields of a dataclass or a NamedTuple, with their annotations.

        They may stand under Attributes, as those of frozen ones do on the site.
        """
        has_fields = hasattr(self.thing, "__dataclass_fields__") or (
            isinstance(self.thing, type) and issubclass(self.thing, tuple)
        )
        if not isinstance(self.node, ast.ClassDef) or not has_fields:
            return {}
        lines = (it for it in self.node.body if isinstance(it, ast.AnnAssign))
        found = {ast.unparse(it.target): ast.unparse(it.annotation) for it in lines}
        return {
            name: annotation
            for name, annotation in found.items()
            if not name.startswith("_") and not annotation.startswith("ClassVar")
        }

    @property
    def parameters(self) -> tuple[str, ...] | None:
        """What must stand under Parameters; None if that is not for us to say."""
        if self.fields:
            return () if self.types("Attributes") else tuple(self.fields)
        if isinstance(self.thing, (property, cached_property)):
            return ()
        is_inherited = isinstance(self.node, ast.ClassDef) and not self.functions
        if is_inherited or self.is_override:
            return None
        return tuple(
            "*" * stars + argument.arg
            for node in self.functions
            for argument, stars in arguments_of(node)
        )

    @property
    def annotations(self) -> dict[str, str]:
        """Of the parameters, and of the fields."""
        return self.fields | {
            argument.arg: ast.unparse(argument.annotation)
            for node in self.functions
            for argument, _ in arguments_of(node)
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


def arguments_of(node: FunctionNode) -> Iterator[tuple[ast.arg, int]]:
    """Yield the arguments, and how many stars each has."""
    own = node.args
    named = [*own.posonlyargs, *own.args]
    if named and named[0].arg in ("self", "cls"):
        del named[0]
    yield from ((argument, 0) for argument in named)
    if own.vararg is not None:
        yield own.vararg, 1
    yield from ((argument, 0) for argument in own.kwonlyargs)
    if own.kwarg is not None:
        yield own.kwarg, 2


def module_names() -> Iterator[str]:
    root = Path(napari_kmeans.__file__).parent
    bindings = "PyQt5", "PyQt6", "PySide2", "PySide6"
    has_qt = find_spec("napari") is not None and any(map(find_spec, bindings))
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
        yield Public(module, node.name, node, thing)
        if isinstance(node, ast.ClassDef):
            for method in functions_of(node):
                # of a property, the getter; of the rest, what the class has in the end
                is_setter = any(
                    isinstance(it, ast.Attribute) and it.attr in ("setter", "deleter")
                    for it in method.decorator_list
                )
                if method.name[0] != "_" and not is_setter:
                    yield Public(
                        module,
                        f"{node.name}.{method.name}",
                        method,
                        plain(vars(thing)[method.name]),
                        is_override=overrides_others(thing, method.name),
                    )


def overrides_others(kind: type, name: str) -> bool:
    """Return whether a method is documented by a class of another package."""
    return any(
        name in vars(base) and not base.__module__.startswith("napari_kmeans.")
        for base in kind.__mro__[1:]
    )


class Form(Validator):  # type: ignore[misc]
    """Reads the parameters in the code: not all classes have a signature."""

    def __init__(self, obj_name: Public) -> None:
        super().__init__(obj_name.doc)
        self.public = obj_name

    @property
    def signature_parameters(self) -> tuple[str, ...]:
        asked = self.public.parameters
        return tuple(self.doc_all_parameters) if asked is None else asked

    @property
    def source_file_name(self) -> None:
        """None, so that no comment in a file can turn a check off."""

    @property
    def source_file_def_line(self) -> int:
        return self.public.node.lineno


def mistakes_of_form(public: Public) -> Iterator[str]:
    """Yield what numpydoc finds."""
    codes = CODES if public.is_in_front else CODES - {"RT01"}
    for code, message in validate(public, validator_cls=Form)["errors"]:
        if code in codes:
            yield f"{code} {message}"
    if described := public.types("Attributes"):
        described |= public.types("Parameters")
        missing = sorted(public.fields.keys() - described.keys())
        yield from (f"{name} is not in Attributes" for name in missing)


def mistakes_of_arrays(public: Public) -> Iterator[str]:
    """Yield the arrays whose type is told without a shape."""
    types = public.types("Parameters", "Other Parameters", "Attributes")
    for name, annotation in public.annotations.items():
        has_shape = SHAPE.search(types.get(name, ""))
        if not has_shape and is_array(ast.parse(annotation, mode="eval")):
            yield f"{name} is an array without a shape"


def is_array(node: ast.AST) -> bool:
    """Return whether an annotation is of arrays; a function of arrays is none."""
    if isinstance(node, ast.Name):
        return node.id in ("Array", "FloatArray")
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Callable":
        return False
    return any(map(is_array, ast.iter_child_nodes(node)))


def mistakes_of_errors(public: Public) -> Iterator[str]:
    """Yield the errors that are raised and not named."""
    raised = {
        name for node in public.functions for name in raised_in(node.body, frozenset())
    }
    types = " ".join(entry.type for entry in public.doc["Raises"])
    named = set(re.findall(r"\w+", types))
    yield from (f"{name} is not in Raises" for name in sorted(raised - named))


def raised_in(nodes: list[Any], caught: frozenset[str]) -> Iterator[str]:
    """Yield the classes of errors that statements raise and do not catch.

    Not those of functions and classes within them.
    """
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


def mistakes_in(module: str) -> list[str]:
    return [
        f"{module}.{public.name}: {mistake}"
        for public in public_of(module)
        for rule in RULES
        for mistake in rule(public)
    ]


@pytest.mark.parametrize("module", list(module_names()))
def test_what_is_public_is_documented(module: str) -> None:
    mistakes = mistakes_in(module)
    assert not mistakes, "\n".join(mistakes)


HEAD = """
from __future__ import annotations

import numba
import numpy as np
from typing import NamedTuple

Array = np.ndarray
"""

MISTAKEN = {
    "def f():\n    pass": "GL08",
    'def f(a):\n    """Do it."""': "PR01",
    '@numba.njit\ndef f(a):\n    """Do it."""': "PR01",
    'class A:\n    """One."""\n\n    def f(self):\n        pass': "GL08",
    'class A(NamedTuple):\n    """One."""\n\n    a: int': "PR01",
    """
class A(NamedTuple):
    '''One.

    Attributes
    ----------
    a : int
    '''

    a: int
    b: int
""": "b is not in Attributes",
    """
def f(a: Array | None):
    '''Do it.

    Parameters
    ----------
    a : int
    '''
""": "a is an array without a shape",
    """
def f(a):
    '''Do it.

    Parameters
    ----------
    a
        What it is done to.
    '''
""": "PR04",
    """
def f():
    '''Do it.

    Raises
    ------
    KeyError
        Never.
    '''
    try:
        raise OSError
    except OSError as error:
        raise ValueError("no") from error
""": "ValueError is not in Raises",
    """
def f():
    '''Do it.'''
    yield 1
""": "YD01",
}


@pytest.mark.parametrize(
    ("code", "mistake"), MISTAKEN.items(), ids=map(str, range(len(MISTAKEN)))
)
def test_what_is_not_documented_is_found(
    code: str, mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"mistaken_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(HEAD + code, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    (found,) = mistakes_in(name)
    assert mistake in found
