"""Every command as a function, for tasks, the program, and people's own scripts.

Each takes the path of a configuration (None: ``config.yml``, found upwards), says on stderr what it
does, returns what came of it, and raises a :class:`~container_manager.errors.ManagerError` whose
exit code tells how it failed. Each is imported when it is first asked for: a command needs few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from container_manager.lazy import imports

if TYPE_CHECKING:
    from container_manager.building import assets, build, builds, kernels, rollback
    from container_manager.bundling.making import bundle
    from container_manager.bundling.receiving import unbundle
    from container_manager.scaffold.verbs import new, update
    from container_manager.verbs.adopting import adopt, former_volumes, ignore_former
    from container_manager.verbs.around import (
        copy,
        images,
        link,
        logs,
        merged_stack,
        port,
        pull,
        top,
    )
    from container_manager.verbs.booting import (
        boot,
        boot_status,
        preview_boot,
        preview_unboot,
        unboot,
    )
    from container_manager.verbs.cluster_images import kube_images
    from container_manager.verbs.clusters import (
        kube_down,
        kube_plan,
        kube_status,
        kube_up,
        preview_kube_down,
        watch_kube_status,
    )
    from container_manager.verbs.daily import kill, pause, ps, restart, start, stop, unpause
    from container_manager.verbs.data import (
        backup,
        backups,
        preview_restore,
        refuse_damaged,
        restore,
    )
    from container_manager.verbs.editing import save_schema, schema
    from container_manager.verbs.exporting import export, kube_build, preview_kube_build
    from container_manager.verbs.inside import execute, run, shell
    from container_manager.verbs.linting import lint
    from container_manager.verbs.looking import explain, explain_service, services
    from container_manager.verbs.machine import base_image, doctor, explain_podman
    from container_manager.verbs.picturing import format_of, graph, save_graph
    from container_manager.verbs.planning import plan
    from container_manager.verbs.removing import (
        clean,
        clean_files,
        down,
        preview_clean,
        preview_down,
    )
    from container_manager.verbs.running import follow, preview_rebuild, rebuild, up
    from container_manager.verbs.seeing import observer, status, watch_status
    from container_manager.verbs.showing import dashboard
    from container_manager.verbs.watching import watch

__all__ = [
    "adopt",
    "assets",
    "backup",
    "backups",
    "base_image",
    "boot",
    "boot_status",
    "build",
    "builds",
    "bundle",
    "clean",
    "clean_files",
    "copy",
    "dashboard",
    "doctor",
    "down",
    "execute",
    "explain",
    "explain_podman",
    "explain_service",
    "export",
    "follow",
    "format_of",
    "former_volumes",
    "graph",
    "ignore_former",
    "images",
    "kernels",
    "kill",
    "kube_build",
    "kube_down",
    "kube_images",
    "kube_plan",
    "kube_status",
    "kube_up",
    "link",
    "lint",
    "logs",
    "merged_stack",
    "new",
    "observer",
    "pause",
    "plan",
    "port",
    "preview_boot",
    "preview_clean",
    "preview_down",
    "preview_kube_build",
    "preview_kube_down",
    "preview_rebuild",
    "preview_restore",
    "preview_unboot",
    "ps",
    "pull",
    "rebuild",
    "refuse_damaged",
    "restart",
    "restore",
    "rollback",
    "run",
    "save_graph",
    "save_schema",
    "schema",
    "services",
    "shell",
    "start",
    "status",
    "stop",
    "top",
    "unboot",
    "unbundle",
    "unpause",
    "up",
    "update",
    "watch",
    "watch_kube_status",
    "watch_status",
]

_PLACES = {
    "building": (
        "assets",
        "build",
        "builds",
        "kernels",
        "rollback",
    ),
    "bundling.making": ("bundle",),
    "bundling.receiving": ("unbundle",),
    "scaffold.verbs": (
        "new",
        "update",
    ),
    "verbs.adopting": ("adopt", "former_volumes", "ignore_former"),
    "verbs.around": (
        "copy",
        "images",
        "link",
        "logs",
        "merged_stack",
        "port",
        "pull",
        "top",
    ),
    "verbs.booting": (
        "boot",
        "boot_status",
        "preview_boot",
        "preview_unboot",
        "unboot",
    ),
    "verbs.cluster_images": ("kube_images",),
    "verbs.clusters": (
        "kube_down",
        "kube_plan",
        "kube_status",
        "kube_up",
        "preview_kube_down",
        "watch_kube_status",
    ),
    "verbs.daily": (
        "kill",
        "pause",
        "ps",
        "restart",
        "start",
        "stop",
        "unpause",
    ),
    "verbs.data": (
        "backup",
        "backups",
        "preview_restore",
        "refuse_damaged",
        "restore",
    ),
    "verbs.editing": ("save_schema", "schema"),
    "verbs.exporting": ("export", "kube_build", "preview_kube_build"),
    "verbs.inside": (
        "execute",
        "run",
        "shell",
    ),
    "verbs.linting": ("lint",),
    "verbs.looking": (
        "explain",
        "explain_service",
        "services",
    ),
    "verbs.machine": (
        "base_image",
        "doctor",
        "explain_podman",
    ),
    "verbs.picturing": ("format_of", "graph", "save_graph"),
    "verbs.planning": ("plan",),
    "verbs.removing": (
        "clean",
        "clean_files",
        "down",
        "preview_clean",
        "preview_down",
    ),
    "verbs.running": ("follow", "preview_rebuild", "rebuild", "up"),
    "verbs.seeing": ("observer", "status", "watch_status"),
    "verbs.showing": ("dashboard",),
    "verbs.watching": ("watch",),
}
__getattr__ = imports(__name__, _PLACES)


def __dir__() -> list[str]:
    """The verbs."""
    return sorted(__all__)
