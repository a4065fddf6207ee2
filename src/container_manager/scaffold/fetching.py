"""Looks at a template before Copier runs: which version is the newest, and what it asks.

Only the tags and one file are asked for, so that a mistyped answer or an unreachable template is
told before anybody is asked anything.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container_manager.errors import ConfigError, PreconditionError, RuntimeFailure
from container_manager.progress import Progress, slowly
from container_manager.run import Finished, Runner
from container_manager.scaffold.git import users_git, without_password
from container_manager.scaffold.sources import Source

CONFIG_NAMES = ("copier.yml", "copier.yaml")
HEAD = "HEAD"

_TAGS = "refs/tags/"
_PEELED = "^{}"
_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template that can be used.

    Attributes:
        source: where it comes from.
        ref: the version for Copier; None for a template without history.
        tagged: whether that is a version tag, which an update needs.
        questions: name -> what ``copier.yml`` says of it; None where that is for Copier to read.
    """

    source: Source
    ref: str | None
    tagged: bool
    questions: Mapping[str, Mapping[str, Any]] | None


def fetch(source: Source, runner: Runner, progress: Progress) -> Template:
    """Find the newest version of a template, and what it asks.

    Raises:
        ManagerError: it cannot be reached, or is no template.
    """
    if source.folder is not None:
        text = _in_folder(source.folder)
        if text is None:
            raise ConfigError(
                f"The folder {source.folder} holds no template: it has no copier.yml.",
                where=source.where,
                remedy="Name the folder that has it.",
            )
        return Template(source=source, ref=None, tagged=False, questions=questions(text))
    with slowly(progress, f"Looking at the template {source.shown} …"):
        refs = remote_refs(source, runner)
        newest = newest_tag(refs)
        for ref in [*([newest] if newest else []), HEAD]:
            text = _copier_yml(source, ref, runner) if ref in refs else None
            if text is not None:
                return Template(
                    source=source,
                    # By its commit: a mirror that Copier kept may take another branch for HEAD.
                    ref=ref if ref != HEAD else refs[HEAD],
                    tagged=ref != HEAD,
                    questions=questions(text),
                )
    raise ConfigError(
        f"The repository {source.shown} is no template: it has no copier.yml.",
        where=source.where,
        remedy="Name a repository that has one at its top.",
    )


def remote_refs(source: Source, runner: Runner) -> dict[str, str]:
    """The tags of a template's repository, and ``HEAD``, each with its commit.

    Raises:
        ConfigError: it cannot be reached.
        PreconditionError: there is no git.
    """
    asked = _git(runner, "ls-remote", "--", source.address, HEAD, f"{_TAGS}*")
    if not asked.ok:
        raise ConfigError(
            f"The template {source.shown} cannot be reached: {_last(asked)}.",
            where=source.where,
            remedy="See whether the address is right and you may read it: "
            f"git ls-remote {source.address}",
        )
    refs: dict[str, str] = {}
    for line in asked.stdout.splitlines():
        commit, tab, name = line.partition("\t")
        if tab and (name == HEAD or name.startswith(_TAGS)):
            # An annotated tag comes twice: itself, then the commit that it is about.
            refs[name.removeprefix(_TAGS).removesuffix(_PEELED)] = commit
    return refs


def newest_tag(names: Mapping[str, str] | Sequence[str]) -> str | None:
    """The newest version (PEP 440, no pre-releases) among names of tags, as Copier chooses.

    >>> newest_tag(["v1.9.0", "1.10", "v2.0rc1", "nightly"])
    '1.10'
    """
    from packaging.version import InvalidVersion, Version

    found = []
    for name in names:
        try:
            version = Version(name)
        except InvalidVersion:
            continue
        if not version.is_prerelease:
            found.append((version, name))
    return max(found)[1] if found else None


def questions(text: str) -> dict[str, Mapping[str, Any]] | None:
    """What a ``copier.yml`` asks; None where it includes other files or is for Copier to refuse."""
    import yaml

    try:
        documents = list(yaml.safe_load_all(text))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    found: dict[str, Mapping[str, Any]] = {}
    for document in documents:
        if not isinstance(document, dict):
            continue
        for key, value in document.items():
            if not isinstance(key, str):
                return None
            if not key.startswith("_"):
                found[key] = value if isinstance(value, dict) else {"default": value}
    return found


def _git(runner: Runner, *arguments: str) -> Finished:
    """Run git, which is never to ask for a password nor to mind the repository around us."""
    if shutil.which("git") is None:
        raise PreconditionError(
            "Git is needed for a template with history, and there is none on PATH.",
            remedy="Install it: sudo apt install git.",
        )
    try:
        return users_git(runner, Path.cwd(), os.environ).ask(*arguments, timeout=_TIMEOUT)
    except RuntimeFailure as error:  # no container was meant: exit code 2
        raise PreconditionError(error.problems) from error


def _in_folder(folder: Path) -> str | None:
    for name in CONFIG_NAMES:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return (folder / name).read_text(encoding="utf-8", errors="replace")
    return None


def _copier_yml(source: Source, ref: str, runner: Runner) -> str | None:
    """The file that makes a repository a template, at a version; None where there is none."""
    branch = [] if ref == HEAD else ["--branch", ref]
    with tempfile.TemporaryDirectory(prefix="container-manager-template-") as folder:
        clone = ["clone", "--quiet", "--bare", "--depth=1", "--filter=blob:none", *branch]
        cloned = _git(runner, *clone, "--", source.address, folder)
        if not cloned.ok:
            raise ConfigError(
                f"The template {source.shown} cannot be fetched: {_last(cloned)}.",
                where=source.where,
                remedy=f"Try it by hand: git clone {source.address}",
            )
        for name in CONFIG_NAMES:
            shown = _git(runner, "-C", folder, "show", f"{HEAD}:{name}")
            if shown.ok:
                return shown.stdout
    return None


def _last(finished: Finished) -> str:
    lines = [line for line in finished.last_lines.splitlines() if line.strip()]
    fatal = next((line for line in lines if line.startswith("fatal: ")), None)
    said = (fatal or (lines or ["git failed"])[-1]).removeprefix("fatal: ").rstrip(". ")
    return without_password(said)
