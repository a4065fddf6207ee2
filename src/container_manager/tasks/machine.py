"""The tasks about this machine and its Podman."""

from __future__ import annotations

from invoke import Context, Exit

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


@verb(help={"offline": "ask no registry"})
def doctor(
    context: Context, config: str | None = None, offline: bool = False, json: bool = False
) -> None:
    """Measure what this machine can do: every finding with its remedy, all at once.

    Works without a configuration, too; then only the machine is looked at.
    """
    from container_manager import verbs
    from container_manager.report.machine import show_diagnosis

    diagnosis = verbs.doctor(config, offline=offline)
    show_diagnosis(diagnosis, json=json)
    if diagnosis.exit_code:
        raise Exit(code=diagnosis.exit_code)


TASKS = (
    base_image,
    doctor,
    explain_podman,
)
