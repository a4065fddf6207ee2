"""``stop``, ``start``, ``kill``, ``pause`` and ``unpause``: containers that exist, by their labels.

Nothing is built, read or created, so they work when the configuration is broken. Each looks
afterwards at what has become of the containers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from signal import Signals

from container_manager.compose.graph import with_dependencies
from container_manager.compose.model import COMPLETED, Stack
from container_manager.errors import (
    PreconditionError,
    Problem,
    RuntimeFailure,
    UsageError,
    did_you_mean,
    raise_all,
)
from container_manager.lifecycle import stopping
from container_manager.lifecycle.daily.choosing import chosen, own
from container_manager.lifecycle.daily.labelled import stack_of
from container_manager.lifecycle.outcome import Outcome, failures, service_outcomes
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.waiting import Waves
from container_manager.podman.state import ContainerState
from container_manager.run import Finished

_SIGNALS = "There are HUP, INT, TERM, KILL, USR1 and the like; see signal(7)."


def stop(project: Project, names: Sequence[str] = ()) -> list[ContainerState]:
    """End containers and keep them; those that need others go first.

    Args:
        project: whose.
        names: services; none means all.

    Returns:
        The containers as they are afterwards.

    Raises:
        PreconditionError: a name leads to no container; nothing was touched.
        RuntimeFailure: some run even so.
    """
    containers = chosen(project, names)
    stopping.stop(project, containers)
    return _seen(project, containers, lambda one: not one.running, "still run")


def kill(
    project: Project, names: Sequence[str] = (), *, signal: str = "KILL"
) -> list[ContainerState]:
    """Send running containers a signal at once.

    Raises:
        UsageError: there is no such signal.
        PreconditionError: as :func:`stop`.
        RuntimeFailure: Podman refuses the signal, or SIGKILL did not end one.
    """
    word = signal.upper().removeprefix("SIG")
    known = {one.name.removeprefix("SIG") for one in Signals}
    if word not in known and not (word.isdecimal() and word in {str(int(s)) for s in Signals}):
        raise UsageError(
            f"There is no signal {signal!r}.", remedy=did_you_mean(word, known) or _SIGNALS
        )
    containers = chosen(project, names)
    running = [one.id for one in containers if one.running]
    paused = [one.id for one in containers if one.status == "paused"]
    if paused:
        project.engine.unpause(paused)
    finished = project.engine.call("kill", f"--signal={word}", *running) if running else None
    ends = word in ("KILL", "9")
    if finished is not None and not finished.ok and not ends:
        raise RuntimeFailure(f"The signal {signal} was not sent: {finished.last_lines}")
    return _seen(project, containers, lambda one: not (ends and one.running), "still run", finished)


def pause(project: Project, names: Sequence[str] = ()) -> list[ContainerState]:
    """Freeze running containers; their memory and connections stay.

    Raises:
        PreconditionError: as :func:`stop`.
        RuntimeFailure: some go on running.
    """
    containers = chosen(project, names)
    ids = [one.id for one in containers if one.status == "running"]
    finished = project.engine.call("pause", *ids) if ids else None
    return _seen(project, containers, lambda one: one.status != "running", "go on", finished)


def unpause(project: Project, names: Sequence[str] = ()) -> list[ContainerState]:
    """Let paused containers go on.

    Raises:
        PreconditionError: as :func:`stop`.
        RuntimeFailure: some are still paused.
    """
    containers = chosen(project, names)
    ids = [one.id for one in containers if one.status == "paused"]
    finished = project.engine.call("unpause", *ids) if ids else None
    return _seen(
        project, containers, lambda one: one.status != "paused", "are still paused", finished
    )


def start(project: Project, names: Sequence[str] = (), *, timeout: float | None = None) -> Outcome:
    """Start containers that exist, each after what it waits for, and wait as ``up`` does.

    Args:
        project: whose.
        names: services; they and what they wait for are started. None means all.
        timeout: seconds that each may take.

    Raises:
        PreconditionError: a name leads to no container, or one that is waited for has none.
        RuntimeFailure: a service did not come up.
    """
    there = own(project)
    stack = stack_of(project, there)
    meant = {one.service for one in chosen(project, names, there)}
    wanted = with_dependencies(stack, meant)
    _refuse_missing(there, wanted)
    states = {one.service: one for one in there if one.service in wanted}
    again = meant if names else ()
    return bring_up(project, stack, states, to_start(stack, states, again), timeout=timeout)


def bring_up(
    project: Project,
    stack: Stack,
    states: Mapping[str, ContainerState],
    names: Collection[str],
    *,
    timeout: float | None,
) -> Outcome:
    """Start some of the services, and wait for all of ``states``.

    Raises:
        RuntimeFailure: a service did not come up.
    """
    paused = [one.id for one in states.values() if one.status == "paused"]
    if paused:
        project.engine.unpause(paused)
        awake = {one.id: one for one in project.engine.inspect(paused)}
        states = {name: awake.get(one.id, one) for name, one in states.items()}
    waves = Waves(project.engine, stack, states, project.progress, lost={}, timeout=timeout)
    verdicts = waves.run(names)
    raise_all(RuntimeFailure, failures(project, stack, verdicts, waves.states))
    return Outcome(services=service_outcomes(stack, verdicts, waves.states, names))


def to_start(
    stack: Stack, states: Mapping[str, ContainerState], again: Collection[str] = ()
) -> set[str]:
    """What does not run, but for jobs that have done their work and that nobody asks for.

    A job is asked for by name (``again``), and by who starts and waits for its end.
    """
    idle = {name for name, one in states.items() if not one.running}
    done = {
        name
        for name in idle - set(again)
        if stack.services[name].one_shot and states[name].ended and states[name].exit_code == 0
    }
    found = idle - done
    todo = list(found)
    while todo:
        for name, condition in stack.services[todo.pop()].depends_on.items():
            if condition == COMPLETED and name in done - found:
                found.add(name)
                todo.append(name)
    return found


def _refuse_missing(there: Sequence[ContainerState], wanted: Collection[str]) -> None:
    """What waits for a service without a container would wait for ever."""
    present = {one.service for one in there}
    raise_all(
        PreconditionError,
        (
            Problem(
                message=f"{one.service} waits for {name}, which has no container.",
                remedy="'up' makes it.",
            )
            for one in there
            if one.service in wanted
            for name in stopping.after(one)
            if name not in present
        ),
    )


def _seen(
    project: Project,
    containers: Sequence[ContainerState],
    fine: Callable[[ContainerState], bool],
    but: str,
    finished: Finished | None = None,
) -> list[ContainerState]:
    """The containers as they are now; an error names those that are not as they should be."""
    order = {one.id: place for place, one in enumerate(containers)}
    now = sorted(project.engine.inspect(list(order)), key=lambda one: order[one.id])
    wrong = [one.name for one in now if not fine(one)]
    if wrong:
        said = f"\n{project.redact(finished.last_lines)}" if finished and not finished.ok else ""
        raise RuntimeFailure(
            f"These containers {but}: {', '.join(wrong)}.{said}",
            remedy=f"Look at them with 'podman inspect {wrong[0]}'.",
        )
    return now
