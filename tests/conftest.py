"""A project on disk, made from a mapping of paths to contents, and a look at everything in it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.puppet import Puppet, put_first

from container_manager.build import pipeline
from container_manager.build.pipeline import Prepared
from container_manager.build.steps import STEPS
from container_manager.config import Config, load
from container_manager.errors import ManagerError
from container_manager.model import Build
from container_manager.render.memo import compiled_once

KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "TZ", "LANG", "LC_ALL", "PYTHON", "PYTEST", "COV")
ROOT_TEMPLATE = "networks: {default: {}}\n"
WEB_TEMPLATE = "services:\n  web:\n    image: localhost/web\n"


@dataclass(frozen=True)
class Seen:
    """What a file, folder or symlink is, down to whether it was touched."""

    kind: str
    mode: int
    content: str
    inode: int
    mtime_ns: int

    @property
    def meaning(self) -> tuple[str, int, str]:
        """What two trees that are equal have in common."""
        return self.kind, self.mode, self.content


def snapshot(folder: Path) -> dict[str, Seen]:
    """Everything below a folder."""
    found: dict[str, Seen] = {}
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        kind, content = "other", ""
        if stat.S_ISLNK(info.st_mode):
            kind, content = "link", str(path.readlink())
        elif stat.S_ISDIR(info.st_mode):
            kind = "folder"
        elif stat.S_ISREG(info.st_mode):
            kind, content = "file", hashlib.sha256(path.read_bytes()).hexdigest()
        found[path.relative_to(folder).as_posix()] = Seen(
            kind=kind,
            mode=stat.S_IMODE(info.st_mode),
            content=content,
            inode=info.st_ino,
            mtime_ns=info.st_mtime_ns,
        )
    return found


def meaning(tree: Mapping[str, Seen]) -> dict[str, tuple[str, int, str]]:
    """A tree without what differs from one machine to the next."""
    return {path: seen.meaning for path, seen in tree.items()}


@dataclass
class Refusal:
    """The error that a block of code ended with, once it has."""

    error: ManagerError | None = None

    @property
    def text(self) -> str:
        """All that a person is told."""
        return str(self.error)

    @property
    def messages(self) -> list[str]:
        """One ``PLACE: MESSAGE`` a problem, without remedies."""
        assert self.error is not None
        return [str(problem).partition("\n")[0] for problem in self.error.problems]

    @property
    def remedies(self) -> list[str | None]:
        """What to do, a problem each."""
        assert self.error is not None
        return [problem.remedy for problem in self.error.problems]


@dataclass
class Project:
    """A project's folder; the current directory while a test uses it.

    Attributes:
        root: the folder.
        environ: the process environment that configurations are loaded with.
    """

    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    _services: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self, path: str, content: str | bytes = "content\n", mode: int = 0o644) -> Path:
        """Write a file; the text may be indented as the test is."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = textwrap.dedent(content).lstrip("\n").encode()
        target.write_bytes(content)
        target.chmod(mode)
        return target

    def files(self, contents: Mapping[str, str | bytes]) -> None:
        """Write several files."""
        for path, content in contents.items():
            self.write(path, content)

    def deploy(
        self,
        name: str = "web",
        template: str | bytes = WEB_TEMPLATE,
        *,
        more: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> Path:
        """Define and deploy ``framework.NAME``; returns its folder."""
        if not (self.root / "services/docker-compose.yml.j2").exists():
            self.write("services/docker-compose.yml.j2", ROOT_TEMPLATE)
        folder = f"services/framework/{name}"
        self.write(f"{folder}/docker-compose.yml.j2", template)
        self._services[name] = {"path": folder, **settings}
        self.write(
            "config.yml",
            json.dumps(
                {
                    "project_name": "lab",
                    "deployed_services": list(self._services),
                    "framework": {"services": self._services},
                    **(more or {}),
                },
                indent=1,
            ),
        )
        return self.root / folder

    def config(self, path: str = "config.yml", **environ: str) -> Config:
        """Load the configuration with these variables alone."""
        return load(self.root / path, {**self.environ, **environ})

    def prepare(
        self,
        config: Config | None = None,
        *,
        only: Collection[str] = (),
        steps: Collection[str] = tuple(STEPS),
        prune: bool = True,
    ) -> Prepared:
        """Render and check, with nothing written."""
        return pipeline.prepare(config or self.config(), only=only, steps=steps, prune=prune)

    def build(
        self,
        config: Config | None = None,
        *,
        only: Collection[str] = (),
        steps: Collection[str] = tuple(STEPS),
        prune: bool = True,
    ) -> Build:
        """Build the whole project, or a part."""
        return pipeline.execute(self.prepare(config, only=only, steps=steps, prune=prune))

    def read(self, path: str) -> str:
        """The text of a file."""
        return (self.root / path).read_text(encoding="utf-8")

    def tree(self, below: str = ".") -> dict[str, Seen]:
        """Everything below a folder of the project."""
        return snapshot(self.root / below)

    def built(self, below: str = "build") -> dict[str, Seen]:
        """What a build generated, without the manager's own records and without folders."""
        return {
            path: seen
            for path, seen in self.tree(below).items()
            if not path.startswith(".manager") and seen.kind != "folder"
        }

    @contextlib.contextmanager
    def refuses(
        self, error: type[ManagerError] = ManagerError, *, written: bool = False
    ) -> Iterator[Refusal]:
        """The block must end with an error of ours that says exit code 2, and change nothing.

        Args:
            error: the class expected.
            written: whether something may have been written nevertheless.
        """
        before = snapshot(self.root.parent)
        refusal = Refusal()
        with pytest.raises(error) as caught:
            yield refusal
        refusal.error = caught.value
        assert caught.value.exit_code == 2
        if not written:
            assert snapshot(self.root.parent) == before


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured; nothing depends on it."""
    measured = [
        f"{name}: {value}"
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
    ]
    if measured:
        terminalreporter.section("measured")
        terminalreporter.write("\n".join(sorted(measured)) + "\n")


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    """What Copier compiled for one test, it does not compile for the next: half of its time."""
    with compiled_once():
        yield


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project, in which we stand, with none of this machine's variables."""
    for name in list(os.environ):
        if not name.startswith(KEPT_VARIABLES):
            monkeypatch.delenv(name)
    root = tmp_path / "lab"
    root.mkdir()
    monkeypatch.chdir(root)
    return Project(root)


@pytest.fixture
def new_project(tmp_path: Path) -> Callable[[str], Project]:
    """Makes further empty projects beside the first."""

    def make(name: str) -> Project:
        root = tmp_path / name
        root.mkdir(parents=True)
        return Project(root)

    return make


@pytest.fixture
def puppet(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Puppet:
    """A Podman that says what the test wants."""
    return put_first(tmp_path_factory.mktemp("puppet"), monkeypatch)
