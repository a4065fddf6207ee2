"""Verbs about this machine and its Podman."""

from __future__ import annotations

from container_manager.base_image import ensure
from container_manager.doctor.findings import Diagnosis
from container_manager.places import ConfigPath
from container_manager.podman.host import explain
from container_manager.progress import progress_here
from container_manager.started import find


def base_image(config: ConfigPath = None, *, rebuild: bool = False) -> str:
    """Make the local Python base image; returns its name."""
    engine = find(config).engine
    return ensure(engine.runner, engine.host.executable, engine.environ, rebuild=rebuild)


def explain_podman(config: ConfigPath = None) -> str:
    """Which Podman is used, with which settings, and why."""
    return explain(find(config).engine.host)


def doctor(config: ConfigPath = None, *, offline: bool = False) -> Diagnosis:
    """Measure what this machine can do; works without a configuration, and with a broken one.

    Args:
        config: the configuration.
        offline: ask nothing beyond this machine.

    Raises:
        ConfigError: the configuration that was named is not there.
    """
    from container_manager.doctor.examining import diagnose  # it loads much that others need not

    return diagnose(config, progress_here(), offline=offline)
