"""Verbs about this machine and its Podman."""

from __future__ import annotations

from container_manager.base_image import ensure
from container_manager.opening import ConfigPath, find
from container_manager.podman.host import explain


def base_image(config: ConfigPath = None, *, rebuild: bool = False) -> str:
    """Make the local Python base image; returns its name."""
    engine = find(config).engine
    return ensure(engine.runner, engine.host.executable, engine.environ, rebuild=rebuild)


def explain_podman(config: ConfigPath = None) -> str:
    """Which Podman is used, with which settings, and why."""
    return explain(find(config).engine.host)
