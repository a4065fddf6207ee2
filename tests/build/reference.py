"""What a build ought to give: the same project built from nothing, with nothing remembered."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.conftest import Seen, snapshot

from container_manager.build import pipeline
from container_manager.config.auto_ports import AutoPorts
from container_manager.config.loader import load
from container_manager.errors import ManagerError, Problem
from container_manager.model import Build, BuildPlan

T = TypeVar("T")

Meaning = tuple[str, int, str]
"""Kind, mode and content of a file or link."""

ComposeFile = tuple[str, str, str | None, Any]
"""Where it lies, its template, whose it is and what it says."""


@dataclass(frozen=True)
class Outcome:
    """What came of a build, wherever the project lies.

    Attributes:
        error: the class of the error; None where there was none.
        told: the error's problems, or else the warnings.
        tree: path -> what was generated there.
        compose: what the compose files are and say, in order.
    """

    error: type[ManagerError] | None
    told: tuple[str, ...]
    tree: Mapping[str, Meaning]
    compose: tuple[ComposeFile, ...] = ()


def attempt(build: Callable[[], T]) -> T | ManagerError:
    """A build, say, or the error of ours that it ends with; every other error is a bug."""
    try:
        return build()
    except ManagerError as error:
        return error


def fresh(root: Path, copy: Path) -> Outcome:
    """Build a copy of a project from nothing.

    Args:
        root: the project.
        copy: a folder that is not there.
    """
    shutil.copytree(
        root, copy, symlinks=True, ignore=lambda folder, _: _MADE if folder == str(root) else ()
    )
    _take_ports(root, copy)
    config = copy / "config.yml"
    built = attempt(lambda: pipeline.execute(pipeline.prepare(load(config, os.environ))))
    tree = generated(snapshot(copy / "build"))
    shutil.rmtree(copy)
    if isinstance(built, ManagerError):
        return Outcome(type(built), told(built.problems, copy), {})
    meanings = {path: seen.meaning for path, seen in tree.items()}
    return Outcome(None, told(built.warnings, copy), meanings, compose_of(built, copy))


def _take_ports(root: Path, copy: Path) -> None:
    """Let a copy have the ports of a project: which one is chosen depends on where it lies."""
    ports = attempt(lambda: load(root / "config.yml", os.environ).ports)
    if isinstance(ports, AutoPorts) and ports.chosen:
        (copy / ".container-manager").mkdir()
        remembered = {ports.config: dict(ports.chosen)}
        (copy / ".container-manager/ports.json").write_text(json.dumps(remembered))


_MADE = ("build", ".container-manager")


def generated(tree: Mapping[str, Seen]) -> dict[str, Seen]:
    """What was generated of a build directory, without the manager's records and folders."""
    return {
        path: seen
        for path, seen in tree.items()
        if seen.kind != "folder" and not path.startswith(".manager")
    }


def told(problems: Iterable[Problem], root: Path) -> tuple[str, ...]:
    """What people are told, without where the project lies."""
    return tuple(
        f"{problem.where and problem.where.file}:{problem.where and problem.where.line}: "
        f"{problem.message} {problem.remedy}".replace(str(root), "ROOT")
        for problem in problems
    )


def compose_of(build: Build, root: Path) -> tuple[ComposeFile, ...]:
    """The compose files of a build."""
    return tuple(
        (
            str(file.path.relative_to(root)),
            str(file.template.relative_to(root)),
            file.service,
            file.load().plain(),
        )
        for file in build.compose_files
    )


def without_notes(build: Build, root: Path) -> tuple[str, ...]:
    """The warnings of a build, but those about what was in the build directory before."""
    return told((one for one in build.warnings if one not in build.plan.notes), root)


def said(plan: BuildPlan, before: Mapping[str, Seen]) -> dict[str, str]:
    """What a plan says: path -> action. To remove what is gone already changes nothing."""
    return {
        change.path: change.action
        for change in plan.pending
        if change.action != "remove" or change.path in before
    }


def done(before: Mapping[str, Seen], after: Mapping[str, Seen]) -> dict[str, str]:
    """What was done: path -> action; whatever was touched in any way is in it."""
    actions = {path: "remove" for path in before if path not in after}
    for path, now in after.items():
        was = before.get(path)
        if was is None:
            actions[path] = "write"
        elif (was.content, was.inode, was.mtime_ns) != (now.content, now.inode, now.mtime_ns):
            actions[path] = "replace"
        elif was.mode != now.mode:
            actions[path] = "mode"
    return actions
