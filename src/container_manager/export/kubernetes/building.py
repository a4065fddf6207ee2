"""The door: from a build that was rendered and checked to all manifests. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from container_manager.build.preparing import Prepared
from container_manager.build.trace import to_templates
from container_manager.errors import ConfigError, raise_all
from container_manager.export.kubernetes.asked import Project, project_asked, service_asked
from container_manager.export.kubernetes.blame import faults
from container_manager.export.kubernetes.clashes import look_for_clashes
from container_manager.export.kubernetes.files import Files
from container_manager.export.kubernetes.gaps import look_for_gaps
from container_manager.export.kubernetes.images import image_of, images_of, look_at_images
from container_manager.export.kubernetes.misnamed import misnamed
from container_manager.export.kubernetes.model import Manifests, SecretNeed
from container_manager.export.kubernetes.mounts import Mounts, mounts_of
from container_manager.export.kubernetes.networking import (
    Ports,
    hosts_of,
    link_names,
    look_at_exposure,
    mentions,
    networks_of,
    policy,
    ports_of,
    services,
)
from container_manager.export.kubernetes.options import (
    look_for_lost_networks,
    look_for_lost_options,
)
from container_manager.export.kubernetes.reading import Places, env_files, leaks
from container_manager.export.kubernetes.storage import Claim, claims_of
from container_manager.export.kubernetes.subject import Findings, Subject
from container_manager.export.kubernetes.variables import secret_need
from container_manager.export.kubernetes.waiting import init_containers, run_before
from container_manager.export.kubernetes.workloads import container_of, template_of, workload

_T = TypeVar("_T")
_ORDER = (
    *("ConfigMap", "PersistentVolumeClaim", "Service", "NetworkPolicy"),
    *("StatefulSet", "Deployment", "Job", "Ingress"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What all services of a stack come to, before their pods are put together."""

    subjects: Mapping[str, Subject]
    mounts: Mapping[str, Mounts]
    ports: Mapping[str, Ports]
    containers: Mapping[str, dict[str, Any]]
    hosts: Mapping[str, Sequence[str]]
    mentioned: frozenset[str]
    claims: Sequence[Claim]
    tcp: Mapping[str, list[int]]
    inside: Mapping[str, Sequence[str]]
    mounted: Mapping[str, Sequence[Claim]]


def build(prepared: Prepared, *, strict: bool = False) -> Manifests:
    """Manifests of a stack; the same configuration gives the same ones.

    Args:
        prepared: what was rendered and checked.
        strict: whether what is not carried over is an error.

    Raises:
        ConfigError: what cannot be on a cluster, all of it; with ``strict`` what is lost, too.
    """
    findings, project = Findings(), project_asked(prepared.config.values)
    made = _made(prepared, project, findings)
    objects = _objects(made, project, findings)
    needs = _secrets(made)
    problems = [
        *misnamed(prepared.services, prepared.stack, prepared.config.tree),
        *findings.refusals,
        *leaks(prepared, objects),
    ]
    if not problems:
        problems += faults(objects, made.subjects, prepared.services, prepared.config.tree)
    gaps = tuple(to_templates(dict.fromkeys(findings.gaps), prepared.rendered))
    raise_all(
        ConfigError,
        [*to_templates(problems, prepared.rendered), *(gaps if strict else ())],
    )
    return Manifests(
        project=prepared.stack.project,
        objects=tuple(objects),
        images=tuple(images_of(made.subjects.values())),
        secrets=tuple(needs),
        warnings=gaps,
        context=project.context,
        namespace=project.namespace,
        registry=project.registry,
    )


def _made(prepared: Prepared, project: Project, findings: Findings) -> _Made:
    settings = {service.name: service.settings for service in prepared.services}
    subjects = {}
    places, links = Places(prepared), link_names(prepared.stack)
    for name, service in prepared.stack.services.items():
        asked = service_asked(settings.get(service.owner or "", {}), name, project)
        image, pushed = image_of(service, asked, project)
        subjects[name] = Subject(
            service=service,
            stack=prepared.stack,
            asked=asked,
            project=project,
            image=image,
            pushed=pushed,
            env_files=env_files(service, prepared),
            place=places.of(service),
            findings=findings,
            linked_as=links.get(name, ()),
        )
    files = Files(prepared.config.build_dir, prepared.outputs)
    mounts = {name: mounts_of(subject, files) for name, subject in subjects.items()}
    said: dict[str, set[int]] = {}
    spoken_of: set[str] = set()
    for name, subject in subjects.items():
        for host, numbers in mentions(subject).items():
            said.setdefault(host, set()).update(numbers)
            if host != name:
                spoken_of.add(host)
    ports = {name: ports_of(subject, said) for name, subject in subjects.items()}
    hosts = _hosts(subjects)
    claims = claims_of(subjects, mounts, hosts, project)
    return _Made(
        subjects=subjects,
        mounts=mounts,
        ports=ports,
        containers={n: container_of(s, mounts[n], ports[n]) for n, s in subjects.items()},
        hosts=hosts,
        mentioned=frozenset(spoken_of),
        claims=claims,
        tcp={n: [p for p, kind in found if kind == "TCP"] for n, found in ports.items()},
        inside=_inverted(hosts.items()),
        mounted=_inverted((claim, claim.users) for claim in claims),
    )


def _hosts(subjects: Mapping[str, Subject]) -> dict[str, list[str]]:
    """Service -> those in whose pods it runs: its own, or those that wait for its end."""
    waiting: dict[str, list[str]] = {name: [] for name in subjects}
    for name, subject in subjects.items():
        for other in run_before(subject):
            if other in waiting:
                waiting[other].append(name)

    def pods(name: str) -> list[str]:
        above = waiting[name]
        return list(dict.fromkeys(p for one in above for p in pods(one))) if above else [name]

    return {name: pods(name) for name in subjects}


def _inverted(pairs: Iterable[tuple[_T, Iterable[str]]]) -> dict[str, list[_T]]:
    found: dict[str, list[_T]] = {}
    for one, names in pairs:
        for name in names:
            found.setdefault(name, []).append(one)
    return found


def _objects(made: _Made, project: Project, findings: Findings) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for mounts in made.mounts.values():
        found += mounts.objects
    templated: set[str] = set()
    members: dict[str, list[str]] = {}
    for name, subject in made.subjects.items():
        for network in networks_of(subject):
            members.setdefault(network, []).append(name)
    for name, subject in made.subjects.items():
        look_for_gaps(subject)
        look_for_lost_options(subject)
        if not subject.is_job:
            spoken = bool(made.mentioned & {*hosts_of(subject)})
            found += services(subject, made.ports[name], mentioned=spoken)
            found += look_at_exposure(subject, made.ports[name])
        if made.hosts[name] == [name]:
            if project.network_policies:
                found.append(policy(subject, members, made.ports[name]))
            one = _workload(made, subject)
            templated |= {
                c["metadata"]["name"] for c in one["spec"].get("volumeClaimTemplates", ())
            }
            found.append(one)
        else:
            _tell_of_repetition(subject, made)
    kept = {v["persistentVolumeClaim"]["claimName"] for one in found for v in _volumes(one)}
    found += [
        claim.manifest(subject.stack.project)
        for claim in made.claims
        if not claim.external and claim.name in kept
    ]
    look_for_lost_networks(made.subjects.values())
    look_at_images(made.subjects.values())
    look_for_clashes(found, made.subjects, made.mounts)
    ordered = sorted(_once(found), key=lambda one: _ORDER.index(one["kind"]))
    return list(ordered)


def _volumes(one: Mapping[str, Any]) -> list[Any]:
    pod = one.get("spec", {}).get("template", {}).get("spec", {})
    return [v for v in pod.get("volumes", ()) if "persistentVolumeClaim" in v]


def _once(objects: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Equal ones once: two services may mount the same file."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in objects:
        found.setdefault((one["kind"], one["metadata"]["name"]), one)
    return list(found.values())


def _workload(made: _Made, subject: Subject) -> dict[str, Any]:
    name = subject.service.name
    before = init_containers(subject, made.subjects, made.containers, made.tcp)
    volumes: dict[str, dict[str, Any]] = {}
    for one in (name, *made.inside.get(name, ())):
        for volume in made.mounts[one].volumes:
            volumes.setdefault(volume["name"], volume)
    template = template_of(subject, [made.containers[name]], before, list(volumes.values()))
    return workload(subject, template, made.mounted.get(name, ()))


def _tell_of_repetition(subject: Subject, made: _Made) -> None:
    pods = made.hosts[subject.service.name]
    if len(pods) > 1 or any(made.subjects[pod].asked.replicas > 1 for pod in pods):
        subject.lose(
            "depends_on",
            "it runs to its end in each pod of " + ", ".join(pods) + ", which may be at once.",
            "Let it be run twice without harm, and accept it: kubernetes: {accept: [depends_on]}.",
            "depends_on",
        )


def _secrets(made: _Made) -> list[SecretNeed]:
    found: dict[str, SecretNeed] = {}
    for name, subject in made.subjects.items():
        need = secret_need(subject)
        for one in (*([need] if need else ()), *made.mounts[name].secrets):
            known = found.get(one.name)
            found[one.name] = (
                replace(known, values={**known.values, **one.values}) if known else one
            )
    return list(found.values())
