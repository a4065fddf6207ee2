"""One compose service on its way to Kubernetes, and what was found out on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from container_manager.compose.model import ComposeService, Stack
from container_manager.errors import Location, Problem
from container_manager.export.kubernetes.asked import Asked, Project
from container_manager.export.kubernetes.names import object_name


@dataclass(slots=True, kw_only=True)
class Findings:
    """What cannot be, and what is lost: both are told together, at the end."""

    refusals: list[Problem] = field(default_factory=list)
    gaps: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A compose service and all that its objects are made of.

    Attributes:
        service: the compose service.
        stack: all of them.
        asked: what the configuration asks for it.
        project: what it asks for all.
        image: its image as pods name it.
        pushed: whether that image has to be brought there by us.
        env_files: what its ``env_file`` says.
        place: key of the compose file -> where it is written.
        linked_as: names that others give it.
        findings: gains what cannot be, and what is lost.
    """

    service: ComposeService
    stack: Stack
    asked: Asked
    project: Project
    image: str
    pushed: bool
    env_files: Mapping[str, str]
    place: Callable[..., Location]
    findings: Findings
    linked_as: Sequence[str] = ()

    @property
    def name(self) -> str:
        """The name of its objects."""
        return object_name(self.service.name)

    @property
    def host(self) -> str:
        """The name under which others reach it."""
        return object_name(self.service.name, longest=63)

    @property
    def is_job(self) -> bool:
        """Whether it ends."""
        return self.service.one_shot

    def refuse(self, message: str, remedy: str, *path: str | int) -> None:
        """Note what cannot be on a cluster."""
        self.findings.refusals.append(
            Problem(
                message=f"The service '{self.service.name}' {message}",
                where=self.place(*path),
                remedy=remedy,
            )
        )

    def lose(self, key: str, reason: str, remedy: str, *path: str | int) -> None:
        """Note what is not carried over, unless the configuration accepts that."""
        if key in self.asked.accept:
            return
        self.findings.gaps.append(
            Problem(
                message=f"'{key}' of the service '{self.service.name}' is not carried over: "
                f"{reason}",
                where=self.place(*(path or (key,))),
                remedy=remedy,
            )
        )
