"""Compose values as the provider will see them: variables filled in, secrets left as references.

One :class:`Reader` goes through all files of a stack. It collects problems and warnings instead of
stopping, and remembers which variables were asked for, and how.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from container_manager.config.environment import (
    Environment,
    Report,
    missing_variable,
    unset_credential,
    unset_secret,
    unset_variable,
)
from container_manager.config.interpolation import InterpolationError, Reference, tokens
from container_manager.errors import Location, Problem
from container_manager.inputs import note
from container_manager.model import KeyPath, Node, dotted

PROVIDERS_OWN = ("COMPOSE_", "PODMAN_COMPOSE_")
"""Variables that steer a provider: never handed on, so a template cannot see them either."""

_LONGEST_ARGUMENT = 128 * 1024 - 1
"""Bytes of one argument of a program (Linux): what a service says becomes arguments of Podman."""

_EMPTY_IS_UNSET = frozenset({"", ":-", ":+", ":?"})


def provider_view(environment: Environment, project_name: str) -> Environment:
    """The variables as compose files see them: the provider's own are ours to set."""

    def visible(variables: Mapping[str, str]) -> dict[str, str]:
        return {n: v for n, v in variables.items() if not n.startswith(PROVIDERS_OWN)}

    process = {**visible(environment.process), "COMPOSE_PROJECT_NAME": project_name}
    # The provider fills in the same text later, and knows no other HOST than a variable.
    return replace(environment, process=process, dotenv=visible(environment.dotenv), host="")


def references(text: str) -> list[Reference]:
    """Every reference in ``text``, those inside of defaults included.

    Raises:
        InterpolationError: the text is malformed.
    """
    found: list[Reference] = []
    for token in tokens(text) if "$" in text else ():
        if isinstance(token, Reference):
            found.append(token)
            found.extend(references(token.operand))
    return found


@dataclass(slots=True)
class Reader:
    """Reads values and keeps the findings.

    Attributes:
        environment: the variables, as :func:`provider_view` gives them.
        planned: files that a build is about to write: path -> its text, or what it is copied from.
        problems: what is wrong.
        warnings: what people should know.
        told: variables whose absence was reported already.
        referenced: variable -> whether an empty value means the same as none at all its places.
    """

    environment: Environment
    planned: Mapping[Path, str | Path] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    referenced: dict[str, bool] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def content(self, file: Path) -> str | None:
        """The text of a file as it will be once the build is done; None where there is none.

        Raises:
            OSError, UnicodeDecodeError: it cannot be read.
        """
        normal = Path(os.path.normpath(file))  # the folder it starts from may not be there yet
        planned = self.planned.get(normal, normal)
        if isinstance(planned, str):
            return planned
        note(planned)
        return planned.read_text(encoding="utf-8") if planned.is_file() else None

    def has(self, file: Path) -> bool:
        """Whether a file will be there once the build is done."""
        normal = Path(os.path.normpath(file))
        planned = self.planned.get(normal, normal)
        if isinstance(planned, str):
            return True
        note(planned)
        return planned.is_file()

    def problem(self, where: Location, message: str, remedy: str | None = None) -> None:
        """Note something wrong."""
        self.problems.append(Problem(message=message, where=where, remedy=remedy))

    def warn(self, where: Location, message: str, remedy: str | None = None) -> None:
        """Note something worth knowing."""
        self.warnings.append(Problem(message=message, where=where, remedy=remedy))

    def plain(self, node: Node, path: KeyPath) -> Any:
        """The value without places, variables filled in; a secret in it is a problem."""
        if isinstance(node.value, dict):
            for key, child in node.value.items():
                if "$" in str(key):
                    self.problem(
                        child.where,
                        f"The key '{dotted((*path, key))}' holds a '$': providers disagree on "
                        "whether variables in keys are filled in.",
                        "Write the key out.",
                    )
            return {k: self.plain(child, (*path, k)) for k, child in node.value.items()}
        if isinstance(node.value, list):
            return [self.plain(child, (*path, i)) for i, child in enumerate(node.value)]
        return (
            self.text(node.value, node.where, path) if isinstance(node.value, str) else node.value
        )

    def text(self, text: str, where: Location, path: KeyPath, *, before: str = "") -> str:
        """One text with its variables filled in; a secret in it is a problem.

        Args:
            text: what is written.
            where: its line.
            path: its place in the file.
            before: what a provider puts before it, in the same argument of Podman.
        """
        for name in self.secrets(text, where):
            self.problem(
                where,
                f"The secret variable {name} is used in '{dotted(path)}', where everybody who can "
                "ask Podman could read its value.",
                "A secret may stand under a service's 'environment' only: let the program take it "
                "from there.",
            )
            return text
        result = self.filled(text, where)
        self.check_argument(before + result, where, dotted(path))
        return result

    def check_argument(self, text: str, where: Location, what: str) -> None:
        """Report what cannot be an argument of a program, and so would fail at the start."""
        if "\0" in text:
            self.problem(where, f"'{what}' holds a NUL character, which no program can be given.")
        elif len(text.encode(errors="replace")) > _LONGEST_ARGUMENT:
            self.problem(
                where,
                f"'{what}' is longer than the 128 KiB that a program can be given in one piece.",
                "Put it into a file, and mount that under 'volumes'.",
            )

    def secrets(self, text: str, where: Location) -> list[str]:
        """The names of the secret variables that ``text`` refers to, each once."""
        try:
            found = references(text)
        except InterpolationError as error:
            self.problem(where, f"{error}.", "Write $$ for a plain dollar.")
            return []
        for reference in found:
            same = reference.operator in _EMPTY_IS_UNSET
            self.referenced[reference.name] = self.referenced.get(reference.name, True) and same
        names = dict.fromkeys(reference.name for reference in found)
        return [name for name in names if self.environment.is_secret(name)]

    def filled(self, text: str, where: Location) -> str:
        """``text`` with everything filled in, secrets too; what is unset is empty and reported."""
        report = Report()
        try:
            result = self.environment.interpolate(text, report)
        except InterpolationError:
            return text  # reported by secrets(), which reads every text first
        for name, message in report.missing.items():
            self.problems.append(missing_variable(name, message, where, self.environment))
        for name in sorted(report.unset - self.told):
            self.told.add(name)
            self.warnings.append(self._unset(name, where))
        return result

    def _unset(self, name: str, where: Location) -> Problem:
        consequence = "; it is empty here"
        if name in self.environment.generated:
            return unset_credential(name, where, self.environment, consequence)
        if self.environment.is_secret(name):
            return unset_secret(name, where, self.environment, consequence)
        return unset_variable(name, where, self.environment, consequence)
