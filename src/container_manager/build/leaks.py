"""Looks for the values of secrets in everything a build would write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from container_manager.config.environment import MIN_SCANNED, spellings
from container_manager.errors import Location, Problem
from container_manager.model import Node, Output, dotted

_CHUNK = 1 << 20


class LeakScan:
    """Searches texts and files for secret values, in the spellings that files give them.

    Args:
        secrets: name -> value; values shorter than MIN_SCANNED are not looked for.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._names: dict[bytes, str] = {}
        for name, value in secrets.items():
            if len(value) >= MIN_SCANNED:
                for spelling in spellings(value):
                    self._names.setdefault(spelling.encode(errors="surrogateescape"), name)
        longest_first = sorted(self._names, key=lambda value: (-len(value), value))
        self._pattern = re.compile(b"|".join(map(re.escape, longest_first)))
        self._overlap = max(map(len, longest_first), default=1) - 1

    def in_configuration(self, tree: Node) -> list[Problem]:
        """Values of the configuration that hold a secret's value, where they are written."""
        if not self._names:
            return []
        found = []
        for path, node in tree.walk():
            match = self._pattern.search(str(node.value).encode()) if _is_text(node) else None
            if match:
                name = self._names[match[0]]
                found.append(
                    Problem(
                        message=f"'{dotted(path)}' holds the value of the secret {name}.",
                        where=node.where,
                        remedy=_remedy(name),
                    )
                )
        return found

    def problems(self, outputs: Iterable[Output]) -> list[Problem]:
        """One problem a file that holds a secret's value; the value is never quoted."""
        if not self._names:
            return []
        found = []
        for output in outputs:
            name = self._text(output) if output.text is not None else self._file(output)
            if name is not None:
                found.append(_problem(output, name))
        return found

    def _text(self, output: Output) -> str | None:
        match = self._pattern.search((output.text or "").encode())
        return self._names[match[0]] if match else None

    def _file(self, output: Output) -> str | None:
        if output.source is None or output.link is not None:
            return None
        tail = b""
        try:
            with output.source.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    match = self._pattern.search(tail + chunk)
                    if match:
                        return self._names[match[0]]
                    tail = chunk[-self._overlap :] if self._overlap else b""
        except OSError:
            return None  # told by the plan, which reads it too
        return None


def _is_text(node: Node) -> bool:
    return isinstance(node.value, (str, int, float)) and not isinstance(node.value, bool)


def _problem(output: Output, name: str) -> Problem:
    source = output.source or Path(output.path)
    return Problem(
        message=f"The value of the secret {name} would be written to {output.path} "
        f"({output.reason}).",
        where=Location(source),
        remedy=_remedy(name),
    )


def _remedy(name: str) -> str:
    return (
        f"Write ${{{name}}} where the value stands, and containers get it when they start; "
        "or choose a secret that is no ordinary word."
    )
