"""The invoke tasks: thin doors onto :mod:`container_manager.verbs`.

A project's own ``tasks.py`` needs one line: ``from container_manager.tasks import namespace``.
"""

from __future__ import annotations

from typing import Any

from invoke import Collection, Context, Exit

from container_manager.build_tasks import (
    assets,
    build,
    builds,
    kernels,
    plan,
    rollback,
    services,
)
from container_manager.careful import seconds, verb

_ACCEPT = "take the present credentials for those that open the volumes"


@verb(
    dry=True,
    help={
        "accept-credentials": _ACCEPT,
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
    as_built: bool = False,
    json: bool = False,
) -> None:
    """Build, start everything, and wait until it runs and is healthy.

    Without --detached the logs are followed then; Ctrl-C stops the stack.
    """
    from container_manager import verbs
    from container_manager.report import show_up

    running = verbs.up(
        config,
        service=service,
        timeout=seconds(timeout),
        adopt=adopt,
        attached=not detached,
        accept_credentials=accept_credentials,
        as_built=as_built,
    )
    show_up(running, json=json)
    if not detached:
        verbs.follow(running)


@verb()
def down(
    context: Context, config: str | None = None, adopt: bool = False, json: bool = False
) -> None:
    """Stop and remove containers and networks; volumes and images stay."""
    from container_manager import verbs
    from container_manager.report import show_removed

    show_removed(verbs.down(config, adopt=adopt), json=json)


@verb(
    help={
        "backup": "save volumes in backups/ first (the default)",
        "all-images": "remove base and pulled images too",
    }
)
def clean(
    context: Context,
    config: str | None = None,
    backup: bool = True,
    all_images: bool = False,
    adopt: bool = False,
    json: bool = False,
) -> None:
    """Save all volumes in backups/, then remove containers, networks, volumes and our images."""
    from container_manager import verbs
    from container_manager.report import show_removed

    outcome = verbs.clean(config, save=backup, all_images=all_images, adopt=adopt)
    show_removed(outcome, json=json)


@verb(
    dry=True,
    help={
        "volumes": "empty the volumes too, after saving them",
        "backup": "save volumes that --volumes empties (the default)",
        "accept-credentials": _ACCEPT,
    },
)
def rebuild(
    context: Context,
    config: str | None = None,
    detached: bool = False,
    volumes: bool = False,
    backup: bool = True,
    timeout: str = "",
    adopt: bool = False,
    accept_credentials: bool = False,
    json: bool = False,
) -> None:
    """Build all images afresh and start anew; volumes keep their data."""
    from container_manager import verbs
    from container_manager.report import show_up

    running = verbs.rebuild(
        config,
        volumes=volumes,
        save=backup,
        timeout=seconds(timeout),
        adopt=adopt,
        attached=not detached,
        accept_credentials=accept_credentials,
    )
    show_up(running, json=json)
    if not detached:
        verbs.follow(running)


@verb()
def backup(context: Context, config: str | None = None) -> None:
    """Save all volumes of the stopped stack in backups/, with checksums."""
    from container_manager import verbs

    print(verbs.backup(config))


@verb(
    help={
        "name": "the folder below backups/ (default: the newest)",
        "force": "overwrite volumes that hold data",
    },
)
def restore(
    context: Context, name: str = "", config: str | None = None, force: bool = False
) -> None:
    """Verify a backup and bring its volumes back; the stack is stopped."""
    from container_manager import verbs

    verbs.restore(config, name=name or None, force=force)


@verb(
    help={
        "name": "web, framework.web, applications.APPLICATION.web or services.web",
        "kind": "which kind of service: python, database, job …",
        "template": "a template that the configuration lists under 'templates'",
        "project": "make a project in this folder instead of a service",
    },
)
def new(
    context: Context,
    name: str = "",
    kind: str = "",
    template: str = "",
    data: Any = None,
    defaults: bool = False,
    project: str = "",
    config: str | None = None,
    json: bool = False,
) -> None:
    """Make a service that works at once, or with --project DIR a project, from a template."""
    from container_manager import verbs
    from container_manager.report import show_new

    made = verbs.new(
        config,
        name=name or None,
        kind=kind or None,
        template=template or None,
        data=data or (),
        defaults=defaults or json,
        project=project or None,
    )
    show_new(made, json=json)


@verb(
    help={
        "check": "only look: 0 nothing newer, 3 an update that fits, 1 one with conflicts",
        "template": "where the template is now, if it has moved",
    },
)
def update(
    context: Context,
    service: Any = None,
    check: bool = False,
    data: Any = None,
    defaults: bool = False,
    template: str = "",
    config: str | None = None,
    json: bool = False,
) -> None:
    """Bring what is new in the template into the project and its services; shows it first."""
    from container_manager import verbs
    from container_manager.scaffold.telling import show_json, show_outcome, show_preview

    seen = verbs.update(
        config,
        service=service or (),
        check=check,
        data=data or (),
        defaults=defaults or json,
        template=template or None,
        show=None if json else show_preview,
    )
    (show_json if json else show_outcome)(seen, check=check)
    if code := seen.exit_code(check=check):
        raise Exit(code=code)


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


namespace = Collection(
    "container_manager",
    services,
    build,
    plan,
    builds,
    rollback,
    kernels,
    assets,
    up,
    down,
    clean,
    rebuild,
    backup,
    restore,
    new,
    update,
    base_image,
    explain_podman,
)
