"""What goes wrong or changes while a stack runs: each verb, its exit code, and what Podman says.

Every scenario runs with both compose providers that there are, and ends in the same states and
the same exit codes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.providers import TWO_PROVIDERS
from tests.integration.sites import Site

pytestmark = [pytest.mark.podman, pytest.mark.parametrize("provider", TWO_PROVIDERS)]

CONFIG = """
import: provider.yml
project_name: NAME
deployed_services: [SERVICES]
framework:
  services:
    web: {path: services/web}
    db: {path: services/db, credentials: [{name: DB_PASSWORD, volume: data}]}
    sick: {path: services/sick, start_timeout: 6}
    renamed: {path: services/renamed}
"""
FILES = {
    "config.yml": CONFIG.replace("SERVICES", "web, db"),
    "services/docker-compose.yml.j2": "networks: {default: {}}\nvolumes: {data: {}}\n",
    "services/web/docker-compose.yml.j2": """
services:
  web:
    image: IMAGE
    stop_grace_period: 1s
    depends_on: [db]
    volumes: ["./web/page:/page:ro"]
""",
    "services/web/page": "first\n",
    "services/db/docker-compose.yml.j2": """
services:
  db:
    image: IMAGE
    stop_grace_period: 1s
    environment: {PASSWORD: "${DB_PASSWORD}"}
    volumes: ["data:/data"]
""",
    "services/sick/docker-compose.yml.j2": """
services:
  looping:
    image: IMAGE
    restart: always
    command: [sh, -c, "echo last words; exit 7"]
  unhealthy:
    image: IMAGE
    stop_grace_period: 1s
    healthcheck: {test: ["CMD", "sh", "-c", "echo no answer; false"], interval: 1s, retries: 2}
  follower:
    image: IMAGE
    stop_grace_period: 1s
    depends_on: {unhealthy: {condition: service_healthy}}
  fine:
    image: IMAGE
    stop_grace_period: 1s
""",
    "services/renamed/docker-compose.yml.j2": """
services:
  store:
    image: IMAGE
    stop_grace_period: 1s
    volumes: ["data:/data"]
""",
}
RUNNING = {"web": "running", "db": "running"}


@pytest.fixture
def site(tmp_path: Path, project_name: str, podman: Podman, sh_image: str, provider: str) -> Site:
    return Site(tmp_path, project_name, podman, FILES, image=sh_image, provider=provider)


def test_a_killed_paused_or_removed_container_comes_back(site: Site, podman: Podman) -> None:
    site.run("up", "-d")
    assert site.states() == RUNNING
    podman("kill", site.container("web"))
    assert site.changed_by("up", "-d") == set()
    assert site.states() == RUNNING

    podman("pause", site.container("db"))
    assert site.changed_by("up", "-d", "--service", "db") == set()
    assert site.states() == RUNNING

    podman("pause", site.container("db"))
    assert site.changed_by("restart", "--only") == set()
    assert site.states() == RUNNING

    podman("rm", "--force", "--time=0", site.container("db"))
    assert site.changed_by("up", "-d") == {"db"}, "who depends on it is left alone"
    assert site.states() == RUNNING

    podman("pause", site.container("web"))
    site.run("down")
    assert site.states() == {}
    assert site.volumes() == {f"{site.name}_data"}


def test_restart_applies_new_settings_and_restarts_the_rest(site: Site, podman: Podman) -> None:
    site.run("up", "-d")
    began = started(podman, site)
    site.write("services/web/page", "second\n")
    assert site.changed_by("restart") == {"web"}
    assert site.inside("web", "cat /page") == "second\n"
    assert started(podman, site)["db"] != began["db"]
    began = started(podman, site)
    site.write("services/web/page", "third\n")
    assert site.changed_by("restart", "--only", "--service", "web") == set()
    assert started(podman, site)["db"] == began["db"]
    assert started(podman, site)["web"] != began["web"]


def test_sick_services_fail_the_start_and_the_healthy_ones_go_on(site: Site) -> None:
    site.write("config.yml", CONFIG.replace("SERVICES", "sick").replace("NAME", site.name))
    site.run("up", "-d", code=1)
    assert "looping failed: it ends and is restarted again and again" in site.said
    assert "last exit code 7" in site.said
    assert "last words" in site.said
    assert "unhealthy failed: " in site.said
    assert "no answer" in site.said
    assert "follower was not started, because unhealthy failed" in site.said
    states = site.states()
    assert (states["fine"], states["unhealthy"]) == ("running", "running")
    assert states["follower"] == "created"
    # The same again, with nothing made anew; the plan knows that one was never started.
    site.run("plan", "--check", code=3)
    ids = site.ids()
    site.run("up", "-d", code=1)
    assert site.ids() == ids
    site.run("restart", "--only", "--timeout", "3", code=1)
    site.run("down")
    assert site.states() == {}


def test_a_renamed_service_takes_over_its_volume(site: Site) -> None:
    site.run("up", "-d")
    site.inside("db", "echo treasure > /data/file")
    site.edit("config.yml", "[web, db]", "[renamed]")
    assert site.changed_by("up", "-d") == {"web", "db", "store"}
    assert site.states() == {"store": "running"}
    assert site.inside("store", "cat /data/file") == "treasure\n"
    site.edit("config.yml", "[renamed]", "[]")
    site.run("up", "-d")
    assert site.states() == {}
    assert site.volumes() == {f"{site.name}_data"}


def test_verbs_that_need_no_configuration_work_without_a_build_or_a_valid_configuration(
    site: Site,
) -> None:
    site.run("up", "-d")
    shutil.rmtree(site.root / "build")
    site.run("restart", "--only", code=2)
    assert "build/services/web/page, which is not there any more" in site.said
    assert site.states() == RUNNING
    site.run("restart", "--only", "db")
    site.run("stop")
    assert set(site.states().values()) == {"exited"}
    site.run("start", "db")
    assert site.states() == {"web": "exited", "db": "running"}
    site.run("up", "-d")
    assert site.states() == RUNNING
    assert site.inside("web", "cat /page") == "first\n"

    site.write("config.yml", "project_name: [\n")
    ids = site.ids()
    for words in (("plan",), ("up", "-d"), ("rebuild", "-d"), ("restart",)):
        site.run(*words, code=2)
        assert "This is not valid YAML" in site.said
    assert (site.ids(), site.states()) == (ids, RUNNING)
    site.run("restart", "--only")
    site.run("stop", "web")
    assert site.states() == {"web": "exited", "db": "running"}
    site.run("ps")
    site.run("down")
    assert site.states() == {}
    site.run("clean")
    assert site.volumes() == set()
    assert list((site.root / "backups").glob("*/manifest.json"))


def test_what_is_killed_half_way_is_finished_by_the_next_up(
    site: Site, provider: str, podman: Podman
) -> None:
    names = [f"n{number}" for number in range(8)]
    text = "".join(f"  {n}:\n    image: IMAGE\n    stop_grace_period: 1s\n" for n in names)
    image = (site.root / "services/db/docker-compose.yml.j2").read_text().split("image: ")[1]
    text = text.replace("IMAGE", image.split()[0])
    site.write("services/renamed/docker-compose.yml.j2", f"services:\n{text}")
    site.edit("config.yml", "[web, db]", "[renamed]")
    program = "podman_compose" if provider == "podman-compose" else "docker-compose"

    process = site.start("up", "-d")
    killed = kill_child(process.pid, program, lambda: len(site.ids()) >= 2)
    _, said = process.communicate(timeout=120)
    if process.returncode == 1:  # it had made some containers, and not all
        assert killed
        assert "made no container for it" in said
    else:  # it had done its work a moment before
        assert process.returncode == 0, said
    site.run("up", "-d")
    assert site.states() == dict.fromkeys(names, "running")

    site.run("down")
    process = site.start("up", "-d")
    wait_until(lambda: len(site.ids()) >= 2 or process.poll() is not None)
    process.kill()
    process.communicate(timeout=60)
    site.run("up", "-d")
    assert site.states() == dict.fromkeys(names, "running")
    process = site.start("down")
    wait_until(lambda: len(site.states()) < len(names) or process.poll() is not None)
    process.kill()
    process.communicate(timeout=60)
    site.run("down")
    assert site.states() == {}


def test_a_lost_env_file_is_told_before_anything_changes(site: Site) -> None:
    site.run("up", "-d")
    (site.root / ".env").rename(site.root / "kept")
    ids = site.ids()
    for words in (("up", "-d"), ("restart",), ("rebuild", "-d")):
        site.run(*words, code=2)
        assert "DB_PASSWORD" in site.said
    site.run("plan")
    assert "'up' would refuse" in site.said
    assert (site.ids(), site.states()) == (ids, RUNNING)
    site.run("restart", "--only")
    (site.root / "kept").rename(site.root / ".env")
    assert site.changed_by("up", "-d") == set()


def test_one_service_is_rebuilt_and_what_it_waits_for_is_left_alone(site: Site) -> None:
    image = (site.root / "services/db/docker-compose.yml.j2").read_text().split("image: ")[1]
    site.write(
        "services/web/Dockerfile",
        f"FROM {image.split()[0]}\nRUN cat /proc/sys/kernel/random/uuid > /made\n",
    )
    site.edit("services/web/docker-compose.yml.j2", f"image: {image.split()[0]}", "build: ./web")
    site.run("up", "-d")
    made = site.inside("web", "cat /made")
    site.run("rebuild", "-d", "web", "--volumes", code=2)
    site.run("rebuild", "--dry", "--service", "web")
    assert site.changed_by("rebuild", "-d", "web") == {"web"}
    assert site.inside("web", "cat /made") != made
    assert site.states() == RUNNING


def test_data_survive_rebuild_and_clean_with_restore(site: Site, podman: Podman) -> None:
    site.run("up", "-d")
    site.inside("db", "cd /data; echo treasure > a; ln -s a b; mkdir e; chmod 600 a; chown 7:8 e")
    look = "cd /data; ls -lnR --full-time; cat a"
    before = site.inside("db", look)
    site.run("rebuild", "-d")
    assert site.inside("db", look) == before
    site.run("clean")
    assert site.volumes() == set()
    (backup,) = (site.root / "backups").iterdir()
    archive = next(backup.glob("*.tar"))
    content = archive.read_bytes()
    archive.write_bytes(content[:600] + bytes([content[600] ^ 1]) + content[601:])
    site.run("restore", code=1)
    assert "is damaged: its checksum differs" in site.said
    assert site.volumes() == set()
    archive.write_bytes(content)
    site.run("restore")
    site.run("up", "-d")
    assert site.inside("db", look) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")
def test_a_nearly_full_disk_is_told_while_all_still_runs(site: Site) -> None:
    site.run("up", "-d")
    site.inside("db", "head -c 400000 /dev/urandom > /data/file")
    backups = site.root / "backups"
    backups.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(backups)], check=True)
    try:
        ids = site.ids()
        for words in (("clean",), ("rebuild", "-d", "--volumes"), ("backup",)):
            site.run(*words, code=2)
            assert f"{backups} has room for 0 MiB" in site.said
        assert (site.ids(), site.states()) == (ids, RUNNING)
        assert list(backups.iterdir()) == []
        site.run("down")
    finally:
        subprocess.run(["umount", str(backups)], check=True)
    site.run("backup")
    site.run("clean")
    assert site.volumes() == set()


def started(podman: Podman, site: Site) -> dict[str, str]:
    """Compose service -> when its container was started last."""
    shown = "{{.State.StartedAt}}"
    return {
        name: podman("container", "inspect", container, f"--format={shown}").stdout
        for name, container in site.ids().items()
    }


def wait_until(holds: Callable[[], bool]) -> None:
    """Look again and again, for a minute at most."""
    end = time.monotonic() + 60
    while time.monotonic() < end and not holds():
        time.sleep(0.05)


def kill_child(parent: int, program: str, when: Callable[[], bool]) -> bool:
    """Kill a child of a process that runs a program, as soon as something holds."""
    wait_until(lambda: when() or not Path(f"/proc/{parent}").exists())
    killed = False
    for pid in children(parent):
        with contextlib.suppress(OSError):
            argv = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            if program in argv:
                os.kill(pid, signal.SIGKILL)
                killed = True
    return killed


def children(parent: int) -> Iterator[int]:
    """The processes that a process has started."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit():
                words = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                if int(words[1]) == parent:
                    yield int(entry.name)
