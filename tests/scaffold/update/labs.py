"""A template in three versions and a project made from the first, as git repositories."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Refusal, snapshot

from container_manager import verbs
from container_manager.cli import run
from container_manager.errors import ManagerError
from container_manager.scaffold.update import Preview

LINES = "".join(f"line {number}\n" for number in range(1, 21))
ANSWERS = "# Written by Copier.\n[[ dict(_copier_answers, _src_path=source%s) | to_nice_yaml -]]\n"
COPIER_YML = """\
_templates_suffix: .jinja
_envops:
  {variable_start_string: "[[", variable_end_string: "]]",
   block_start_string: "[%", block_end_string: "%]"}
_subdirectory: "[[ make ]]"
make: {type: str, default: service}
name: {type: str, default: web}
folder:
  {type: str, when: false, default: "[[ (_copier_conf.answers_file ~ '') | dirname or '.' ]]"}
source:
  {type: str, when: false, default: "[[ _copier_answers._src_path ]]"}
"""
COLOUR = "colour: {type: str, default: blue}\n"
ANSWERS_FILE = "[[ _copier_conf.answers_file ]].jinja"
SERVICE = "service/[[ folder ]]/"
WEB = "services/framework/web"


@dataclass(frozen=True)
class Repository:
    """A git repository of a test, with an identity of its own."""

    path: Path

    def git(self, *args: str) -> str:
        """What git prints."""
        named = ("-c", "user.name=Somebody", "-c", "user.email=somebody@localhost")
        done = subprocess.run(
            ["git", *named, *args], cwd=self.path, check=True, capture_output=True, text=True
        )
        return done.stdout

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files; None removes one."""
        for name, content in files.items():
            place = self.path / name
            if content is None:
                place.unlink()
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes | None] | None = None) -> None:
        """Write files, and commit all."""
        self.write(files or {})
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", "edit")

    def release(self, tag: str, files: Mapping[str, str | bytes | None] | None = None) -> None:
        """Commit files as a version."""
        self.commit(files)
        self.git("tag", tag)

    def read(self, name: str) -> str:
        """The text of a file."""
        return (self.path / name).read_text(encoding="utf-8")

    def status(self) -> dict[str, str]:
        """What git says of each file that is not as committed."""
        entries = self.git("status", "--porcelain", "-z", "--no-renames", "-uall").split("\0")
        return {entry[3:]: entry[:2].strip() for entry in entries if entry}

    def names(self, below: str = ".") -> set[str]:
        """The names of all files, without git's own."""
        top = self.path / below
        found = (p.relative_to(top) for p in top.rglob("*") if not p.is_dir())
        return {p.as_posix() for p in found if p.parts[0] != ".git"}

    def contents(self) -> dict[str, bytes]:
        """All files, without git's own."""
        return {name: (self.path / name).read_bytes() for name in self.names()}


def new_repository(path: Path) -> Repository:
    """An empty repository."""
    path.mkdir(parents=True)
    repository = Repository(path)
    repository.git("init", "--quiet", "--initial-branch=main", "--template=")
    return repository


def url(repository: Repository) -> str:
    """The address that an answers file records."""
    return f"git+file://{repository.path}"


def first_version(template: Repository, library: str = "") -> None:
    """Write the template as it was in the beginning."""
    answers = ANSWERS % (f", _library='{library}'" if library else "")
    template.write(
        {
            "copier.yml": COPIER_YML,
            f"service/{ANSWERS_FILE}": answers,
            f"{SERVICE}settings.yml.jinja": "name: [[ name ]]\n" + LINES,
            f"{SERVICE}gone.txt": LINES,
            f"{SERVICE}old.txt": LINES.replace("line", "row"),
            f"{SERVICE}picture.png": bytes(range(256)),
            f"project/{ANSWERS_FILE}": answers,
            "project/config.yml": "project_name: lab\ndeployed_services: []\nframework: {}\n",
            "project/README.md": LINES,
        }
    )


def three_versions(template: Repository) -> None:
    """Release the template three times."""
    first_version(template)
    template.release("v1.0.0")
    old = template.read(f"{SERVICE}old.txt")
    template.release(
        "v2.0.0",
        {
            "copier.yml": COPIER_YML + COLOUR,
            f"{SERVICE}settings.yml.jinja": "name: [[ name ]]\n"
            + LINES.replace("line 3\n", "line three\n"),
            f"{SERVICE}colour.txt.jinja": "[[ colour ]]\n",
            f"{SERVICE}gone.txt": None,
            f"{SERVICE}old.txt": None,
            f"{SERVICE}new.txt": old.replace("row 10\n", "row ten\n"),
            f"{SERVICE}picture.png": bytes(range(255, -1, -1)),
            "project/README.md": LINES.replace("line 3\n", "line three\n"),
        },
    )
    template.release(
        "v3.0.0",
        {
            f"{SERVICE}settings.yml.jinja": "name: [[ name ]]\n"
            + LINES.replace("line 3\n", "line three\n").replace("line 18\n", "line eighteen\n"),
        },
    )


def make(template: Repository, project: Repository, folder: str, **data: str) -> None:
    """Make something in a project from the template's first version, and commit it."""
    from copier import Settings, run_copy

    run_copy(
        url(template),
        project.path / folder,
        vcs_ref="v1.0.0",
        data=data,
        defaults=True,
        overwrite=True,
        quiet=True,
        settings=Settings(),
    )
    project.commit()


def copier_updates(project: Repository, folder: str) -> None:
    """What plain ``copier update --answers-file …`` does, from the project's root."""
    from copier import Settings, run_update

    run_update(
        project.path,
        answers_file=f"{folder}/.copier-answers.yml",
        defaults=True,
        overwrite=True,
        quiet=True,
        settings=Settings(),
    )


@dataclass(frozen=True)
class Lab(Repository):
    """A project whose service ``framework.web`` was made from the template's first version."""

    template: Repository

    @property
    def web(self) -> Repository:
        """The service's folder."""
        return Repository(self.path / WEB)

    def newest(self, number: int) -> None:
        """Have the template as it was when this was its newest version."""
        self.template.git("tag", "--delete", *self.template.git("tag").split())
        for version in range(1, number + 1):
            self.template.git("tag", f"v{version}.0.0", f"main~{3 - version}")

    def update(self, *service: str, check: bool = False, **more: Any) -> Preview:
        """Run the verb."""
        config = self.path / "config.yml"
        return verbs.update(config, service=service, check=check, defaults=True, **more)

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file of the service and commit it."""
        text = self.web.read(name)
        assert old in text
        self.commit({f"{WEB}/{name}": text.replace(old, new)})

    @contextlib.contextmanager
    def untouched(self, error: type[ManagerError], code: int = 2) -> Iterator[Refusal]:
        """The block must end with an error of this exit code, and change nothing at all."""
        before = self._everything()
        refusal = Refusal()
        with pytest.raises(error) as caught:
            yield refusal
        refusal.error = caught.value
        assert caught.value.exit_code == code
        assert self._everything() == before

    def _everything(self) -> dict[str, object]:
        """All files as they are; of git's own, whether they say the same.

        Git notes that an object is in use, also by a repository that borrows it, as a time.
        """
        return {
            path: seen.meaning if path.startswith(".git/") else seen
            for path, seen in snapshot(self.path).items()
        }


def make_lab(path: Path, template: Path) -> Lab:
    """A project with one service, both of the first of the template's three versions."""
    repository = new_repository(template)
    three_versions(repository)
    lab = Lab(new_repository(path).path, repository)
    make(repository, lab, ".", make="project")
    make(repository, lab, WEB)
    return lab


def command(*arguments: str) -> int:
    """The exit code of the program's ``update``, run where we stand."""
    with pytest.raises(SystemExit) as ended:
        run(["update", *arguments])
    return int(ended.value.code or 0)
