"""The key ``secrets_command``: a program that prints further variables, all of them secret.

It is run when a value is asked for that nobody else gives, once a command. What it printed stays
in memory.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from container_manager.config.dotenv_file import parse_dotenv
from container_manager.config.secret_names import looks_secret
from container_manager.errors import ConfigError, Location, Problem, RuntimeFailure
from container_manager.once import kept

KEY = "secrets_command"

TIMEOUT = 60.0
"""Seconds that it may take; it cannot ask anybody for a passphrase."""

_LARGEST = 1024 * 1024
"""Characters that it may print: more is no list of variables, and slow to read."""

_UNDECODABLE = "\N{REPLACEMENT CHARACTER}"
_SHOWN = "***"
_MIN_HIDDEN = 4


@dataclass(frozen=True, kw_only=True)
class Supplied(Mapping[str, str]):
    """What the program prints, by name.

    Attributes:
        argv: program and arguments; empty: there is none, and so no variables.
        root: the folder that it runs in.
        environ: its environment.
        where: the place that names it.
    """

    argv: tuple[str, ...] = ()
    root: Path = Path()
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    where: Location | None = None

    @functools.cached_property
    def _values(self) -> Mapping[str, str]:
        if not self.argv:
            return {}
        return kept((KEY, self.argv, self.root), self._run)

    @property
    def asked(self) -> bool:
        """Whether anything depends on what it printed."""
        return bool(self.argv) and "_values" in self.__dict__

    @property
    def text(self) -> str:
        """All that it gives, for a comparison."""
        return json.dumps(dict(self._values), sort_keys=True)

    def _run(self) -> Mapping[str, str]:
        from container_manager.run import ProcessRunner  # only here: few have such a program

        try:
            finished = ProcessRunner().run(
                self.argv, env=self.environ, cwd=self.root, timeout=TIMEOUT
            )
        except RuntimeFailure as error:
            raise self._failed(str(error).rstrip(".")) from error
        if len(finished.stdout) > _LARGEST:
            raise self._failed("it printed more than 1 MiB")
        if not finished.ok:
            printed, _ = parse_dotenv(finished.stdout)  # it may have failed half-way
            secrets = [value for value, _ in printed.values()]
            said = self._hidden(finished.stderr.strip() or "it said nothing on stderr", secrets)
            raise self._failed(f"it ended with exit code {finished.returncode}:\n{said}")
        if _UNDECODABLE in finished.stdout:
            raise self._failed("what it printed is not UTF-8")
        values, problems = parse_dotenv(finished.stdout)
        if problems:
            raise self._failed(
                "it printed something else than lines NAME=value: "
                + "; ".join(f"line {line}" for line, _ in problems)
            )
        return {name: value for name, (value, _) in values.items()}

    def _failed(self, why: str) -> ConfigError:
        return ConfigError(
            Problem(
                message=f"'{KEY}' gave no secrets: {why}",
                where=self.where,
                remedy=f"Try it in {self.root}: {' '.join(self.argv)}",
            )
        )

    def _hidden(self, text: str, printed: Iterable[str]) -> str:
        """What it said, without the values that it was given and those that it printed."""
        given = {value for name, value in self.environ.items() if looks_secret(name)}
        for value in sorted(given.union(printed), key=len, reverse=True):
            if len(value) >= _MIN_HIDDEN:
                text = text.replace(value, _SHOWN)
        return text

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


NOTHING = Supplied()
