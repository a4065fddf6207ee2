"""The tasks on the build directory."""

from __future__ import annotations

from typing import Any

from invoke import Context, Exit

from container_manager.careful import verb
from container_manager.option_values import number_of


@verb(
    examples={
        "services": "what is deployed",
        "services --env prod --json": "in the environment 'prod', for a program",
    },
)
def services(context: Context, config: str | None = None, json: bool = False) -> None:
    """List the deployed services: family, template, ports, and where each is defined."""
    from container_manager import verbs
    from container_manager.report.building import show_services

    show_services(verbs.services(config), json=json)


@verb(
    examples={
        "build": "write what has changed below build/",
        "build jupyter": "the files of one service alone",
        "build --images": "the container images as well",
    },
    dry=True,
    help={"images": "build the container images too"},
)
def build(
    context: Context,
    config: str | None = None,
    service: Any = None,
    images: bool = False,
    json: bool = False,
) -> None:
    """Generate the build directory. It builds no images unless --images says so."""
    from container_manager import building
    from container_manager.report.building import show_build

    show_build(building.build(config, service=service, images=images), json=json)


@verb(
    examples={
        "plan": "what 'up' would change, and why",
        "plan --diff jupyter": "line by line, for one service",
        "plan --check": "for scripts: exit code 3 where something would change",
    },
    dry=True,
    help={
        "diff": "show what changes in each file",
        "check": "exit with 3 when anything would change",
        "files": "only the files of the build; Podman is not asked",
    },
)
def plan(
    context: Context,
    config: str | None = None,
    service: Any = None,
    diff: bool = False,
    check: bool = False,
    files: bool = False,
    json: bool = False,
) -> None:
    """Show what 'build' and 'up' would change, and which key or file is why. Nothing is done."""
    from container_manager import building

    redact = building.redactor(config) if diff else None
    if files:
        from container_manager.report.building import show_plan

        changes = building.plan(config, service=service).plan
        show_plan(changes, redact=redact, json=json)
        pending = bool(changes.pending)
    else:
        from container_manager import verbs
        from container_manager.report.planning import show_whole_plan

        planned = verbs.plan(config, service=service)
        show_whole_plan(planned, redact=redact, json=json)
        pending = planned.pending
    if check and pending:
        raise Exit(code=3)


@verb(
    examples={
        "builds": "the builds that can be brought back",
    },
)
def builds(context: Context, config: str | None = None, json: bool = False) -> None:
    """List the former builds that 'rollback' can bring back."""
    from container_manager import building
    from container_manager.report.building import show_builds

    show_builds(building.builds(config), json=json)


@verb(
    examples={
        "rollback": "the build before this one",
        "rollback --build 3": "a certain one; then: up --as-built",
    },
    help={"build": "its number in the list of 'builds' (default: the newest)"},
)
def rollback(
    context: Context, build: str = "", config: str | None = None, json: bool = False
) -> None:
    """Bring a former build back into the build directory; no container is touched."""
    from container_manager import building
    from container_manager.report.building import show_plan

    show_plan(building.rollback(config, number=number_of(build)).plan, json=json)


@verb(
    examples={
        "kernels jupyter": "after an edit of a kernel.json.j2",
    },
    dry=True,
)
def kernels(
    context: Context, config: str | None = None, service: Any = None, json: bool = False
) -> None:
    """Render the kernel specifications only."""
    from container_manager import building
    from container_manager.report.building import show_build

    show_build(building.kernels(config, service=service), json=json)


@verb(
    examples={
        "assets": "after an edit below src/",
    },
    dry=True,
)
def assets(
    context: Context, config: str | None = None, service: Any = None, json: bool = False
) -> None:
    """Copy src/ and the additional directories only."""
    from container_manager import building
    from container_manager.report.building import show_build

    show_build(building.assets(config, service=service), json=json)


@verb(
    examples={
        "export nomad": "by the export target 'nomad' of a plugin",
    },
    help={"target": "the export target of a plugin"},
)
def export(
    context: Context, config: str | None = None, target: str = "", json: bool = False
) -> None:
    """Write what a plugin's export target makes of the stack, below the build directory."""
    from container_manager import verbs
    from container_manager.report.building import show_exported

    show_exported(verbs.export(config, target=target), json=json)


TASKS = (services, build, export, plan, builds, rollback, kernels, assets)
