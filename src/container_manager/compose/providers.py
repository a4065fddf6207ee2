"""Which compose provider runs the stack.

To add one: a file in this folder with a class like :class:`PodmanCompose`, and a row in the table.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from container_manager.compose import podman_compose
from container_manager.compose.interpolate import PROVIDERS_OWN
from container_manager.compose.model import Stack
from container_manager.errors import PreconditionError

DEFAULT = "podman-compose"

_SECRET_STAND_IN = "delivered-by-podman"  # noqa: S105 - it is no secret, that is its point


class Provider(Protocol):
    """Decides on argv; somebody else runs it."""

    name: str

    def base(self, podman: str, project: str, files: Sequence[Path]) -> list[str]:
        """What every call begins with."""
        ...

    def build(self, base: Sequence[str], services: Sequence[str], *, no_cache: bool) -> list[str]:
        """Build the images of services."""
        ...

    def create(self, base: Sequence[str], services: Sequence[str]) -> list[str]:
        """Make the containers of services; start none."""
        ...


PROVIDERS: Mapping[str, tuple[type[Provider], str]] = {
    DEFAULT: (podman_compose.PodmanCompose, podman_compose.MODULE),
}
"""Name in ``compose_provider`` -> what it is asked, and the module that must be installed."""


def find_provider(name: str = DEFAULT) -> Provider:
    """The provider that the configuration names.

    Raises:
        PreconditionError: it is not there.
    """
    make, module = PROVIDERS[name]
    if importlib.util.find_spec(module) is None:
        raise PreconditionError(
            f"The compose provider {name} is not installed next to Container Manager.",
            remedy=f"Install it into the same environment: python -m pip install {name}",
        )
    return make()


def child_environment(
    public: Mapping[str, str], settings: Mapping[str, str], stack: Stack | None = None
) -> dict[str, str]:
    """The environment of a provider: ours, without secrets and without what would steer it.

    Args:
        public: the variables that are not secret.
        settings: what Podman needs on this machine.
        stack: whose compose files are read; its secret variables get a stand-in, since the entries
            that use them are replaced, and ``${NAME:?}`` must not fail.
    """
    result = {n: v for n, v in public.items() if not n.startswith(PROVIDERS_OWN)}
    if stack is not None:
        for name, empty_is_unset in stack.referenced.items():
            value = stack.environment.get(name)
            if stack.environment.is_secret(name):
                if value is not None:
                    result[name] = _SECRET_STAND_IN if value else ""
            elif value is None and empty_is_unset:
                # Or podman-compose would take a key of the service's own environment for it.
                result[name] = ""
    return {**result, **settings}
