"""The commands that pages tell people to type: each is understood by the program as it is."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Collection, Iterator
from itertools import takewhile
from pathlib import Path

from invoke import ParseError
from invoke.parser import Parser

from container_manager.errors import UsageError
from container_manager.tasks import namespace
from container_manager.words import with_trailing_services
from docs.generator.markdown import prose

_PROGRAMS = ("./run", "container-manager", "cman", "invoke")
_OPERATORS = frozenset({"&&", "||", "|", ";", ">", ">>", "2>", "<", "&"})
_CORE = frozenset({"--dry", "--list", "--help", "--version", "-R", "-h", "-l"})
"""What invoke itself understands, with any task or none."""

_SHELL = re.compile(r"^ *(?:```+|~~~+) *(?:console|sh|bash|shell)? *$")
_OF_RUN = re.compile(r'^if \[ "\$\{1:-\}" = (\w+) \]', re.MULTILINE)


def check(root: Path) -> list[str]:
    """What is wrong with commands in the pages of a repository: ``docs/`` and what lies beside.

    A command is a line of a block of a shell's language, or of none, that begins with one of our
    programs, after ``$`` or not.
    """
    script = root / "run"
    own = set(_OF_RUN.findall(script.read_text("utf-8"))) if script.is_file() else set()
    files = [*sorted(root.glob("*.md")), *sorted(root.glob("docs/**/*.md"))]
    return [
        f"{file.relative_to(root)}:{number}: '{shlex.join(words)}' is not understood: {fault}"
        for file in files
        for number, words in commands(file.read_text(encoding="utf-8"))
        if (fault := misunderstood(words, own))
    ]


def commands(text: str) -> Iterator[tuple[int, list[str]]]:
    """The commands of a page: the line of each, and its words, the program first."""
    number = 1
    for is_prose, piece in prose(text):
        lines = piece.splitlines()
        if not is_prose and _SHELL.match(lines[0]):
            for at, line in enumerate(lines):
                for words in _in_line(line):
                    yield number + at, words
        number += len(lines)


def _in_line(line: str) -> Iterator[list[str]]:
    shown, typed = line.lstrip().startswith("$ "), line.strip().removeprefix("$ ")
    try:
        words = shlex.split(typed, comments=True)
    except ValueError:  # a quotation that goes on in the next line
        return
    for at, word in enumerate(words):
        begins = at == 0 or (shown and words[at - 1] in ("&&", ";"))
        if begins and word.removeprefix("../").removeprefix("manager/bin/") in _PROGRAMS:
            yield [word, *takewhile(lambda word: word not in _OPERATORS, words[at + 1 :])]


def misunderstood(words: list[str], own: Collection[str] = ()) -> str:
    """Why the program would refuse a command; empty where it understands it.

    Args:
        words: the command, the program first.
        own: what ``./run`` does by itself.
    """
    program, *given = words
    if (program.endswith("run") and given[:1] and given[0] in own) or _is_of_the_original(given):
        return ""
    parser = _parser()
    known = list(parser.contexts.values())
    try:
        understood = with_trailing_services(given, known, dict.fromkeys(_CORE, False))
        parser.parse_argv([word for word in understood if word not in _CORE])
    except (UsageError, ParseError) as error:
        return str(error).replace("\n", " ")
    return ""


@functools.cache
def _parser() -> Parser:
    return Parser(contexts=list(namespace.to_contexts()))


def _is_of_the_original(given: list[str]) -> bool:
    return bool(given) and given[0].endswith((".yml", ".yaml"))
