"""``doctor`` on this very machine: what it measures is so, and nothing of it stays."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import Podman

from container_manager import verbs
from container_manager.doctor.examining import diagnose
from container_manager.doctor.table import CHECKS
from container_manager.errors import PreconditionError
from container_manager.identity import private_folder
from container_manager.progress import PlainProgress

pytestmark = pytest.mark.podman

LABEL = "label=io.container-manager.doctor"


def command(*words: str) -> list[str]:
    program = "import sys; from container_manager.cli import run; run(sys.argv[1:])"
    return [sys.executable, "-c", program, "doctor", *words]


def traces(podman: Podman, process: int) -> list[str]:
    """What carries the label of a run of this process; others are at work at the same time."""
    containers = podman.lines("ps", "--all", f"--filter={LABEL}", "--format={{json .Labels}}")
    labels = [json.loads(line) for line in containers]
    for kind, listing in (
        ("network", ("network", "ls", "--format={{.Name}}")),
        ("image", ("images", "--quiet", "--no-trunc")),
    ):
        for name in podman.lines(*listing, f"--filter={LABEL}"):
            # Those of another run may be gone by now.
            shown = podman(kind, "inspect", name, "--format={{json .Labels}}", check=False)
            labels += [json.loads(shown.stdout)] if shown.ok else []
    tokens = {one["io.container-manager.doctor"] for one in labels if one}
    return sorted(token for token in tokens if token.split("-")[1] == str(process))


@pytest.fixture
def root(tmp_path: Path, sh_image: str, project_name: str) -> Iterator[Path]:
    """A project that could start."""
    service = tmp_path / "services" / "web"
    service.mkdir(parents=True)
    (tmp_path / "config.yml").write_text(
        f"project_name: {project_name}\ndeployed_services: [framework.web]\n"
        "framework: {services: {web: {path: services/web}}}\n"
    )
    (tmp_path / "services" / "docker-compose.yml.j2").write_text("services: {}\n")
    (service / "docker-compose.yml.j2").write_text(f"services: {{web: {{image: {sh_image}}}}}\n")
    yield tmp_path
    state = tmp_path / ".container-manager"
    assert sorted(path.name for path in state.iterdir()) == [".gitignore"]


def started(root: Path, *words: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(command(*words), cwd=root, stdout=pipe, stderr=pipe, text=True)


def examined(root: Path, podman: Podman) -> dict[str, Any]:
    """The findings by code of a whole run that is content, and leaves nothing."""
    process = started(root, "--json")
    out, err = process.communicate(timeout=240)
    answer = json.loads(out)
    findings = {one["code"]: one for check in answer["checks"] for one in check["findings"]}
    assert [one for one in findings.values() if one["level"] == "problem"] == []
    assert answer["ok"]
    assert process.returncode == 0, err
    assert traces(podman, process.pid) == []
    return findings


def test_what_is_measured_is_so_and_leaves_nothing(root: Path, podman: Podman) -> None:
    found = examined(root, podman)
    for measured in ("container", "names", "port", "limits", "folders", "clock-of-containers"):
        assert found[measured]["level"] == "ok", found[measured]
    # Podman leaves health checks to systemd, which is there or not.
    by_itself = "health" in found
    assert by_itself is Path("/run/systemd/private").exists()
    assert by_itself is not ("health-not-by-itself" in found)
    assert found["podman"]["facts"]["version"] == ".".join(map(str, podman.host.version))
    assert bool(podman.host.changes) is ("podman-settings" in found)
    assert found["start"]["level"] == "ok"
    provider = found["provider"]["facts"]
    assert (provider["base_of_relative_paths"], provider["shell_wins"]) == ("first", True)
    assert provider["exit_codes"]["failed_start"] == 125
    assert provider["exit_codes"]["missing_image"] == 125
    # Where the machine is too busy for its ten seconds, it is taken to wait for ever.
    hung = provider["exit_codes"]["failed_job"] is None
    assert provider["started_after_failed_job"] is not hung
    assert "'service_completed_successfully'" in found["provider-differs"]["message"]


def test_what_would_stop_a_start_is_told_all_at_once(
    root: Path, podman: Podman, free_port: Callable[[], int], sh_image: str
) -> None:
    """A port that somebody has, a registry that is not there, and a readable ``.env``."""
    nowhere = free_port()
    (root / ".env").write_text("A=1\n")
    (root / ".env").chmod(0o644)
    template = root / "services" / "web" / "docker-compose.yml.j2"
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        template.write_text(
            f"services:\n  web:\n    image: {sh_image}\n    ports:\n"
            f"      - 127.0.0.1:{port}:80\n  far: {{image: '127.0.0.1:{nowhere}/x:1'}}\n"
        )
        chosen = [one for one in CHECKS if one.name in ("start", "registries", "folders")]
        diagnosis = diagnose(root / "config.yml", PlainProgress(), checks=chosen)
    found = {one.code: one for each in diagnosis.outcomes for one in each.findings}
    assert diagnosis.exit_code == 1
    assert f"Port 127.0.0.1:{port}/tcp" in found["start-refused"].message
    assert "docker-compose.yml.j2:5" in found["start-refused"].message
    assert f"127.0.0.1:{nowhere}/x:1" in found["registry-silent"].message
    assert found["env-open"].remedy == f"chmod 600 {root}/.env"
    assert traces(podman, os.getpid()) == []


def test_up_refuses_a_full_disk_together_with_all_else(
    root: Path, podman: Podman, project_name: str, sh_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is as it is; what is changed is how much of it a start wants."""
    monkeypatch.setattr("container_manager.preflight.host.FLOOR", 1 << 60)
    template = root / "services" / "web" / "docker-compose.yml.j2"
    template.write_text(f"services: {{web: {{image: {sh_image}, volumes: ['/no/such:/x']}}}}\n")
    with pytest.raises(PreconditionError) as refused:
        verbs.up(root / "config.yml")
    full, missing = (problem.message for problem in refused.value.problems)
    assert re.match(r"Only [\d.]+ GiB free at /.+, where Podman keeps images", full)
    assert "/no/such" in missing
    label = f"--filter=label=com.docker.compose.project={project_name}"
    assert podman.lines("ps", "--all", "--quiet", label) == []
    shutil.rmtree(root / ".container-manager")  # what a build and a start keep is not doctor's
    private_folder(root / ".container-manager")


def test_breaking_off_leaves_nothing(root: Path, podman: Podman) -> None:
    process = started(root)
    while not traces(podman, process.pid):
        assert process.poll() is None, "it was faster than this test"
    os.kill(process.pid, signal.SIGINT)
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGINT)  # an impatient second one breaks off no clearing away
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "Traceback" not in out + err
    assert err.endswith("Interrupted: what was made to measure is removed.\n")
    assert traces(podman, process.pid) == []
