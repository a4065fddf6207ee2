"""Verbs that run commands in containers, on the terminal or the pipes that we have ourselves."""

from __future__ import annotations

from collections.abc import Sequence

from container_manager.lifecycle import inside
from container_manager.lifecycle.inside import Inside
from container_manager.opening import ConfigPath, find_running


def execute(
    config: ConfigPath = None, *, service: str, command: Sequence[str], how: Inside | None = None
) -> int:
    """Run a command in the running container of a service.

    Args:
        config: the configuration; it may be broken.
        service: a service of ours with one container, or a compose service.
        command: program and arguments.
        how: as whom, where, and with which variables.

    Returns:
        The command's exit code; 125 to 127 are Podman's own.

    Raises:
        ManagerError: see the exit code.
    """
    return inside.execute(find_running(config, adopt=False), service, command, how)


def shell(config: ConfigPath = None, *, service: str, how: Inside | None = None) -> int:
    """Run the best shell of a service's container. Arguments as :func:`execute`."""
    return inside.shell(find_running(config, adopt=False), service, how)
