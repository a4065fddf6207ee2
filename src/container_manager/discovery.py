"""The deployed services of a configuration, and the original module's two doors to them."""

from __future__ import annotations

import contextlib
import os
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from container_manager.config import packages
from container_manager.config.loader import Config
from container_manager.errors import ConfigError, Location, Problem, raise_all, with_suspicions
from container_manager.model import Service, dotted
from container_manager.names import Match, Miss, defined_names, resolve

SERVICES_DIR = "services"
TEMPLATE_FILENAME = packages.TEMPLATE
COMPOSE_FILE_NAME = "docker-compose.yml"


def find_service_config(
    config: Mapping[str, Any], service_name: str
) -> tuple[Mapping[str, Any], str] | tuple[None, None]:
    """Find a service's definition and the path of its compose template.

    Args:
        config: a configuration, as plain dicts.
        service_name: ``framework.X``, ``applications.APP.X``, ``services.X`` or a bare ``X``.

    Returns:
        The definition and the template's path, or ``(None, None)`` when there is none such.

    Raises:
        ConfigError: the service is defined without a ``path``.

    Examples:
        >>> config = {'framework': {'services': {
        ...     'jupyter': {'path': 'services/framework/jupyter'}}}}
        >>> service, template = find_service_config(config, 'framework.jupyter')
        >>> template
        'services/framework/jupyter/docker-compose.yml.j2'
        >>> find_service_config(config, 'jupyter') == (service, template)
        True

        >>> config = {'applications': {'als_expert': {'services': {
        ...     'mongo': {'path': 'services/applications/als_expert/mongo'}}}}}
        >>> find_service_config(config, 'applications.als_expert.mongo')[1]
        'services/applications/als_expert/mongo/docker-compose.yml.j2'

        >>> find_service_config(config, 'postgres')
        (None, None)
    """
    match = resolve(config, service_name)
    if isinstance(match, Miss):
        return None, None
    if match.key_path[0] == "services":
        import warnings

        warnings.warn(
            f"The service {service_name!r} is defined in the deprecated form 'services.NAME'; "
            "define it below framework.services or applications.NAME.services.",
            DeprecationWarning,
            stacklevel=2,
        )
    path = match.settings.get("path")
    if not isinstance(path, str) or not path:
        raise ConfigError(f"The service {match.name} has no 'path'.")
    return match.settings, os.path.join(path, TEMPLATE_FILENAME)  # noqa: PTH118 - the contract's


def get_templates(config: Mapping[str, Any]) -> list[str]:
    """The templates that a configuration deploys, the root template first.

    Warns (:class:`UserWarning`) where ``deployed_services`` is missing or empty, or names a
    service that is not defined.

    Examples:
        >>> get_templates({
        ...     'deployed_services': ['framework.jupyter', 'applications.als_expert.mongo'],
        ...     'framework': {'services': {'jupyter': {'path': 'services/framework/jupyter'}}},
        ...     'applications': {'als_expert': {'services': {
        ...         'mongo': {'path': 'services/applications/als_expert/mongo'}}}},
        ... })  # doctest: +NORMALIZE_WHITESPACE
        ['services/docker-compose.yml.j2',
         'services/framework/jupyter/docker-compose.yml.j2',
         'services/applications/als_expert/mongo/docker-compose.yml.j2']
    """
    import warnings

    templates = [posixpath.join(SERVICES_DIR, TEMPLATE_FILENAME)]
    names = config.get("deployed_services")
    if not names:
        warnings.warn("'deployed_services' is not set: no service is deployed.", stacklevel=2)
        return templates
    if not isinstance(names, list):
        raise ConfigError("'deployed_services' must be a list of service names.")
    for name in names:
        _, template = find_service_config(config, str(name))
        if template is None:
            miss = resolve(config, str(name))
            assert isinstance(miss, Miss)  # since there is no template
            warnings.warn(f"{miss.message} {miss.remedy}", stacklevel=2)
        else:
            templates.append(template)
    return templates


def discover(config: Config) -> tuple[tuple[Service, ...], tuple[Problem, ...]]:
    """The deployed services of a configuration, in order, and warnings.

    Raises:
        ConfigError: with every name that leads nowhere or stands twice.
    """
    errors: list[Problem] = []
    warnings: list[Problem] = []
    services: dict[str, Service] = {}
    names = config.values.get("deployed_services")
    if names is None:
        # Nothing said is not "nothing": a mistyped key must not take a running stack down.
        errors.append(
            Problem(
                message="'deployed_services' is not set.",
                where=Location(config.path),
                remedy="List the services to run, or write [] for none.",
            )
        )
        names = []
    elif not names:
        warnings.append(
            Problem(
                message="'deployed_services' names no service: there is nothing to run.",
                where=config.origin("deployed_services"),
            )
        )
    for index, name in enumerate(names):
        where = config.origin(("deployed_services", index))
        match = resolve(config.values, name)
        if isinstance(match, Miss):
            errors.append(match.problem(where))
        elif match.name in services:
            errors.append(
                Problem(
                    message=f"The service {name!r} is listed twice in 'deployed_services': "
                    f"it is {match.name}, which is there already.",
                    where=where,
                    remedy="Remove one of the two.",
                )
            )
        else:
            warnings.extend(_shadowing(match, where))
            try:
                services[match.name] = _service(match, config)
            except ConfigError as error:
                errors.extend(error.problems)
    raise_all(ConfigError, with_suspicions(errors, config.suspicions))
    return tuple(services.values()), tuple(warnings)


def defined_folders(config: Config) -> list[Path]:
    """The folders of all services that are defined, deployed or not."""
    folders = []
    for name in defined_names(config.values):
        match = resolve(config.values, name)
        if isinstance(match, Match) and isinstance(match.settings.get("path"), str):
            with contextlib.suppress(ConfigError):  # an unset variable, in what is not deployed
                folders.append(_service(match, config).folder)
    return folders


def _service(match: Match, config: Config) -> Service:
    path = str(match.settings["path"])
    found = None
    if packages.is_package_path(path):
        where = config.nearest_origin((*match.key_path, "path"))
        found = packages.find_package_folder(path, where)
    path = found.build_path if found else posixpath.normpath(path)
    return Service(
        name=match.name,
        key_path=match.key_path,
        settings=match.settings,
        path=path,
        folder=found.folder if found else config.root / path,
        # The file that says where it lies defines it; others may only set something.
        where=config.origin((*match.key_path, "path")),
        package=found.shown if found else None,
    )


def select(services: Sequence[Service], config: Config, names: Iterable[str]) -> list[Service]:
    """The deployed services that ``names`` mean, in deployment order.

    Raises:
        ConfigError: with every name that is not a deployed service.
    """
    deployed = {service.name: service for service in services}
    wanted: set[str] = set()
    problems = []
    for name in names:
        match = resolve(config.values, name)
        if isinstance(match, Match) and match.name in deployed:
            wanted.add(match.name)
        elif isinstance(match, Match):
            problems.append(
                Problem(
                    message=f"{match.name} is not deployed.",
                    remedy="Add it to 'deployed_services'.",
                )
            )
        else:
            problems.append(match.problem(None))
    raise_all(ConfigError, problems)
    return [service for service in services if service.name in wanted]


def _shadowing(match: Match, where: Location | None) -> list[Problem]:
    if match.shadowed is None:
        return []
    return [
        Problem(
            message=f"{match.name} is used; {dotted(match.shadowed)} has the same bare name.",
            where=where,
            remedy=f"Write {dotted(match.key_path[:1])}.{match.key_path[-1]} to say which.",
        )
    ]
