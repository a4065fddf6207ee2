"""Checks of the units that start stacks with the machine: would they?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from container_manager.boot.enabling import units
from container_manager.boot.systemd import lingers, unit_folder, user_name
from container_manager.boot.unit import Record
from container_manager.doctor.catalogue import fine, found
from container_manager.doctor.findings import Finding
from container_manager.doctor.subject import Subject


def reboots(subject: Subject) -> list[Finding]:
    """The units of this user that ``boot`` wrote; nothing is said where there are none."""
    system = os.geteuid() == 0
    ours = units(unit_folder(os.environ, system=system))
    if not ours:
        return []
    return judge_units(ours, lasting=system or lingers(subject.runner), user=user_name())


def judge_units(ours: Mapping[Path, Record], *, lasting: bool, user: str) -> list[Finding]:
    """What keeps stacks from starting with the machine.

    Args:
        ours: the units that we wrote.
        lasting: whether the systemd that has them starts with the machine.
        user: whose they are.
    """
    broken = {file: record for file, record in ours.items() if record.gone is not None}
    findings = [
        found(
            "boot-gone",
            f"{file} starts a stack with the machine, and needs {record.gone}, which is gone.",
            config=str(record.config),
        )
        for file, record in broken.items()
    ]
    good = [str(record.config) for file, record in ours.items() if file not in broken]
    if good and not lasting:
        said = f"Starts only when {user} logs in, and not with the machine: {', '.join(good)}."
        return [*findings, found("boot-without-linger", said, user=user)]
    if good:
        said = f"Starts with the machine: {', '.join(good)}."
        findings.append(fine("boot", said, configs=good))
    return findings
