"""The values of options, as far as the configuration's files and the project's folder tell them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from container_manager.completing.project import Known


@dataclass(frozen=True, slots=True)
class Offer:
    """What may stand there.

    Attributes:
        text: it; where it ends with a dot or a colon, more belongs to the same word.
        meaning: a few words about it.
    """

    text: str
    meaning: str = ""


FILES, FOLDERS = Offer(":files"), Offer(":folders")
"""What shells themselves complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where a value is asked for.

    Attributes:
        task: of which task.
        typed: what there is of it.
        config: the configuration that the line names; None for none.
        env: the environment that it names; None for none.
        said: all values and names of this task that stand before.
    """

    task: str
    typed: str
    config: str | None = None
    env: str | None = None
    said: tuple[str, ...] = ()

    def known(self) -> Known:
        """What is known of the project."""
        return Known(self.config, self.env)


ON_CONTAINERS = frozenset(
    {
        *("cp", "exec", "images", "kill", "logs", "open", "pause", "port", "ps", "pull"),
        *("restart", "run", "shell", "start", "status", "stop", "top", "unpause"),
    }
)
"""Tasks that take the names of compose services, too."""

KINDS = ("python", "dockerfile", "image", "jupyter", "database", "job")
"""The kinds of services that ``new`` can make."""

_FORMATS = {"graph": ("svg", "mermaid"), "lint": ("text", "github")}
_SIGNALS = ("HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "STOP", "CONT", "WINCH")


def values_of(asked: Asked, option: str) -> Iterator[Offer]:
    """The values of an option that begin with what is typed, sorted; none where nothing tells."""
    give = _VALUES.get(option)
    if give is None:
        return
    seen = set(asked.said)
    for one in give(asked):
        if one.text.startswith(":") or (one.text.startswith(asked.typed) and one.text not in seen):
            seen.add(one.text)
            yield one


def _services(asked: Asked) -> Iterator[Offer]:
    known = asked.known()
    short = "." not in asked.typed
    for name, alone in known.services():
        yield Offer(alone if short and alone else name, name if short and alone else "")
    if asked.task in ON_CONTAINERS:
        yield from (Offer(name, "a compose service") for name in known.compose_services())


def _keys(asked: Asked) -> Iterator[Offer]:
    head, dot, _ = asked.typed.rpartition(".")
    known = asked.known()
    for name, (deeper, meaning) in known.keys(head).items():
        yield Offer(f"{head}{dot}{name}{'.' * deeper}", meaning)
    if not head:
        yield from (Offer(f"{alone}.", name) for name, alone in known.services() if alone)


def _environments(asked: Asked) -> Iterator[Offer]:
    yield from map(Offer, Known(asked.config, None).environments())


def _formats(asked: Asked) -> Iterator[Offer]:
    yield from map(Offer, _FORMATS.get(asked.task, ()))


def _names(asked: Asked) -> Iterator[Offer]:
    if asked.task == "restore":
        yield from map(Offer, asked.known().backups())


def _paths(asked: Asked) -> Iterator[Offer]:
    if "/" not in asked.typed and ":" not in asked.typed:
        for one in _services(asked):
            yield Offer(f"{one.text}:", one.meaning)
    if ":" not in asked.typed:
        yield FILES


def _targets(_: Asked) -> Iterator[Offer]:
    from container_manager.export.targets import target_names

    yield from map(Offer, target_names())


def _variables(_: Asked) -> Iterator[Offer]:
    yield from map(Offer, sorted(os.environ))


def _templates(asked: Asked) -> Iterator[Offer]:
    if asked.task == "update":
        yield FOLDERS
    else:
        yield from map(Offer, asked.known().templates())


def _always(*offers: Any) -> Callable[[Asked], Iterator[Offer]]:
    return lambda _: (one if isinstance(one, Offer) else Offer(one) for one in offers)


_VALUES: Mapping[str, Callable[[Asked], Iterator[Offer]]] = {
    "archive": _always(FILES),
    "config": _always(FILES),
    "env": _environments,
    "file": _always(FILES),
    "format": _formats,
    "into": _always(FOLDERS),
    "key": _keys,
    "kind": _always(*KINDS),
    "name": _names,
    "output": _always(FILES),
    "path": _paths,
    "project": _always(FOLDERS),
    "service": _services,
    "setenv": _variables,
    "shell": _always("bash", "zsh", "fish"),
    "signal": _always(*_SIGNALS),
    "target": _targets,
    "template": _templates,
}
"""Option -> what may be its value."""
