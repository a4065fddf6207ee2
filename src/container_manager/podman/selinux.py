"""Whether SELinux keeps containers from the files of this machine."""

from __future__ import annotations

from pathlib import Path

from container_manager.podman.host import PodmanHost

ENFORCE = Path("/sys/fs/selinux/enforce")
"""1 where the kernel refuses, 0 where it logs alone; absent without SELinux."""


def enforcing() -> bool:
    """Whether the kernel refuses what SELinux forbids."""
    try:
        return ENFORCE.read_text(encoding="ascii").strip() == "1"
    except (OSError, UnicodeDecodeError):
        return False


def confines(host: PodmanHost) -> bool:
    """Whether containers of this Podman need labels on what they mount.

    Those of a Podman on another machine see other files, and a virtual machine's shared folders
    have a label of their own.
    """
    return host.selinux and not host.remote and enforcing()
