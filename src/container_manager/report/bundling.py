"""What people and programs see of bundles."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any

from container_manager.errors import display_path
from container_manager.places import CONFIG_NAME
from container_manager.report import print_json
from container_manager.report.removing import size_text

if TYPE_CHECKING:
    from container_manager.bundling.making import Bundled
    from container_manager.bundling.manifest import Manifest
    from container_manager.bundling.receiving import Unbundled


def show_bundle(bundled: Bundled, *, json: bool) -> None:
    """A bundle that was written."""
    manifest = bundled.manifest
    if json:
        print_json(
            {
                "bundle": str(bundled.file),
                "size": bundled.size,
                "sha256": bundled.sha256,
                **_told(manifest),
            }
        )
        return
    print(f"{bundled.sha256}  {display_path(bundled.file)}")
    print(
        f"It has {size_text(bundled.size)}, with {_images(manifest)} for "
        f"{manifest.architecture}. Send the number above another way than the file; where it "
        "goes, INSTALL.txt in it says what to do.",
        file=sys.stderr,
    )


def show_unbundled(unbundled: Unbundled, *, json: bool) -> None:
    """A project that was unpacked, and what to do next."""
    manifest = unbundled.manifest
    if json:
        print_json(
            {
                "folder": str(unbundled.folder),
                "replaced": list(unbundled.replaced),
                "next": next_command(manifest),
                **_told(manifest),
            }
        )
        return
    print(display_path(unbundled.folder))
    lines = [f"Verified and loaded: {_images(manifest)}."]
    if unbundled.replaced:
        lines.append(f"These were other images here: {', '.join(unbundled.replaced)}.")
    if manifest.variables:
        lines.append(
            f"The project's .env stayed where it was made. It set: {', '.join(manifest.variables)}."
            " 'up' generates the credentials of services; write what else is needed into a .env."
        )
    lines.append(
        f"Next: cd {shlex.quote(display_path(unbundled.folder))} && container-manager "
        f"{shlex.join(next_command(manifest))}"
    )
    print("\n".join(lines), file=sys.stderr)


def next_command(manifest: Manifest) -> list[str]:
    """What starts the project as it was built."""
    config = [] if manifest.config == CONFIG_NAME else ["--config", manifest.config]
    return ["up", "--detached", "--as-built", *config, *manifest.services]


def _told(manifest: Manifest) -> dict[str, Any]:
    return {
        "project": manifest.project,
        "architecture": manifest.architecture,
        "made_with": dict(manifest.made_with),
        "variables": list(manifest.variables),
        "images": [
            {"reference": one.reference, "id": one.id, "digests": list(one.digests)}
            for one in manifest.images
        ],
    }


def _images(manifest: Manifest) -> str:
    count = len(manifest.images)
    return f"{count} image{'' if count == 1 else 's'}"
