"""The tasks that start and stop the stack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from invoke import Context

from container_manager.careful import verb
from container_manager.option_values import seconds

if TYPE_CHECKING:
    from container_manager.verbs.adopting import FormerRow

_ACCEPT = "take the present credentials for those that open the volumes"


@verb(
    examples={
        "up": "start everything, and follow the logs",
        "up -d jupyter": "one service and what it waits for; then return",
        "up --env prod -d": "the environment 'prod'",
    },
    dry=True,
    help={
        "accept-credentials": _ACCEPT,
        "copy-former": "copy volumes that another tool has left for this stack; see 'adopt'",
        "as-built": "build nothing: run what the build directory holds, after a rollback say",
    },
)
def up(
    context: Context,
    config: str | None = None,
    service: Any = None,
    detached: bool = False,
    timeout: str = "",
    adopt: bool = False,
    accept_credentials: bool = False,
    copy_former: bool = False,
    as_built: bool = False,
    json: bool = False,
) -> None:
    """Build, start everything, and wait until it runs and is healthy.

    Without --detached the logs are followed then; Ctrl-C stops the stack.
    """
    from container_manager import verbs
    from container_manager.report.running import show_up

    def settle(rows: Sequence[FormerRow]) -> bool:
        from container_manager.report.adopting import settler  # once in a project's life

        return settler(copy=copy_former)(rows)

    running = verbs.up(
        config,
        service=service,
        timeout=seconds(timeout),
        adopt=adopt,
        attached=not detached,
        accept_credentials=accept_credentials,
        as_built=as_built,
        settle=settle,
    )
    show_up(running, json=json)
    if not detached:
        verbs.follow(running)


def _dry_down(given: dict[str, Any]) -> None:
    from container_manager import verbs
    from container_manager.report.removing import show_preview

    show_preview(verbs.preview_down(given["config"], adopt=given["adopt"]), json=given["json"])


@verb(
    examples={
        "down": "the stack is gone, its data stay",
    },
    dry=_dry_down,
)
def down(
    context: Context, config: str | None = None, adopt: bool = False, json: bool = False
) -> None:
    """Stop and remove containers and networks; volumes and images stay."""
    from container_manager import verbs
    from container_manager.report.removing import confirmer
    from container_manager.report.running import show_removed

    show_removed(verbs.down(config, adopt=adopt, confirm=confirmer(yes=True)), json=json)


def _dry_clean(given: dict[str, Any]) -> None:
    from container_manager import verbs
    from container_manager.report.removing import show_preview

    preview = verbs.preview_clean(
        given["config"],
        save=given["backup"],
        all_images=given["all_images"],
        adopt=given["adopt"],
    )
    show_preview(preview, json=given["json"])


@verb(
    examples={
        "clean --dry": "show what would go",
        "clean": "save the volumes, then remove everything",
    },
    dry=_dry_clean,
    help={
        "backup": "save volumes in backups/ first (the default)",
        "all-images": "remove base and pulled images too",
    },
)
def clean(
    context: Context,
    config: str | None = None,
    backup: bool = True,
    all_images: bool = False,
    adopt: bool = False,
    yes: bool = False,
    json: bool = False,
) -> None:
    """Save all volumes in backups/, then remove containers, networks, volumes and our images."""
    from container_manager import verbs
    from container_manager.report.removing import confirmer
    from container_manager.report.running import show_removed

    outcome = verbs.clean(
        config, save=backup, all_images=all_images, adopt=adopt, confirm=confirmer(yes=yes)
    )
    show_removed(outcome, json=json)


def _dry_rebuild(given: dict[str, Any]) -> None:
    from container_manager import building, verbs
    from container_manager.report.building import show_plan
    from container_manager.report.removing import show_preview

    preview = verbs.preview_rebuild(
        given["config"],
        service=given["service"] or (),
        volumes=given["volumes"],
        save=given["backup"],
        adopt=given["adopt"],
    )
    if not given["json"]:
        show_plan(building.plan(given["config"], service=given["service"] or ()).plan)
    show_preview(preview, json=given["json"])


@verb(
    examples={
        "rebuild -d jupyter": "build one service afresh",
        "rebuild -d --volumes": "start with empty volumes, after saving them",
    },
    dry=_dry_rebuild,
    help={
        "volumes": "empty the volumes too, after saving them",
        "backup": "save volumes that --volumes empties (the default)",
        "accept-credentials": _ACCEPT,
    },
)
def rebuild(
    context: Context,
    config: str | None = None,
    service: Any = None,
    detached: bool = False,
    volumes: bool = False,
    backup: bool = True,
    timeout: str = "",
    adopt: bool = False,
    accept_credentials: bool = False,
    yes: bool = False,
    json: bool = False,
) -> None:
    """Build all images afresh and start anew; volumes keep their data.

    With names of services, theirs alone; what they wait for is brought up.
    """
    from container_manager import verbs
    from container_manager.report.removing import confirmer
    from container_manager.report.running import show_up

    running = verbs.rebuild(
        config,
        service=service or (),
        volumes=volumes,
        save=backup,
        timeout=seconds(timeout),
        adopt=adopt,
        attached=not detached,
        accept_credentials=accept_credentials,
        confirm=confirmer(yes=yes),
    )
    show_up(running, json=json)
    if not detached:
        verbs.follow(running)


TASKS = (
    up,
    down,
    clean,
    rebuild,
)
