"""An ordinary user of this machine, made for a test: a home, ids, a Python, and no rights."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import container_manager

TUN = Path("/dev/net/tun")
DISTRIBUTION = "container-manager"
_LEFT_OUT = ("test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "site-packages")
_STORAGE = '[storage]\ndriver = "overlay"\n'


class OrdinaryUser:
    """Runs programs as a user who is nobody special.

    Args:
        name: the user's name; it exists.
    """

    def __init__(self, name: str) -> None:
        entry = pwd.getpwnam(name)
        self.name, self.uid, self.gid = name, entry.pw_uid, entry.pw_gid
        self.home = Path(entry.pw_dir)
        for folder in ("run", "tmp"):  # what logind and the system give
            self.own(self.home / folder, 0o700)
        # Without it, Podman 4 stores images with vfs, since it looks for a helper first.
        self.write(".config/containers/storage.conf", _STORAGE)
        self._python, self.environ = self._find_python()

    def own(self, folder: Path, mode: int = 0o755) -> None:
        """Make a folder of the user's."""
        for each in reversed([folder, *folder.parents]):
            if not each.exists():
                each.mkdir()
                os.chown(each, self.uid, self.gid)
        folder.chmod(mode)

    def write(self, path: str, text: str) -> Path:
        """Write a file below the home."""
        file = self.home / path
        self.own(file.parent)
        file.write_text(text, encoding="utf-8")
        os.chown(file, self.uid, self.gid)
        return file

    def run(
        self,
        *argv: str,
        cwd: Path | None = None,
        environ: Mapping[str, str] | None = None,
        timeout: float = 240,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end."""
        return subprocess.run(
            argv,
            cwd=cwd or self.home,
            env={**self.environ, **(environ or {})},
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def manager(
        self,
        cwd: Path,
        *argv: str,
        code: int = 0,
        environ: Mapping[str, str] | None = None,
    ) -> str:
        """Run our program; all that it said."""
        command = (*self._python, "-m", "container_manager", *argv)
        done = self.run(*command, cwd=cwd, environ=environ)
        said = done.stdout + done.stderr
        assert done.returncode == code, f"{argv}: {said}"
        assert "Traceback" not in said
        return said

    def podman(self, *argv: str) -> str:
        """What the user's own Podman prints."""
        done = self.run("podman", *argv, timeout=120)
        assert done.returncode == 0, f"podman {argv}: {done.stderr}"
        return done.stdout

    def _find_python(self) -> tuple[tuple[str, ...], dict[str, str]]:
        """A Python that the user may read, with all that our program imports."""
        packages = self.home / "packages"
        _copy_packages(packages)
        environ = {
            "HOME": str(self.home),
            "USER": self.name,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "TMPDIR": str(self.home / "tmp"),
            "XDG_RUNTIME_DIR": str(self.home / "run"),
            "PYTHONPATH": str(packages),
            "LANG": "C.UTF-8",
        }
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        base = Path(sys.base_prefix)
        python = base / "bin" / version
        if not _is_open(python.resolve()):
            python = _copy_python(base, version, self.home / "python")
            environ["LD_LIBRARY_PATH"] = str(self.home / "python/lib")
        return (str(python),), environ


def _is_open(file: Path) -> bool:
    """Whether everybody may read a file, and enter all folders above it."""
    return all(one.stat().st_mode & stat.S_IXOTH for one in (file, *file.parents))


def _copy_python(base: Path, version: str, target: Path) -> Path:
    (target / "bin").mkdir(parents=True)
    ignored = shutil.ignore_patterns(*_LEFT_OUT, "config-*")
    shutil.copytree(base / "lib" / version, target / "lib" / version, ignore=ignored)
    for library in (base / "lib").glob("libpython*.so*"):
        shutil.copy2(library, target / "lib")
    return Path(shutil.copy2(base / "bin" / version, target / "bin" / version))


def _copy_packages(target: Path) -> None:
    """Our package, and the distributions that it needs, as they are installed here."""
    shutil.copytree(Path(container_manager.__file__).parent, target / "container_manager")
    for name in _needed(DISTRIBUTION):
        for file in importlib.metadata.files(name) or ():
            source = Path(str(file.locate()))
            ours = name == DISTRIBUTION and ".dist-info" not in str(file)
            if ".." not in file.parts and source.is_file() and not ours:
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target / file)


def _needed(name: str) -> list[str]:
    """A distribution and all that it requires here."""
    found: list[str] = []
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            wanted = map(Requirement, importlib.metadata.requires(one) or ())
            found.append(one)
            waiting += [
                r.name for r in wanted if r.marker is None or r.marker.evaluate({"extra": ""})
            ]
    return found


@contextlib.contextmanager
def ordinary_user() -> Iterator[OrdinaryUser]:
    """A user for a test; afterwards it is gone, with its processes and all that it made."""
    if os.geteuid() != 0:
        pytest.fail("This test makes a user: run it as root.", pytrace=False)
    name = f"cmt{uuid.uuid4().hex[:8]}"
    subprocess.run(["useradd", "--create-home", "--shell", "/bin/sh", name], check=True)
    try:
        TUN.chmod(0o666)  # as distributions have it; it stays, since other tests may run meanwhile
        yield OrdinaryUser(name)
    finally:
        _end_all(_ids_of(name))
        subprocess.run(["userdel", name], check=True)
        shutil.rmtree(f"/home/{name}")


def _ids_of(name: str) -> Sequence[range]:
    uid = pwd.getpwnam(name).pw_uid
    rows = [line.split(":") for line in Path("/etc/subuid").read_text(encoding="utf-8").split()]
    return [
        range(uid, uid + 1),
        *(range(int(row[1]), int(row[1]) + int(row[2])) for row in rows if row[0] == name),
    ]


def _end_all(ids: Sequence[range]) -> None:
    """End the processes of some user ids, which nobody but the test has started."""
    for _ in range(50):
        running = [
            int(folder.name)
            for folder in Path("/proc").iterdir()
            if folder.name.isdecimal() and _belongs(folder, ids)
        ]
        if not running:
            return
        for number in running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        time.sleep(0.1)


def _belongs(process: Path, ids: Sequence[range]) -> bool:
    try:
        owner = process.stat().st_uid
        ended = (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False
    return not ended and any(owner in some for some in ids)
