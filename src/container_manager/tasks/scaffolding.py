"""The tasks that make services and projects from templates, and keep up with them."""

from __future__ import annotations

from typing import Any

from invoke import Context, Exit

from container_manager.careful import verb


@verb(
    examples={
        "new counter --kind python": "a service in Python",
        "new": "ask for everything",
        "new --project lab --defaults": "a project in the folder 'lab'",
    },
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
    from container_manager.report.scaffolding import show_new

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
    examples={
        "update --check": "is there anything newer?",
        "update": "show it, ask, and bring it in",
        "update --service counter": "one service alone",
    },
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


TASKS = (
    new,
    update,
)
