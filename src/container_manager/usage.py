"""How a task is typed: the words after its name, and its options with what each of them takes.

Invoke calls every value ``STRING``, and knows neither trailing names nor which tasks its own
``--dry`` is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from container_manager.words import OF_WORDS

if TYPE_CHECKING:
    from invoke import Task
    from invoke.parser import Argument, ParserContext

_VALUES = {
    "archive": "FILE",
    "build": "NUMBER",
    "config": "PATH",
    "context": "NAME",
    "data": "QUESTION=VALUE",
    "env": "NAME",
    "file": "FILE",
    "format": "FORMAT",
    "grep": "PATTERN",
    "into": "FOLDER",
    "key": "KEY",
    "kind": "KIND",
    "name": "NAME",
    "namespace": "NAME",
    "output": "FILE",
    "overlay": "NAME",
    "path": "PATH",
    "port": "PORT",
    "project": "NAME",
    "service": "SERVICE",
    "setenv": "NAME=VALUE",
    "sha256": "DIGEST",
    "shell": "SHELL",
    "signal": "SIGNAL",
    "since": "TIME",
    "tail": "NUMBER",
    "target": "TARGET",
    "template": "NAME",
    "timeout": "SECONDS",
    "until": "TIME",
    "user": "USER",
    "workdir": "FOLDER",
}
"""Option -> what people read in the place of its value."""

_OTHERWISE = {("new", "project"): "FOLDER", ("update", "template"): "PLACE"}
"""Task and option -> the same, where the option means something else there."""

_WORDS = {
    "completion": "SHELL",
    "cp": "FROM TO",
    "exec": "SERVICE -- COMMAND ...",
    "explain": "KEY",
    "export": "TARGET",
    "new": "NAME",
    "open": "[SERVICE]",
    "restore": "[NAME]",
    "run": "SERVICE -- COMMAND ...",
    "shell": "SERVICE",
    "unbundle": "FILE",
}
"""Task -> the words after its options, where they are not names of any number of services."""

_DRY = ("--dry", "show what would be done, and do nothing")


def line_of(program: str, name: str, context: ParserContext) -> str:
    """How a task is typed.

    Args:
        program: its own name.
        name: of the task.
        context: what invoke knows of it.
    """
    words = _WORDS.get(name)
    if words is None:
        takes = next((option for option in OF_WORDS if option in context.flags), None)
        words = "[SERVICE ...]" if takes == "--service" else ""
    last = "" if "--" in words.split() else "[other tasks ...]"
    options = "[options]" if context.args else ""
    return " ".join(filter(None, (program, name, options, words, last)))


def options_of(name: str, task: Task[Any], context: ParserContext) -> list[tuple[str, str]]:
    """The options of a task as they are typed, and what each is for; sorted by their long names."""
    listed = [(_typed(name, one), one.help or "") for one in context.args.values()]
    if getattr(task, "dry", False):
        listed.append(_DRY)
    return sorted(listed, key=lambda option: option[0].rpartition("--")[2].removeprefix("[no-]"))


def value_of(name: str, argument: Argument) -> str | None:
    """What stands in the place of an option's value; None where it takes none."""
    if not argument.takes_value:
        return None
    option = str(argument.name)
    return _OTHERWISE.get((name, option)) or _VALUES[option]


def _typed(name: str, argument: Argument) -> str:
    value = value_of(name, argument)
    short = [f"-{one}" for one in argument.names if len(one) == 1]
    long = [f"--{one.replace('_', '-')}" for one in argument.names if len(one) > 1]
    if value is not None:
        short = [f"{one} {value}" for one in short]
        long = [f"{one}={value}" for one in long]
    elif argument.default:
        long = [one.replace("--", "--[no-]", 1) for one in long]
    return ", ".join([*short, *long])
