"""``status`` on real containers: what it says is what Podman says, whatever happens to them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest
from tests.integration.conftest import Podman
from tests.integration.observed import DEADLINE, Lab, running_lab, until

pytestmark = pytest.mark.podman


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, podman: Podman, sh_image: str) -> Iterator[Lab]:
    """A stack that runs; its tests leave it running."""
    with running_lab(tmp_path_factory.mktemp("status"), podman, sh_image) as made:
        yield made


def test_what_runs_is_told_as_podman_has_it(lab: Lab, podman: Podman) -> None:
    def fresh() -> bool:
        row = lab.seen("web")
        return (row["health"], row["stale"]) == ("healthy", False)

    until(fresh)  # on a busy machine two seconds may pass between a check and its telling
    told = lab.status()
    rows = {one["service"]: one for one in told["containers"]}
    assert {name: row["state"] for name, row in rows.items()} == lab.states()
    assert rows["web"]["addresses"] == [f"http://127.0.0.1:{lab.port}"]
    assert rows["web"]["usage"]["memory"] > 0
    (image,) = podman.lines("inspect", "--format={{.Image}}", lab.container("web"))
    assert rows["web"]["digest"].startswith("sha256:")
    assert image
    assert (rows["job"]["exit_code"], rows["job"]["wrong"]) == (0, None)
    assert (told["healthy"], told["drift_known"], told["missing"]) == (True, True, [])
    assert lab.run("status").endswith("All 3 do what they should.\n")
    assert [row["service"] for row in lab.status()["containers"]] == ["flaky", "job", "web"]


def test_killed_stopped_and_paused_ones_do_not_do_what_they_should(
    lab: Lab, podman: Podman
) -> None:
    podman("kill", lab.container("web"))
    assert lab.rows(code=1)["web"]["wrong"] == "it ended with exit code 137"
    podman("start", lab.container("web"))
    until(lambda: lab.seen("web")["health"] == "healthy")
    podman("pause", lab.container("flaky"))
    assert lab.rows(code=1)["flaky"]["wrong"] == "it is paused"
    podman("unpause", lab.container("flaky"))
    lab.run("stop", "flaky")
    assert lab.rows(code=1)["flaky"]["state"] == "exited"
    lab.run("start", "flaky")
    assert lab.rows(code=0)["flaky"]["state"] == "running"


def test_one_that_ends_again_and_again_is_told(lab: Lab, podman: Podman) -> None:
    # The container may end before Podman has learnt how the command in it went.
    podman("exec", lab.container("flaky"), "touch", "/tmp/end", check=False)

    until(lambda: "again and again" in (lab.seen("flaky")["wrong"] or ""))
    assert lab.seen("flaky")["restarts"] >= 3
    podman("rm", "--force", "--time=0", lab.container("flaky"))
    told = lab.status(code=1)
    assert told["missing"] == ["flaky"]
    lab.run("up", "--detached")
    assert lab.status()["healthy"]


def test_old_health_is_checked_again_before_it_is_told(lab: Lab, podman: Podman) -> None:
    """Nobody runs health checks here meanwhile, as where there is no systemd."""
    podman("exec", lab.container("web"), "touch", "/tmp/sick")
    try:
        until(lambda: lab.seen("web")["health"] == "unhealthy")
        row = lab.rows(code=1)["web"]
        assert (row["wrong"], row["stale"]) == ("its health check fails", False)
    finally:
        podman("exec", lab.container("web"), "rm", "/tmp/sick")
    until(lambda: lab.seen("web")["health"] == "healthy")
    assert lab.status()["healthy"]


def test_what_the_configuration_says_now_is_compared_with_what_runs(lab: Lab) -> None:
    lab.configure("bonjour")
    try:
        told = lab.rows()
        assert told["web"]["drift"] == ["'environment.GREETING' changed"]
        assert told["flaky"]["drift"] == []
        assert "~ web: 'environment.GREETING' changed; 'up' applies it" in lab.run("status")
        shown = lab.run("status", "job")
        assert "job" in shown
        assert "GREETING" not in shown
        build = (lab.root / "build" / "services" / "web" / "docker-compose.yml").read_text()
        assert "bonjour" not in build
    finally:
        lab.configure("hello")
    assert lab.rows()["web"]["drift"] == []


def test_it_works_although_configuration_and_build_are_broken_or_gone(lab: Lab) -> None:
    (lab.root / "config.yml").write_text("project_name: [broken")
    (lab.root / "build").rename(lab.root / "elsewhere")
    try:
        told = lab.status()
        assert {one["service"] for one in told["containers"]} == {"web", "flaky", "job"}
        assert (told["healthy"], told["drift_known"]) == (True, False)
        assert "config.yml:1:15" in told["problems"][0]
        (lab.root / "config.yml").unlink()
        assert len(lab.status()["containers"]) == 3
    finally:
        (lab.root / "elsewhere").rename(lab.root / "build")
        lab.configure("hello")


def test_other_stacks_are_listed_apart(lab: Lab, podman: Podman, sh_image: str) -> None:
    name = f"cmt-{uuid.uuid4().hex[:10]}"
    label = f"--label=com.docker.compose.project={name}"
    try:
        podman("run", "--detach", f"--name={name}", label, sh_image)
        told = lab.status()
        (other,) = [one for one in told["others"] if one["project"] == name]
        assert other == {"project": name, "config": None, "containers": 1, "running": 1}
        assert all(name not in one["container"] for one in told["containers"])
    finally:
        podman("rm", "--force", "--time=0", name)


def test_watching_tells_each_change_and_ends_with_ctrl_c(lab: Lab, podman: Podman) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "container_manager", "status", "--watch", "--json"],
        cwd=lab.root, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["healthy"]
        podman("kill", lab.container("web"))
        while json.loads(process.stdout.readline())["healthy"]:
            pass
        podman("start", lab.container("web"))
        while not json.loads(process.stdout.readline())["healthy"]:
            pass
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=DEADLINE)
        assert process.returncode == 130
        assert "Traceback" not in said
    finally:
        process.kill()
        process.wait()
    until(lambda: lab.seen("web")["health"] == "healthy")
