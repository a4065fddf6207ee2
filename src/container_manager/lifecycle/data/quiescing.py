"""Holds a stack still while its volumes are copied: by its own command, or paused.

Whatever happens, what was paused runs again: after an error, after Ctrl-C, and where we were killed
by the next command, which finds our note.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from container_manager import identity as labels
from container_manager.config.quiesce import Quiesce
from container_manager.errors import (
    ManagerError,
    PreconditionError,
    Problem,
    RuntimeFailure,
    raise_all,
)
from container_manager.lifecycle.data.notes import (
    STILLED,
    drop_note,
    listed,
    read_note,
    write_note,
)
from container_manager.lifecycle.planning import is_one_off
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.signals import taken_signals
from container_manager.podman.state import ContainerState

_TIMEOUT = 60.0
"""Seconds for a command whose own are not known."""

_STOP_FIRST = "Stop the stack with 'down', which keeps the volumes, and save them then."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stillness:
    """What has to be done before volumes are copied.

    Attributes:
        paused: containers to pause.
        quiesced: containers in which commands run instead.
    """

    paused: tuple[ContainerState, ...]
    quiesced: tuple[tuple[ContainerState, Quiesce], ...]


def stillness(
    users: Collection[ContainerState],
    there: Collection[ContainerState],
    declared: Mapping[str, Quiesce],
) -> Stillness:
    """Decide how to hold still whoever mounts some volumes.

    Args:
        users: the containers that mount them.
        there: the containers of the stack; a service may name one of these for its commands.
        declared: canonical name -> what the service declares.

    Raises:
        PreconditionError: the container to run a command in is not known.
    """
    writing = [one for one in users if one.running and one.status != "paused"]
    quiesced: dict[str, tuple[ContainerState, Quiesce]] = {}
    problems = []
    for owner in sorted({_owner(one) for one in writing} & declared.keys()):
        rule = declared[owner]
        own = [one for one in writing if _owner(one) == owner and not is_one_off(one)]
        if not own:
            continue
        if rule.container is not None:
            own = [
                one
                for one in there
                if _owner(one) == owner
                and one.service == rule.container
                and one.running
                and not is_one_off(one)
            ]
        if len(own) == 1:
            quiesced[owner] = (own[0], rule)
        else:
            names = ", ".join(one.service or one.name for one in own) or "none that runs"
            problems.append(
                Problem(
                    message=f"In which container the 'quiesce' of {owner} is to run is not clear: "
                    f"{names}.",
                    remedy=f"Name one as 'container' in the quiesce of {owner}.",
                )
            )
    raise_all(PreconditionError, problems)
    return Stillness(
        paused=tuple(one for one in writing if _owner(one) not in quiesced or is_one_off(one)),
        quiesced=tuple(quiesced.values()),
    )


def grouped(
    users: Mapping[str, Collection[ContainerState]], declared: Collection[str]
) -> list[list[str]]:
    """Volumes in groups that have to be copied at one moment: those of one container, or service.

    Args:
        users: volume -> the containers that mount it.
        declared: the services that hold themselves still.
    """
    groups: list[tuple[list[str], set[str]]] = []
    for name, containers in users.items():
        keys = {one.id for one in containers}
        keys |= {_owner(one) for one in containers if _owner(one) in declared}
        merged = [name]
        apart = []
        for names, others in groups:
            if keys & others:
                merged, keys = names + merged, keys | others
            else:
                apart.append((names, others))
        groups = [*apart, (merged, keys)]
    return [names for names, _ in groups]


@contextlib.contextmanager
def held_still(project: Project, how: Stillness) -> Iterator[None]:
    """A block in which nobody writes: commands have run, containers are paused.

    Raises:
        PreconditionError: a container cannot be paused.
        RuntimeFailure: a command failed.
    """
    if not (how.paused or how.quiesced):
        yield
        return
    ids = [one.id for one in how.paused]
    after = [
        {"container": one.id, "argv": list(rule.after), "timeout": rule.timeout}
        for one, rule in how.quiesced
        if rule.after
    ]
    with taken_signals() as signals:
        try:
            write_note(project, STILLED, {"paused": ids, "after": after})
            for one, rule in how.quiesced:
                _quiesce(project, one, rule)
            if ids:
                _pause(project, how.paused)
            yield
        finally:
            signals.hold_back()
            wake(project)
            signals.raise_late()


def wake(project: Project, *, last_try: bool = False) -> tuple[str, ...]:
    """Let everything go on that a note says is held still; what was done, for people.

    Args:
        project: whose.
        last_try: forget commands that fail: they may have been run before we were killed.

    Raises:
        RuntimeFailure: something could not be woken; the note says what.
    """
    note = read_note(project.state_dir, STILLED)
    problems: list[Problem] = []
    done: list[str] = []
    asleep: list[str] = []
    failed: list[Any] = []
    for one in project.engine.inspect([str(each) for each in listed(note, "paused")]):
        if one.status != "paused":
            continue
        if (finished := project.engine.unpause([one.id])).ok:
            done.append(f"unpaused {one.name}")
            continue
        remedy = f"Try 'podman unpause {one.name}'."
        message = f"{one.name} could not be unpaused: {finished.last_lines}"
        problems.append(Problem(message=message, remedy=remedy))
        asleep.append(one.id)
    for entry in listed(note, "after"):
        problem, ran = _run_after(project, entry)
        done += [ran] if ran else []
        if problem is not None:
            problems.append(problem)
            failed += [] if last_try else [entry]
    if asleep or failed:
        write_note(project, STILLED, {"paused": asleep, "after": failed})
    else:
        drop_note(project, STILLED)
    raise_all(RuntimeFailure, problems)
    return tuple(done)


def wake_what_was_left(project: Project) -> None:
    """Finish what a killed backup has left; the caller holds the lock.

    What cannot be woken is a warning: the command that came next may be the one that removes it.
    """
    if not (project.state_dir / STILLED).exists():
        return
    try:
        done = wake(project, last_try=True)
    except ManagerError as error:
        for problem in error.problems:
            project.progress.warn(problem)
        return
    if done:
        project.progress.warn(
            Problem(message=f"A backup that was ended half-way had left this: {', '.join(done)}.")
        )


def _quiesce(project: Project, container: ContainerState, rule: Quiesce) -> None:
    if not rule.before:
        return
    project.progress.step(f"Quiescing {container.service or container.name}")
    finished = project.engine.exec(container.id, rule.before, timeout=rule.timeout)
    if not finished.ok:
        said = project.redact(finished.last_lines)
        raise RuntimeFailure(
            f"The 'quiesce' command of {_owner(container)} failed in {container.name}: {said}",
            remedy="Nothing was saved. Mend the command, or stop the stack with 'down' and save "
            "the volumes then.",
        )


def _pause(project: Project, containers: Sequence[ContainerState]) -> None:
    names = ", ".join(one.service or one.name for one in containers)
    project.progress.step(f"Pausing {names}")
    finished = project.engine.pause([one.id for one in containers])
    now = project.engine.inspect([one.id for one in containers])
    awake = [one.name for one in now if one.running and one.status != "paused"]
    if awake:
        raise PreconditionError(
            f"{', '.join(awake)} cannot be paused: {finished.last_lines}", remedy=_STOP_FIRST
        )


def _run_after(project: Project, entry: Any) -> tuple[Problem | None, str]:
    """Run a command of ``after``: what is wrong, or else what was run; neither if nothing was."""
    if not isinstance(entry, Mapping):
        return None, ""
    container, argv = str(entry.get("container")), [str(word) for word in listed(entry, "argv")]
    limit = entry.get("timeout")
    timeout = float(limit) if isinstance(limit, (int, float)) else _TIMEOUT
    there = [one for one in project.engine.inspect([container]) if one.running]
    if not there or not argv:
        return None, ""
    shown = f"podman exec {there[0].name} {' '.join(argv)}"
    try:
        finished = project.engine.exec(
            container, argv, timeout=timeout if isinstance(timeout, (int, float)) else 60
        )
        if finished.ok:
            return None, f"ran '{shown}'"
        said = finished.last_lines
    except RuntimeFailure as error:
        said = str(error)
    message = f"The 'after' of quiesce failed in {there[0].name}: {project.redact(said)}"
    remedy = f"The service may be held still yet. Look at it, and try '{shown}'."
    return Problem(message=message, remedy=remedy), ""


def _owner(container: ContainerState) -> str:
    return container.labels.get(labels.SERVICE, "")
