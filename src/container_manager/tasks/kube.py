"""The tasks on a cluster: a collection, so that no spelling of one reaches the local stack."""

from __future__ import annotations

from typing import Any

from invoke import Collection, Context, Exit

from container_manager.careful import verb
from container_manager.option_values import seconds

_OVERLAY = "a folder of kubernetes/overlays that is laid over what is made"


def _dry_build(given: dict[str, Any]) -> None:
    from container_manager import verbs
    from container_manager.report.clusters import show_files

    show_files(
        verbs.preview_kube_build(given["config"], strict=given["strict"]), json=given["json"]
    )


@verb(
    examples={
        "kube.build": "write the manifests",
        "kube.build --strict": "fail where something is not carried over",
    },
    cluster=True,
    dry=_dry_build,
    help={"strict": "whatever of the compose files is not carried over is an error"},
)
def build(
    context_: Context, config: str | None = None, strict: bool = False, json: bool = False
) -> None:
    """Write the manifests of the stack into the build directory; no cluster is asked."""
    from container_manager import verbs
    from container_manager.report.clusters import show_manifests

    show_manifests(verbs.kube_build(config, strict=strict), json=json)


@verb(
    examples={
        "kube.plan --context lab": "what 'kube.up' would change there",
    },
    cluster=True,
    help={"check": "exit code 3 where anything would change", "overlay": _OVERLAY},
)
def plan(
    context_: Context,
    config: str | None = None,
    context: str | None = None,
    namespace: str | None = None,
    force_conflicts: bool = False,
    overlay: str = "",
    check: bool = False,
    json: bool = False,
) -> None:
    """Show what 'kube.up' would change in the cluster, which is asked, and do nothing.

    The exit code is 1 where the cluster would refuse anything.
    """
    from container_manager import verbs
    from container_manager.report.clusters import show_cluster_plan

    planned = verbs.kube_plan(
        config,
        context=context,
        namespace=namespace,
        force_conflicts=force_conflicts,
        overlay=overlay or None,
    )
    show_cluster_plan(planned, json=json)
    if planned.problems:
        raise Exit(code=1)
    if check and planned.pending:
        raise Exit(code=3)


def _dry_up(given: dict[str, Any]) -> None:
    from container_manager import verbs
    from container_manager.report.clusters import show_cluster_plan

    asked = {key: given[key] for key in ("context", "namespace", "force_conflicts")}
    asked["overlay"] = given["overlay"] or None
    show_cluster_plan(verbs.kube_plan(given["config"], **asked), json=given["json"])


@verb(
    examples={
        "kube.up --context lab --namespace demo": "apply, and wait until all is ready",
    },
    cluster=True,
    dry=_dry_up,
    help={"timeout": "seconds until all has to be ready (300)", "overlay": _OVERLAY},
)
def up(
    context_: Context,
    config: str | None = None,
    context: str | None = None,
    namespace: str | None = None,
    force_conflicts: bool = False,
    overlay: str = "",
    timeout: str = "",
    json: bool = False,
) -> None:
    """Apply the stack to the cluster, wait until all is ready, then remove what is dropped.

    Volumes are never removed. Where the cluster would refuse anything, nothing is changed.
    """
    from container_manager import verbs
    from container_manager.report.clusters import show_applied

    applied = verbs.kube_up(
        config,
        context=context,
        namespace=namespace,
        force_conflicts=force_conflicts,
        timeout=seconds(timeout),
        overlay=overlay or None,
    )
    show_applied(applied, json=json)


def _dry_down(given: dict[str, Any]) -> None:
    from container_manager import verbs
    from container_manager.report.clusters import show_removal

    asked = {key: given[key] for key in ("context", "namespace", "volumes")}
    show_removal(*verbs.preview_kube_down(given["config"], **asked), json=given["json"])


@verb(
    examples={
        "kube.down --context lab": "take it away; volumes stay",
    },
    cluster=True,
    dry=_dry_down,
    help={"volumes": "the volumes too, with their data: nothing saves it"},
)
def down(
    context_: Context,
    config: str | None = None,
    context: str | None = None,
    namespace: str | None = None,
    volumes: bool = False,
    yes: bool = False,
    json: bool = False,
) -> None:
    """Remove from the cluster what was applied; volumes stay."""
    from container_manager import verbs
    from container_manager.report.clusters import removal_confirmer, show_removal

    done = verbs.kube_down(
        config,
        context=context,
        namespace=namespace,
        volumes=volumes,
        confirm=removal_confirmer(yes=yes),
    )
    if json:
        show_removal(*done, json=True)


@verb(
    examples={
        "kube.images": "build, push and pin",
        "kube.images --archive images.tar": "for nodes that reach no registry",
    },
    cluster=True,
    help={"archive": "write them into this file instead, for nodes that reach no registry"},
)
def images(
    context_: Context, config: str | None = None, archive: str = "", json: bool = False
) -> None:
    """Build the images that are built here, push them, and pin them by their digests."""
    from container_manager import verbs
    from container_manager.option_values import archive_file
    from container_manager.report.clusters import show_delivered

    file = archive_file(archive, "--archive")
    show_delivered(verbs.kube_images(config, archive=file), json=json)


@verb(
    examples={
        "kube.status --context lab": "what the pods do",
        "kube.status --context lab --watch": "again every two seconds",
    },
    cluster=True,
    help={"watch": "look again every two seconds, until Ctrl-C"},
)
def status(
    context_: Context,
    config: str | None = None,
    context: str | None = None,
    namespace: str | None = None,
    watch: bool = False,
    json: bool = False,
) -> None:
    """Show what the pods really do; the exit code is 1 where one does not what it should."""
    from container_manager import verbs
    from container_manager.report.status import follow_status, show_status

    if watch:
        seen_again = verbs.watch_kube_status(config, context=context, namespace=namespace)
        follow_status(seen_again, json=json)
        return
    seen = verbs.kube_status(config, context=context, namespace=namespace)
    show_status(seen, json=json)
    if not seen.healthy:
        raise Exit(code=1)


collection = Collection("kube", build, plan, up, down, status, images)
