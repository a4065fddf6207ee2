"""Describe a stack of services once, build it reproducibly, run it on Podman.

The names of the original module are offered here; importing this package imports none of the
heavy parts, and has no side effects.
"""

from __future__ import annotations

TYPE_CHECKING = False  # nothing is imported here: Ctrl-C would be a traceback meanwhile, see entry
if TYPE_CHECKING:
    from typing import Any

    from container_manager.api import (
        COMPOSE_FILE_NAME as COMPOSE_FILE_NAME,
    )
    from container_manager.api import OUT_SRC_DIR as OUT_SRC_DIR
    from container_manager.api import SERVICES_DIR as SERVICES_DIR
    from container_manager.api import SRC_DIR as SRC_DIR
    from container_manager.api import TEMPLATE_FILENAME as TEMPLATE_FILENAME
    from container_manager.api import clean_deployment as clean_deployment
    from container_manager.api import render_kernel_templates as render_kernel_templates
    from container_manager.api import render_template as render_template
    from container_manager.api import setup_build_dir as setup_build_dir
    from container_manager.cli import main as main
    from container_manager.cli import parse_args as parse_args
    from container_manager.config import ConfigBuilder as ConfigBuilder
    from container_manager.discovery import find_service_config as find_service_config
    from container_manager.discovery import get_templates as get_templates

_HOMES = {
    "ConfigBuilder": "config",
    "find_service_config": "discovery",
    "get_templates": "discovery",
    "render_template": "api",
    "render_kernel_templates": "api",
    "setup_build_dir": "api",
    "clean_deployment": "api",
    "parse_args": "cli",
    "main": "cli",
    "SERVICES_DIR": "api",
    "SRC_DIR": "api",
    "OUT_SRC_DIR": "api",
    "TEMPLATE_FILENAME": "api",
    "COMPOSE_FILE_NAME": "api",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - computed from the one table
__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
