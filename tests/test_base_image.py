"""The local base image: which packages, which files, and a container that runs on it."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest

from container_manager import base_image, debian_tree
from container_manager.config import images
from container_manager.debian_tree import Entry
from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.podman.host import connect
from container_manager.run import Finished, ProcessRunner


class Answers:
    """Says the same to every command, and remembers the commands."""

    def __init__(self, code: int = 0, stdout: str = "") -> None:
        self.code, self.stdout = code, stdout
        self.calls: list[tuple[str, ...]] = []

    def run(self, argv: Sequence[str], **_: object) -> Finished:
        self.calls.append(tuple(argv))
        return Finished(argv=tuple(argv), returncode=self.code, stdout=self.stdout, stderr="")


@pytest.fixture
def debian(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (images, base_image):
        monkeypatch.setattr(module, "debian_python", lambda: "python3.11")


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (images, base_image):
        monkeypatch.setattr(module, "debian_python", lambda: None)


@pytest.mark.usefixtures("debian")
def test_auto_is_the_local_image_on_debian() -> None:
    assert images.resolve_python("auto") == "localhost/container-manager-python:3.11"
    assert images.resolve_python("quay.io/x/y:1") == "quay.io/x/y:1"
    assert base_image.is_local("localhost/container-manager-python:3.11")


@pytest.mark.usefixtures("elsewhere")
def test_auto_is_the_pinned_image_elsewhere() -> None:
    assert images.resolve_python("auto") == images.PYTHON_FALLBACK
    with pytest.raises(PreconditionError, match=r"images\.python"):
        base_image.ensure(Answers(), "podman", {})


@pytest.mark.usefixtures("debian")
def test_an_image_that_is_there_is_not_built_again() -> None:
    runner, said = Answers(), list[str]()
    assert base_image.ensure(runner, "podman", {}, say=said.append) == images.resolve_python("auto")
    assert [call[1:3] for call in runner.calls] == [("image", "exists")]
    assert said == []


@pytest.mark.usefixtures("debian")
def test_a_missing_busybox_is_named() -> None:
    with pytest.raises(PreconditionError, match="apt-get install busybox-static"):
        base_image.ensure(Answers(), "podman", {}, rebuild=True, say=lambda _: None)


def test_packages_of_the_native_architecture_and_their_needs() -> None:
    listing = (
        "libc6:amd64\tlibc6\tinstalled\t, libgcc-s1 (>= 4)\n"
        "libc6:i386\tlibc6\tinstalled\t, \n"
        "libgcc-s1:amd64\tlibgcc-s1\tinstalled\t, \n"
        "python3.11\tpython3.11\tinstalled\tdpkg (>= 1.13), media-types | mime-support, libc6\n"
        "media-types\tmedia-types\tinstalled\t, \n"
        "libold\tlibold\tconfig-files\t, \n"
        "dpkg\tdpkg\tinstalled\t, tar\n"
    )
    found = debian_tree.closure(listing, ["python3.11", "libold", "missing"])
    assert found == ["libc6:amd64", "libgcc-s1:amd64", "media-types", "python3.11"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/bin/busybox", "usr/bin/busybox"),
        ("/usr/bin/python3.11", "usr/bin/python3.11"),
        ("/lib64/ld-linux-x86-64.so.2", "usr/lib64/ld-linux-x86-64.so.2"),
        ("/usr/share/man/man1/python3.1.gz", None),
        ("/usr/lib/python3.11/EXTERNALLY-MANAGED", None),
        ("/.", None),
    ],
)
def test_where_a_file_goes(path: str, expected: str | None) -> None:
    assert debian_tree.inside(path) == expected


def test_the_archive_is_the_same_every_time(tmp_path: Path) -> None:
    source = tmp_path / "tool"
    source.write_text("hello")
    source.chmod(0o4755)
    os.utime(source, (1_000_000, 1_000_000))
    entries = debian_tree.collect([str(source), str(tmp_path / "gone")], ["ls"], "python3.11")
    digests = set()
    for order in (entries, dict(reversed(entries.items()))):
        debian_tree.write(tmp_path / "out.tar", order)
        digests.add(hashlib.sha256((tmp_path / "out.tar").read_bytes()).hexdigest())
    assert len(digests) == 1
    with tarfile.open(tmp_path / "out.tar") as tar:
        members = {member.name: member for member in tar.getmembers()}
    tool = members[str(source)[1:]]
    assert (tool.mode, tool.mtime, tool.uid) == (0o755, 1_000_000, 0)
    assert members["tmp"].mode == 0o1777
    assert members["home/app"].uid == 1000
    assert members["usr/bin/ls"].linkname == "busybox"
    names = list(members)
    assert all(str(Path(name).parent) in (".", *names[:place]) for place, name in enumerate(names))


def test_an_unreadable_library_is_an_error_and_other_files_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib").mkdir()
    library, other = tmp_path / "lib/libx.so", tmp_path / "notes"
    for path in (library, other):
        path.write_text("")

    def refuse(self: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    assert str(other)[1:] not in debian_tree.collect([str(other)], [], "python3.11")
    with pytest.raises(PreconditionError, match="cannot be read: Permission denied"):
        debian_tree.collect([str(library)], [], "python3.11")


def test_entries_of_ours_need_no_host() -> None:
    entries = debian_tree.collect([], ["sh"], "python3.12")
    assert entries["usr/bin/python3"] == Entry(link="python3.12")
    assert b"app:x:1000:1000:" in (entries["etc/passwd"].content or b"")


@pytest.mark.podman
def test_python_runs_on_it_as_an_ordinary_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = ProcessRunner()
    host = connect(runner, tmp_path / "state", os.environ)
    env = host.environment(os.environ)
    # A name of its own: nothing that others are using is replaced.
    reference = f"localhost/cmt-{uuid.uuid4().hex[:10]}:test"
    monkeypatch.setattr(base_image, "local_python", lambda: reference)
    said: list[str] = []
    try:
        base_image.ensure(runner, host.executable, env, say=said.append)
        program = "import ssl, sqlite3, json, os; print(json.dumps([os.getuid(), os.getcwd()]))"
        argv = ("run", "--rm", "--network=none", "--user=app", "--workdir=/home/app", reference)
        answer = runner.run((host.executable, *argv, "python3", "-c", program), env=env)
        assert answer.ok, answer.stderr
        assert json.loads(answer.stdout) == [1000, "/home/app"]
        label = ("image", "inspect", "--format={{json .Labels}}", reference)
        assert json.loads(runner.run((host.executable, *label), env=env).stdout) == {
            "io.container-manager.base": "true"
        }
    finally:
        runner.run((host.executable, "image", "rm", "--force", reference), env=env)
    assert len(said) == 2


@pytest.mark.usefixtures("debian")
def test_a_program_that_fails_is_told_in_its_words() -> None:
    class NoPackages(Answers):
        def run(self, argv: Sequence[str], **_: object) -> Finished:
            return Finished(argv=tuple(argv), returncode=2, stdout="", stderr="database is locked")

    why = "'dpkg-query -W' failed:\ndatabase is locked"
    with pytest.raises(RuntimeFailure, match=why):
        base_image.ensure(NoPackages(), "podman", {})
