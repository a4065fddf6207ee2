"""``depends_on``: containers that run before those of a pod.

What has to be healthy is waited for by asking its Service for a connection: a cluster gives one to
ready pods alone. What has to have ended runs here itself, before each start: a pod cannot ask the
cluster for the end of a Job unless it is given rights there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from container_manager.compose.model import COMPLETED
from container_manager.export.kubernetes.names import digest, object_name
from container_manager.export.kubernetes.security import container_security
from container_manager.export.kubernetes.subject import Findings, Subject

SCRIPT = """\
one_try() {
  if command -v python3 >/dev/null 2>&1; then
    python3 -c 'import socket, sys
name, port = sys.argv[1:]
if port: socket.create_connection((name, int(port)), 3).close()
else: socket.getaddrinfo(name, None)' "$1" "$2" 2>/dev/null
  elif [ -z "$2" ]; then
    if command -v getent >/dev/null 2>&1; then getent hosts "$1" >/dev/null
    elif command -v nslookup >/dev/null 2>&1; then nslookup "$1" >/dev/null 2>&1
    else return 9; fi
  elif command -v bash >/dev/null 2>&1; then
    bash -c ': <"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null
  elif command -v nc >/dev/null 2>&1; then # that of busybox has no -z on many systems
    nc -z -w 3 "$1" "$2" >/dev/null 2>&1 || nc -w 3 "$1" "$2" -e true >/dev/null 2>&1
  elif command -v perl >/dev/null 2>&1; then
    perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new(PeerAddr => "$ARGV[0]:$ARGV[1]", Timeout => 3)' "$1" "$2"
  else return 9; fi
}
until one_try "$1" "$2"; do
  if [ $? = 9 ]; then echo "this image cannot ask for $1: starting without it"; exit 0; fi
  echo "waiting for $1 $2"
  sleep 2
done
"""  # noqa: E501 - one word of a shell
"""Asks with what an image has: no image of others has to be pulled for it."""


def init_containers(
    subject: Subject,
    subjects: Mapping[str, Subject],
    containers: Mapping[str, dict[str, Any]],
    ports: Mapping[str, list[int]],
) -> list[dict[str, Any]]:
    """What runs before a service's container, in order.

    Args:
        subject: the service.
        subjects: all, by their compose names.
        containers: their containers.
        ports: where each can be asked for a connection, over TCP; empty: by its name alone.
    """
    found: dict[str, dict[str, Any]] = {}
    _collect(subject, subjects, containers, ports, found)
    return list(found.values())


def run_before(subject: Subject) -> list[str]:
    """The services that run to their end in the pod of this one."""
    awaited = subject.service.depends_on
    return [name for name, condition in awaited.items() if condition == COMPLETED]


def _collect(
    subject: Subject,
    subjects: Mapping[str, Subject],
    containers: Mapping[str, dict[str, Any]],
    ports: Mapping[str, list[int]],
    found: dict[str, dict[str, Any]],
) -> None:
    for name, condition in subject.service.awaited.items():
        other = subjects.get(name)
        if other is None:
            continue
        if condition == COMPLETED:
            _collect(other, subjects, containers, ports, found)
            found[name] = _shortened(containers[name])
        elif not other.is_job and subject.asked.wait:
            found.setdefault(name, _waiting(subject, other, ports[name]))


def _shortened(container: Mapping[str, Any]) -> dict[str, Any]:
    """The container of a job, before others: it has no ports and no probes."""
    return {key: value for key, value in container.items() if not key.endswith("Probe")}


def _waiting(subject: Subject, other: Subject, ports: list[int]) -> dict[str, Any]:
    name = object_name(f"wait-for-{other.service.name}", longest=63)
    port = str(ports[0]) if ports else ""
    found: dict[str, Any] = {
        "name": name if len(name) < 60 else f"wait-{digest(name)}",  # noqa: PLR2004 - of 63
        "image": subject.asked.wait_image or subject.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/bin/sh", "-c", SCRIPT.replace("$", "$$"), "wait", other.host, port],
    }
    security = container_security(_silent(subject))
    if security:
        found["securityContext"] = security
    return found


def _silent(subject: Subject) -> Subject:
    """The same, whose findings were told already."""
    return replace(subject, findings=Findings())
