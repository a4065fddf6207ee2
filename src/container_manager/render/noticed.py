"""What a rendering notices on its way; noted with its line, told all at once."""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import jinja2

from container_manager.errors import Location, Problem


@dataclass(slots=True)
class RenderingState:
    """What one rendering has noticed so far."""

    context: Mapping[str, Any]
    problems: list[Problem] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    absent: list[tuple[Any, str]] = field(default_factory=list)
    """What was asked for a name that it does not have (``jinja2.utils.missing``: the context)."""


current: ContextVar[RenderingState] = ContextVar("container_manager_rendering")


def misused(variable: str, how: str) -> None:
    """Note that a template did to a secret what cannot mean what it says."""
    current.get().problems.append(
        Problem(
            message=f"The template uses {how} on a value that holds the secret {variable}.",
            where=template_line(),
            remedy="A secret can be written, joined to text, and asked whether it is set.",
        )
    )


def refuse_methods(value: Any) -> Any:
    """Note that a template writes a method: ``services.items`` is one, whatever the keys are."""
    if not isinstance(value, (types.BuiltinMethodType, types.MethodType, types.FunctionType)):
        return value
    name = value.__name__
    current.get().problems.append(
        Problem(
            message=f"'{name}' is a method of this value, not a key.",
            where=template_line(),
            remedy=f"Write ['{name}'] for the key of that name.",
        )
    )
    return ""


def written(variables: tuple[str, ...]) -> None:
    """Note that the placeholders of secrets were written."""
    current.get().secrets.update(variables)


def template_line() -> Location | None:
    """The line of the innermost template that is being rendered."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        template = frame.f_globals.get("__jinja_template__")
        if isinstance(template, jinja2.Template) and template.filename:
            line = template.get_corresponding_lineno(frame.f_lineno)
            return Location(Path(template.filename), line)
        frame = frame.f_back
    return None
