"""The pods of a service, and what keeps them running: Deployment, StatefulSet or Job."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from container_manager.export.kubernetes.mounts import Mounts
from container_manager.export.kubernetes.names import (
    MANAGED_BY,
    MANAGER,
    digest,
    is_host_name,
    is_key,
    metadata,
    object_name,
    selector,
)
from container_manager.export.kubernetes.networking import Ports, host_aliases, port_name
from container_manager.export.kubernetes.probes import probes
from container_manager.export.kubernetes.security import container_security, pod_security
from container_manager.export.kubernetes.storage import ALONE, Claim
from container_manager.export.kubernetes.subject import Subject
from container_manager.export.kubernetes.values import (
    literal,
    pairs,
    processors,
    seconds,
    size,
    texts,
    words,
)
from container_manager.export.kubernetes.variables import variables

_PULL = {"always": "Always", "never": "Never"}


def container_of(subject: Subject, mounts: Mounts, ports: Ports) -> dict[str, Any]:
    """The container of a service."""
    definition = subject.service.definition
    found: dict[str, Any] = {
        "name": object_name(subject.service.name, longest=63),
        "image": subject.image,
        "imagePullPolicy": _PULL.get(str(definition.get("pull_policy")), "IfNotPresent"),
    }
    for key, theirs in (("entrypoint", "command"), ("command", "args")):
        try:
            said = words(definition.get(key))
        except ValueError as error:
            subject.refuse(f"has '{key}' that is no command: {error}.", "Write a list.", key)
            continue
        if said:
            found[theirs] = [literal(word) for word in said]
    if definition.get("working_dir"):
        found["workingDir"] = str(definition["working_dir"])
    for key, theirs in (("tty", "tty"), ("stdin_open", "stdin")):
        if definition.get(key) is True:
            found[theirs] = True
    further = {
        "env": variables(subject),
        "resources": _resources(subject),
        "volumeMounts": mounts.mounts,
        "securityContext": container_security(subject),
        **probes(subject),
    }
    if ports and not subject.is_job:
        found["ports"] = [
            {"name": port_name(number, protocol), "containerPort": number, "protocol": protocol}
            for number, protocol in ports
        ]
    return {**found, **{key: value for key, value in further.items() if value}}


def _resources(subject: Subject) -> dict[str, Any]:
    definition = subject.service.definition
    deploy = definition.get("deploy")
    said = (deploy.get("resources") if isinstance(deploy, Mapping) else None) or {}
    limits, reserved = said.get("limits") or {}, said.get("reservations") or {}
    compose = {
        "limits": {
            "cpu": processors(limits.get("cpus", definition.get("cpus"))),
            "memory": size(limits.get("memory", definition.get("mem_limit"))),
        },
        "requests": {
            "cpu": processors(reserved.get("cpus")),
            "memory": size(reserved.get("memory", definition.get("mem_reservation"))),
        },
    }
    found = {}
    for side, amounts in compose.items():
        both = {**amounts, **subject.asked.resources.get(side, {})}
        given = {key: str(amount) for key, amount in sorted(both.items()) if amount is not None}
        if given:
            found[side] = given
    return found


def _apart(subject: Subject) -> list[dict[str, Any]]:
    """Several pods go to several nodes, where there are any: one that fails takes one of them."""
    if subject.asked.replicas < 2 and not subject.asked.autoscaled:  # noqa: PLR2004 - several
        return []
    return [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector(subject.stack.project, subject.service.name)},
        }
    ]


def template_of(
    subject: Subject,
    containers: Sequence[Mapping[str, Any]],
    before: Sequence[Mapping[str, Any]],
    volumes: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The pods of a service.

    Args:
        subject: the service.
        containers: what runs in them.
        before: what runs there first.
        volumes: what all of these mount.
    """
    definition = subject.service.definition
    spec: dict[str, Any] = {
        "enableServiceLinks": False,
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": seconds(subject.service.stop_grace_period, least=0),
    }
    if is_host_name(str(definition.get("hostname") or "")):
        spec["hostname"] = str(definition["hostname"])
    elif definition.get("hostname"):
        subject.lose("hostname", "no pod can be called so.", "Use letters, digits and dashes.")
    if definition.get("platform"):
        system, _, machine = str(definition["platform"]).partition("/")
        labels = {"kubernetes.io/os": system, "kubernetes.io/arch": machine.partition("/")[0]}
        spec["nodeSelector"] = {key: value for key, value in labels.items() if value}
    if subject.project.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": n} for n in subject.project.image_pull_secrets]
    claimed = any("persistentVolumeClaim" in one for one in volumes)
    further = {
        "securityContext": pod_security(subject, writes=claimed),
        "hostAliases": host_aliases(subject),
        "dnsConfig": _dns(definition),
        "topologySpreadConstraints": _apart(subject),
        "initContainers": list(before),
        "containers": list(containers),
        "volumes": list(volumes),
    }
    return {
        "metadata": {
            "labels": {MANAGED_BY: MANAGER, **selector(subject.stack.project, subject.service.name)}
        },
        "spec": {**spec, **{key: value for key, value in further.items() if value}},
    }


def _dns(definition: Mapping[str, Any]) -> dict[str, Any]:
    options = [
        dict(zip(("name", "value"), one.split(":", 1), strict=False))
        for one in texts(definition.get("dns_opt"))
    ]
    found = {
        "nameservers": texts(definition.get("dns")),
        "searches": texts(definition.get("dns_search")),
        "options": options,
    }
    return {key: value for key, value in found.items() if value}


def annotations_of(subject: Subject) -> dict[str, str]:
    """Labels of compose: they hold what no label of Kubernetes may, and select nothing."""
    definition = subject.service.definition
    deploy = definition.get("deploy")
    found = {
        **pairs(definition.get("labels")),
        **pairs(deploy.get("labels") if isinstance(deploy, Mapping) else None),
        **pairs(definition.get("annotations")),
    }
    for key in [key for key in found if not is_key(key)]:
        found.pop(key)
        subject.lose(
            "labels",
            f"'{key}' can be the key of no annotation.",
            "Use letters, digits, '-', '_' and '.', and at most one '/'.",
        )
    return found


def workload(subject: Subject, template: dict[str, Any], claims: Sequence[Claim]) -> dict[str, Any]:
    """What keeps the pods of a service running.

    Args:
        subject: the service.
        template: its pods.
        claims: the volumes that they mount.
    """
    if subject.is_job:
        return _job(subject, template)
    alone = [one for one in claims if one.access in ALONE and not one.external]
    stateful = bool(alone) if subject.asked.stateful is None else subject.asked.stateful
    project, service = subject.stack.project, subject.service.name
    spec: dict[str, Any] = {
        "selector": {"matchLabels": selector(project, service)},
        "template": template,
    }
    if not subject.asked.autoscaled:
        spec["replicas"] = subject.asked.replicas
    if stateful:
        spec["serviceName"] = subject.host
        # One after another, an update that never gets ready would have to be broken off by hand.
        spec["podManagementPolicy"] = "Parallel"
        if subject.asked.replicas > 1 or subject.asked.autoscaled:
            spec["volumeClaimTemplates"] = _templates(template, alone, project)
    elif any(one.access in ALONE for one in claims):
        spec["strategy"] = {"type": "Recreate"}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet" if stateful else "Deployment",
        "metadata": metadata(project, service, subject.name, annotations_of(subject)),
        "spec": spec,
    }


def _templates(
    template: dict[str, Any], claims: Sequence[Claim], project: str
) -> list[dict[str, Any]]:
    """A volume for each pod: they take the places of those that all would share."""
    pod, found = template["spec"], []
    for claim in claims:
        for volume in pod.get("volumes", ()):
            if volume.get("persistentVolumeClaim", {}).get("claimName") == claim.name:
                about = metadata(project, claim.owner, volume["name"], claim.annotations)
                found.append({"metadata": about, "spec": claim.spec()})
    own = {one["metadata"]["name"] for one in found}
    pod["volumes"] = [one for one in pod.get("volumes", ()) if one["name"] not in own]
    return found


def _job(subject: Subject, template: dict[str, Any]) -> dict[str, Any]:
    policy, _, times = subject.service.restart.partition(":")
    again = policy not in ("", "no")
    template["spec"]["restartPolicy"] = "OnFailure" if again else "Never"
    # A Job cannot be changed: what is to run anew is a new one.
    told = digest(json.dumps(template, sort_keys=True))
    about = metadata(
        subject.stack.project,
        subject.service.name,
        f"{object_name(subject.service.name, longest=40)}-{told}",
        annotations_of(subject),
    )
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": about,
        "spec": {"backoffLimit": (int(times or 6) if again else 0), "template": template},
    }
