"""Explains one service: everything that its templates used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from container_manager.build.generated import ROOT_PATH, Planned, compose_files_of
from container_manager.build.preparing import outputs_of, prepare, site_of
from container_manager.compose.model import ComposeService, Stack
from container_manager.compose.overrides import overrides_of
from container_manager.compose.stack import read_some
from container_manager.config.defaults import as_in_compose
from container_manager.config.loader import Config
from container_manager.config.variables import Variable, variable, variables_in
from container_manager.discovery import TEMPLATE_FILENAME, discover, select
from container_manager.errors import ManagerError, Problem
from container_manager.explaining.hiding import Hiding
from container_manager.explaining.keys import leaves
from container_manager.explaining.told import ServiceExplanation, UsedKey
from container_manager.model import ComposeFile, KeyPath, Output, Service, dotted
from container_manager.render import Renderer


def explain_service(config: Config, name: str) -> ServiceExplanation:
    """Everything that the templates of a deployed service used.

    Where other services cannot be rendered, this one is looked at alone.

    Args:
        config: the configuration, which need not be without errors.
        name: of the service, in any form.

    Raises:
        ManagerError: there is no such service, or it cannot be rendered itself.
    """
    services, _ = discover(config)
    (service,) = select(services, config, [name])
    made = _made(config, services, service)
    hiding = Hiding(config)
    own = {n: one for n, one in made.stack.services.items() if one.owner == service.name}
    return ServiceExplanation(
        name=service.name,
        where=service.where,
        template=f"{service.shown}/{TEMPLATE_FILENAME}",
        keys=tuple(_used_keys(config, service, made, hiding)),
        variables=tuple(_variables(config, made.file, own, hiding)),
        images=tuple((n, hiding.text(one.image)) for n, one in own.items()),
        needs=tuple(_needs(own, made.stack)),
        ports=tuple(_ports(own)),
        problems=made.problems,
    )


class _Made:
    """What was rendered: of all services, or of one alone."""

    def __init__(
        self,
        outputs: Iterable[Output],
        file: ComposeFile,
        stack: Stack,
        renderer: Renderer,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        self.outputs = outputs
        self.file = file
        self.stack = stack
        self.renderer = renderer
        self.problems = problems


def _made(config: Config, services: tuple[Service, ...], service: Service) -> _Made:
    try:
        prepared = prepare(config)
    except ManagerError as error:
        return _alone(config, service, error.problems)
    file = next(file for file in prepared.compose_files if file.service == service.name)
    own = [one for one in prepared.outputs.values() if one.owner == service.name]
    return _Made(own, file, prepared.stack, prepared.renderer)


def _alone(config: Config, service: Service, problems: tuple[Problem, ...]) -> _Made:
    site = site_of(config)
    outputs, _ = outputs_of(site, [service], root=False)
    files = compose_files_of(config, [service], outputs, root=False)
    stack = read_some(
        files,
        {service.name: service},
        config.environment,
        project_name=config.project_name,
        base=(config.build_dir / ROOT_PATH).parent,
        planned=Planned(config.build_dir, outputs),
        defaults=as_in_compose(config.tree, config.values),
        overrides=overrides_of(config),
    )
    return _Made(outputs.values(), files[0], stack, site.renderer, problems)


def _used_keys(config: Config, service: Service, made: _Made, hiding: Hiding) -> Iterator[UsedKey]:
    """The keys in the order of the configuration, each with the templates that use it."""
    users: dict[KeyPath, list[Path]] = {}
    for output in made.outputs:
        if output.text is None or output.source is None:
            continue
        template = Path(output.source)
        for path in made.renderer.used_keys(template, service_dir=service.folder):
            users.setdefault(path, []).append(template)
    places = {dotted(path): place for place, (path, _) in enumerate(config.tree.walk())}
    found: dict[str, UsedKey] = {}
    for path, templates in users.items():
        for leaf in leaves(config, path, hiding):
            known = found.get(leaf.key)
            both = (*(known.templates if known else ()), *templates)
            found[leaf.key] = UsedKey(
                key=leaf.key,
                value=leaf.value,
                where=leaf.where,
                hidden=leaf.hidden,
                templates=tuple(dict.fromkeys(both)),
            )
        name = str(path[0])
        if config.tree.find(path) is None and name in config.values and not path[1:]:
            value, hidden = hiding.value(path, config.values[name])
            found[dotted(path)] = UsedKey(
                key=dotted(path), value=value, where=None, hidden=hidden, templates=tuple(templates)
            )
    yield from sorted(found.values(), key=lambda one: places.get(one.key, -1))


def _variables(
    config: Config, file: ComposeFile, own: Mapping[str, ComposeService], hiding: Hiding
) -> Iterator[Variable]:
    """The variables of a compose file, and the secrets that its containers get besides."""
    environment = replace(config.environment, host="")  # which is no variable in a compose file
    found: dict[str, Variable] = {}
    for _, node in file.load().walk():
        if isinstance(node.value, str):
            for one in variables_in(node.value, environment):
                found.setdefault(one.name, one)
    for service in own.values():
        for entry in service.secret_entries:
            for name in entry.variables:
                found.setdefault(name, variable(name, environment))
    yield from map(hiding.variable, found.values())


def _needs(own: Mapping[str, ComposeService], stack: Stack) -> Iterator[tuple[str, str]]:
    names = dict.fromkeys(n for one in own.values() for n in one.awaited if n not in own)
    for name in names:
        other = stack.services.get(name)
        yield name, (other.owner or "") if other is not None else ""


def _ports(own: Mapping[str, ComposeService]) -> Iterator[str]:
    for one in own.values():
        for port in one.ports:
            host = f"{port.host_ip or '0.0.0.0'}:{port.host_port or '*'}"  # noqa: S104 - shown only
            yield f"{host}->{port.container_port}"
