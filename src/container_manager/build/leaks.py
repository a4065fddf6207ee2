"""Looks for the values of secrets in everything a build would write."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from container_manager.build.reading import Known, Reading
from container_manager.config.environment import MIN_SCANNED
from container_manager.config.loader import Config
from container_manager.config.spellings import spellings
from container_manager.errors import BuildError, Location, Problem, raise_all
from container_manager.model import Node, Output, dotted


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

    @property
    def looks_for_something(self) -> bool:
        """Whether there is any secret that is long enough to be looked for."""
        return bool(self._names)

    def problems(self, outputs: Iterable[Output], leaks: Mapping[str, str]) -> list[Problem]:
        """One problem a file that holds a secret's value; the value is never quoted.

        Args:
            outputs: what would be written.
            leaks: source of a copied file -> the secret that was found in it.
        """
        if not self._names:
            return []
        found = []
        for output in outputs:
            told = f"{output.path}\0{output.link or ''}"
            name = self.search(told.encode(errors="surrogateescape"))
            if name is None and output.text is not None:
                name = self.search(output.text.encode())
            elif name is None:
                name = None if output.link is not None else leaks.get(output.source or "")
            if name is not None:
                found.append(_problem(output, name))
        return found

    def search(self, data: bytes) -> str | None:
        """The name of the first secret in some bytes."""
        match = self._pattern.search(data)
        return self._names[match[0]] if match else None

    def stream(self) -> StreamScan:
        """A search through a file, piece by piece."""
        return StreamScan(self, self._overlap)


class StreamScan:
    """Searches a file that is read in pieces.

    Attributes:
        found: the name of the first secret in it.
    """

    def __init__(self, scan: LeakScan, overlap: int) -> None:
        self.found: str | None = None
        self._scan = scan
        self._overlap = overlap
        self._tail = b""

    def feed(self, chunk: bytes) -> None:
        """Search the next piece, and what lies across the border to the one before."""
        if self.found is None:
            data = self._tail + chunk
            self.found = self._scan.search(data)
            self._tail = data[-self._overlap :] if self._overlap else b""


def without_leaks(
    config: Config,
    names: Iterable[str],
    outputs: Mapping[str, Output],
    known: Known | None,
    *,
    searched: bool = False,
) -> Reading:
    """Search everything for the values of secrets before anything is written.

    Args:
        config: the configuration; it is searched too.
        names: of the variables that something refers to.
        outputs: what would be written.
        known: digests of files that were read before.
        searched: whether the configuration and what is known held none of these secrets before.

    Returns:
        What was read of the sources.

    Raises:
        BuildError: a value would be written.
    """
    scan = LeakScan(config.environment.secret_values(names))
    reading = Reading(known, scan, scanned=searched)
    if scan.looks_for_something:
        if not searched:
            raise_all(BuildError, scan.in_configuration(config.tree))
        for output in outputs.values():
            with contextlib.suppress(OSError):  # told when it is compared
                reading.wanted(output)
        raise_all(BuildError, scan.problems(outputs.values(), reading.leaks))
    return reading


def _is_text(node: Node) -> bool:
    return isinstance(node.value, (str, int, float)) and not isinstance(node.value, bool)


def _problem(output: Output, name: str) -> Problem:
    source = Path(output.source or output.path)
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
