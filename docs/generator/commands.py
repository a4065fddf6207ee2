"""The tasks and the original command line, as the program itself says them."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import re
from collections.abc import Iterator
from unittest import mock

from invoke.parser import Argument, ParserContext
from myst_parser.slugs import github_slugify

from container_manager.cli import parse_args
from container_manager.tasks import namespace
from container_manager.usage import value_of
from docs.generator.markdown import escaped, table

PROGRAM = "container-manager"
_WIDTH = "90"


def part() -> str:
    """A table of all tasks, then each of them: what it does, examples, and its options."""
    known = {str(context.name): context for context in namespace.to_contexts()}
    names = sorted(known)
    rows = [(f"[{name}](#{github_slugify(name)})", _paragraphs(name)[0]) for name in names]
    sections = (block for name in names for block in _task(name, known[name]))
    return "\n\n".join([table(["command", "does"], rows), *sections])


def original() -> str:
    """What ``--help`` of the original command line says."""
    said = io.StringIO()
    with (
        mock.patch.dict(os.environ, {"COLUMNS": _WIDTH}),
        contextlib.redirect_stdout(said),
        contextlib.suppress(SystemExit),
    ):
        parse_args(["--help"])
    return f"```console\n$ python -m container_manager --help\n{said.getvalue()}```"


def _task(name: str, context: ParserContext) -> Iterator[str]:
    yield f"## {name}"
    yield from _paragraphs(name)
    told = namespace[name].examples.items()
    examples = [f"- `{PROGRAM} {words}`: {what}" for words, what in told]
    yield "\n".join(examples)
    options = [_option(name, argument) for argument in _options(context)]
    if options:
        yield table(["option", "does"], options)


def _paragraphs(name: str) -> list[str]:
    """What a task says of itself."""
    text = inspect.getdoc(namespace[name].body) or ""
    return [_worded(" ".join(paragraph.split())) for paragraph in text.split("\n\n")]


def _options(context: ParserContext) -> list[Argument]:
    return sorted(context.args.values(), key=lambda argument: str(argument.name))


def _option(name: str, argument: Argument) -> tuple[str, str]:
    """How an option is typed, and what it is for."""
    long, *short = (f"--{name}" if len(name) > 1 else f"-{name}" for name in argument.names)
    if argument.kind is bool and argument.default:
        long = long.replace("--", "--no-", 1)
    value = value_of(name, argument)
    typed = ", ".join(f"`{one} {value}`" if value else f"`{one}`" for one in [*short, long])
    return typed, _worded(argument.help or "")


def _worded(text: str) -> str:
    """Words of a terminal as Markdown, with the options in them as code."""
    return re.sub(r"(?<!\S)--[a-z][a-z-]*", r"`\g<0>`", escaped(text))
