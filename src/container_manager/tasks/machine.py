"""The tasks about this machine and its Podman."""

from __future__ import annotations

from typing import Any

from invoke import Context, Exit

from container_manager.careful import verb


@verb(
    examples={
        "base-image": "make it, unless it is there",
        "base-image --rebuild": "after an update of the host",
    },
    help={"rebuild": "make it again, even if it is there"},
)
def base_image(context: Context, rebuild: bool = False, config: str | None = None) -> None:
    """Make the local Python base image from the host's own Debian packages."""
    from container_manager import verbs

    print(verbs.base_image(config, rebuild=rebuild))


@verb(
    examples={
        "explain-podman": "which settings, and what was measured",
    },
)
def explain_podman(context: Context, config: str | None = None) -> None:
    """Say with which settings Podman is run here, and why."""
    from container_manager import verbs

    print(verbs.explain_podman(config))


@verb(
    examples={
        "doctor": "before the first start, or when something is strange",
        "doctor --offline": "without a question to registries",
    },
    help={"offline": "ask no registry"},
)
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


def _dry_boot(given: dict[str, Any]) -> None:
    from container_manager import verbs
    from container_manager.report.booting import show_boot_preview

    preview = verbs.preview_unboot if given["remove"] else verbs.preview_boot
    show_boot_preview(preview(given["config"]), json=given["json"])


@verb(
    examples={
        "boot --dry": "show the unit, and write nothing",
        "boot --now": "write it, and start the stack",
        "boot --remove": "start with the machine no more",
    },
    dry=_dry_boot,
    help={
        "now": "start it at once as well, as the machine would",
        "remove": "no longer start with the machine; what runs goes on running",
        "status": "only look; exit code 1 where the stack would not start",
    },
)
def boot(
    context: Context,
    config: str | None = None,
    now: bool = False,
    remove: bool = False,
    status: bool = False,
    json: bool = False,
) -> None:
    """Start the stack with the machine: write and enable a unit of systemd."""
    from container_manager import verbs
    from container_manager.errors import UsageError
    from container_manager.report.booting import show_boot

    if now + remove + status > 1:
        raise UsageError("--now, --remove and --status go one at a time: nothing was done.")
    if status:
        state = verbs.boot_status(config)
    else:
        state = verbs.unboot(config) if remove else verbs.boot(config, now=now)
    show_boot(state, json=json)
    if status and state.problems:
        raise Exit(code=1)


@verb(
    examples={
        "completion bash": 'in ~/.bashrc: eval "$(container-manager completion bash)"',
        "completion zsh": 'in ~/.zshrc: eval "$(container-manager completion zsh)"',
        "completion fish": "in config.fish: container-manager completion fish | source",
    },
    help={"shell": "bash, zsh or fish"},
)
def completion(context: Context, shell: str = "") -> None:
    """Print what a shell needs to complete commands, services and keys: completion SHELL."""
    from container_manager.shells import script_of

    print(script_of(shell), end="")


TASKS = (
    base_image,
    boot,
    completion,
    doctor,
    explain_podman,
)
