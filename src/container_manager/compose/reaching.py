"""What a call of a provider needs: its variables, and Podman's socket where it speaks to one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from container_manager.compose.capabilities import COMPOSE_V2
from container_manager.compose.providers import Provider
from container_manager.podman import socket
from container_manager.podman.engine import Engine


@contextlib.contextmanager
def reaching(provider: Provider, engine: Engine, folder: Path) -> Iterator[dict[str, str]]:
    """The variables of a provider for the time of a call.

    Args:
        provider: what is called.
        engine: the Podman that its containers are for.
        folder: a private one, for a socket of our own.

    Raises:
        RuntimeFailure: Podman opens no socket.
    """
    variables = dict(provider.variables)
    if provider.kind != COMPOSE_V2:
        yield variables
    elif provider.socket is not None:
        yield {**variables, "DOCKER_HOST": provider.socket}
    else:
        with socket.opened(engine.runner, engine.host, engine.environ, folder) as address:
            yield {**variables, "DOCKER_HOST": address}
