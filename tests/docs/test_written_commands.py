"""Every command that a page shows is one that the program understands: names, options, values."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from invoke.parser import Parser

from container_manager.cli import parse_args
from container_manager.tasks import namespace
from container_manager.words import with_trailing_services

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TASKS = list(namespace.to_contexts())
OF_RUN = ("test", "docs", "coverage", "benchmark", "pictures")
"""What ``./run`` of this repository, or of a project, does itself."""

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_COMMAND = re.compile(r"(?:^|[\s|(])(?:\S*/)?(container-manager|cman|\./run|run|invoke) (.*)$")


def written(page: Path) -> Iterator[tuple[str, list[str]]]:
    """The commands in a page's blocks: the program, and its arguments."""
    for language, block in _BLOCK.findall(page.read_text("utf-8")):
        if language not in ("", "console", "sh", "bash", "text"):
            continue
        for line in block.replace("\\\n", " ").splitlines():
            typed = re.match(r"\$ |(?:container-manager|cman|\./run|invoke) ", line)
            found = _COMMAND.search(line.removeprefix("$ ")) if typed else None
            if found is not None:
                yield found[1], list(_arguments(found[2]))


def _arguments(text: str) -> Iterator[str]:
    """Up to what is the shell's: a pipe, another command, a file."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    for word in lexer:
        if set(word) <= set("();<>|&"):
            return
        yield word


SHOWN = [
    pytest.param(program, words, id=f"{page.relative_to(ROOT)}: {program} {shlex.join(words)}")
    for page in PAGES
    for program, words in written(page)
    if words and not words[0].startswith("-") and words[0] not in OF_RUN
]


def test_they_are_found() -> None:
    assert len(SHOWN) > 100


@pytest.mark.parametrize(("program", "words"), SHOWN)
def test_it_is_understood(program: str, words: list[str]) -> None:
    if words[0].endswith((".yml", ".yaml")):
        parse_args(words)
        return
    if program != "invoke":
        words = with_trailing_services(words, TASKS, {"--dry": False})
    before = words.index("--") if "--" in words else len(words)
    words = [word for word in words[:before] if word != "--dry"] + words[before:]
    assert Parser(contexts=TASKS).parse_argv(words)
