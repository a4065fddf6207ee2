"""From a configuration to a build directory: render, check, compare, apply.

Everything up to the comparison only reads. A build that finds nothing to change writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from container_manager.build import manifest as record
from container_manager.build.apply import apply
from container_manager.build.guards import (
    build_dir_problems,
    claim,
    real,
    service_path_problems,
    shared_folder_problems,
)
from container_manager.build.leaks import LeakScan
from container_manager.build.lock import build_lock
from container_manager.build.plan import compare
from container_manager.build.site import Site
from container_manager.build.steps import STEPS, root_output, service_outputs
from container_manager.build.trace import to_templates
from container_manager.compose.model import Stack
from container_manager.compose.stack import read_stack
from container_manager.config import answers
from container_manager.config.defaults import as_in_compose
from container_manager.config.loader import Config
from container_manager.config.source import parse_yaml
from container_manager.discovery import (
    COMPOSE_FILE_NAME,
    SERVICES_DIR,
    TEMPLATE_FILENAME,
    defined_folders,
    discover,
    select,
)
from container_manager.errors import BuildError, Location, Problem, RenderError, raise_all
from container_manager.model import Build, BuildPlan, ComposeFile, Node, Output, Service
from container_manager.render import Renderer

ROOT_PATH = f"{SERVICES_DIR}/{COMPOSE_FILE_NAME}"


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
    """

    config: Config
    services: tuple[Service, ...]
    outputs: Mapping[str, Output]
    compose_files: tuple[ComposeFile, ...]
    stack: Stack
    rendered: Mapping[Path, tuple[Path, str]]
    may_prune: Callable[[str], bool]
    warnings: tuple[Problem, ...]


def prepare(
    config: Config,
    *,
    only: Iterable[str] = (),
    steps: Collection[str] = tuple(STEPS),
    prune: bool = True,
) -> Prepared:
    """Render and check; nothing is written.

    Args:
        config: the configuration.
        only: names of services; their files alone are generated then, and nothing elsewhere
            is removed.
        steps: which of :data:`STEPS` to take.
        prune: whether files that nothing asks for any more go.

    Raises:
        ConfigError: names, paths or the build directory cannot be used, or what a template made
            asks for a newer library.
        RenderError: templates cannot be rendered, or render to what cannot be used.
        BuildError: two sources want one path, or a secret would be written.
    """
    services, warnings = discover(config)
    warnings += tuple(answers.check([config.root, *(service.folder for service in services)]))
    chosen = select(services, config, only) if only else list(services)
    problems = [p for service in services for p in service_path_problems(service, config)]
    problems += shared_folder_problems(services, config)
    problems += build_dir_problems(config, _sources(config, services))
    raise_all(BuildError, problems)
    site = _site(config)
    outputs = _outputs(site, services)
    compose_files = _compose_files(config, services, outputs)
    stack = _check(config, services, compose_files, outputs)
    warnings += stack.warnings
    kept = {None, *(service.name for service in chosen)}
    wanted = {p: o for p, o in outputs.items() if o.owner in kept and o.step in steps}
    partial = bool(only) or set(steps) != set(STEPS) or not prune
    return Prepared(
        config=config,
        services=services,
        outputs=wanted,
        compose_files=compose_files,
        stack=stack,
        rendered=_rendered(config, outputs),
        may_prune=_pruner(chosen, steps, partial=partial, prune=prune),
        warnings=tuple(dict.fromkeys((*config.warnings, *warnings, *site.warnings))),
    )


def plan(prepared: Prepared) -> BuildPlan:
    """What :func:`execute` would do now."""
    build_dir = prepared.config.build_dir
    return compare(build_dir, prepared.outputs, record.read(build_dir), prepared.may_prune)


def execute(prepared: Prepared) -> Build:
    """Make the build directory what was prepared; does nothing where nothing changes.

    Raises:
        BuildError: files that we did not write are in the way; nothing was changed then.
        PreconditionError: another process is building for too long.
    """
    build_dir = prepared.config.build_dir
    manifest = record.read(build_dir)
    decided = compare(build_dir, prepared.outputs, manifest, prepared.may_prune)
    if decided.pending or manifest.interrupted or _forgets(decided, manifest):
        with build_lock(build_dir):
            claim(build_dir, prepared.config.root)
            manifest = record.read(build_dir)  # another build may have finished meanwhile
            decided = compare(build_dir, prepared.outputs, manifest, prepared.may_prune)
            apply(decided, manifest)
    digests = {
        build_dir / change.path: change.digest for change in decided.changes if change.digest
    }
    return Build(
        build_dir=build_dir,
        compose_files=prepared.compose_files,
        digests=digests,
        plan=decided,
        warnings=(*prepared.warnings, *decided.notes),
    )


def _forgets(decided: BuildPlan, manifest: record.Manifest) -> bool:
    """Whether the manifest would change although no file does."""
    # What somebody else put there with the very content that is wanted stays theirs.
    wanted = {
        change.path for change in decided.changes if change.digest and manifest.owns(change.path)
    }
    dropped = {change.path for change in decided.changes if not change.digest}
    return bool(wanted - manifest.files.keys()) or bool(dropped & manifest.files.keys())


def _site(config: Config) -> Site:
    return Site(
        root=config.root,
        build_dir=config.build_dir,
        state_dir=config.state_dir,
        values=config.values,
        renderer=Renderer(config.root, config.values, config.environment),
        service_paths=defined_folders(config),
        fragments=frozenset(config.imported_from),
        origin=config.nearest_origin,
    )


def _outputs(site: Site, services: Sequence[Service]) -> dict[str, Output]:
    """All files of all services: they are checked together, whichever are written."""
    problems: list[Problem] = []
    outputs: dict[str, Output] = {}
    try:
        outputs[ROOT_PATH] = root_output(site)
    except RenderError as error:
        problems.extend(error.problems)
    for service in services:
        for path, output in service_outputs(site, service, tuple(STEPS), problems).items():
            if path in outputs:
                problems.append(_claimed_twice(outputs[path], output))
            outputs[path] = output
    raise_all(RenderError, problems)
    return outputs


def _claimed_twice(first: Output, second: Output) -> Problem:
    return Problem(
        message=f"Two services want to write {second.path}: "
        f"{first.owner or 'the root'} ({first.reason}) and {second.owner} ({second.reason}).",
        where=Location(second.source) if second.source else None,
        remedy="Give each service a folder of its own.",
    )


def _compose_files(
    config: Config, services: Sequence[Service], outputs: Mapping[str, Output]
) -> tuple[ComposeFile, ...]:
    """The compose files of all services, parsed; root first."""
    places: list[tuple[str, str | None]] = [(ROOT_PATH, None)]
    places += [(f"{service.path}/{COMPOSE_FILE_NAME}", service.name) for service in services]
    problems: list[Problem] = []
    files = []
    for path, owner in places:
        output = outputs[path]
        assert output.text is not None
        assert output.source is not None
        target = config.build_dir / path
        try:
            document = parse_yaml(output.text, target, compose=True, error=RenderError)
        except RenderError as error:
            problems.extend(error.problems)
            continue
        document = document or Node(value={}, where=Location(target))
        files.append(
            ComposeFile(path=target, template=output.source, service=owner, document=document)
        )
    raise_all(RenderError, to_templates(problems, _rendered(config, outputs)))
    return tuple(files)


def _check(
    config: Config,
    services: Sequence[Service],
    compose_files: Sequence[ComposeFile],
    outputs: Mapping[str, Output],
) -> Stack:
    """What the compose files mean together; a secret that would be written is an error."""
    rendered = _rendered(config, outputs)
    by_name = {service.name: service for service in services}
    try:
        stack = read_stack(
            compose_files,
            by_name,
            config.environment,
            project_name=config.project_name,
            planned=_planned(config, outputs),
            told=config.unset,
            defaults=as_in_compose(config.tree, config.values),
        )
    except RenderError as error:
        raise RenderError(to_templates(error.problems, rendered)) from error
    secrets = config.environment.secret_values({*config.referenced, *stack.referenced})
    scan = LeakScan(secrets)
    raise_all(BuildError, scan.in_configuration(config.tree))
    raise_all(BuildError, scan.problems(outputs.values()))
    return replace(stack, warnings=tuple(to_templates(stack.warnings, rendered)))


def _planned(config: Config, outputs: Mapping[str, Output]) -> dict[Path, str | Path]:
    """What compose files may name before it is written: path -> text, or what is copied."""
    planned: dict[Path, str | Path] = {}
    for path, output in outputs.items():
        content = output.text if output.text is not None else output.source
        if content is not None:
            planned[config.build_dir / path] = content
    return planned


def _rendered(config: Config, outputs: Mapping[str, Output]) -> dict[Path, tuple[Path, str]]:
    return {
        config.build_dir / path: (output.source, output.text)
        for path, output in outputs.items()
        if output.source is not None and output.text is not None
    }


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
    chosen: Sequence[Service], steps: Collection[str], *, partial: bool, prune: bool
) -> Callable[[str], bool]:
    """Which paths a build may remove: all, those of its services, or none."""
    if not prune or set(steps) != set(STEPS):
        return lambda _: False
    if not partial:
        return lambda _: True
    folders = tuple(f"{service.path}/" for service in chosen)
    return lambda path: path.startswith(folders)
