"""Makes all checks at the same time, each with its deadline, and clears away what they made."""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from types import FrameType

from container_manager.doctor import subject as subjects
from container_manager.doctor.catalogue import found
from container_manager.doctor.findings import Diagnosis, Finding, Outcome
from container_manager.doctor.laboratory import Abandoned
from container_manager.doctor.subject import Subject
from container_manager.doctor.table import CHECKS, Check
from container_manager.errors import InterruptedByUser, ManagerError
from container_manager.progress import Progress
from container_manager.run import ProcessRunner, Runner

_TELL_AFTER = 1.0
"""Seconds of silence after which people are told what is still being measured."""

_END_WAIT = 10.0


def diagnose(
    path: str | PathLike[str] | None,
    progress: Progress,
    *,
    offline: bool = False,
    runner: Runner | None = None,
    checks: Sequence[Check] = CHECKS,
) -> Diagnosis:
    """Measure this machine, and look at the project, if there is one.

    Args:
        path: the configuration.
        progress: is told what takes long.
        offline: ask nothing beyond this machine.
        runner: starts the processes.
        checks: which.

    Raises:
        ConfigError: the configuration that was named is not there.
        InterruptedByUser: Ctrl-C; what was made is removed even so.
    """
    started = time.monotonic()
    config, prepared, about_config = subjects.find_project(path)
    first = [_outcome("configuration", "Project", about_config, started)]
    with subjects.private_work_folder(config) as folder:
        subject = Subject(
            runner=runner or ProcessRunner(),
            environ=subjects.public_environment(config),
            folder=folder,
            offline=offline,
            config=config,
            prepared=prepared,
        )
        try:
            return _examine(subject, first, checks, progress)
        except KeyboardInterrupt as interrupt:
            raise InterruptedByUser("Interrupted.") from interrupt  # nothing is there, or no more


def _examine(
    subject: Subject, first: list[Outcome], checks: Sequence[Check], progress: Progress
) -> Diagnosis:
    outcomes, interrupt = None, None
    with _one_interrupt() as shielded:
        try:
            # Inside of the other: wherever the interrupt comes, what was made is cleared away.
            try:
                outcomes = _measure(subject, first, checks, progress)
            finally:
                shielded.set()
        except KeyboardInterrupt as error:
            interrupt = error
        finally:
            subject.stop.set()
            left = _clear_away(subject, broken_off=outcomes is None)
    if outcomes is None or interrupt is not None:
        stays = f"could not be removed: {left}" if left else "is removed"
        interrupted = f"Interrupted: what was made to measure {stays}."
        raise InterruptedByUser(interrupted) from interrupt
    if left:
        said = f"What was made to measure could not be removed: {left}."
        remains = (found("left-behind", said),)
        outcomes.append(Outcome(check="clearing", group="Podman", findings=remains, seconds=0.0))
    groups = list(dict.fromkeys(["Podman", *(check.group for check in checks), "Project"]))
    return Diagnosis(tuple(sorted(outcomes, key=lambda one: groups.index(one.group))))


def _measure(
    subject: Subject, first: list[Outcome], checks: Sequence[Check], progress: Progress
) -> list[Outcome]:
    outcomes = [*first, *_step("Podman answers", subjects.find_podman, subject)]
    trial = _step("a container starts", subjects.open_laboratory, subject)
    return [*outcomes, *_all_at_once(checks, subject, progress), *trial]


def _clear_away(subject: Subject, *, broken_off: bool) -> str:
    """Remove what was made; in words what stays, or why."""
    if subject.laboratory is None:
        return ""
    try:
        return ", ".join(subject.laboratory.clean(broken_off=broken_off))
    except ManagerError as error:
        return str(error)


def _step(name: str, step: Callable[[Subject], list[Finding]], subject: Subject) -> list[Outcome]:
    """What has to be done before the checks."""
    started = time.monotonic()
    findings = step(subject)
    return [_outcome(name, "Podman", findings, started)] if findings else []


def _all_at_once(checks: Sequence[Check], subject: Subject, progress: Progress) -> list[Outcome]:
    """Run checks in threads; one that does not end in its time is given up, not waited for."""
    done: queue.Queue[tuple[Check, Outcome]] = queue.Queue()
    started = time.monotonic()
    ready = [one for one in checks if not _lacking(one, subject)]
    outcomes: dict[str, Outcome] = {}
    threads = [
        threading.Thread(target=_work, args=(one, subject, done), daemon=True) for one in ready
    ]
    waiting = {one.name: one for one in ready}
    try:
        for thread in threads:
            thread.start()
        told = False
        while waiting:
            with contextlib.suppress(queue.Empty):
                check, outcome = done.get(timeout=0.1)
                if waiting.pop(check.name, None):
                    outcomes[check.name] = outcome
            now = time.monotonic()
            if waiting and not told and now - started > _TELL_AFTER:
                told = True
                progress.step(f"Still measuring: {', '.join(waiting)}")
            progress.waiting(dict.fromkeys(waiting, "being measured") if told else {})
            for late in [one for one in waiting.values() if now - started > one.seconds]:
                del waiting[late.name]
                outcomes[late.name] = _late(late)
    finally:
        progress.idle()
        subject.stop.set()  # ends what a check that was given up still runs
        until = time.monotonic() + _END_WAIT
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))
    told_of = [outcomes[one.name] for one in checks if one.name in outcomes]
    return [one for one in told_of if one.findings] + _not_measured(checks, subject)


def _work(check: Check, subject: Subject, done: queue.Queue[tuple[Check, Outcome]]) -> None:
    started = time.monotonic()
    try:
        findings = check.examine(subject)
    except Abandoned:
        return
    except ManagerError as error:
        findings = [found("check-failed", f"{check.name}: {error.problems[0].message}")]
    except Exception as error:  # one check that fails must not hide the others
        findings = [found("check-failed", f"{check.name}: {type(error).__name__}: {error}")]
    done.put((check, _outcome(check.name, check.group, findings, started)))


def _lacking(check: Check, subject: Subject) -> list[str]:
    return [name for name in check.needs if getattr(subject, name) is None]


def _not_measured(checks: Sequence[Check], subject: Subject) -> list[Outcome]:
    """The checks that cannot be made; silent where there is no project at all to be looked at."""
    skipped = [
        one.name
        for one in checks
        if (lacking := _lacking(one, subject))
        and not (subject.config is None and {"config", "stack"} & set(lacking))
    ]
    if not skipped:
        return []
    said = f"Not measured, since what it needs cannot be used: {', '.join(skipped)}."
    findings = [found("not-measured", said, checks=skipped)]
    return [_outcome("not measured", "Podman", findings, time.monotonic())]


def _late(check: Check) -> Outcome:
    said = f"{check.name}: not done within {check.seconds:.0f} s, and given up."
    return Outcome(
        check=check.name,
        group=check.group,
        findings=(found("check-failed", said),),
        seconds=check.seconds,
    )


def _outcome(name: str, group: str, findings: list[Finding], started: float) -> Outcome:
    seconds = round(time.monotonic() - started, 3)
    return Outcome(check=name, group=group, findings=tuple(findings), seconds=seconds)


@contextlib.contextmanager
def _one_interrupt() -> Iterator[threading.Event]:
    """Ctrl-C and SIGTERM interrupt the block until the event is set: clearing away is finished."""
    shielded = threading.Event()

    def handle(number: int, _frame: FrameType | None) -> None:
        if not shielded.is_set():
            shielded.set()
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield shielded
        return
    previous = {
        number: signal.signal(number, handle)
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) not in (None, signal.SIG_IGN)
    }
    try:
        yield shielded
    finally:
        for number, former in previous.items():
            signal.signal(number, former)
