"""Git as an update needs it: in the user's repository, and in a throw-away one of ours."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.run import Finished, Runner

_QUIET = ("-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false")
_OURS = {
    "core.autocrlf": "false",
    "core.safecrlf": "false",
    "core.quotePath": "true",  # Copier takes other letters than ASCII quoted only
    "core.hooksPath": os.devnull,
    "core.excludesFile": os.devnull,
    "core.attributesFile": os.devnull,
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "init.templateDir": "",
    "gc.auto": "0",
    "maintenance.auto": "false",  # else git starts itself after each fetch, to find nothing to do
    "merge.conflictStyle": "merge",
    "merge.directoryRenames": "false",
    "merge.renames": "true",
    "diff.renames": "true",
    "advice.detachedHead": "false",
}
"""What must not depend on a person's settings."""

_PLAIN = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
}

_IDENTITY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Container Manager"), ("EMAIL", "container-manager@localhost"))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """Git in one folder.

    Attributes:
        runner: starts it.
        folder: where.
        env: the environment it gets.
    """

    runner: Runner
    folder: Path
    env: Mapping[str, str]

    def ask(self, *args: str, stdin: str | None = None, timeout: float = 120.0) -> Finished:
        """Run git; its exit code is an answer."""
        return self.runner.run(
            ("git", *_QUIET, *args),
            env=self.env,
            cwd=self.folder,
            stdin=None if stdin is None else stdin.encode(),
            timeout=timeout,
        )

    def __call__(self, *args: str, stdin: str | None = None) -> str:
        """What git prints, without the last newline.

        Raises:
            RuntimeFailure: git failed.
        """
        finished = self.ask(*args, stdin=stdin)
        if not finished.ok:
            raise RuntimeFailure(f"'git {args[0]}' failed: {without_password(finished.last_lines)}")
        return finished.stdout.removesuffix("\n")

    def listed(self, *args: str) -> list[str]:
        """What git lists with ``-z``; the options say so."""
        return [entry for entry in self(*args).split("\0") if entry]

    def inside(self, folder: Path) -> Git:
        """The same in another folder."""
        return replace(self, folder=folder)


def users_git(runner: Runner, folder: Path, environ: Mapping[str, str]) -> Git:
    """Git in the user's repository, with the user's settings and without hooks."""
    return Git(runner=runner, folder=folder, env=_clean(environ))


def own_git(runner: Runner, folder: Path, environ: Mapping[str, str]) -> Git:
    """Git in a repository of ours, with nobody's settings."""
    env = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **_IDENTITY}
    return Git(runner=runner, folder=folder, env={**_clean(environ), **overrides(environ), **env})


def overrides(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables that lay our settings over the user's, for the git that Copier starts.

    Args:
        environ: the environment, which may hold some already.
    """
    text = environ.get("GIT_CONFIG_COUNT", "")
    first = int(text) if text.isdecimal() else 0
    env = {"GIT_CONFIG_COUNT": str(first + len(_OURS))}
    for number, (key, value) in enumerate(_OURS.items(), first):
        env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return env


def without_password(text: str) -> str:
    """A text in which no URL shows a password.

    >>> without_password("fatal: https://me:secret@host/x not found")
    'fatal: https://***@host/x not found'
    """
    return re.sub(r"(?<=://)[^/@\s]+@", "***@", text)


def open_repository(runner: Runner, root: Path, environ: Mapping[str, str]) -> Git:
    """Git at the top of the working tree that holds a project.

    Raises:
        PreconditionError: there is none, or none that can be updated now.
    """
    git = users_git(runner, root, environ)
    try:
        top = git.ask("rev-parse", "--show-toplevel")
    except RuntimeFailure as error:
        raise PreconditionError(
            "Git is needed for an update, and could not be started.",
            remedy="Install it: sudo apt install git.",
        ) from error
    if not top.ok:
        raise _no_repository(root, git.ask("rev-parse", "--is-bare-repository"), top)
    git = git.inside(Path(top.stdout.removesuffix("\n")))
    if not git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}").ok:
        raise PreconditionError(
            f"Nothing is committed in {git.folder}: an update could not keep your edits.",
            remedy="Commit everything first: git add -A && git commit.",
        )
    _refuse_unfinished(git)
    return git


def _no_repository(root: Path, bare: Finished, top: Finished) -> PreconditionError:
    if "dubious ownership" in top.stderr:
        return PreconditionError(
            f"Git does not trust the repository at {root}: somebody else owns it.",
            remedy=f"Run as its owner, or: git config --global --add safe.directory {root}.",
        )
    if bare.ok and bare.stdout.strip() == "true":
        return PreconditionError(
            f"{root} is a bare repository: it has no files that could be updated.",
            remedy="Clone it, and update the clone.",
        )
    return PreconditionError(
        f"{root} is not in a git repository: an update could not keep your edits.",
        remedy="Make it one first: git init && git add -A && git commit.",
    )


_UNFINISHED: Sequence[tuple[str, str]] = (
    ("MERGE_HEAD", "merge"),
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
)


def _refuse_unfinished(git: Git) -> None:
    for name, action in _UNFINISHED:
        if (git.folder / git("rev-parse", "--git-path", name)).exists():
            raise PreconditionError(
                f"A {action} is not finished in {git.folder}.",
                remedy=f"Finish it first: git {action} --continue, or git {action} --abort.",
            )


def _clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables without those that point git elsewhere: it may have been started by a hook."""
    elsewhere = {
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_NAMESPACE",
        "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS",
    }  # fmt: skip
    kept = {name: value for name, value in environ.items() if name not in elsewhere}
    return {**kept, **_PLAIN}
