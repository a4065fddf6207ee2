"""Named volumes as claims: how large, of which class, and mounted by how many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from container_manager.export.kubernetes.asked import Project
from container_manager.export.kubernetes.mounts import Mounts, claim_name
from container_manager.export.kubernetes.names import metadata
from container_manager.export.kubernetes.subject import Subject

ALONE = ("ReadWriteOnce", "ReadWriteOncePod")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One volume of the cluster.

    Attributes:
        name: of the claim.
        volume: as compose files call it.
        owner: the service whose labels it carries.
        users: the compose services whose pods mount it.
        access: one of Kubernetes' modes.
        size: an amount.
        storage_class: None: the cluster's default.
        external: whether it has to be there already.
        annotations: the labels of the volume.
    """

    name: str
    volume: str
    owner: str
    users: tuple[str, ...]
    access: str
    size: str
    storage_class: str | None
    external: bool
    annotations: Mapping[str, str]

    def spec(self) -> dict[str, Any]:
        """What is asked of the cluster."""
        found: dict[str, Any] = {
            "accessModes": [self.access],
            "resources": {"requests": {"storage": self.size}},
        }
        if self.storage_class:
            found["storageClassName"] = self.storage_class
        return found

    def manifest(self, project: str) -> dict[str, Any]:
        """The claim as an object."""
        return {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": metadata(project, self.owner, self.name, self.annotations),
            "spec": self.spec(),
        }


def claims_of(
    subjects: Mapping[str, Subject],
    mounted: Mapping[str, Mounts],
    hosts: Mapping[str, Sequence[str]],
    project: Project,
) -> list[Claim]:
    """All claims of a stack.

    Args:
        subjects: the services.
        mounted: what each mounts.
        hosts: service -> those in whose pods it runs.
        project: gives what no service says.
    """
    users: dict[tuple[str, str], list[str]] = {}
    for name, subject in subjects.items():
        for volume in mounted[name].claims:
            users.setdefault((claim_name(subject, volume), volume), []).append(name)
        for claim in mounted[name].bound:
            users.setdefault((claim, mounted[name].bound[claim]), []).append(name)
    return [
        _claim(name, volume, [subjects[user] for user in who], hosts, project)
        for (name, volume), who in users.items()
    ]


def _claim(
    name: str,
    volume: str,
    users: Sequence[Subject],
    hosts: Mapping[str, Sequence[str]],
    project: Project,
) -> Claim:
    first = users[0]
    declared = first.stack.volumes.get(volume)
    asked: dict[str, str] = {}
    for user in users:
        asked = {**user.asked.storage.get(volume, {}), **asked}
    pods = {pod for user in users for pod in hosts[user.service.name]}
    shared = len(pods) > 1
    access = asked.get("access") or ("ReadWriteMany" if shared else ALONE[0])
    _check(first, volume, access, pods, asked, project)
    for user in users:
        _check_replicas(user, volume, access)
    labels = declared.definition.get("labels") if declared else None
    for key in sorted({"driver", "driver_opts"} & set(declared.definition if declared else ())):
        first.lose(
            f"volumes.{volume}.{key}",
            "where its data lie is the matter of a storage class.",
            f"Say 'kubernetes: {{storage: {{{volume}: {{class: …}}}}}}', and accept it.",
            "volumes",
        )
    return Claim(
        name=name,
        volume=volume,
        owner=first.service.name,
        users=tuple(sorted(pods)),
        access=access,
        size=str(asked.get("size") or project.storage_size),
        storage_class=asked.get("class") or project.storage_class,
        external=bool(declared and declared.external),
        annotations={str(k): str(v) for k, v in labels.items()} if isinstance(labels, dict) else {},
    )


def _check(
    subject: Subject,
    volume: str,
    access: str,
    pods: set[str],
    asked: Mapping[str, str],
    project: Project,
) -> None:
    if len(pods) < 2:  # noqa: PLR2004 - nobody to share it with
        return
    if access in ALONE:
        subject.refuse(
            f"shares the volume '{volume}' with others ({', '.join(sorted(pods))}), and it is "
            f"{access}.",
            f"Ask for 'storage: {{{volume}: {{access: ReadWriteMany}}}}' of a class that can, or "
            "give each a volume of its own.",
            "volumes",
        )
    elif not (asked.get("class") or project.storage_class):
        subject.lose(
            f"volumes.{volume}",
            f"{', '.join(sorted(pods))} share it, and not every storage class lets several nodes "
            "mount a volume.",
            f"Name one that does: kubernetes: {{storage: {{{volume}: {{class: …}}}}}}.",
            "volumes",
        )


def _check_replicas(user: Subject, volume: str, access: str) -> None:
    several = user.asked.replicas > 1 or user.asked.autoscaled
    if several and access in ALONE and user.asked.stateful is not True:
        user.refuse(
            f"is to run {'any number of times' if user.asked.autoscaled else f'{user.asked.replicas} times'}, "  # noqa: E501
            f"and its volume '{volume}' has one writer.",
            "Say 'stateful: true', which gives each its own volume; or 'storage: "
            f"{{{volume}: {{access: ReadWriteMany}}}}'; or run it once.",
            "volumes",
        )
