"""The tasks for machines without internet."""

from __future__ import annotations

from typing import Any

from invoke import Context

from container_manager.careful import verb


@verb(
    examples={
        "bundle --output lab.tar": "the whole stack in one file",
        "bundle --service jupyter": "one service alone",
    },
    help={
        "output": "the file to write (default: PROJECT.bundle.tar)",
        "force": "replace a file that is there",
    },
)
def bundle(
    context: Context,
    output: str = "",
    config: str | None = None,
    service: Any = None,
    force: bool = False,
    json: bool = False,
) -> None:
    """Write the build, its images and this program into one file that needs no internet."""
    from container_manager import verbs
    from container_manager.option_values import archive_file
    from container_manager.report.bundling import show_bundle

    file = archive_file(output, "--output")
    bundled = verbs.bundle(config, output=file, service=service or (), force=force)
    show_bundle(bundled, json=json)


@verb(
    examples={
        "unbundle lab.tar --into /srv/lab": "on the machine without internet",
    },
    help={
        "file": "what 'bundle' wrote",
        "into": "a new folder (default: the project's name, here)",
        "sha256": "what 'bundle' printed; another file is refused then",
    },
)
def unbundle(
    context: Context, file: str = "", into: str = "", sha256: str = "", json: bool = False
) -> None:
    """Verify a bundle, load its images, and unpack its project into a new folder."""
    from container_manager import verbs
    from container_manager.errors import UsageError
    from container_manager.report.bundling import show_unbundled

    if not file:
        raise UsageError("'unbundle' needs the file that 'bundle' wrote: unbundle FILE")
    show_unbundled(verbs.unbundle(file, into=into or None, sha256=sha256), json=json)


TASKS = (bundle, unbundle)
