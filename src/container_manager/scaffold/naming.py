"""What is to be made, and whether its name can be had."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from container_manager.config import answers
from container_manager.config.loader import Config
from container_manager.discovery import SERVICES_DIR
from container_manager.errors import Location, Problem, UsageError
from container_manager.scaffold.surroundings import Surroundings

_FORMS = "NAME, framework.NAME, applications.APPLICATION.NAME or services.NAME"
_FOLDERS = frozenset({"framework", "applications"})
_WORD = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A service that is to be made.

    Attributes:
        family: ``framework``, ``application`` or ``flat``.
        name: the last part of its name.
        application: empty, but for the family ``application``.
    """

    family: str
    name: str
    application: str = ""

    @property
    def canonical(self) -> str:
        """The name by which the project knows it."""
        match self.family:
            case "framework":
                return f"framework.{self.name}"
            case "application":
                return f"applications.{self.application}.{self.name}"
        return f"services.{self.name}"

    @property
    def path(self) -> str:
        """Its folder, from the project's."""
        match self.family:
            case "framework":
                return f"{SERVICES_DIR}/framework/{self.name}"
            case "application":
                return f"{SERVICES_DIR}/applications/{self.application}/{self.name}"
        return f"{SERVICES_DIR}/{self.name}"

    @property
    def answers(self) -> dict[str, str]:
        """What our template asks, and the name has said already."""
        said = {"make": "service", "name": self.name, "family": self.family}
        return {**said, "application": self.application} if self.application else said


def parse(name: str, config: Config, surroundings: Surroundings) -> Target:
    """A name in any of our forms; a bare one belongs where the project keeps its services.

    Raises:
        UsageError: it is no name.
    """
    match name.split("."):
        case [last]:
            target = Target(family=_usual_family(config), name=last)
        case ["framework", last]:
            target = Target(family="framework", name=last)
        case ["services", last]:
            target = Target(family="flat", name=last)
        case ["applications", application, last]:
            spelled = surroundings.application(application)
            target = Target(family="application", application=spelled, name=last)
        case _:
            raise UsageError(_no_name(name))
    new = [target.name]
    if target.family == "flat" and target.name in _FOLDERS:
        raise UsageError(
            f"{target.name!r} is reserved: {target.path} holds a family of services.",
            remedy="Choose another name.",
        )
    if target.family == "application" and target.application not in surroundings.applications:
        new.append(target.application)
    if not all(map(_WORD.fullmatch, new)):
        raise UsageError(_no_name(name))
    return target


def name_problems(target: Target, config: Config, surroundings: Surroundings) -> list[Problem]:
    """Why the name cannot be had: what has it, or its folder, already."""
    problems = []
    holder = surroundings.named(target.name)
    if holder is not None:
        problems.append(
            Problem(
                message=f"The name '{target.name}' is taken by {holder.what}.",
                where=holder.where,
                remedy="Choose another name: services reach each other by it.",
            )
        )
    folder = config.root / target.path
    if not problems and os.path.lexists(folder):
        problems.append(
            Problem(
                message="This is there already, and nothing is ever overwritten.",
                where=Location(folder),
                remedy="Choose another name, or move it away.",
            )
        )
    return problems


def _usual_family(config: Config) -> str:
    framework = config.values.get("framework")
    services: Any = framework.get("services") if isinstance(framework, Mapping) else None
    path = config.root / answers.NAME
    if services or (path.is_file() and answers.read(path).values.get("families") is True):
        return "framework"
    return "flat"


def _no_name(name: str) -> Problem:
    return Problem(
        message=f"{name!r} is no name for a service.",
        remedy=f"Write {_FORMS}; a name is lower-case letters, digits, and single - or _ between "
        "them, such as run-log.",
    )
