"""A fault that a rule finds in a manifest, told as the line of a file that it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from container_manager.errors import Problem
from container_manager.export.kubernetes import rules
from container_manager.export.kubernetes.names import NAME, label_value
from container_manager.export.kubernetes.subject import Subject
from container_manager.model import Node, Service, dotted

_OF_KUBERNETES = "kubernetes."

_CAUSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"hostAliases", ("extra_hosts",)),
    (r"dnsConfig\.nameservers", ("dns",)),
    (r"dnsConfig\.searches", ("dns_search",)),
    (r"dnsConfig\.options", ("dns_opt",)),
    (r"capabilities\.add", ("cap_add",)),
    (r"capabilities\.drop", ("cap_drop",)),
    (r"sysctls", ("sysctls",)),
    (r"nodeSelector", ("platform",)),
    (r"supplementalGroups", ("group_add",)),
    (r"terminationGracePeriodSeconds", ("stop_grace_period",)),
    (r"annotations", ("labels", "annotations", "deploy")),
    (r"Probe", ("healthcheck",)),
    (r"imagePullSecrets", ("kubernetes.image_pull_secrets",)),
    (r"\.image ", ("kubernetes.image", "kubernetes.wait_image", "image")),
    (r"storageClassName", ("kubernetes.storage", "kubernetes.storage_class")),
    (r"requests\.storage", ("kubernetes.storage", "kubernetes.storage_size")),
    (r"resources|than its limit", ("kubernetes.resources", "deploy", "mem_limit", "cpus")),
    (r"nodePort|^Ingress", ("kubernetes.exposure",)),
    (r"replicas", ("kubernetes.replicas",)),
    (r"ports?\[|[pP]ort ", ("kubernetes.ports", "expose", "ports")),
    (r"tmpfs|emptyDir", ("tmpfs", "shm_size", "volumes")),
    (r"mountPath|mount of", ("tmpfs", "volumes", "secrets")),
    (r"subPath|configMap|1 MiB", ("volumes",)),
    (r"\.env\[|variable", ("kubernetes.secretRef", "environment", "env_file")),
)
"""What a fault speaks of, and the keys that it may come from; the first one that is said."""


def faults(
    objects: Iterable[Mapping[str, Any]],
    subjects: Mapping[str, Subject],
    services: Iterable[Service],
    tree: Node,
) -> Iterator[Problem]:
    """What a cluster would refuse of manifests.

    Args:
        objects: the manifests.
        subjects: the compose services.
        services: those whose templates define them.
        tree: the configuration, with its places.
    """
    by_label = {label_value(name): subject for name, subject in subjects.items()}
    paths = {service.name: service.key_path for service in services}
    told: set[tuple[object, str]] = set()
    for one, fault in rules.faults(objects):
        subject = by_label.get(one["metadata"]["labels"].get(NAME, ""))
        about = f"{rules.title(one)}: {fault}"
        if subject is None:
            yield Problem(message=f"{about} This is a mistake of ours.")
            continue
        found = _problem(about, fault, subject, paths.get(subject.service.owner or "", ()), tree)
        line = (found.where, found.message.partition(". ")[0])
        if line not in told:  # one port makes three faults
            yield found
        told.add(line)


def _problem(about: str, fault: str, subject: Subject, path: Any, tree: Node) -> Problem:
    for pattern, keys in _CAUSES:
        if re.search(pattern, fault) is None:
            continue
        for key in keys:
            told = _told(about, key, subject, path, tree)
            if told is not None:
                return told
    return Problem(message=f"{about} This is a mistake of ours.", where=subject.place())


def _told(about: str, key: str, subject: Subject, path: Any, tree: Node) -> Problem | None:
    """The fault as one of this key; None where the key is not said."""
    name = subject.service.name
    if not key.startswith(_OF_KUBERNETES):
        if subject.service.definition.get(key) is None:
            return None
        message = f"'{key}' of the service '{name}' is nothing that a cluster takes. {about}"
        return Problem(message=message, where=subject.place(key))
    word = key.removeprefix(_OF_KUBERNETES)
    for at in (
        (*path, "kubernetes", "containers", name, word),
        (*path, "kubernetes", word),
        ("kubernetes", word),
    ):
        node = tree.find(at)
        if node is not None and node.value is not None:
            message = f"'{dotted(at)}' is nothing that a cluster takes. {about}"
            return Problem(message=message, where=node.where)
    return None
