"""What people should know once about the Podman that runs their stack."""

from __future__ import annotations

import os
import pwd

from container_manager.podman.host import PodmanHost
from container_manager.podman.remote import without_user
from container_manager.preflight.host import is_far
from container_manager.preflight.rootless import lingers


def whose_podman(host: PodmanHost) -> list[str]:
    """Sentences about a Podman that is not here, or ends with a login; empty where it is neither.

    Args:
        host: Podman, as it was found.
    """
    if host.remote:
        where = f" at {without_user(host.address)}" if host.address else ""
        said = f"Podman is called through a socket{where}: images, volumes and networks are there"
        return [
            f"{said}; folders of this machine cannot be mounted." if is_far(host) else f"{said}."
        ]
    if host.rootless and lingers(_user()) is False:
        return ["Containers end when you log out; 'loginctl enable-linger' lets them go on."]
    return []


def settings_of_ours(host: PodmanHost) -> list[str]:
    """Sentences about the settings that Podman gets from us, and why; empty where it gets none.

    Args:
        host: Podman, as it was found.
    """
    if not host.reasons:
        return []
    return [
        "Note: Podman gets some settings of ours here, without which it starts no container. "
        "Nothing has to be done; 'explain-podman' shows them.",
        *(f"Why: {reason}" for reason in host.reasons),
    ]


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
