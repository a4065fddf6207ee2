"""The tasks about this machine and its Podman."""

from __future__ import annotations

from invoke import Context

from container_manager.careful import verb


@verb(help={"rebuild": "make it again, even if it is there"})
def base_image(context: Context, rebuild: bool = False, config: str | None = None) -> None:
    """Make the local Python base image from the host's own Debian packages."""
    from container_manager import verbs

    print(verbs.base_image(config, rebuild=rebuild))


@verb()
def explain_podman(context: Context, config: str | None = None) -> None:
    """Say with which settings Podman is run here, and why."""
    from container_manager import verbs

    print(verbs.explain_podman(config))


TASKS = (
    base_image,
    explain_podman,
)
