"""Checks of the project: its folders, `.env`, and all that a start would refuse or warn about."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from container_manager.build.trace import to_templates
from container_manager.credentials.generating import exposed_to_git
from container_manager.doctor.catalogue import fine, found
from container_manager.doctor.findings import Finding
from container_manager.doctor.subject import Subject
from container_manager.errors import Problem
from container_manager.lifecycle.checking import findings_of
from container_manager.lifecycle.project import open_project
from container_manager.preflight.host import Space, full_disk, missing_ids

_OTHERS = 0o077


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder or file of the project.

    Attributes:
        path: where.
        mode: its permissions; None where it is not there.
        writable: whether a file could be made in it.
    """

    path: Path
    mode: int | None
    writable: bool = True

    @property
    def open(self) -> bool:
        """Whether others than its owner may do anything with it."""
        return self.mode is not None and bool(self.mode & _OTHERS)


def folders(subject: Subject) -> list[Finding]:
    """Whether what has to be written can be, and what is private is."""
    config = subject.config
    if config is None:
        return []
    written = [config.root, config.build_dir, config.state_dir, config.backups_dir]
    places = [look_at(path) for path in written]
    findings = judge_folders(places, subject.user)
    findings += judge_state(look_at(config.state_dir))
    for dotenv in (config.environment.dotenv_path, config.environment.dotenv_below):
        env = look_at(dotenv) if dotenv is not None else None
        if env is not None and env.mode is not None:
            findings += judge_dotenv(env, exposed_to_git(env.path, subject.runner))
    return findings or [
        fine("project", f"{config.root} can be written; what is private is closed to others.")
    ]


def look_at(path: Path) -> Place:
    """Look at a folder, and try whether a file can be made in it; or at a file."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return Place(path=path, mode=None)
    if not stat.S_ISDIR(mode):
        return Place(path=path, mode=stat.S_IMODE(mode), writable=os.access(path, os.W_OK))
    try:
        with tempfile.TemporaryFile(dir=path):  # without a name, where the system can
            pass
    except OSError:
        return Place(path=path, mode=stat.S_IMODE(mode), writable=False)
    return Place(path=path, mode=stat.S_IMODE(mode))


def judge_folders(places: Iterable[Place], user: str) -> list[Finding]:
    """Folders that are there and cannot be written."""
    return [
        found("folder-read-only", f"{one.path} cannot be written.", path=str(one.path), user=user)
        for one in places
        if one.mode is not None and not one.writable
    ]


def judge_state(state: Place) -> list[Finding]:
    """What others can see of the private folder."""
    if not state.open:
        return []
    said = f"Others may read {state.path} (mode {state.mode:04o})."
    return [found("state-open", said, path=str(state.path))]


def judge_dotenv(env: Place, exposed: Iterable[Problem]) -> list[Finding]:
    """What others can see of variables that are the user's alone."""
    findings = []
    if env.open:
        said = f"Others may read {env.path} (mode {env.mode:04o})."
        findings.append(found("env-open", said, path=str(env.path)))
    findings += [
        found("env-in-git", f"{env.path}: {one.message}", remedy=one.remedy, path=str(env.path))
        for one in exposed
    ]
    return findings


def start(subject: Subject) -> list[Finding]:
    """All that 'up' would refuse, or warn about, before it touches a container."""
    config, prepared = subject.config, subject.prepared
    if config is None or prepared is None or subject.engine is None:
        return []
    opened = open_project(
        config, prepared.services, runner=subject.runner, state_dir=subject.folder
    )
    # What is known of Podman lies in our own folder; who we are, in the project's.
    opened = replace(opened, state_dir=config.state_dir)
    findings = findings_of(opened, prepared.stack, list(prepared.stack.services))
    # What was read are generated files; people know their templates.
    problems = to_templates(not_told_elsewhere(findings.problems), prepared.rendered)
    return judge_start(problems, to_templates(findings.warnings, prepared.rendered))


def not_told_elsewhere(problems: Iterable[Problem]) -> list[Problem]:
    """Without those that checks of their own tell, with more facts: free space, and ids."""
    others = {one.remedy for one in (*full_disk("", Space(0, 0)), *missing_ids(1))}
    return [one for one in problems if one.remedy not in others]


def judge_start(problems: Iterable[Problem], warnings: Iterable[Problem]) -> list[Finding]:
    """The same findings as those of a start, in our form."""
    told = [_as_finding("start-refused", one) for one in problems]
    told += [_as_finding("start-doubtful", one) for one in warnings]
    said = "Ports, names, mounted paths, external volumes and networks: 'up' would find no fault."
    return told or [fine("start", said)]


def _as_finding(code: str, problem: Problem) -> Finding:
    where = f"{problem.where}: " if problem.where else ""
    return found(code, f"{where}{problem.message}", remedy=problem.remedy)
