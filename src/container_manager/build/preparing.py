"""From a configuration to the files that a build wants: rendered and checked, nothing written."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from container_manager.build.clashes import clash_problems, clashes, folds_case
from container_manager.build.generated import (
    ROOT_PATH,
    Planned,
    compose_files_of,
    rendered_of,
)
from container_manager.build.guards import (
    build_dir_problems,
    real,
    service_path_problems,
    shared_folder_problems,
)
from container_manager.build.leaks import without_leaks
from container_manager.build.reading import Known, Reading
from container_manager.build.site import Site
from container_manager.build.steps import STEPS, root_output, service_outputs
from container_manager.build.trace import to_templates
from container_manager.build.unread import unread
from container_manager.compose.model import Stack
from container_manager.compose.overrides import overrides_of
from container_manager.compose.stack import read_stack
from container_manager.config import answers
from container_manager.config.defaults import as_in_compose
from container_manager.config.loader import Config
from container_manager.discovery import (
    SERVICES_DIR,
    TEMPLATE_FILENAME,
    defined_folders,
    discover,
    select,
)
from container_manager.errors import BuildError, Location, Problem, RenderError, raise_all
from container_manager.inputs import Inputs, note, noting
from container_manager.model import Build, ComposeFile, Output, Service
from container_manager.places import STATE_DIR
from container_manager.progress import PlainProgress
from container_manager.render import Renderer

if TYPE_CHECKING:
    from container_manager.render.compiled import CompiledTemplates


_LONG = 1.0
"""Seconds of silence after which people are told what takes so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A build that was rendered and checked, and has touched nothing.

    Attributes:
        config: the configuration it was made from.
        services: the deployed services, in order.
        outputs: every wanted file of the whole project or of the chosen part, by path.
        compose_files: root first, then one a service, parsed.
        stack: what they mean together.
        rendered: every generated text -> its template and itself; of the whole project.
        may_prune: which paths this build is about, and may therefore remove.
        warnings: findings that stop nothing.
        reading: what was read of sources and of the build directory.
        inputs: service -> what only its files were made from.
        interfaces: service -> a digest of all that others may rely on; not those of services
            whose generated files others read.
        renderer: what rendered them.
        built: the build that is there, where it is to run as it is.
    """

    config: Config
    services: tuple[Service, ...]
    outputs: Mapping[str, Output]
    compose_files: tuple[ComposeFile, ...]
    stack: Stack
    rendered: Mapping[Path, tuple[Path, str]]
    may_prune: Callable[[str], bool]
    warnings: tuple[Problem, ...]
    reading: Reading
    inputs: Mapping[str, Inputs]
    interfaces: Mapping[str, str]
    renderer: Renderer
    built: Build | None = None


def prepare(
    config: Config,
    *,
    only: Iterable[str] = (),
    steps: Collection[str] = tuple(STEPS),
    prune: bool = True,
    known: Known | None = None,
    compiled: CompiledTemplates | None = None,
) -> Prepared:
    """Render and check; nothing is written.

    Args:
        config: the configuration.
        only: names of services; their files alone are generated then, and nothing elsewhere
            is removed.
        steps: which of :data:`STEPS` to take.
        prune: whether files that nothing asks for any more go.
        known: digests of files that were read before.
        compiled: templates that were compiled before.

    Raises:
        ConfigError: names, paths or the build directory cannot be used, or what a template made
            asks for a newer library.
        RenderError: templates cannot be rendered, or render to what cannot be used.
        BuildError: two sources want one path, or a secret would be written.
    """
    services, warnings = discover(config)
    warnings += tuple(answers.check([config.root, *(service.folder for service in services)]))
    chosen = select(services, config, only) if only else list(services)
    raise_all(BuildError, place_problems(config, services))
    site = site_of(config, compiled)
    deployed = {service.folder for service in services}
    for folder in site.service_paths:
        if folder not in deployed:  # the others are noted when they are walked
            note(folder)
    outputs, inputs = outputs_of(site, services, root=True)
    compose_files = compose_files_of(config, services, outputs, root=True)
    rendered = rendered_of(config, outputs)
    planned = Planned(config.build_dir, outputs)
    stack = _check(config, services, compose_files, planned, rendered)
    warnings += (*stack.warnings, *unread(config, services, outputs, site.renderer))
    reading = without_leaks(config, {*config.referenced, *stack.referenced}, outputs, known)
    kept = {None, *(service.name for service in chosen)}
    wanted = {p: o for p, o in outputs.items() if o.owner in kept and o.step in steps}
    partial = bool(only) or set(steps) != set(STEPS) or not prune
    return Prepared(
        config=config,
        services=services,
        outputs=wanted,
        compose_files=compose_files,
        stack=stack,
        rendered=rendered,
        may_prune=_pruner(chosen, services, steps, partial=partial, prune=prune),
        warnings=tuple(dict.fromkeys((*config.warnings, *warnings, *site.warnings))),
        reading=reading,
        inputs=inputs,
        interfaces={
            name: digest for name, digest in stack.interfaces.items() if name not in planned.read
        },
        renderer=site.renderer,
    )


def place_problems(config: Config, services: Sequence[Service]) -> list[Problem]:
    """Why these services cannot be built from where they are to where they go."""
    problems = [p for service in services for p in service_path_problems(service, config)]
    problems += shared_folder_problems(services, config)
    return problems + build_dir_problems(config, _sources(config, services))


def site_of(config: Config, compiled: CompiledTemplates | None = None) -> Site:
    """What the steps of a build read of a configuration."""
    site = Site(
        root=config.root,
        build_dir=config.build_dir,
        state_dir=config.root / STATE_DIR,
        values=config.values,
        renderer=Renderer(config.root, config.values, config.environment, compiled),
        service_paths=defined_folders(config),
        fragments=frozenset(config.imported_from),
        origin=config.nearest_origin,
    )
    site.look_at_folders()
    return site


def outputs_of(
    site: Site,
    services: Sequence[Service],
    *,
    root: bool,
    steps: Collection[str] = tuple(STEPS),
) -> tuple[dict[str, Output], dict[str, Inputs]]:
    """All files of services (and the root file), and what each service was made from."""
    problems: list[Problem] = []
    inputs: dict[str, Inputs] = {}
    outputs: dict[str, Output] = {}
    if root:
        try:
            outputs[ROOT_PATH] = root_output(site)
        except RenderError as error:
            problems.extend(error.problems)
        except OSError as error:  # it was there a moment ago
            where = Location(site.root / SERVICES_DIR / TEMPLATE_FILENAME)
            message = f"This cannot be read: {error.strerror}."
            problems.append(Problem(message=message, where=where, remedy="Make it readable."))
    started: float | None = time.monotonic()
    for service in services:
        if started is not None and time.monotonic() - started > _LONG:
            PlainProgress().step(f"Rendering the files of {len(services)} services …")
            started = None
        with noting() as inputs[service.name]:
            wanted = service_outputs(site, service, steps, problems)
        for path, output in wanted.items():
            if path in outputs:
                problems.append(_claimed_twice(outputs[path], output))
            outputs[path] = output
    raise_all(RenderError, problems)
    pairs = clashes(outputs)
    if pairs and folds_case(site.build_dir):
        raise_all(BuildError, clash_problems(pairs))
    site.warnings.extend(clash_problems(pairs))
    return outputs, inputs


def _claimed_twice(first: Output, second: Output) -> Problem:
    return Problem(
        message=f"Two services want to write {second.path}: "
        f"{first.owner or 'the root'} ({first.reason}) and {second.owner} ({second.reason}).",
        where=second.where,
        remedy="Give each service a folder of its own.",
    )


def _check(
    config: Config,
    services: Sequence[Service],
    compose_files: Sequence[ComposeFile],
    planned: Planned,
    rendered: Mapping[Path, tuple[Path, str]],
) -> Stack:
    """What the compose files mean together."""
    by_name = {service.name: service for service in services}
    try:
        stack = read_stack(
            compose_files,
            by_name,
            config.environment,
            project_name=config.project_name,
            planned=planned,
            told=config.unset,
            defaults=as_in_compose(config.tree, config.values),
            overrides=overrides_of(config),
        )
    except RenderError as error:
        raise RenderError(to_templates(error.problems, rendered)) from error
    return replace(stack, warnings=tuple(to_templates(stack.warnings, rendered)))


def _sources(config: Config, services: Sequence[Service]) -> list[Path]:
    """Every folder and file that a build of these services reads."""
    sources = {config.root / SERVICES_DIR / TEMPLATE_FILENAME, config.root / SERVICES_DIR}
    for service in services:
        sources.add(service.folder)
        if service.settings.get("copy_src"):
            sources.add(config.root / "src")
        for item in service.settings.get("additional_dirs") or []:
            sources.add(config.root / str(item["src"] if isinstance(item, Mapping) else item))
    return [source for source in sources if real(source) != real(config.root)]


def _pruner(
    chosen: Sequence[Service],
    services: Sequence[Service],
    steps: Collection[str],
    *,
    partial: bool,
    prune: bool,
) -> Callable[[str], bool]:
    """Which paths a build may remove: all, those of its services, or none."""
    if not prune or set(steps) != set(STEPS):
        return lambda _: False
    if not partial:
        return lambda _: True
    return pruner_of(chosen, services)


def pruner_of(chosen: Sequence[Service], services: Sequence[Service]) -> Callable[[str], bool]:
    """Whether a path lies in the folder of a chosen service, and in no other's inside of it."""
    names = {service.path for service in chosen}
    folders = tuple(f"{path}/" for path in names)
    others = tuple(
        f"{service.path}/"
        for service in services
        if service.path not in names and service.path.startswith(folders)
    )
    return lambda path: path.startswith(folders) and not (others and path.startswith(others))
