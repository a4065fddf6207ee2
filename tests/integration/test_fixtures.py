"""The fixtures themselves: other tests lean on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.podman


def test_the_shell_image_runs_and_stops_at_once(
    podman: Any, sh_image: str, project_name: str
) -> None:
    podman("run", "--detach", f"--name={project_name}-a", sh_image)
    podman("stop", "--time=60", f"{project_name}-a")
    assert podman("inspect", "--format={{.State.ExitCode}}", f"{project_name}-a").stdout == "0\n"
    assert podman("run", "--rm", sh_image, "sh", "-c", "echo $((6*7))").stdout == "42\n"


def test_what_is_named_after_a_project_is_removed(
    podman: Any, sh_image: str, project_name: str
) -> None:
    name = project_name
    podman("volume", "create", f"{name}_data")
    podman("network", "create", f"{name}_default")
    podman("secret", "create", f"{name}_key", "-", stdin=b"value")
    podman("run", "--detach", f"--name={name}-a", f"--network={name}_default", sh_image)
    podman("tag", sh_image, f"localhost/{name}_a")
    podman.remove_all(name)
    left = [
        *podman.lines("ps", "--all", "--format={{.Names}}"),
        *podman.lines("volume", "ls", "--format={{.Name}}"),
        *podman.lines("network", "ls", "--format={{.Name}}"),
        *podman.lines("secret", "ls", "--format={{.Name}}"),
        *podman.lines("images", "--format={{.Repository}}"),
    ]
    assert not [each for each in left if name in each]
    assert podman("image", "exists", sh_image, check=False).ok


def test_ports_are_given_once(free_port: Callable[[], int]) -> None:
    assert len({free_port() for _ in range(20)}) == 20
