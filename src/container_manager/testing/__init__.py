"""Tests for services with pytest: the plugin, and what test files import from here.

Importing this package imports none of its parts: pytest loads the plugin in every run, also in
those of people who test something else.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from container_manager.testing.projects import ProjectCopy as ProjectCopy
    from container_manager.testing.rendered import Rendered as Rendered
    from container_manager.testing.service_checks import ServiceChecks as ServiceChecks
    from container_manager.testing.stacks import RunningStack as RunningStack
    from container_manager.testing.templates import Updated as Updated

_HOMES = {
    "ProjectCopy": "projects",
    "Rendered": "rendered",
    "RunningStack": "stacks",
    "ServiceChecks": "service_checks",
    "Updated": "templates",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - computed from the one table


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
