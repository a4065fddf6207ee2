"""Which compose provider runs the stack.

To add one: a file in this folder with a class like :class:`ComposeV2`, a column in the table of
capabilities, and a way to find it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from container_manager.compose.capabilities import Kind
from container_manager.compose.interpolate import PROVIDERS_OWN
from container_manager.compose.model import Stack
from container_manager.compose.podman_compose import MODULE, PodmanCompose
from container_manager.errors import PreconditionError

DEFAULT = "podman-compose"

_SECRET_STAND_IN = "delivered-by-podman"  # noqa: S105 - it is no secret, that is its point


class Provider(Protocol):
    """Decides on argv; somebody else runs it."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    @property
    def title(self) -> str:
        """What people are told that runs."""
        ...

    @property
    def kind(self) -> Kind:
        """Whose row of abilities it has."""
        ...

    @property
    def variables(self) -> Mapping[str, str]:
        """For the environment of its calls."""
        ...

    @property
    def socket(self) -> str | None:
        """The address of Podman's socket that it is to talk to; None: one of our own, if any."""
        ...

    def base(self, podman: str, project: str, files: Sequence[Path]) -> list[str]:
        """What every call begins with."""
        ...

    def check(self, base: Sequence[str]) -> list[str] | None:
        """Read the files and fail where they are not understood; None: it takes anything."""
        ...

    def create(self, base: Sequence[str], services: Sequence[str]) -> list[str]:
        """Make the containers of services; start none."""
        ...


def bundled() -> PodmanCompose:
    """The podman-compose next to us.

    Raises:
        PreconditionError: it is not there.
    """
    if importlib.util.find_spec(MODULE) is None:
        raise PreconditionError(
            "The compose provider podman-compose is not installed next to Container Manager.",
            remedy="Install it into the same environment: python -m pip install podman-compose",
        )
    return PodmanCompose()


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
