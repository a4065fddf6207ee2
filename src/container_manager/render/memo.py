"""A Jinja extension for Copier: what is compiled once stays compiled.

Copier compiles the text of every part of every path anew, which costs more than all else that it
does for a file.
"""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, Template
from jinja2.ext import Extension


class CompiledOnce(Extension):
    """Remembers the templates that an environment makes from strings."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        compiled: dict[str, Template] = {}
        compile_anew = environment.from_string

        def from_string(source: Any, *args: Any, **kwargs: Any) -> Template:
            if args or kwargs or not isinstance(source, str):
                return compile_anew(source, *args, **kwargs)
            if source in compiled:
                environment.preprocess(source)  # Copier's 'yield' is reset when it is compiled
            else:
                compiled[source] = compile_anew(source)
            return compiled[source]

        environment.from_string = from_string  # type: ignore[method-assign]
