"""The check of devices of the Container Device Interface: which there are, and what is broken.

One that the project asks for and nothing describes is told by the check of a start, with its line.
"""

from __future__ import annotations

from container_manager.doctor.catalogue import fine, found
from container_manager.doctor.findings import Finding
from container_manager.doctor.subject import Subject
from container_manager.preflight.devices import Specified, read_specified, spec_folders


def devices(subject: Subject) -> list[Finding]:
    """Which devices containers can be given; nothing where there are none."""
    if subject.host is None or subject.host.remote:
        return []
    return judge_devices(read_specified(spec_folders(subject.host, subject.environ)))


def judge_devices(specified: Specified) -> list[Finding]:
    """The findings about what the specifications of this machine say."""
    findings = [
        found("device-file-broken", f"{file} describes no devices: {why}.", path=str(file))
        for file, why in specified.broken.items()
    ]
    if specified.names:
        said = f"Containers can be given {', '.join(specified.names)}."
        findings.append(fine("devices", said, names=list(specified.names)))
    return findings
