"""What is told of a stack that was looked at; nothing here asks or decides."""

from __future__ import annotations

from dataclasses import dataclass

from container_manager.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a container uses.

    Attributes:
        memory: bytes.
        memory_limit: bytes; None where nothing says.
        cpu: processors in use: 0.25 is a quarter of one.
    """

    memory: int
    memory_limit: int | None
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRow:
    """One container.

    Attributes:
        service: the compose service.
        owner: the canonical name of our service; empty for one of the root template.
        container: its name.
        state: Podman's word: ``running``, ``exited``, …
        health: ``healthy``, ``starting`` or ``unhealthy``; None without a health check, and while
            it does not run.
        health_age: seconds since its health was checked; None where it never was.
        stale: whether that is longer ago than two intervals: its health may be another by now.
        exit_code: what it ended with; None while it runs, and before its first start.
        since: seconds since the epoch: its start while it runs, else its end; None before.
        restarts: how often Podman restarted it.
        addresses: where what it publishes is reached, while it runs.
        image: the image's name.
        digest: the image's, ``sha256:…``.
        usage: what it uses; None while it does not run, and where Podman cannot tell.
        drift: in which it differs from what the configuration says now, a sentence each; empty
            where it does not, and where nobody knows (see :attr:`Status.drift_known`).
        wrong: why it does not do what it should; None where it does.
        one_off: whether it is a container of ``run``.
    """

    service: str
    owner: str
    container: str
    state: str
    health: str | None
    health_age: float | None
    stale: bool
    exit_code: int | None
    since: float | None
    restarts: int
    addresses: tuple[str, ...]
    image: str
    digest: str
    usage: Usage | None
    drift: tuple[str, ...]
    wrong: str | None
    one_off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherStack:
    """A compose project of this machine that is not ours.

    Attributes:
        project: its name.
        config: the path of its configuration; empty where others than we started it.
        containers: how many it has.
        running: how many of them run.
    """

    project: str
    config: str
    containers: int
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A stack at one moment.

    Attributes:
        project: its name.
        config: the path of its configuration.
        rows: its containers, by service.
        missing: compose services that should run and have no container.
        others: the other stacks of this machine.
        problems: why the configuration cannot be compared with what runs.
        drift_known: whether it was compared.
        taken_at: when, in seconds since the epoch.
    """

    project: str
    config: str
    rows: tuple[StatusRow, ...]
    missing: tuple[str, ...]
    others: tuple[OtherStack, ...]
    problems: tuple[Problem, ...]
    drift_known: bool
    taken_at: float

    @property
    def wrong(self) -> tuple[StatusRow, ...]:
        """The containers that do not do what they should."""
        return tuple(row for row in self.rows if row.wrong is not None)

    @property
    def drifted(self) -> tuple[StatusRow, ...]:
        """The containers that are not what the configuration says now."""
        return tuple(row for row in self.rows if row.drift)

    @property
    def healthy(self) -> bool:
        """Whether all that should run does; what differs from the configuration may well run.

        Where nothing is there and nobody can tell what should be, it is not.
        """
        return not self.wrong and not self.missing and (self.drift_known or bool(self.rows))
