"""Starts containers in waves and watches them until each is up, done or lost.

One loop: look, decide, start what may start, run the health checks that nobody else runs.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from container_manager.compose.model import Stack
from container_manager.health import (
    DEFAULT_TIMEOUT,
    SETTLED_AFTER,
    Phase,
    Verdict,
    judge,
    last_exit_code,
    ready_to_start,
)
from container_manager.lifecycle.starter import Started, Starter
from container_manager.lifecycle.ticking import HealthTicker, health_ticker
from container_manager.podman.engine import Engine
from container_manager.podman.state import ContainerState
from container_manager.progress import Progress

_LOOK_EVERY = 0.15
_LOOK_MEANWHILE = 0.5
_JUST_AFTER = 0.01
_REMOVAL_LOOKS = 5
_NEEDS_ANOTHER = re.compile(r"depends on container|dependency", re.IGNORECASE)
"""What Podman says where a container lives with one (``container:NAME``) that starts just now."""

_TRIES = 5
_GONE = "its container has disappeared"


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
        there: compose service -> its container, as it was seen just now.
        progress: where it says what happens.
        lost: compose service -> why it has no container.
        timeout: seconds a service may take, over what the services say.
    """

    def __init__(
        self,
        engine: Engine,
        stack: Stack,
        there: Mapping[str, ContainerState],
        progress: Progress,
        *,
        lost: Mapping[str, str],
        timeout: float | None = None,
    ) -> None:
        self._engine = engine
        self._stack = stack
        self._ids = {name: one.id for name, one in there.items()}
        self._progress = progress
        self._timeout = timeout
        self._watched: dict[str, _Watched] = {}
        self._begun: dict[str, float] = {}
        self._errors: dict[str, str] = dict(lost)
        self._blocked: dict[str, str] = {}
        self._told: set[str] = set()
        self._confirmed: set[str] = set()
        self._tries: dict[str, int] = {}
        self._again: list[str] = []
        self.states = dict(there)

    def run(self, to_start: Collection[str]) -> dict[str, Verdict]:
        """Start ``to_start``, each after what it waits for, and wait for all services."""
        startable = set(to_start) - self._errors.keys()
        waiting = [name for name in self._stack.services if name in startable]
        try:
            with health_ticker(self._engine) as ticker, Starter(self._engine) as starter:
                self._remember(self.states.values(), set(waiting))
                for name in self._ids.keys() - set(waiting):
                    self._begun[name] = time.monotonic()
                return self._watch(waiting, starter, ticker)
        finally:
            self._progress.idle()

    def _watch(
        self, waiting: list[str], starter: Starter, ticker: HealthTicker
    ) -> dict[str, Verdict]:
        while True:
            if self._again and not starter.busy:  # what it lives with has been started by now
                waiting, self._again = [*waiting, *self._again], []
            verdicts = self._verdicts({*waiting, *starter.busy, *self._again})
            ready, blocked = ready_to_start(
                self._stack, waiting, verdicts, self._begun.keys() - self._errors.keys()
            )
            if blocked:
                self._blocked.update(blocked)
                waiting = [name for name in waiting if name not in blocked]
                continue
            if ready:
                waiting = [name for name in waiting if name not in ready]
                self._progress.step("Starting " + ", ".join(ready))
                before = {n: s.started_at for n, s in self.states.items() if n in ready}
                starter.start({name: self._ids[name] for name in ready}, before)
            elif not starter.busy and all(verdict.settled for verdict in verdicts.values()):
                return verdicts
            self._progress.waiting(
                {name: one.reason for name, one in verdicts.items() if not one.settled}
            )
            started = starter.wait(self._pause(waiting, starter.busy, verdicts))
            now_there = {name for one in started for name in one.ids}
            self._look({*waiting, *starter.busy, *now_there, *self._again})
            self._note(started)
            ticker.tick(self.states.values(), {c.id: self._age(c) for c in self.states.values()})

    def _pause(
        self, waiting: Collection[str], busy: Collection[str], verdicts: Mapping[str, Verdict]
    ) -> float:
        """Seconds until there may be something new to see; each look takes time from the starts.

        Where nobody waits for another, all that is left is to see that they run long enough.
        """
        if waiting or self._again:
            return _LOOK_EVERY
        if busy:
            return _LOOK_MEANWHILE
        left = 0.0
        for name, verdict in verdicts.items():
            if verdict.settled:
                continue
            state = self.states.get(name)
            if state is None or state.health is not None or state.status != "running":
                return _LOOK_EVERY
            left = max(left, SETTLED_AFTER - self._age(state))
        return left + _JUST_AFTER if left > 0 else _LOOK_EVERY

    def _note(self, started: Iterable[Started]) -> None:
        """Remember what was started, and what could not be; some is tried again."""
        now = time.monotonic()
        for one in started:
            self._begun.update(dict.fromkeys(one.ids, now))
            for name, container in one.ids.items() if not one.finished.ok else ():
                state = self.states.get(name)
                same = state is not None and state.started_at == one.before.get(name)
                if state is not None and (state.running or not same):
                    continue
                tries = self._tries[name] = self._tries.get(name, 0) + 1
                if tries < _TRIES and _NEEDS_ANOTHER.search(one.finished.stderr):
                    del self._begun[name]
                    self._again.append(name)
                else:
                    self._errors[name] = _message(one.finished.stderr, container, state)

    def _look(self, not_yet: Collection[str]) -> None:
        self._remember(self._engine.inspect(list(self._ids.values())), not_yet)

    def _remember(self, seen: Iterable[ContainerState], not_yet: Collection[str]) -> None:
        """Remember when each container was seen to start."""
        names = {container: name for name, container in self._ids.items()}
        now = time.monotonic()
        seen, self.states = list(seen), {}
        for state in seen:
            name = names[state.id]
            self.states[name] = state
            known = self._watched.get(state.id)
            if name in not_yet or known is None:
                # Podman counts from 0 where somebody starts a container, as we are about to.
                restarts = 0 if name in not_yet else state.restart_count
                self._watched[state.id] = _Watched(state.started_at, now, restarts)
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
            return Verdict(phase=Phase.PENDING, reason="it is not started yet")
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
