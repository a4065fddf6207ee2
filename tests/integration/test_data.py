"""The data in volumes, through the command line: saved, removed, brought back, on real Podman."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import Podman

pytestmark = pytest.mark.podman

CONFIG = """
project_name: {name}
keep_backups: 2
deployed_services: [db, web]
framework:
  services:
    web: {{path: services/web}}
    db:
      path: services/db
      quiesce:
        before: [sh, -c, "echo locked >> /data/log; cp /data/log /data/seen"]
        after: [sh, -c, "echo unlocked >> /data/log"]
"""

LOOP = "trap 'exit 0' TERM; while :; do sleep 0.1; done"

WEB = """
services:
  web:
    image: {image}
    command: [sh, -c, "{loop}"]
    volumes: ["web_data:/data", "shared:/shared"]
    stop_grace_period: 1s
  other:
    image: {image}
    command: [sh, -c, "{loop}"]
    volumes: ["shared:/shared"]
    stop_grace_period: 1s
volumes: {{web_data: {{}}, shared: {{}}}}
"""

DB = """
services:
  db:
    image: {image}
    command: [sh, -c, "{loop}"]
    volumes: ["db_data:/data"]
    stop_grace_period: 1s
volumes: {{db_data: {{}}}}
"""

FILL = r"""
cd /data; echo precious > file; chown 1234:4321 file; chmod 4750 file; ln file hard
ln -s /no/where link; mkfifo pipe; mkdir -m 1777 empty; mkdir -p deep/er; echo x > 'deep/er/a "b"'
dd if=/dev/urandom of=random bs=1000 count=300 2>/dev/null; truncate -s 20M holes; echo end >> holes
touch -d '2001-02-03 04:05:06' file; chown 77:78 .; chmod 2770 .
"""

LIST = r"""
cd /data; stat -c '%a %u %g' .
find . -mindepth 1 -exec stat -c '%n %F %a %u %g %h %Y' {} + | sort
find . -type f -exec sha256sum {} + | sort; readlink link
"""


class Lab:
    """A project of three containers with three volumes, one of them shared by two."""

    def __init__(self, root: Path, name: str, image: str) -> None:
        self.root, self.name, self.image = root, name, image
        self.env = dict(os.environ)
        for service, template in (("web", WEB), ("db", DB)):
            (root / "services" / service).mkdir(parents=True)
            text = template.format(image=image, loop=LOOP)
            (root / "services" / service / "docker-compose.yml.j2").write_text(text)
        (root / "services/docker-compose.yml.j2").write_text("networks: {default: {}}\n")
        self.configure()

    def configure(self) -> None:
        (self.root / "config.yml").write_text(CONFIG.format(name=self.name))

    def argv(self, *words: str) -> list[str]:
        program = "from container_manager.cli import run; run()"
        return [sys.executable, "-c", program, *words]

    def run(self, *words: str, code: int = 0) -> tuple[str, str]:
        """Run the program; what it said on stdout and on stderr."""
        done = subprocess.run(
            self.argv(*words), cwd=self.root, env=self.env, capture_output=True, text=True,
            timeout=180, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout, done.stderr

    def volumes(self, podman: Podman) -> set[str]:
        found = podman.lines("volume", "ls", "-q", f"--filter=name=^{self.name}_")
        return {one.removeprefix(f"{self.name}_") for one in found}

    def inside(self, podman: Podman, volume: str, script: str) -> str:
        """What a script prints in a container of its own that mounts a volume at /data."""
        mount = f"--volume={self.name}_{volume}:/data"
        return podman("run", "--rm", mount, self.image, "sh", "-ec", script).stdout

    def states(self, podman: Podman) -> list[str]:
        """Every container of the project, as ``NAME STATE STARTED``."""
        label = f"--filter=label=com.docker.compose.project={self.name}"
        found = json.loads("\n".join(podman.lines("ps", "-a", "--format=json", label)) or "[]")
        return sorted(f"{one['Names'][0]} {one['State']} {one['StartedAt']}" for one in found)


@pytest.fixture
def lab(tmp_path: Path, project_name: str, sh_image: str, podman: Podman) -> Iterator[Lab]:
    root = tmp_path / "lab"
    root.mkdir()
    podman.introduce(root)
    yield Lab(root, project_name, sh_image)
    shutil.rmtree(root / "backups", ignore_errors=True)


def typed(lab: Lab, text: str, *words: str) -> tuple[int, str]:
    """Run the program on a terminal; type a line at its question, or Ctrl-C where it is empty.

    Returns:
        The exit code, and what it said.
    """
    main, side = pty.openpty()
    with subprocess.Popen(
        lab.argv(*words), cwd=lab.root, env=lab.env, stdin=side, stdout=side, stderr=side
    ) as process:
        os.close(side)
        said, answered, asked = b"", False, 0.0
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            ready, _, _ = select.select([main], [], [], 1)
            try:
                said += os.read(main, 65536) if ready else b""
            except OSError:
                break  # nobody has the other end any more
            is_asking = b"[y/N] " in said or b"type the" in said
            if is_asking and text and not answered:
                answered = bool(os.write(main, text.encode()))
            elif is_asking and not text and time.monotonic() - asked > 20:
                # Again after a while, as people do: one that comes a moment before the program
                # waits for its answer is only seen with the next key.
                answered, asked = True, time.monotonic()
                process.send_signal(signal.SIGINT)
        code = process.wait(timeout=60)
    os.close(main)
    assert answered, said
    return code, said.decode()


def test_what_is_saved_while_all_runs_comes_back_as_it_was(lab: Lab, podman: Podman) -> None:
    lab.run("up", "-d")
    lab.inside(podman, "web_data", FILL)
    before = lab.inside(podman, "web_data", LIST)
    running = lab.states(podman)

    said, told = lab.run("backup", "--json")
    made = json.loads(said)
    folder = Path(made["backup"])
    owners = {one["name"].removeprefix(f"{lab.name}_"): one["services"] for one in made["volumes"]}
    assert owners == {
        "db_data": ["framework.db"], "shared": ["framework.web"], "web_data": ["framework.web"],
    }  # fmt: skip
    # The one that quiesces itself was not paused, and all run as before.
    assert "Quiescing db" in told
    assert "Pausing other, web" in told or "Pausing web, other" in told
    assert lab.states(podman) == running
    assert {one.split()[1] for one in running} == {"running"}
    assert lab.inside(podman, "db_data", "cat /data/log") == "locked\nunlocked\n"
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, check=True)

    # A rebuild leaves all as it is; with --volumes, everything begins anew.
    lab.run("rebuild", "-d")
    assert lab.inside(podman, "web_data", LIST) == before
    _, told = lab.run("restore", folder.name, code=2)
    assert "while containers are there" in told
    _, told = lab.run("rebuild", "-d", "--volumes")
    assert f"{lab.name}_web_data (" in told
    assert "is emptied, saved in " in told
    assert lab.inside(podman, "web_data", "ls /data") == ""
    lab.run("clean", "--no-backup")
    assert lab.volumes(podman) == set()

    # Some services' volumes alone; then what is there is not overwritten without being told.
    said, _ = lab.run("restore", folder.name, "--service", "db", "--json")
    assert json.loads(said)["restored"] == [f"{lab.name}_db_data"]
    # The copy was made between the two commands.
    assert lab.inside(podman, "db_data", "cat /data/log /data/seen") == "locked\nlocked\n"
    _, told = lab.run("restore", folder.name, code=2)
    assert f"The volume {lab.name}_db_data holds data." in told
    assert lab.volumes(podman) == {"db_data"}
    said, told = lab.run("restore", folder.name, "--force", "--json")
    assert json.loads(said)["replaced"] == [f"{lab.name}_db_data"]
    saved = Path(json.loads(said)["saved"])
    assert lab.inside(podman, "web_data", LIST) == before

    # What a command saved by itself is told from what was asked for.
    rows = {one["name"]: one for one in json.loads(lab.run("backups", "--json")[0])}
    assert (rows[saved.name]["automatic"], rows[saved.name]["made_by"]) == (True, "restore")
    assert rows[folder.name]["automatic"] is False
    assert lab.run("backups")[0].count("verified when it was made") == len(rows)
    assert lab.run("backups", "--verify")[0].count(" verified") == len(rows)

    # One flipped byte is refused, and nothing is touched.
    archive = folder / f"{lab.name}_web_data.tar"
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    archive.write_bytes(content)
    _, told = lab.run("restore", folder.name, "--force", code=1)
    assert f"{archive} is damaged: its checksum differs." in told
    assert lab.inside(podman, "web_data", LIST) == before
    assert "is damaged" in lab.run("backups", "--verify", code=1)[0]
    lab.run("up", "-d")
    lab.run("down")


def test_previews_and_questions_before_data_go(lab: Lab, podman: Podman) -> None:
    lab.run("up", "-d")
    running = lab.states(podman)
    for verb in ("down", "clean", "rebuild"):
        said, _ = lab.run("--dry", verb)
        assert f"{lab.name}_web_1" in said
        assert ("goes, saved in" in said) is (verb == "clean")
    said, _ = lab.run("--dry", "clean", "--no-backup", "--json")
    volumes = json.loads(said)["volumes"]
    assert [(one["name"], one["saved"]) for one in volumes] == [
        (f"{lab.name}_{name}", False) for name in ("db_data", "shared", "web_data")
    ]
    assert lab.states(podman) == running

    code, said = typed(lab, "n\n", "clean")
    assert (code, "Declined: nothing was removed" in said) == (2, True)
    code, said = typed(lab, "y\n", "clean", "--no-backup")
    assert (code, "NOT SAVED" in said, "Declined" in said) == (2, True, True)
    code, said = typed(lab, "", "rebuild", "--volumes")
    assert (code, "no container was touched" in said) == (130, True)
    assert lab.states(podman) == running

    code, said = typed(lab, f"{lab.name}\n", "clean", "--no-backup")
    assert (code, lab.volumes(podman)) == (0, set())
    assert lab.run("backups")[0] == "There is no backup.\n"


def test_without_a_configuration_all_is_found_by_its_labels(lab: Lab, podman: Podman) -> None:
    lab.run("up", "-d")
    lab.inside(podman, "web_data", "echo precious > /data/file")
    (lab.root / "config.yml").unlink()
    shutil.rmtree(lab.root / "build")
    _, told = lab.run("backup")
    assert f"Going on with what was started before: {lab.name}." in told
    assert {one.split()[1] for one in lab.states(podman)} == {"running"}
    _, told = lab.run("rebuild", "-d", code=2)
    assert "There is no config.yml" in told
    _, told = lab.run("clean")
    assert lab.volumes(podman) == set()
    lab.run("restore")
    assert lab.inside(podman, "web_data", "cat /data/file") == "precious\n"
    said, _ = lab.run("backups", "--json")
    assert [one["made_by"] for one in json.loads(said)] == ["backup", "clean"]
    lab.run("clean", "--no-backup")


def slow_podman(lab: Lab, folder: Path, pattern: str) -> Path:
    """Put a Podman first in PATH that waits before some command; the file that says it does."""
    real, flag = shutil.which("podman"), folder / "waiting"
    folder.mkdir(exist_ok=True)
    (folder / "podman").write_text(
        f'#!/bin/sh\ncase "$*" in {pattern}) touch {flag}; sleep 60;; esac\nexec {real} "$@"\n'
    )
    (folder / "podman").chmod(0o755)
    lab.env["PATH"] = f"{folder}:{os.environ['PATH']}"
    flag.unlink(missing_ok=True)
    return flag


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_nothing_is_held_still_after_a_backup_that_was_ended(
    lab: Lab, podman: Podman, tmp_path: Path
) -> None:
    lab.run("up", "-d")
    note, log = lab.root / ".container-manager/stilled.json", "cat /data/log"
    for sign, volume in (("KILL", "web_data"), ("KILL", "db_data"), ("TERM", "web_data")):
        flag = slow_podman(lab, tmp_path / "bin", f"volume\\ export*{volume}")
        with subprocess.Popen(
            lab.argv("backup"), cwd=lab.root, env=lab.env, stderr=subprocess.DEVNULL
        ) as process:
            wait_for(flag.exists)
            paused = [one for one in lab.states(podman) if " paused " in one]
            assert len(paused) == (2 if volume == "web_data" else 0)
            process.send_signal(getattr(signal, f"SIG{sign}"))
        lab.env["PATH"] = os.environ["PATH"]
        if sign == "TERM":
            assert process.returncode == 130
        else:
            assert note.exists()
            _, told = lab.run("backup", "--service", "web")
            assert "A backup that was ended half-way had left this: " in told
            what = "unpaused " if volume == "web_data" else "ran 'podman exec "
            assert what in told
        assert {one.split()[1] for one in lab.states(podman)} == {"running"}
        lines = lab.inside(podman, "db_data", log).split()
        assert lines.count("locked") == lines.count("unlocked")
        assert not note.exists()
    assert len(list((lab.root / "backups").iterdir())) == 2
    lab.run("clean", "--no-backup")
