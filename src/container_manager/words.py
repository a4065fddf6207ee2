"""What was typed, made into what invoke understands: trailing names, commands after ``--``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from container_manager.careful import CLUSTER_TASKS, TAKE_COMMANDS
from container_manager.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from invoke.parser import ParserContext

_ALONE = frozenset(
    {
        *("clean", "down", "rebuild", "restore"),
        *("restart", "start", "stop", "kill", "pause", "unpause"),
        *("kube.up", "kube.down"),
        *("exec", "shell", "run", "cp", "open", "pull", "watch", "logs"),
    }
)
"""Tasks that never follow another one that takes names of services."""

_ANYWHERE = frozenset({"--dry", "-R", "--help", "-h", "--echo", "-e"})
"""Options of invoke that mean the same before and after a task."""

_VALUE_OPTIONAL = frozenset({"--list", "-l", "--help", "-h"})

OF_WORDS = ("--key", "--target", "--name", "--file", "--shell", "--service", "--path")
"""What a word after a task may mean: the first of these that the task has."""


def with_trailing_services(
    arguments: Sequence[str], contexts: Sequence[ParserContext], core: Mapping[str, bool]
) -> list[str]:
    """Turn words after a task that are no tasks into the option that they mean.

    That is ``--service``, ``--name`` for ``new`` and ``restore``, ``--key`` for ``explain``,
    ``--target`` for ``export``, ``--file`` for ``unbundle``, ``--shell`` for ``completion``, or
    ``--path`` for ``cp``. Whatever
    follows ``--`` is a command for a container, and stays as it is.

    Args:
        arguments: what was typed.
        contexts: what invoke knows of the tasks and their options.
        core: invoke's own options, and whether each takes a value.

    Returns:
        What invoke understands.

    Raises:
        UsageError: something would mean other than it seems to.
    """
    tasks = {name: context for context in contexts for name in (context.name, *context.aliases)}
    words: list[str] = []
    current: ParserContext | None = None
    waiting: str | None = None
    environments: list[tuple[ParserContext, bool]] = []
    ours, dashes, command = _at_dashes(arguments)
    for argument in ours:
        if waiting is not None:
            _refuse_nothing(waiting, argument)
            if current is not None and argument in current.flags:
                raise UsageError(
                    f"{waiting} needs a value, and {argument} is an option: nothing was done."
                )
            waiting = None
        elif argument in tasks and not _waits_for_key(current, words):
            _refuse_ambiguous(argument, current)
            _refuse_mixed(argument, current)
            current = tasks[argument]
            environments.append((current, False))
        elif argument.startswith("-"):
            flag, given, value = argument.partition("=")
            _refuse_nothing(flag, value if given else flag)
            _note_environment(argument, environments)
            _refuse_foreign_option(argument, current, core.keys())
            waiting = argument if _takes_value(argument, current, core) else None
        elif current is None:
            raise _no_such_task(argument, map(str, tasks))
        else:
            option = next((o for o in OF_WORDS if o in current.flags), None)
            if option is None:
                raise _nothing_of(current, argument, map(str, tasks))
            _refuse_second_name(current, option, words, argument)
            words.append(option)
        words.append(argument)
    if waiting is not None and waiting not in _VALUE_OPTIONAL:
        raise UsageError(f"{waiting} needs a value.")
    _refuse_two_environments(environments)
    return [*words, *dashes, *command]


def _waits_for_key(current: ParserContext | None, words: Sequence[str]) -> bool:
    """Whether the next word is the key for ``explain``: 'services' and 'images' are tasks, too."""
    if current is None or current.name != "explain":
        return False
    said = {word.partition("=")[0] for word in words[words.index("explain") :]}
    return said.isdisjoint({"--key", "-k", "--service", "-s"})


def _refuse_nothing(option: str, value: str) -> None:
    """A variable of the shell that is not set must not mean that an option was not given."""
    if not value:
        raise UsageError(
            f"{option} has an empty value.",
            remedy="Leave it out, or give it one: a variable of the shell may not be set.",
        )


def _at_dashes(arguments: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """What stands before ``--``, itself, and after it."""
    listed = list(arguments)
    at = listed.index("--") if "--" in listed else len(listed)
    return listed[:at], listed[at : at + 1], listed[at + 1 :]


def _no_such_task(word: str, tasks: Iterable[str]) -> UsageError:
    """What to say of a first word that is no task: what docker compose calls so, or a near one."""
    from container_manager.hints import HINTS

    if word in HINTS:
        return UsageError(f"There is no '{word}' here: nothing was done.", remedy=HINTS[word])
    near = did_you_mean(word, tasks)
    more = "See --list for all tasks, TASK --help for one."
    return UsageError(f"No idea what '{word}' is!", remedy=f"{near} {more}" if near else more)


def _nothing_of(current: ParserContext, word: str, tasks: Iterable[str]) -> UsageError:
    """What to say of a word that is no task, after one that is about the whole stack."""
    from container_manager.hints import WHOLE

    more = WHOLE.get(str(current.name), "See --list for all tasks, TASK --help for one.")
    near = did_you_mean(word, tasks)
    return UsageError(
        f"'{current.name}' takes no name, and '{word}' is no task: nothing was done.",
        remedy=f"{near} {more}" if near else more,
    )


def _note_environment(argument: str, environments: list[tuple[ParserContext, bool]]) -> None:
    """Note of which task ``--env`` is said: invoke takes none of our options before a task."""
    if argument.partition("=")[0] != "--env":
        return
    if not environments:
        raise UsageError(
            "--env stands before a task: nothing was done.",
            remedy="Write --env NAME after the task's name.",
        )
    environments[-1] = (environments[-1][0], True)


def _refuse_two_environments(environments: Sequence[tuple[ParserContext, bool]]) -> None:
    """Who says an environment of one task means the others as well; they would act elsewhere."""
    takes = [(task, said) for task, said in environments if "--env" in task.flags]
    without = [str(task.name) for task, said in takes if not said]
    if without and len(without) < len(takes):
        raise UsageError(
            f"--env is said of one task, and not of '{without[0]}': nothing was done.",
            remedy="Every task needs its own, or run them one after the other.",
        )


def _refuse_foreign_option(
    argument: str, current: ParserContext | None, known: Collection[str]
) -> None:
    """An option of docker compose, some of which invoke would take for its own; or of nobody."""
    from container_manager.hints import OPTIONS

    name = argument.partition("=")[0]
    hint = OPTIONS.get(str(current.name), {}).get(name) if current is not None else None
    if current is None or name in current.flags or name in current.inverse_flags:
        return
    if hint is not None:
        raise UsageError(f"'{current.name}' has no option {name}: nothing was done.", remedy=hint)
    if name.startswith("--") and len(name) > len("--") and name not in known:
        near = did_you_mean(
            name, [*map(str, current.flags), *map(str, current.inverse_flags), *known]
        )
        more = f"'{current.name} --help' shows its options."
        raise UsageError(
            f"'{current.name}' has no option {name}: nothing was done.",
            remedy=f"{near} {more}" if near else more,
        )


def _refuse_ambiguous(task: str, current: ParserContext | None) -> None:
    """A service may be called like a task that destroys something; a new one like any."""
    if current is None:
        return
    option = "--name" if current.name == "new" else "--service"
    if option in current.flags and (task in _ALONE or current.name == "new"):
        raise UsageError(
            f"'{task}' after '{current.name}' could be a service or the command: nothing was done.",
            remedy=f"Run them one after the other, or write {option} {task}.",
        )


def _refuse_mixed(task: str, current: ParserContext | None) -> None:
    """Whoever writes ``kube.plan up`` means the cluster, and would start what runs here."""
    if current is None or (task in CLUSTER_TASKS) == (current.name in CLUSTER_TASKS):
        return
    raise UsageError(
        f"One of '{current.name}' and '{task}' is about a cluster, the other about what runs here: "
        "nothing was done.",
        remedy="Run them one after the other.",
    )


def _refuse_second_name(
    current: ParserContext, option: str | None, words: Sequence[str], word: str
) -> None:
    """Invoke would take the last name, and drop the others in silence."""
    said = words[words.index(str(current.name)) :] if current.name in words else ()
    if current.name in TAKE_COMMANDS and option in said:
        name = said[said.index(str(option)) + 1]
        raise UsageError(
            f"'{word}' after the service could be another service or the command: "
            "nothing was done.",
            remedy=f"A command goes after --: {current.name} {name} -- {word} …",
        )
    if option in ("--name", "--key", "--file", "--shell") and any(
        w.partition("=")[0] == option for w in said
    ):
        raise UsageError(f"'{current.name}' takes one {option[2:]}: nothing was done.")


def _takes_value(flag: str, current: ParserContext | None, core: Mapping[str, bool]) -> bool:
    name, equals, _ = flag.partition("=")
    if current is not None and name in current.flags:
        return current.flags[name].takes_value and not equals
    if name in ("-f", "--config"):
        # Left to the task, which refuses it with the right spelling.
        return not equals
    if current is not None and name in core and name not in _ANYWHERE:
        inside = " A command for the container goes after --." * (current.name in TAKE_COMMANDS)
        raise UsageError(
            f"'{current.name}' has no option {name}.", remedy=f"See TASK --help.{inside}"
        )
    return core.get(name, False) and not equals
