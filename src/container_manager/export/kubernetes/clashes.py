"""What would be called the same on a cluster, and would silently be one: names are made shorter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from container_manager.export.kubernetes.mounts import Mounts, claim_name, secret_name
from container_manager.export.kubernetes.names import NAME, label_value
from container_manager.export.kubernetes.subject import Subject
from container_manager.export.kubernetes.values import listed
from container_manager.export.kubernetes.variables import secret_of_variables


def look_for_clashes(
    objects: Sequence[Mapping[str, Any]],
    subjects: Mapping[str, Subject],
    mounts: Mapping[str, Mounts],
) -> None:
    """Refuse what would be called as something else is.

    Args:
        objects: the manifests.
        subjects: the compose services.
        mounts: what each mounts.
    """
    _objects(objects, subjects)
    _node_ports(objects, subjects)
    owners: dict[tuple[str, str], str] = {}
    for name, subject in subjects.items():
        for kind, called, what, key in (*_volumes(subject, mounts[name]), *_secrets(subject)):
            first = owners.setdefault((kind, called), what)
            if first != what:
                subject.refuse(
                    f"uses {what}, which would be called '{called}' on a cluster, as {first} is.",
                    "Give one of them another name.",
                    key,
                )


def _objects(objects: Sequence[Mapping[str, Any]], subjects: Mapping[str, Subject]) -> None:
    owners: dict[tuple[str, str], str] = {}
    by_label = {label_value(name): subject for name, subject in subjects.items()}
    for one in objects:
        owner = one["metadata"]["labels"][NAME]
        first = owners.setdefault((one["kind"], one["metadata"]["name"]), owner)
        if first != owner:
            by_label[owner].refuse(
                f"would be called '{one['metadata']['name']}' on a cluster, as '{first}' is.",
                "Give one of them another name, alias or container_name.",
            )


def _node_ports(objects: Sequence[Mapping[str, Any]], subjects: Mapping[str, Subject]) -> None:
    """A server tells of these only when the second one is applied."""
    owners: dict[tuple[int, str], str] = {}
    by_label = {label_value(name): subject for name, subject in subjects.items()}
    for one in objects:
        for port in one["spec"].get("ports", ()) if one["kind"] == "Service" else ():
            owner = one["metadata"]["labels"][NAME]
            number = port.get("nodePort")
            if number and (first := owners.setdefault((number, port["protocol"]), owner)) != owner:
                by_label[owner].refuse(
                    f"asks for the port {number} of every node, as '{first}' does.",
                    "Let them differ: kubernetes: {exposure: {node_port: …}}.",
                )


def _volumes(subject: Subject, mounts: Mounts) -> Iterator[tuple[str, str, str, str]]:
    for volume in mounts.claims:
        declared = subject.stack.volumes.get(volume)
        there = declared.actual if declared and declared.external else None
        what = f"the volume '{there or volume}'" + (" that is there already" if there else "")
        yield "claim", claim_name(subject, volume), what, "volumes"
    for name, path in mounts.bound.items():
        yield "claim", name, f"the volume of '{subject.service.name}' at {path}", "volumes"


def _secrets(subject: Subject) -> Iterator[tuple[str, str, str, str]]:
    for entry in listed(subject.service.definition.get("secrets")):
        source = str(entry.get("source") if isinstance(entry, Mapping) else entry)
        name = secret_name(subject, source)
        if name is not None:
            yield "secret", name, f"the secret '{source}'", "secrets"
    if subject.service.secret_entries and not subject.asked.secret_ref:
        what = f"the Secret of the variables of '{subject.service.name}'"
        yield "secret", secret_of_variables(subject), what, "environment"
