"""Checks of time: this machine's clock, and the times that the project's file system keeps."""

from __future__ import annotations

import time
from pathlib import Path

from container_manager.doctor.catalogue import fine, found
from container_manager.doctor.findings import Finding
from container_manager.doctor.subject import Subject
from container_manager.doctor.trials import APART

_A_DAY = 86400.0
_SAMPLES = 3
_NANO = 1_000_000_000


def clock(subject: Subject) -> list[Finding]:
    """The clock against our own files, and against the file system's."""
    now, times = measure_stamps(subject.folder)
    return [*judge_clock(now, Path(__file__).stat().st_mtime), *judge_stamps(now, times)]


def measure_stamps(folder: Path) -> tuple[float, list[int]]:
    """The time now, and those of some files that are made now, in nanoseconds."""
    times = []
    now = time.time()
    for index in range(_SAMPLES):
        file = folder / f"stamp-{index}"
        file.write_bytes(b"")
        times.append(file.stat().st_mtime_ns)
        time.sleep(0.011)
    return now, times


def judge_clock(now: float, installed: float) -> list[Finding]:
    """Whether the clock stands before the time at which this program was installed.

    Args:
        now: in seconds since 1970.
        installed: the same, of one of our files.
    """
    shown = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now))
    if now < installed - _A_DAY:
        then = time.strftime("%Y-%m-%d", time.gmtime(installed))
        said = f"The clock says {shown}, and this program was installed on {then}."
        return [found("clock-wrong", said, now=round(now))]
    return [fine("clock", f"The clock says {shown}.", now=round(now))]


def judge_stamps(now: float, times: list[int]) -> list[Finding]:
    """Whether files get this machine's time, and how fine.

    Args:
        now: when they were made, in seconds since 1970.
        times: their times of change, in nanoseconds.
    """
    apart = abs(times[0] / _NANO - now)
    findings = []
    coarse = all(stamp % _NANO == 0 for stamp in times)
    if apart > APART:
        said = f"The project's file system has another time than this machine, by {apart:.0f} s."
        findings.append(found("clock-of-files", said, seconds=round(apart)))
    if coarse:
        findings.append(found("stamps-coarse", "The project's files have times in whole seconds."))
    if not findings:
        findings.append(fine("stamps", "Files get this machine's time, finer than a second."))
    return findings
