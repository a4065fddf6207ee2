"""The Python interface: every public name, for Sphinx to read its docstring."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import typing
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

import container_manager
from container_manager import errors, verbs

_CONSTANTS = {
    "COMPOSE_FILE_NAME": "What a compose template is rendered to.",
    "OUT_SRC_DIR": "Where ``copy_src`` copies to, in the build folder of a service.",
    "SERVICES_DIR": "The folder of the root template, in a project and in its build directory.",
    "SRC_DIR": "What ``copy_src`` copies.",
    "TEMPLATE_FILENAME": "What the compose template of a service is called.",
}


def part() -> str:
    """The names of the original module, the verbs, what they return, and what they raise."""
    return "\n\n".join(
        [
            "## The original names",
            "From `container_manager` itself; each works alone, on plain dicts, relative to the "
            "current directory.",
            _described(container_manager, container_manager.__all__),
            "## Commands as functions",
            "From `container_manager.verbs`. Each takes the path of a configuration (`None`: "
            "`config.yml`, found upwards), says on stderr what it does, and returns what came of "
            "it. Nothing is printed on stdout, and nothing ends the process.",
            _described(verbs, verbs.__all__),
            "## What they return",
            "Frozen data, whose attributes may be read.",
            _directives(_class(kind) for kind in _results()),
            "## Errors",
            "From `container_manager.errors`.",
            _described(errors, _own_classes(errors)),
        ]
    )


def _results() -> list[type]:
    """The classes in the annotations of the verbs, by their names."""
    found: set[type] = set()

    def look(annotation: Any) -> None:
        if inspect.isclass(annotation) and annotation.__module__.startswith("container_manager."):
            found.add(annotation)
        for inner in typing.get_args(annotation):
            look(inner)

    for name in verbs.__all__:
        function = getattr(verbs, name)
        hints = typing.get_type_hints(function, localns=_for_types(function.__module__))
        look(hints.get("return"))
    return sorted(found, key=lambda kind: kind.__name__)


@functools.cache
def _for_types(module: str) -> dict[str, Any]:
    """What a module imports for annotations only: it is not there at run time."""
    source = inspect.getsource(importlib.import_module(module))
    return {
        alias.asname or alias.name: getattr(importlib.import_module(node.module), alias.name)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("container_manager.")
        for alias in node.names
        if node.module and hasattr(importlib.import_module(node.module), alias.name)
    }


def _own_classes(module: ModuleType) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__
    ]


def _described(module: ModuleType, names: Iterable[str]) -> str:
    return _directives(_name(module, name) for name in names)


def _name(module: ModuleType, name: str) -> str:
    full, value = f"{module.__name__}.{name}", getattr(module, name)
    if inspect.isclass(value):
        return f"{_class(value, shown=full)}\n   :members:"
    if inspect.isroutine(value):
        return f".. autofunction:: {full}"
    return f".. py:data:: {full}\n   :value: {value!r}\n\n   {_CONSTANTS[name]}"


def _class(kind: type, shown: str = "") -> str:
    return f".. autoclass:: {shown or f'{kind.__module__}.{kind.__qualname__}'}"


def _directives(entries: Iterable[str] | Iterator[str]) -> str:
    return "```{eval-rst}\n" + "\n\n".join(entries) + "\n```"
