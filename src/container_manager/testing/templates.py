"""Copier templates under test: rendered as their folder is now, and brought from tag to tag.

Copier and git run as processes of their own, with a home, settings and a git identity made for the
test: nothing of the user's shows in a result.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from container_manager.errors import RuntimeFailure
from container_manager.run import Finished, ProcessRunner

_TIMEOUT = 300.0
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "VIRTUAL_ENV")
_GIT_CONFIG = """\
[user]
    name = Test
    email = test@example.invalid
[init]
    defaultBranch = main
[commit]
    gpgSign = false
[tag]
    gpgSign = false
[core]
    autocrlf = false
    excludesFile = /dev/null
[protocol "file"]
    allow = always
[safe]
    directory = *
"""

Edit = Callable[[Path], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """A copy of a template after an update.

    Attributes:
        path: the copy; a git repository.
        conflicts: the files that a person has to look at, from the copy's folder, sorted.
        diff: what the update changed over the edited copy, as ``git diff`` shows it.
    """

    path: Path
    conflicts: tuple[str, ...]
    diff: str

    def read(self, path: str) -> str:
        """The text of a file of the copy."""
        return (self.path / path).read_text(encoding="utf-8")


class Copied(Protocol):
    """What the fixture ``copied`` is."""

    def __call__(
        self,
        template: str | os.PathLike[str],
        data: Mapping[str, Any] | None = None,
        *,
        tag: str | None = None,
        into: str = "copy",
        trust: bool = False,
    ) -> Path:
        """See :meth:`Templates.copied`."""
        ...


class Updater(Protocol):
    """What the fixture ``updated`` is."""

    def __call__(
        self,
        template: str | os.PathLike[str],
        *,
        from_: str,
        to: str | None = None,
        data: Mapping[str, Any] | None = None,
        edit: Edit | None = None,
        into: str = "copy",
        trust: bool = False,
    ) -> Updated:
        """See :meth:`Templates.updated`."""
        ...


class Templates:
    """Copier and git for one test.

    Args:
        folder: where everything is made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runner = ProcessRunner()
        self._count = 0
        home = folder / "home"
        home.mkdir()
        config = home / ".gitconfig"
        config.write_text(_GIT_CONFIG, encoding="utf-8")
        self._environ = {name: os.environ[name] for name in _KEPT if name in os.environ} | {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "COPIER_SETTINGS_PATH": str(home / "copier-settings.yml"),
            "COPIER_CACHE_DIR": str(home / "copier-cache"),
            "GIT_CONFIG_GLOBAL": str(config),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "PYTHONUTF8": "1",
        }

    def copied(
        self,
        template: str | os.PathLike[str],
        data: Mapping[str, Any] | None = None,
        *,
        tag: str | None = None,
        into: str = "copy",
        trust: bool = False,
    ) -> Path:
        """Render a template.

        Args:
            template: its folder, which is only read.
            data: answers; questions that they leave open take their defaults.
            tag: a tag of its repository; None renders what the folder holds now, committed or not.
            into: the name of the folder that is made, which many templates take as a default.
            trust: whether tasks and extensions of the template may run.

        Returns:
            The new folder.

        Raises:
            RuntimeFailure: Copier or git failed; the message holds what they said.
        """
        source = self._repository(Path(template))
        target = self._workspace() / into
        self._copier("copy", "--vcs-ref", tag or "HEAD", source, target, data=data, trust=trust)
        return target

    def updated(
        self,
        template: str | os.PathLike[str],
        *,
        from_: str,
        to: str | None = None,
        data: Mapping[str, Any] | None = None,
        edit: Edit | None = None,
        into: str = "copy",
        trust: bool = False,
    ) -> Updated:
        """Render a template at a tag, edit the copy, and update it.

        Args:
            template: the folder of its git repository, which is only read.
            from_: the tag that the copy is made of.
            to: the tag that it is brought to; None: what the folder holds now, committed or not.
            data: answers to the questions of the first tag.
            edit: called with the copy's folder; what it does is committed before the update.
            into: the name of the copy's folder.
            trust: whether tasks, migrations and extensions of the template may run.

        Raises:
            RuntimeFailure: Copier or git failed; the message holds what they said.
        """
        source = self._repository(Path(template))
        target = self._workspace() / into
        self._copier("copy", "--vcs-ref", from_, source, target, data=data, trust=trust)
        self._git(target, "init", "--quiet")
        self._commit(target, "The copy")
        if edit is not None:
            edit(target)
            self._commit(target, "The edit")
        ref = to or "HEAD"
        self._copier("update", "--vcs-ref", ref, "--conflict", "inline", target, trust=trust)
        unmerged = self._git(target, "diff", "--name-only", "--diff-filter=U", "-z").stdout
        conflicts = sorted(filter(None, set(unmerged.split("\0"))))
        return Updated(path=target, conflicts=tuple(conflicts), diff=self._diff(target))

    def _diff(self, repository: Path) -> str:
        """Everything that differs from the last commit; the index with its conflicts stays."""
        index = {"GIT_INDEX_FILE": str(self._workspace() / "index")}
        self._git(repository, "read-tree", "HEAD", environ=index)
        self._git(repository, "add", "--all", environ=index)
        return self._git(repository, "diff", "--cached", "HEAD", environ=index).stdout

    def _workspace(self) -> Path:
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        return folder

    def _repository(self, template: Path) -> str:
        """A git repository whose last commit holds what a template's folder holds now."""
        template = template.absolute()
        if not template.is_dir():
            raise RuntimeFailure(f"There is no folder {template}.")
        repository = self._workspace() / template.name
        if (template / ".git").exists():
            self._git(template.parent, "clone", "--quiet", "--", str(template), str(repository))
            self._overlay(template, repository)
        else:
            ignored = shutil.ignore_patterns("__pycache__", ".venv", ".*_cache")
            shutil.copytree(template, repository, symlinks=True, ignore=ignored)
            self._git(repository, "init", "--quiet")
        self._commit(repository, "As the folder is now")
        return f"git+file://{repository}"

    def _overlay(self, template: Path, repository: Path) -> None:
        """Bring what is not committed."""
        listed = self._git(
            template, "ls-files", "-z", "--cached", "--others", "--exclude-standard"
        ).stdout
        for name in filter(None, listed.split("\0")):
            source, target = template / name, repository / name
            if target.is_symlink() or target.is_file():
                target.unlink()
            if source.is_symlink() or source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target, follow_symlinks=False)

    def _commit(self, repository: Path, message: str) -> None:
        self._git(repository, "add", "--all")
        changed = self._git(repository, "status", "--porcelain").stdout
        empty = self._run(("git", "rev-parse", "--verify", "HEAD"), repository).returncode != 0
        if changed or empty:
            self._git(repository, "commit", "--quiet", "--allow-empty", "--message", message)

    def _copier(
        self,
        command: str,
        *arguments: str | Path,
        data: Mapping[str, Any] | None = None,
        trust: bool = False,
    ) -> None:
        answers = self._workspace() / "answers.json"
        answers.write_text(json.dumps(dict(data or {})), encoding="utf-8")
        options = ["--defaults", "--quiet", "--data-file", str(answers)]
        options += ["--trust"] if trust else []
        argv = (sys.executable, "-m", "copier", command, *options, *map(str, arguments))
        self._checked(argv, self._folder, f"copier {command}")

    def _git(
        self, folder: Path, *arguments: str, environ: Mapping[str, str] | None = None
    ) -> Finished:
        return self._checked(("git", *arguments), folder, f"git {arguments[0]}", environ)

    def _checked(
        self,
        argv: Sequence[str],
        folder: Path,
        shown: str,
        environ: Mapping[str, str] | None = None,
    ) -> Finished:
        finished = self._run(argv, folder, environ)
        if not finished.ok:
            raise RuntimeFailure(f"'{shown}' failed:\n{finished.last_lines}")
        return finished

    def _run(
        self, argv: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None
    ) -> Finished:
        env = {**self._environ, **(environ or {})}
        return self._runner.run(argv, env=env, cwd=folder, timeout=_TIMEOUT)
