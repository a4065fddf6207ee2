"""Data that ran under another name before: found beside a stack, copied, and never touched."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration import originals
from tests.integration.conftest import Podman
from tests.integration.program import run_here

pytestmark = pytest.mark.podman

WRITE = """
cd /data/db && echo measured > run1 && mkdir -m 750 deep && ln -s ../run1 deep/link
chown 7:8 run1 . && chmod 640 run1 && chmod 711 .
"""


class Lab:
    """A project of the original framework that is ours from now on.

    Args:
        root: its folder.
        name: its project's name.
        podman: what tells how things are.
        origin: the compose project that it was.
    """

    def __init__(self, root: Path, name: str, podman: Podman, origin: str) -> None:
        self.root, self.name, self._podman = root, name, podman
        self.origin = origin
        self.former = f"{origin}_{name}-data"
        self.volume = f"{name}_{name}-data"
        self.said = ""

    def run(self, *words: str, code: int = 0) -> str:
        """Run the program to its end; its standard output. ``said`` has the other, in one line."""
        ended = run_here(words, self.root)
        self.said = " ".join(ended.said.split())
        assert ended.code == code, ended.out + ended.said
        return ended.out

    def run_originally(self) -> None:
        """Let it run as it did, write data, and end it."""
        run_here(["config.yml"], self.root)
        originals.run_originally(self.root, "up", "-d", environ=self._podman.env)
        self._podman("exec", f"{self.name}-mongo", "sh", "-c", WRITE)
        originals.run_originally(self.root, "down", environ=self._podman.env)

    def left(self) -> Path:
        """Make the volume as podman-compose would have, with a file in it; its folder."""
        labels = ("io.podman.compose.project", "com.docker.compose.project")
        self._podman(
            *("volume", "create", *(f"--label={one}={self.origin}" for one in labels)), self.former
        )
        shown = self._podman("volume", "inspect", "--format={{.Mountpoint}}", self.former)
        folder = Path(shown.stdout.strip())
        (folder / "run1").write_text("measured\n", encoding="utf-8")
        return folder

    def exists(self, volume: str) -> bool:
        """Whether there is a volume."""
        return self._podman("volume", "exists", volume, check=False).ok

    def content(self, volume: str, folder: Path) -> str:
        """A digest of all that Podman gives of a volume."""
        file = folder / "exported.tar"
        self._podman("volume", "export", f"--output={file}", volume)
        return hashlib.sha256(file.read_bytes()).hexdigest()

    def inside(self, command: str) -> str:
        """What a command prints in the container that reads the data."""
        return self._podman("exec", f"{self.name}-web", "sh", "-c", command).stdout

    def containers(self) -> list[str]:
        """All containers named after the project."""
        named = f"--filter=name=^{self.name}"
        return self._podman.lines("ps", "--all", named, "--format={{.Names}}")

    def rows(self) -> dict[str, str]:
        """Former volume -> its state."""
        return {one["volume"]: one["state"] for one in json.loads(self.run("adopt", "--json"))}


@pytest.fixture
def make_lab(
    podman: Podman,
    project_name: str,
    sh_image: str,
    free_port: Callable[[], int],
    tmp_path: Path,
) -> Iterator[Callable[..., Lab]]:
    """Writes the flat project; what the original left goes afterwards."""

    def make(origin: str = "services") -> Lab:
        words = {"name": project_name, "image": sh_image, "port": str(free_port())}
        root = originals.write(tmp_path / project_name, originals.FLAT, **words)
        podman.introduce(root)
        return Lab(root, project_name, podman, origin)

    yield make
    podman.remove_all(project_name)  # or the volume would be in use
    podman("volume", "rm", f"services_{project_name}-data", check=False)


def test_what_the_original_left_is_found_and_copied(
    make_lab: Callable[..., Lab], tmp_path: Path
) -> None:
    lab = make_lab()
    lab.run_originally()
    before = lab.content(lab.former, tmp_path)

    lab.run("up", "-d", code=2)
    assert f"{lab.volume} would begin empty" in lab.said
    assert f"has left its data in {lab.former}" in lab.said
    assert "'adopt --copy' copies it" in lab.said
    assert "'adopt --ignore' begins with an empty one" in lab.said
    assert not lab.containers()
    assert not lab.exists(lab.volume)
    lab.run("plan")
    assert "would begin empty" in lab.said
    assert lab.rows() == {lab.former: "undecided"}

    assert json.loads(lab.run("adopt", "--copy", "--json")) == {"copied": [lab.volume]}
    lab.run("up", "-d")
    assert lab.inside("cat /data/deep/link") == "measured\n"
    shown = lab.inside("stat -c '%u:%g %a' /data /data/run1 /data/deep")
    assert shown.splitlines() == ["7:8 711", "7:8 640", "0:0 750"]
    assert lab.content(lab.former, tmp_path) == before
    assert lab.rows() == {lab.former: "decided"}

    lab.run("clean")  # saves and removes ours; the original stays, and nothing is asked again
    assert lab.content(lab.former, tmp_path) == before
    lab.run("up", "-d")
    assert lab.inside("ls /data") == ""


def test_a_volume_after_a_templates_own_name_is_copied_at_the_start(
    make_lab: Callable[..., Lab], project_name: str
) -> None:
    lab = make_lab(f"{project_name}-als")
    template = lab.root / "services/docker-compose.yml.j2"
    text = template.read_text(encoding="utf-8")
    template.write_text(f"name: {project_name}-als\n{text}", encoding="utf-8")
    lab.left()

    lab.run("up", "-d", "--copy-former")
    assert lab.inside("cat /data/run1") == "measured\n"
    assert lab.exists(lab.former)


def test_what_runs_yet_is_not_copied_and_beginning_anew_is_remembered(
    make_lab: Callable[..., Lab], podman: Podman, sh_image: str
) -> None:
    lab = make_lab()
    lab.left()
    old = f"{lab.name}-old"
    podman("run", "--detach", f"--name={old}", f"--volume={lab.former}:/data", sh_image)
    lab.run("adopt", "--copy", code=2)
    assert f"'podman stop {old}'" in lab.said
    assert not lab.exists(lab.volume)
    podman("rm", "--force", "--time=0", old)

    assert json.loads(lab.run("adopt", "--ignore", "--json")) == {"ignored": [lab.former]}
    assert lab.rows() == {lab.former: "decided"}
    lab.run("plan")
    assert "would begin empty" not in lab.said
    lab.run("adopt", "--copy", "--project", "services")  # it was no final word
    assert lab.exists(lab.volume)


def test_no_new_password_is_made_for_data_that_has_one(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab()
    config = lab.root / "config.yml"
    text = config.read_text(encoding="utf-8")
    credential = f"credentials: [{{name: MONGO_PASSWORD, volume: {lab.name}-data}}]"
    config.write_text(
        text.replace("    database: lab\n", f"    database: lab\n    {credential}\n"),
        encoding="utf-8",
    )
    lab.left()
    lab.run("up", "-d", code=2)
    assert f"has left its data in {lab.former}" in lab.said
    assert not (lab.root / ".env").exists()
    lab.run("adopt", "--copy")
    lab.run("up", "-d", code=2)
    assert "MONGO_PASSWORD is not set" in lab.said


def test_a_volume_of_a_fixed_name_is_used_and_can_be_claimed(
    make_lab: Callable[..., Lab], podman: Podman
) -> None:
    lab = make_lab()
    template = lab.root / "services/mongo/docker-compose.yml.j2"
    text = template.read_text(encoding="utf-8")
    fixed = f"{lab.name}-fixed"
    template.write_text(f"{text.rstrip()} {{name: {fixed}}}\n", encoding="utf-8")
    podman("volume", "create", "--label=com.docker.compose.project=services", fixed)

    lab.run("up", "-d", "--adopt")
    lab.run("backup")
    saved = json.loads(lab.run("backups", "--json"))
    assert [one["name"] for one in saved[0]["volumes"]] == [fixed]


def test_a_copy_that_was_killed_is_begun_anew(make_lab: Callable[..., Lab], tmp_path: Path) -> None:
    lab = make_lab()
    folder = lab.left()
    before = lab.content(lab.former, tmp_path)
    # A Podman that takes its time for the one step before which the volume is there, and empty.
    slow = tmp_path / "slow" / "podman"
    slow.parent.mkdir()
    slow.write_text(
        "#!/bin/sh\n"
        '[ "$1 $2" != "volume import" ] || exec sleep 30\n'
        f'exec {shutil.which("podman")} "$@"\n'
    )
    slow.chmod(0o755)

    copying = subprocess.Popen(
        [sys.executable, "-m", "container_manager", "adopt", "--copy"],
        cwd=lab.root,
        env={**os.environ, "PATH": f"{slow.parent}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    target = folder.parents[1] / lab.volume
    until = time.monotonic() + 60
    while not target.exists() and copying.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    os.killpg(copying.pid, signal.SIGKILL)
    copying.communicate()
    assert copying.returncode == -signal.SIGKILL

    lab.run("up", "-d", code=2)
    assert f"Copying {lab.former} to {lab.volume} was cut short" in lab.said
    assert lab.rows() == {lab.former: "cut short"}
    lab.run("adopt", "--copy")
    assert lab.content(lab.volume, tmp_path) == before == lab.content(lab.former, tmp_path)
    assert not list((lab.root / ".container-manager").glob("copying*"))
    assert lab.rows() == {lab.former: "decided"}
