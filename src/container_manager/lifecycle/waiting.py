"""Starts containers in waves and watches them until each is up, done or lost.

One loop: look, decide, start what may start, run the health checks that nobody else runs.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from container_manager.compose.model import Stack
from container_manager.errors import RuntimeFailure
from container_manager.health import (
    DEFAULT_TIMEOUT,
    Phase,
    Verdict,
    check_is_due,
    judge,
    last_exit_code,
    ready_to_start,
)
from container_manager.podman.engine import Engine
from container_manager.podman.state import ContainerState
from container_manager.progress import Progress

_LOOK_EVERY = 0.15
_CHECK_MARGIN = 10.0
_CHECKS_AT_ONCE = 8
_REMOVAL_LOOKS = 5
_GONE = "its container has disappeared"


class HealthTicker:
    """Runs health checks in threads, where nobody else runs them; a slow one blocks nobody."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(_CHECKS_AT_ONCE, thread_name_prefix="health")
        self._stop = threading.Event()
        self._running: set[str] = set()
        self._last: dict[str, float] = {}

    def tick(self, containers: Iterable[ContainerState], ages: Mapping[str, float]) -> None:
        """Start the checks that are due."""
        now = time.monotonic()
        for container in containers:
            last = self._last.get(container.id)
            due = container.id not in self._running and check_is_due(
                container,
                now=time.time(),
                age=ages.get(container.id, 0.0),
                since_ours=None if last is None else now - last,
            )
            if due:
                self._running.add(container.id)
                self._last[container.id] = now
                self._pool.submit(self._check, container)

    def _check(self, container: ContainerState) -> None:
        assert container.health is not None
        limit = container.health.timeout + _CHECK_MARGIN
        try:
            with contextlib.suppress(RuntimeFailure):
                self._engine.check_health(container.id, timeout=limit, stop=self._stop)
        finally:
            self._running.discard(container.id)

    def close(self) -> None:
        """End the checks that still run."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def health_ticker(engine: Engine) -> Iterator[HealthTicker]:
    """A ticker for the time of a block."""
    ticker = HealthTicker(engine)
    try:
        yield ticker
    finally:
        ticker.close()


@dataclass(slots=True)
class _Watched:
    """What is remembered about one container while it is watched."""

    started_at: float | None
    seen: float
    restarts: int
    exit_code: int | None = None


class Waves:
    """The way of some services from created to up.

    Args:
        engine: Podman.
        stack: all services.
        ids: compose service -> id of its container.
        progress: where it says what happens.
        lost: compose service -> why it has no container.
        timeout: seconds a service may take, over what the services say.
    """

    def __init__(
        self,
        engine: Engine,
        stack: Stack,
        ids: Mapping[str, str],
        progress: Progress,
        *,
        lost: Mapping[str, str],
        timeout: float | None = None,
    ) -> None:
        self._engine = engine
        self._stack = stack
        self._ids = ids
        self._progress = progress
        self._timeout = timeout
        self._watched: dict[str, _Watched] = {}
        self._begun: dict[str, float] = {}
        self._errors: dict[str, str] = dict(lost)
        self._blocked: dict[str, str] = {}
        self._told: set[str] = set()
        self._confirmed: set[str] = set()
        self.states: dict[str, ContainerState] = {}

    def run(self, to_start: Collection[str]) -> dict[str, Verdict]:
        """Start ``to_start``, each after what it waits for, and wait for all services."""
        startable = set(to_start) - self._errors.keys()
        waiting = [name for name in self._stack.services if name in startable]
        with health_ticker(self._engine) as ticker:
            self._look(set(waiting))
            for name in self._ids.keys() - set(waiting):
                self._begun[name] = time.monotonic()
            while True:
                verdicts = self._verdicts(waiting)
                ready, blocked = ready_to_start(
                    self._stack, waiting, verdicts, self._begun.keys() - self._errors.keys()
                )
                if blocked:
                    self._blocked.update(blocked)
                    waiting = [name for name in waiting if name not in blocked]
                    continue
                if ready:
                    waiting = [name for name in waiting if name not in ready]
                    self._start(ready)
                elif all(verdict.settled for verdict in verdicts.values()):
                    return verdicts
                else:
                    time.sleep(_LOOK_EVERY)
                self._look(set(waiting))
                ticker.tick(
                    self.states.values(), {c.id: self._age(c) for c in self.states.values()}
                )

    def _start(self, names: list[str]) -> None:
        self._progress.step("Starting " + ", ".join(names))
        before = {name: self.states[name].started_at for name in names if name in self.states}
        finished = self._engine.start([self._ids[name] for name in names])
        now = time.monotonic()
        self._begun.update(dict.fromkeys(names, now))
        if finished.ok:
            return
        self._look(set())
        for name in names:
            state = self.states.get(name)
            if state is None or (not state.running and state.started_at == before.get(name)):
                self._errors[name] = _message(finished.stderr, self._ids[name], state)

    def _look(self, not_yet: Collection[str]) -> None:
        """Ask Podman, and remember when each container was seen to start."""
        names = {container: name for name, container in self._ids.items()}
        now = time.monotonic()
        self.states = {}
        for state in self._engine.inspect(list(names)):
            name = names[state.id]
            self.states[name] = state
            known = self._watched.get(state.id)
            if name in not_yet or known is None:
                self._watched[state.id] = _Watched(state.started_at, now, state.restart_count)
            elif known.started_at != state.started_at:
                known.started_at, known.seen = state.started_at, now
            if name not in not_yet:
                watched = self._watched[state.id]
                watched.exit_code = last_exit_code(state, watched.exit_code)

    def _age(self, state: ContainerState) -> float:
        """Seconds since its start, by Podman's clock or by ours, whichever has seen more."""
        ours = time.monotonic() - self._watched[state.id].seen
        theirs = time.time() - state.started_at if state.started_at else 0.0
        return max(ours, theirs)

    def _verdicts(self, waiting: Collection[str]) -> dict[str, Verdict]:
        result = {}
        for name in (*self._ids, *(self._errors.keys() - self._ids.keys())):
            verdict = self._verdict(name, waiting)
            result[name] = verdict
            if verdict.settled and name not in self._told:
                self._told.add(name)
                if verdict.good:
                    self._progress.step(f"{name}: {verdict.reason}")
        return result

    def _verdict(self, name: str, waiting: Collection[str]) -> Verdict:
        if name in self._blocked:
            return Verdict(phase=Phase.BLOCKED, reason=self._blocked[name])
        if name in waiting:
            return Verdict(phase=Phase.PENDING, reason="it waits for others")
        state = self.states.get(name)
        if state is None or name in self._errors:
            return Verdict(phase=Phase.FAILED, reason=self._errors.get(name, _GONE))
        service = self._stack.services[name]
        watched = self._watched[state.id]
        verdict = judge(
            service,
            state,
            age=self._age(state),
            restarts=max(state.restart_count - watched.restarts, 0),
            last_exit=watched.exit_code,
        )
        if verdict.phase is Phase.FAILED and not state.running and self._removed(name):
            return Verdict(phase=Phase.FAILED, reason=_GONE)
        limit = self._timeout or service.start_timeout or DEFAULT_TIMEOUT
        if not verdict.settled and time.monotonic() - self._begun[name] > limit:
            return Verdict(
                phase=Phase.FAILED, reason=f"it is not ready after {limit:g} s: {verdict.reason}"
            )
        return verdict

    def _removed(self, name: str) -> bool:
        """Whether a container that has ended goes away: its end was then no fault of its own."""
        if name in self._confirmed:
            return False
        for _ in range(_REMOVAL_LOOKS):
            if not self._engine.inspect([self._ids[name]]):
                self._errors[name] = _GONE
                self.states.pop(name, None)
                return True
            time.sleep(_LOOK_EVERY)
        self._confirmed.add(name)
        return False


def _message(stderr: str, container: str, state: ContainerState | None) -> str:
    """Why Podman could not start one of several containers."""
    if state is None:
        return _GONE
    lines = [line for line in stderr.splitlines() if line.strip() and "level=" not in line]
    own = [line for line in lines if container in line]
    text = "\n".join(own or lines) or state.error or "no reason was given"
    return f"it could not be started: {text.replace(container, state.name)}"
