"""Asks Podman what is there, and refuses a start that could not go well, with all its reasons."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from container_manager import identity as labels
from container_manager.compose.model import Stack
from container_manager.errors import FormerVolumes, PreconditionError, Problem, raise_all
from container_manager.identity import remember_adopted
from container_manager.lifecycle.credentials import MustOpen, locked_volumes
from container_manager.lifecycle.data.former import beside, decide, unclaimed
from container_manager.lifecycle.data.notes import unfinished_restore
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.removing import left_behind
from container_manager.podman.engine import Engine
from container_manager.podman.selinux import confines
from container_manager.podman.state import VolumeState
from container_manager.preflight import Findings, Surroundings, check
from container_manager.preflight.host import host_problems, is_far
from container_manager.preflight.labels import label_of, unlabelled
from container_manager.preflight.ports import free_elsewhere
from container_manager.preflight.rootless import ignored_limits


def findings_of(
    project: Project,
    stack: Stack,
    names: Collection[str],
    must_open: MustOpen = MustOpen.ALL,
) -> Findings:
    """Everything that would keep services from starting; nothing is changed.

    Args:
        project: whose stack.
        stack: all services.
        names: those that are to run.
        must_open: which of the volumes that are there the credentials must open.
    """
    surroundings = look_around(project.engine, stack)
    identity = project.identity(create=False)
    findings = check(
        stack,
        names,
        identity,
        surroundings,
        root=project.root,
        # Ports of this machine say nothing about those of another one.
        try_port=free_elsewhere if is_far(project.engine.host) else None,
        keys_of=project.port_keys,
        rootless=project.engine.host.rootless,
    )
    engine, services = project.engine, [stack.services[name] for name in names]
    own = (project.root, stack.base.parent)
    host = host_problems(engine.host, services, engine.environ, own)
    locked = locked_volumes(project, stack, names, must_open)
    former = beside(project, stack, names, surroundings.every_volume, surroundings.everything)
    former_problems = tuple(former.refusals())
    others = (*host, *findings.problems, *locked, *_half_restored(project))
    return replace(
        findings,
        problems=(*others, *former_problems),
        former=former_problems,
        settled=tuple(one.volume for one in former.settled),
        warnings=(
            *findings.warnings,
            *ignored_limits(engine.host, services),
            *(unlabelled(services, own, label_of) if confines(engine.host) else ()),
            *left_behind(identity, surroundings.everything),
            *former.doubts(),
        ),
        handmade=(
            *(one.name for one in surroundings.volumes if not identity.has_marked(one.labels)),
            *unclaimed(project, stack, surroundings.every_volume),
        ),
    )


def check_surroundings(
    project: Project, stack: Stack, names: Collection[str], must_open: MustOpen = MustOpen.ALL
) -> None:
    """Raise everything that keeps services from starting; create the missing mounted folders.

    Args:
        project: whose stack.
        stack: all services.
        names: those that are to run.
        must_open: which of the volumes that are there the credentials must open.

    Raises:
        FormerVolumes: nothing else is wrong than that the stack would begin empty beside its data.
        PreconditionError: something is missing, taken or locked; no container was touched.
    """
    findings = findings_of(project, stack, names, must_open)
    for warning in findings.warnings:
        project.progress.warn(warning)
    if len(findings.problems) == len(findings.former):
        raise_all(FormerVolumes, findings.problems)
    raise_all(PreconditionError, findings.problems)
    decide(project, findings.settled)
    for folder in findings.folders:
        project.progress.step(f"Creating the folder {folder}, which is mounted")
        folder.mkdir(parents=True, exist_ok=True)
    if project.adopt:
        project.identity(create=True)
        remember_adopted(project.state_dir, findings.handmade)


def look_around(engine: Engine, stack: Stack) -> Surroundings:
    """Ask Podman what is there that a start of the stack could meet."""
    externals = [one.actual for one in stack.volumes.values() if one.external]
    networks = [one.actual for one in stack.networks.values() if one.external]
    compose_label = f"{labels.COMPOSE_PROJECT}={stack.project}"
    with ThreadPoolExecutor(thread_name_prefix="look") as pool:  # each takes longest to begin
        own = pool.submit(engine.containers, compose_label)
        everything = pool.submit(engine.everything)
        volumes = pool.submit(engine.volumes)
    there = volumes.result()
    return Surroundings(
        own=own.result(),
        everything=everything.result(),
        volumes=[v for v in there if v.labels.get(labels.COMPOSE_PROJECT) == stack.project],
        known_volumes=[name for name in externals if engine.volume(name) is not None],
        known_networks=[name for name in networks if engine.has_network(name)],
        fixed=_fixed(engine, stack, there),
        every_volume=there,
    )


def _fixed(
    engine: Engine, stack: Stack, there: Iterable[VolumeState]
) -> dict[tuple[str, str], Mapping[str, str]]:
    """The labels of the volumes and networks whose names templates give for good."""
    volumes = {one.actual for one in stack.volumes.values() if one.definition.get("name")}
    networks = {one.actual for one in stack.networks.values() if one.definition.get("name")}
    made = engine.networks(labels.PROJECT) if networks else {}
    found = {("volume", one.name): one.labels for one in there if one.name in volumes}
    return found | {("network", n): given for n, given in made.items() if n in networks}


def _half_restored(project: Project) -> list[Problem]:
    """Volumes that a restore has left half-way; a service must not begin with such content."""
    backup, names = unfinished_restore(project)
    if not names:
        return []
    return [
        Problem(
            message=f"Restoring {', '.join(sorted(names))} was cut short: they are not whole.",
            remedy=f"Run 'restore {backup}' again, which goes on; or give the volumes up with "
            "'clean', which saves them as they are.",
        )
    ]
