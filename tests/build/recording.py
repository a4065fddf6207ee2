"""Records what a preparation looks at: every path that it asks the file system about."""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from container_manager.config.environment import Environment

_MEASURING = ("coverage.files", "coverage.inorout")
"""What asks about each file whose code runs, where the tests' coverage is measured."""

QUESTIONS = ("stat", "lstat", "scandir", "listdir", "readlink", "access", "open")


@dataclass
class Lookups:
    """What was looked at.

    Attributes:
        below: only paths below these folders count.
        paths: path -> the questions that were asked about it.
        resolved: paths that were only looked at on the way to another one (``realpath``).
        variables: the names of environment variables that were asked for.
    """

    below: tuple[Path, ...]
    paths: dict[str, set[str]] = field(default_factory=dict)
    resolved: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    _resolving: int = 0
    _stopped: bool = False

    def stop(self) -> None:
        """Record nothing more."""
        self._stopped = True

    def saw(self, question: str, path: Any) -> None:
        """Note a question about a path."""
        if self._stopped or isinstance(path, int):
            return  # an integer is a file that is open already
        name = os.path.normpath(Path.cwd() / os.fsdecode(path))
        if not any(Path(name).is_relative_to(folder) for folder in self.below) or _is_measured():
            return
        if self._resolving:
            self.resolved.add(name)
        else:
            self.paths.setdefault(name, set()).add(question)

    @contextlib.contextmanager
    def resolving(self, path: Any) -> Iterator[None]:
        """A block that follows a path, folder by folder; only the path itself is what is asked."""
        self.saw("realpath", path)
        self._resolving += 1
        try:
            yield
        finally:
            self._resolving -= 1


@contextlib.contextmanager
def recording(*below: Path) -> Iterator[Lookups]:
    """A block in which everything that is asked is recorded.

    Args:
        below: folders; what lies elsewhere does not count.
    """
    lookups = Lookups(below)
    with pytest.MonkeyPatch.context() as patch:
        for question in QUESTIONS:
            patch.setattr(os, question, _asking(lookups, question, getattr(os, question)))
        opened = _asking(lookups, "open", builtins.open)
        patch.setattr(builtins, "open", opened)
        patch.setattr(io, "open", opened)
        patch.setattr(os.path, "realpath", _following(lookups, os.path.realpath))
        patch.setattr(os, "environ", Asked(os.environ, lookups.variables))
        patch.setattr(Environment, "__init__", _asked_of(Environment.__init__, lookups.variables))
        yield lookups


def _is_measured() -> bool:
    frame = sys._getframe()
    while frame.f_globals.get("__name__") not in _MEASURING:
        if frame.f_back is None:
            return False
        frame = frame.f_back
    return True


def _asking(lookups: Lookups, question: str, ask: Callable[..., Any]) -> Callable[..., Any]:
    def asked(path: Any = ".", *args: Any, **kwargs: Any) -> Any:
        lookups.saw(question, path)
        return ask(path, *args, **kwargs)

    return asked


def _following(lookups: Lookups, follow: Callable[..., Any]) -> Callable[..., Any]:
    def followed(path: Any, **kwargs: Any) -> Any:
        with lookups.resolving(path):
            return follow(path, **kwargs)

    return followed


class Asked(dict[str, str]):
    """Variables that note which of them somebody asks for; to copy all is not to ask."""

    def __init__(self, variables: Mapping[str, str], asked: set[str]) -> None:
        super().__init__(variables)
        self._asked = asked

    def __getitem__(self, name: str) -> str:
        self._asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._asked.add(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._asked.add(name)
        return super().get(name, default)


def _asked_of(init: Callable[..., None], asked: set[str]) -> Callable[..., None]:
    """Every environment of a configuration, and what is derived from one, notes the same."""

    def initialise(self: Environment, *, process: Mapping[str, str], **others: Any) -> None:
        init(self, process=Asked(dict(process.items()), asked), **others)

    return initialise
