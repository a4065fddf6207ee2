"""From the words of a command line to what may come next."""

from __future__ import annotations

import inspect
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from container_manager.completing.values import FILES, Asked, Offer, values_of
from container_manager.tasks import namespace
from container_manager.words import OF_WORDS

if TYPE_CHECKING:
    from invoke.parser import ParserContext

_OF_EVERY_TASK = {"--help": "what it does, with examples", "--dry": "show what it would do"}
_FIRST = {"--help": "how this works", "--list": "all commands", "--version": "which one this is"}
_ORIGINAL = {
    "up": "build, start everything, and wait",
    "down": "remove containers and networks",
    "clean": "save volumes, then remove everything",
    "rebuild": "build images afresh, and start anew",
}
_ORIGINAL_OPTIONS = {"--detached": "return when all is up"}
_STOCK_DEADLINE = 10.0


@dataclass(slots=True)
class _Line:
    """What the words before the one that is typed say.

    Attributes:
        task: whose options come next; None before the first one.
        waiting: the option whose value comes next; empty where none does.
        said: option -> the values that it was given, of this task.
        command: whether a command for a container has begun.
    """

    task: ParserContext | None = None
    waiting: str = ""
    said: dict[str, list[str]] = field(default_factory=dict)
    command: bool = False


def offered(words: Sequence[str], typed: str, *, stock: bool = False) -> Iterator[Offer]:
    """What may stand in place of the word that is typed.

    Args:
        words: those before it, without the program's name.
        typed: what there is of it.
        stock: whether invoke itself is completed, which takes no names without an option, and has
            the tasks of the user.
    """
    if stock and not _has_our_tasks():
        yield from _of_invoke(words, typed)
        return
    if words and words[0].endswith((".yml", ".yaml")) and not stock:
        yield from _beginning(_ORIGINAL if len(words) == 1 else _ORIGINAL_OPTIONS, typed)
        return
    tasks = {str(one.name): one for one in namespace.to_contexts()}
    line = _read(words, tasks)
    if line.command:
        yield FILES
    elif line.waiting:
        yield from values_of(_asked(line, typed), line.waiting)
    elif typed.startswith("--") and "=" in typed:
        option, _, value = typed.partition("=")
        for one in values_of(_asked(line, value), _option(line.task, option)):
            yield one if one.text.startswith(":") else Offer(f"{option}={one.text}", one.meaning)
    elif typed.startswith("-"):
        yield from _beginning(_options(line.task), typed)
    else:
        yield from _names_and_tasks(line, words, typed, tasks, stock=stock)


def _read(words: Iterable[str], tasks: Mapping[str, ParserContext]) -> _Line:
    line = _Line()
    for word in words:
        if line.command:
            break
        if line.waiting:
            line.said.setdefault(line.waiting, []).append(word)
            line.waiting = ""
        elif word == "--":
            line.command = True
        elif word in tasks:
            line = _Line(task=tasks[word])
        elif word.startswith("-"):
            name, equals, value = word.partition("=")
            option = _option(line.task, name)
            if option and equals:
                line.said.setdefault(option, []).append(value)
            else:
                line.waiting = option
        else:
            line.said.setdefault("", []).append(word)
    return line


def _option(task: ParserContext | None, word: str) -> str:
    """The name of the option that takes a value; empty where it takes none, or is none."""
    argument = task.flags.get(word) if task is not None else None
    return str(argument.name) if argument is not None and argument.takes_value else ""


def _options(task: ParserContext | None) -> dict[str, str]:
    if task is None:
        return _FIRST
    flags = {str(flag): str(one.help or "") for flag, one in task.flags.items()}
    flags |= {str(inverse): "" for inverse in task.inverse_flags}
    long = {flag: what for flag, what in sorted(flags.items()) if flag.startswith("--")}
    return long | _OF_EVERY_TASK


def _names_and_tasks(
    line: _Line,
    words: Sequence[str],
    typed: str,
    tasks: Mapping[str, ParserContext],
    *,
    stock: bool,
) -> Iterator[Offer]:
    """Words without an option: what a task is about, else the next task."""
    task = line.task
    option = next((one for one in OF_WORDS if task is not None and one in task.flags), "")
    if task is not None and option and not stock:
        yield from values_of(_asked(line, typed), option.removeprefix("--"))
        return
    yield from _beginning({name: _summary(name) for name in tasks}, typed)
    if stock:
        yield from (one for one in _of_invoke(words, typed) if one.text not in tasks)
    elif task is None and typed:
        yield from (Offer(str(path)) for path in Path().glob(f"{typed}*.yml"))


def _summary(task: str) -> str:
    return (inspect.getdoc(namespace[task]) or "").partition("\n")[0]


def _asked(line: _Line, typed: str) -> Asked:
    def last(option: str) -> str | None:
        return line.said.get(option, [None])[-1]

    return Asked(
        task=str(line.task.name) if line.task is not None else "",
        typed=typed,
        config=last("config"),
        env=last("env"),
        said=tuple(value for values in line.said.values() for value in values),
    )


def _beginning(offers: Mapping[str, str], typed: str) -> Iterator[Offer]:
    return (Offer(text, what) for text, what in offers.items() if text.startswith(typed))


def _has_our_tasks() -> bool:
    """Whether the tasks that invoke would find are ours, with whatever the user adds."""
    for folder in (here := Path.cwd(), *here.parents):
        for file in (folder / "tasks.py", folder / "tasks/__init__.py"):
            if file.is_file():
                return "container_manager" in file.read_text("utf-8", "replace")
    return False


def _of_invoke(words: Sequence[str], typed: str) -> Iterator[Offer]:
    """What invoke itself offers: tasks and options, without values."""
    asked = subprocess.run(
        [sys.executable, "-m", "invoke", "--complete", "--", shlex.join(["invoke", *words, typed])],
        capture_output=True, text=True, check=False, timeout=_STOCK_DEADLINE,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    yield from (Offer(name) for name in asked.stdout.split() if name.startswith(typed))
