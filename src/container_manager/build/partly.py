"""Prepares some services alone, where that cannot make anything wrong between them and others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from container_manager.build.generated import ROOT_PATH, Planned, compose_files_of, rendered_of
from container_manager.build.leaks import without_leaks
from container_manager.build.memory import Memory
from container_manager.build.preparing import (
    Prepared,
    outputs_of,
    place_problems,
    pruner_of,
    site_of,
)
from container_manager.build.steps import CONFIG_FILE, STEPS
from container_manager.build.unread import unread
from container_manager.compose.model import Stack
from container_manager.compose.overrides import overrides_of
from container_manager.compose.stack import read_some
from container_manager.config.defaults import as_in_compose
from container_manager.config.loader import Config
from container_manager.discovery import discover
from container_manager.errors import ManagerError
from container_manager.inputs import noting
from container_manager.model import ComposeFile, Output, Service

if TYPE_CHECKING:
    from container_manager.render.compiled import CompiledTemplates


_STEPS = tuple(name for name in STEPS if name != "config")
"""The flattened configuration is what it was, like the configuration itself."""


def prepare_some(
    config: Config, names: Collection[str], memory: Memory, compiled: CompiledTemplates | None
) -> Prepared | None:
    """Render and check some services; nothing is written.

    Whatever is wrong is left to the preparation of all, which tells all of it.

    Args:
        config: the configuration, which is what it was when all was built.
        names: of the services whose files changed; nothing else did.
        memory: of the build of all.
        compiled: templates that were compiled before.

    Returns:
        What a build of these services wants; None where all must be prepared together: something
        is wrong, or they say something else to other services now, or something that people
        should be told.
    """
    try:
        return _prepare_some(config, names, memory, compiled)
    except ManagerError:
        return None


def _prepare_some(
    config: Config, names: Collection[str], memory: Memory, compiled: CompiledTemplates | None
) -> Prepared | None:
    services, _ = discover(config)
    chosen = [service for service in services if service.name in names]
    if not all(name in memory.interfaces for name in names) or _share_folders(chosen, services):
        return None
    if place_problems(config, chosen):
        return None
    site = site_of(config, compiled)
    outputs, inputs = outputs_of(site, chosen, root=False, steps=_STEPS)
    flattened = {f"{service.path}/{CONFIG_FILE}" for service in chosen}
    if not flattened.isdisjoint(outputs):
        return None  # a file of that name is replaced, which people are told
    may_prune = pruner_of(chosen, services)
    files = compose_files_of(config, chosen, outputs, root=False)
    rendered = rendered_of(config, outputs)
    with noting() as read_besides:
        stack = _stack_of(config, chosen, files, outputs)
    asked = {*read_besides.variables, *stack.referenced}
    for one in inputs.values():
        one.stamps.update(read_besides.stamps)
        asked |= one.variables.keys()
    warned = site.warnings or stack.warnings or unread(config, chosen, outputs, site.renderer)
    if warned or _told_before(config, chosen, memory):
        return None
    if not _is_remembered(stack, asked, memory):
        return None
    reading = without_leaks(config, memory.variables, outputs, memory.inputs.known(), searched=True)
    return Prepared(
        config=config,
        services=services,
        outputs=outputs,
        compose_files=files,
        stack=stack,
        rendered=rendered,
        may_prune=lambda path: path not in flattened and may_prune(path),
        warnings=memory.warnings,
        reading=reading,
        inputs=inputs,
        interfaces=stack.interfaces,
        renderer=site.renderer,
    )


def _stack_of(
    config: Config,
    chosen: Collection[Service],
    files: Sequence[ComposeFile],
    outputs: Mapping[str, Output],
) -> Stack:
    """What the compose files of some services say, read as they are about to be written."""
    return read_some(
        files,
        {service.name: service for service in chosen},
        config.environment,
        project_name=config.project_name,
        base=(config.build_dir / ROOT_PATH).parent,
        planned=Planned(config.build_dir, outputs),
        defaults=as_in_compose(config.tree, config.values),
        overrides=overrides_of(config),
    )


def _share_folders(chosen: Collection[Service], services: Collection[Service]) -> bool:
    """Whether a service's folder holds another's, so that their files might clash."""
    paths = {f"{service.path}/" for service in services}
    return any(
        other != own and (other.startswith(own) or own.startswith(other))
        for own in (f"{service.path}/" for service in chosen)
        for other in paths
    )


def _is_remembered(stack: Stack, asked: set[str], memory: Memory) -> bool:
    """Whether services show each other what they did, and no other variables are asked for."""
    same = all(memory.interfaces[name] == digest for name, digest in stack.interfaces.items())
    return same and asked <= memory.variables.keys()


def _told_before(config: Config, chosen: Collection[Service], memory: Memory) -> bool:
    """Whether people were told something of these services, which may be settled."""
    told = {problem.where for problem in memory.warnings if problem.where is not None}
    files = {str(place.file) for place in told}
    paths = list(memory.inputs.stamps)
    if any(paths[place] in files for one in chosen for place in memory.services[one.name]):
        return True
    nodes = [config.tree.find(service.key_path) for service in chosen]
    return any(child.where in told for node in nodes if node for _, child in node.walk())
