"""With a stack that runs here: nothing that is meant for a cluster touches it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.sites import Site

pytestmark = pytest.mark.podman

FILES = {
    "config.yml": (
        "project_name: NAME\nimport: provider.yml\ndeployed_services: [web]\n"
        "framework: {services: {web: {path: services/web}}}\n"
    ),
    "services/docker-compose.yml.j2": "networks: {default: {}}\n",
    "services/web/docker-compose.yml.j2": (
        "services:\n  web: {image: 'IMAGE', stop_grace_period: 1s}\n"
    ),
    "tasks.py": "from container_manager.tasks import namespace\n",
}

SPELLINGS = (
    "kube up",
    "kube down",
    "kube-down",
    "kube_down",
    "kube.dwn",
    "kube:down",
    "kubedown",
    "kube.down down",
    "kube.plan down",
    "kube.up clean",
    "down kube.down",
    "down kube",
    "kube.down",
    "kube.up",
    "kube.down -d",
    "kube.down web",
    "kube.down --context nowhere",
    "kube.down --volumes --yes --context nowhere",
    "kube.rebuild",
    "kube.restart web",
    "kube.clean",
)


def test_no_spelling_of_a_command_on_a_cluster_touches_what_runs_here(
    tmp_path: Path,
    project_name: str,
    podman: Podman,
    sh_image: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = Site(tmp_path, project_name, podman, FILES, image=sh_image)
    site.run("up", "-d")
    before = site.ids()
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    for spelling in SPELLINGS:
        site.run(*spelling.split(), code=2)
        stock = subprocess.run(
            [sys.executable, "-m", "invoke", *spelling.split()],
            cwd=site.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert stock.returncode != 0, spelling
        assert site.ids() == before, spelling
    assert site.states() == {"web": "running"}
