"""Is it up? Decided from what Podman says about containers; nothing here asks or waits.

A service is up when it runs and, with a health check, is healthy; without one, when it still runs a
second after its start. What is meant to end is done at exit code 0. Every other end is a failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from container_manager.compose.model import COMPLETED, STARTED, ComposeService, Stack
from container_manager.podman.state import ContainerState, HealthState

DEFAULT_TIMEOUT = 120.0
"""Seconds that a service may take to become ready, where nothing else is said."""

SETTLED_AFTER = 1.0
"""A container without a health check counts as up when it still runs after so many seconds."""

_SETTLED_AFTER_RESTART = 10.0
_MAX_RESTARTS = 3
_FIRST_CHECK = 0.5
_BACKING_OFF = 0.5
_CLOCKS_DIFFER = 5.0


class Phase(Enum):
    """Where a service is on its way."""

    PENDING = "pending"
    UP = "up"
    DONE = "done"
    FAILED = "failed"
    BLOCKED = "not started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to be said about a service, and why."""

    phase: Phase
    reason: str = ""

    @property
    def settled(self) -> bool:
        """Whether waiting longer changes nothing."""
        return self.phase is not Phase.PENDING

    @property
    def good(self) -> bool:
        """Whether it is what somebody who started the stack wants."""
        return self.phase in (Phase.UP, Phase.DONE)


_DOWN = ("exited", "stopped")


def last_exit_code(container: ContainerState, earlier: int | None = None) -> int | None:
    """The code that a container ended with last; None when nobody has seen it.

    Podman forgets it as soon as the container runs again.

    Args:
        container: what Podman says.
        earlier: what was known before.
    """
    return container.exit_code if container.status in _DOWN else earlier


def judge(
    service: ComposeService,
    container: ContainerState | None,
    *,
    age: float,
    restarts: int = 0,
    last_exit: int | None = None,
) -> Verdict:
    """The verdict about one service.

    Args:
        service: what its compose file says.
        container: what Podman says; None when there is no container.
        age: seconds since it was started last.
        restarts: how often Podman restarted it since somebody began to watch.
        last_exit: the exit code that was seen when it was down; None when it was not seen.
    """
    if container is None:
        return _pending("it has no container")
    if container.running:
        if container.status != "running":
            return _pending(f"it is {container.status}")
        if restarts >= _MAX_RESTARTS and age < _SETTLED_AFTER_RESTART:
            return _failed(_loop(restarts, last_exit))
        return _running(service, container, age, restarts)
    if container.started_at is None:
        return _pending("it is not started")
    return _ended(service, container, age, restarts, last_exit)


def _pending(reason: str) -> Verdict:
    return Verdict(phase=Phase.PENDING, reason=reason)


def _failed(reason: str) -> Verdict:
    return Verdict(phase=Phase.FAILED, reason=reason)


def _running(
    service: ComposeService, container: ContainerState, age: float, restarts: int
) -> Verdict:
    if service.one_shot:
        return _pending("it has not ended yet")
    if container.health is not None:
        return _health(container.health, age)
    needed = _SETTLED_AFTER_RESTART if restarts else SETTLED_AFTER
    if age < needed:
        return _pending("it was started a moment ago")
    return Verdict(phase=Phase.UP, reason="running")


def _health(health: HealthState, age: float) -> Verdict:
    if health.status == "healthy":
        return Verdict(phase=Phase.UP, reason="healthy")
    said = f": {health.output.splitlines()[-1]}" if health.output else ""
    # We check more often at first than the template asks; that must not make it unhealthy sooner.
    patience = health.start_period + health.retries * health.interval
    if health.status == "unhealthy" and age >= patience:
        return _failed(f"its health check fails{said}")
    return _pending(f"its health check has not succeeded yet{said}")


def _ended(
    service: ComposeService,
    container: ContainerState,
    age: float,
    restarts: int,
    last_exit: int | None,
) -> Verdict:
    code = container.exit_code
    if code == 0 and service.one_shot:
        return Verdict(phase=Phase.DONE, reason="ended with exit code 0")
    policy = container.restart_policy
    if policy in ("always", "unless-stopped") or (policy == "on-failure" and code != 0):
        if restarts >= _MAX_RESTARTS:
            return _failed(_loop(restarts, last_exit_code(container, last_exit)))
        if age < _SETTLED_AFTER_RESTART:
            return _pending(f"it ended with exit code {code} and is to be restarted")
    if container.oom_killed:
        return _failed("it was ended because it used more memory than it may")
    if code == 0:
        owner = f" of {service.owner}" if service.owner else ""
        return _failed(
            "it ended with exit code 0, although it is meant to keep running "
            f"(if it is meant to end, set 'one_shot: [{service.name}]' in the definition{owner})"
        )
    return _failed(f"it ended with exit code {code}")


def _loop(restarts: int, code: int | None) -> str:
    known = "" if code is None else f", last exit code {code}"
    return f"it ends and is restarted again and again ({restarts} times{known})"


def ready_to_start(
    stack: Stack,
    waiting: Iterable[str],
    verdicts: Mapping[str, Verdict],
    started: Iterable[str],
) -> tuple[list[str], dict[str, str]]:
    """Which waiting services can be started now, and which never will.

    Args:
        stack: all services.
        waiting: services that are to be started and have not been.
        verdicts: what is known about the services.
        started: services whose container was started, whatever became of it.

    Returns:
        The names to start together, and name -> reason for those that have lost a dependency.
    """
    begun = set(started)
    ready: list[str] = []
    blocked: dict[str, str] = {}
    for name in waiting:
        open_conditions = 0
        for dependency, condition in stack.services[name].awaited.items():
            verdict = verdicts.get(dependency, Verdict(phase=Phase.PENDING))
            if _satisfied(condition, verdict, dependency in begun):
                continue
            if verdict.settled:
                blocked[name] = _because(dependency, condition, verdict)
            open_conditions += 1
        if not open_conditions:
            ready.append(name)
    return ready, blocked


def _because(dependency: str, condition: str, verdict: Verdict) -> str:
    if verdict.phase is Phase.FAILED:
        return f"because {dependency} failed: {verdict.reason}"
    if verdict.phase is Phase.BLOCKED:
        return f"because {dependency} was not started"
    return f"because {dependency}, which is {verdict.phase.value}, can never be '{condition}'"


def _satisfied(condition: str, verdict: Verdict, started: bool) -> bool:
    if condition == STARTED:
        return started
    return verdict.phase is (Phase.DONE if condition == COMPLETED else Phase.UP)


def check_is_due(
    container: ContainerState, *, now: float, age: float, since_ours: float | None
) -> bool:
    """Whether somebody should run a container's health check.

    Where systemd runs Podman's timers, the last check is never old, and we stay out of the way.

    Args:
        container: what Podman says.
        now: seconds since the epoch.
        age: seconds since the container was started.
        since_ours: seconds since we ran its check; None when we never did.
    """
    health = container.health
    if health is None or container.status != "running":
        return False
    gap = health.interval
    if health.status != "healthy":
        # At once, then after half of the time that has passed: quick starts are noticed quickly.
        gap = min(health.interval, max(_FIRST_CHECK, age * _BACKING_OFF))
    if since_ours is not None and since_ours < gap:
        return False
    checked = health.checked_at
    if checked is None or (container.started_at or 0) > checked:
        return True
    return now - checked >= gap or checked > now + _CLOCKS_DIFFER
