"""Makes Copier faster: what one of its environments compiled, others like it do not compile again.

Copier compiles the text of every question, and of every part of every path, each time that it
renders it: 350 times for a service of ours, of 100 different texts (measured: two thirds of its
time). An update renders each version several times.
"""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Iterator
from types import CodeType
from typing import Any

from jinja2.sandbox import SandboxedEnvironment

_METHOD = "compile"


@contextlib.contextmanager
def compiled_once() -> Iterator[None]:
    """A block in which Copier compiles a text once; a block within another one shares its memory.

    A file is known by its text and its name in the template, wherever the clone lies: the versions
    that an update renders share what they have in common.
    """
    if _METHOD in vars(SandboxedEnvironment):
        yield
        return
    compile_anew: Any = SandboxedEnvironment.compile
    compiled: dict[Hashable, CodeType] = {}

    def compile_once(
        environment: SandboxedEnvironment,
        source: Any,
        name: str | None = None,
        filename: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        if not (_is_copiers(environment) and isinstance(source, str)):
            return compile_anew(environment, source, name, filename, *args, **kwargs)
        key = (_kind(environment), source, name, *args, *kwargs.items())
        if key in compiled:
            environment.preprocess(source, name, filename)  # which resets Copier's 'yield'
        else:
            compiled[key] = compile_anew(environment, source, name, filename, *args, **kwargs)
        return compiled[key]

    setattr(SandboxedEnvironment, _METHOD, compile_once)
    try:
        yield
    finally:
        delattr(SandboxedEnvironment, _METHOD)


def _is_copiers(environment: SandboxedEnvironment) -> bool:
    """Whether it is none of our own, which note what they compile."""
    return any(name.startswith("copier.") for name in environment.extensions)


def _kind(environment: SandboxedEnvironment) -> Hashable:
    """What the code that is made of a text depends on; Jinja has one lexer for equal delimiters."""
    return (
        type(environment),
        environment.lexer,
        environment.autoescape,
        environment.finalize,
        environment.optimized,
        environment.is_async,
        tuple(environment.extensions),
    )
