"""The step of a build that runs the build steps of other distributions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from container_manager.build.site import Site
from container_manager.errors import ManagerError, Problem
from container_manager.inputs import note_all, noting
from container_manager.model import Output, Service
from container_manager.plugins import BUILD_STEPS, Plugin, checked_files, plugins

Loaded = list[tuple[Plugin, Callable[..., Any]]]


def plugins_step(site: Site, service: Service, problems: list[Problem]) -> Iterator[Output]:
    """What the installed plugins generate for a service."""
    for plugin, step in _loaded(site):
        try:
            files = checked_files(step(service, site))
        except ManagerError as error:
            problems.extend(error.problems)
            continue
        except Exception as error:
            problems.extend(plugin.broken(error).problems)
            continue
        for file in files:
            yield Output(
                path=f"{service.path}/{file.path}",
                text=file.text,
                source=None,
                mode=0o755 if file.executable else 0o644,
                reason=f"the plugin '{plugin.name}' of {plugin.distribution}",
                owner=service.name,
                step="plugins",
            )


def _loaded(site: Site) -> Loaded:
    """The plugins, found and imported once for all services."""
    if site.plugged is None:
        with noting() as inputs:
            found = [(plugin, plugin.load()) for plugin in plugins(BUILD_STEPS)]
        site.plugged = (found, inputs)
    found, inputs = site.plugged
    note_all(inputs.stamps)
    return found
