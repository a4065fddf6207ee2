"""What runs of the tests that were killed have left in Podman's store.

Podman looks at every image whenever it lists some, and the tests make it list some all the time: a
hundred images too many double what they take.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from container_manager.identity import PROJECT

if TYPE_CHECKING:
    from tests.integration.conftest import Podman

MAX_AGE = 2 * 60 * 60.0
"""Seconds: no run that may still go on is older."""

_ROUNDS = 20  # an image goes after those that were made from it


def remove(podman: Podman, prefix: str) -> None:
    """Remove old containers and images of tests, and of image builds that tests have broken off.

    Args:
        podman: whose store it is.
        prefix: what the names of tests' projects begin with.
    """
    containers = [
        one["Id"]
        for one in _listed(podman, "ps", "--all", "--external")
        if _is_old(one) and one["Names"][0].startswith((prefix, "cm-test-sh-working-container"))
    ]
    if containers:
        podman("rm", "--force", "--time=0", *containers, check=False)
    for _ in range(_ROUNDS):
        images = [
            one["Id"]
            for one in _listed(podman, "images", f"--filter=label={PROJECT}")
            if _is_old(one) and one["Labels"][PROJECT].startswith(prefix) and _is_left(one, prefix)
        ]
        if not images or not podman("rmi", "--force", *images, check=False).ok:
            return


def _listed(podman: Podman, *command: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads("\n".join(podman.lines(*command, "--format=json")))
    return found


def _is_old(one: dict[str, Any]) -> bool:
    return bool(time.time() - one["Created"] > MAX_AGE)


def _is_left(image: dict[str, Any], prefix: str) -> bool:
    """Whether it has no name, or a test's: others keep layers for the next run on purpose."""
    names = image.get("Names") or []
    return all(name.startswith(f"localhost/{prefix}") for name in names)
