"""Looks at a stack, once or again and again; what costs more is asked more rarely, meanwhile."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from container_manager.errors import ManagerError, Problem, RuntimeFailure
from container_manager.lifecycle.daily.choosing import chosen
from container_manager.lifecycle.daily.labelled import stack_of
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.status.judging import (
    LOOKING,
    Drift,
    is_stale,
    other_stacks,
    status_rows,
)
from container_manager.lifecycle.status.model import OtherStack, Status, Usage
from container_manager.lifecycle.status.usage import Meter
from container_manager.lifecycle.ticking import HealthTicker
from container_manager.podman.state import ContainerState

Value = TypeVar("Value")
Compared = tuple[Drift | None, tuple[Problem, ...]]

_USAGE_EVERY = 2.0
_OTHERS_EVERY = 5.0
_COMPARED_EVERY = 30.0
_CHECKS_AT_ONCE = 8
_CHECK_MARGIN = 10.0


class Slow(Generic[Value]):
    """An answer that takes a while: the last one is given, and a new one asked for meanwhile.

    Args:
        ask: asks; in a thread.
        every: seconds after which it is asked again.
        first: what is told until there is an answer.
    """

    def __init__(self, ask: Callable[[], Value], every: float, first: Value) -> None:
        self._ask = ask
        self._every = every
        self._value = first
        self._asked: float | None = None
        self._future: Future[Value] | None = None

    def get(self, pool: ThreadPoolExecutor, *, due: bool = False, wait: bool = False) -> Value:
        """The last answer.

        Args:
            pool: where it is asked.
            due: whether it is to be asked in any case.
            wait: whether an answer that is on its way is waited for.
        """
        now = time.monotonic()
        if self._future is not None and (wait or self._future.done()):
            future, self._future = self._future, None  # one that fails is asked again
            self._value = future.result()
        elif self._future is None and (
            due or self._asked is None or now - self._asked >= self._every
        ):
            self._asked, self._future = now, pool.submit(self._ask)
            if wait:
                return self.get(pool, wait=True)
        return self._value


class Observer:
    """Looks at a stack, as often as once a second; runs the health checks that nobody else runs.

    Args:
        project: whose stack.
        compare: compares the configuration with what runs; may raise a ManagerError.
        outdated: whether ``compare`` would tell something else, as far as that is known cheaply.

    Attributes:
        seen: the containers, as the last look saw them.
    """

    def __init__(
        self,
        project: Project,
        compare: Callable[[], Drift],
        outdated: Callable[[], bool] = lambda: False,
    ) -> None:
        self._project = project
        self._compare = compare
        self._outdated = outdated
        self._identity = project.identity(create=False)
        self._pool = ThreadPoolExecutor(3, thread_name_prefix="status")
        self._ticker = HealthTicker(project.engine)
        self._meter = Meter(project.engine)
        self.seen: list[ContainerState] = []
        self._running: tuple[str, ...] = ()
        self._known: tuple[tuple[str, bool], ...] = ()
        self._usage = Slow[dict[str, Usage]](self._measure, _USAGE_EVERY, {})
        self._others = Slow[tuple[OtherStack, ...]](self._list_others, _OTHERS_EVERY, ())
        self._compared = Slow[Compared](self._safely_compare, _COMPARED_EVERY, (None, ()))

    def __enter__(self) -> Observer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def look(self, names: Sequence[str] = (), *, wait: bool = False) -> Status:
        """The stack at this moment; usage and drift may be some seconds older.

        Args:
            names: services; none means all.
            wait: whether usage and drift are waited for.

        Raises:
            PreconditionError: a name leads to no container.
            RuntimeFailure: Podman cannot be asked.
        """
        states = self.seen = self._containers()
        now = time.time()
        if not wait:
            self._ticker.tick(states, {s.id: now - (s.started_at or now) for s in states})
        known = tuple((one.id, one.running) for one in states)
        moved, self._known = known != self._known, known
        self._running = tuple(one.id for one in states if one.status == "running")
        others = self._others.get(self._pool)
        compared, problems = self._compared.get(
            self._pool, due=moved or self._outdated(), wait=wait
        )
        usage = self._usage.get(self._pool, due=moved, wait=wait)
        if wait:
            others = self._others.get(self._pool, wait=True)
        drift = compared or Drift()
        return Status(
            project=self._project.name,
            config=str(self._project.config_path),
            rows=status_rows(
                chosen(self._project, names, states) if names else states,
                stack_of(self._project, states),
                now=now,
                usage=usage,
                drift=drift,
            ),
            missing=() if names else drift.missing,
            others=others,
            problems=problems,
            drift_known=compared is not None,
            taken_at=now,
        )

    def check_stale(self) -> None:
        """Run the health checks whose result is too old when it is told, and wait for them."""
        told_at = time.time() + LOOKING
        stale = [one for one in self._containers() if is_stale(one, told_at)]
        stop = threading.Event()

        def check(one: ContainerState) -> None:
            limit = (one.health.timeout if one.health else 0.0) + _CHECK_MARGIN
            with contextlib.suppress(RuntimeFailure):
                self._project.engine.check_health(one.id, timeout=limit, stop=stop)

        if not stale:
            return
        with ThreadPoolExecutor(_CHECKS_AT_ONCE) as pool:
            try:
                list(pool.map(check, stale))
            except BaseException:
                stop.set()
                raise

    def close(self) -> None:
        """End what still goes on."""
        self._ticker.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _containers(self) -> list[ContainerState]:
        return [one for one in self._project.containers() if self._identity.owns(one.labels)]

    def _measure(self) -> dict[str, Usage]:
        try:
            return self._meter.measure(self._running)
        except RuntimeFailure:
            return {}  # it may answer the next time

    def _list_others(self) -> tuple[OtherStack, ...]:
        try:
            return other_stacks(self._project.engine.everything(), self._project.name)
        except RuntimeFailure:
            return ()  # something was being removed each time: they are told next time

    def _safely_compare(self) -> Compared:
        try:
            return self._compare(), ()
        except ManagerError as error:
            return None, tuple(error.problems)
