"""Brings what is new in a template into a project and its services, after showing it as a diff."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from container_manager.config import answers
from container_manager.config.answers import Answers
from container_manager.config.loader import Config
from container_manager.errors import (
    ManagerError,
    PreconditionError,
    Problem,
    RuntimeFailure,
    UsageError,
    raise_all,
)
from container_manager.progress import Progress, slowly
from container_manager.run import Runner
from container_manager.scaffold import given, refusals
from container_manager.scaffold.applying import Change
from container_manager.scaffold.fetching import fetch
from container_manager.scaffold.git import Git, open_repository
from container_manager.scaffold.merging import Conflict, Merged, Workshop, merge, workshop
from container_manager.scaffold.rendering import Rendered, render
from container_manager.scaffold.sources import Source
from container_manager.scaffold.targets import Target, choose
from container_manager.scaffold.versions import Step, Versions

_CLEAN, _CONFLICTS, _OUTDATED = 0, 1, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asks of an update.

    Attributes:
        names: the services that are meant; empty for everything.
        data: answers given with the command.
        template: where the template is now; None where it is recorded.
        ask: whether new questions may be asked on the terminal.
    """

    names: Sequence[str] = ()
    data: Mapping[str, str] = field(default_factory=dict)
    template: str | None = None
    ask: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetUpdate:
    """What the update of one target changes; paths are from the top of the working tree.

    Attributes:
        name: the target.
        folder: where it lies, absolute.
        old: the version of its template that it was made from.
        new: the newest.
        diff: all changes, as text.
        files: what happens to each file: ``A``, ``D``, ``M`` and its path, or ``R`` and two.
        conflicts: what a person has to decide.
        stay_deleted: files that the template changed and the user had deleted.
        asked: new questions, and the answers that were taken.
    """

    name: str
    folder: Path
    old: str
    new: str
    diff: str
    files: tuple[tuple[str, ...], ...]
    conflicts: tuple[Conflict, ...]
    stay_deleted: tuple[str, ...]
    asked: Mapping[str, Any]

    @property
    def notes_version(self) -> bool:
        """Whether nothing but the noted version changes."""
        hunks = self.diff.partition("\n@@")[2].splitlines()
        changed = [line for line in hunks if line.startswith(("+", "-"))]
        noted = (f"+{answers.COMMIT}:", f"-{answers.COMMIT}:")
        is_one_file = len(self.files) == 1 and bool(changed)
        return is_one_file and all(line.startswith(noted) for line in changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A whole update that has touched nothing yet.

    Attributes:
        top: the top of the working tree.
        targets: what changes.
        current: targets with nothing newer, and what is to be said of each.
        change: what it does to the working tree; None where nothing is newer.
    """

    top: Path
    targets: tuple[TargetUpdate, ...] = ()
    current: Mapping[str, str]
    change: Change | None = None

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """What a person has to decide, of all targets."""
        return tuple(conflict for target in self.targets for conflict in target.conflicts)

    def exit_code(self, *, check: bool) -> int:
        """What to tell a script: 1 for conflicts, 3 for a clean update that was only looked at."""
        if self.conflicts:
            return _CONFLICTS
        return _OUTDATED if check and self.targets else _CLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    """A target that has something to update."""

    target: Target
    said: Answers
    step: Step


@contextlib.contextmanager
def preview(
    root: Path, config: Config | None, wish: Wish, runner: Runner, progress: Progress
) -> Iterator[Preview]:
    """Find out what an update changes, in a throw-away repository that lives as long as the block.

    Args:
        root: the project's folder.
        config: its configuration; None where it cannot be loaded, which an update may repair.
        wish: what is asked for.
        runner: starts git.
        progress: what is told while templates are fetched.

    Raises:
        RuntimeFailure: conflicts of an earlier update are open.
        ManagerError: there is nothing to update, or edits could be lost; with all causes.
    """
    git = open_repository(runner, root, os.environ)
    targets = choose(root, config, wish.names)
    raise_all(RuntimeFailure, [p for target in targets for p in refusals.left_open(git, target)])
    with slowly(progress, "Asking the templates for their newest versions …"):
        pending, current = _pending(git, targets, wish, runner)
    if not pending:
        yield Preview(top=git.folder, current=current)
        return
    if wish.data:
        urls = dict.fromkeys(one.step.source for one in pending)
        templates = [fetch(Source(name=url, url=url), runner, progress) for url in urls]
        given.check_values(wish.data, templates)
    with workshop(git, git.folder.name) as shop:
        yield _previewed(git, shop, pending, current, wish, progress)


def _pending(
    git: Git, targets: Sequence[Target], wish: Wish, runner: Runner
) -> tuple[list[_Pending], dict[str, str]]:
    """What has something newer and can be updated, and what has nothing newer."""
    versions = Versions(runner, wish.template)
    pending: list[_Pending] = []
    current: dict[str, str] = {}
    problems: list[Problem] = []
    for target in targets:
        try:
            said = answers.read(target.answers_path)
        except ManagerError as error:
            problems.extend(error.problems)
            continue
        step = versions.step(said)
        if isinstance(step, Step) and not (step.outdated or wish.data or wish.template):
            current[target.name] = step.note or step.new
            continue
        problems.extend(refusals.unsaved(git, target))
        if isinstance(step, Step):
            pending.append(_Pending(target=target, said=said, step=step))
        else:
            problems.extend(step)
    raise_all(PreconditionError, problems)
    if wish.template is not None:
        _refuse_many_sources(pending)
    return pending, current


def _refuse_many_sources(pending: Sequence[_Pending]) -> None:
    """One new source cannot stand for different templates."""
    recorded = {one.said.source: one.target.name for one in pending}
    if len(recorded) > 1:
        names = " and ".join(recorded.values())
        raise UsageError(
            f"--template gives one template, and {names} were made from different ones.",
            remedy="Say which services it is for: --service NAME.",
        )


def _previewed(
    git: Git,
    shop: Workshop,
    pending: Sequence[_Pending],
    current: dict[str, str],
    wish: Wish,
    progress: Progress,
) -> Preview:
    updates: list[TargetUpdate] = []
    commit, known = shop.head, set[str]()
    for one in pending:
        step = one.step
        with _named(one.target):
            progress.step(f"{one.target.name}: comparing {step.old} with {step.new} …")
            folder = refusals.within(git, one.target.folder)
            rendered = render(
                shop, folder, one.said, step,
                moved=wish.template is not None, data=wish.data, ask=wish.ask,
            )  # fmt: skip
            answers_path = refusals.answers_within(git, one.target)
            merged = merge(shop, commit, rendered.old, rendered.new, answers_path)
        known |= {key for key in map(str, rendered.answers) if not key.startswith("_")}
        update = _described(shop, one, commit, rendered, merged)
        if update.files:
            updates.append(update)
        else:
            current[one.target.name] = step.new
        commit = merged.commit
    given.check_known(wish.data, known)
    _refuse_obstacles(git, shop, commit, updates)
    seen = Preview(top=git.folder, targets=tuple(updates), current=current)
    if not updates:
        return seen
    change = Change(git=git, shop=shop, commit=commit, conflicts=seen.conflicts)
    return replace(seen, change=change)


def _described(
    shop: Workshop, one: _Pending, before: str, rendered: Rendered, merged: Merged
) -> TargetUpdate:
    plain = ("--no-ext-diff", "--no-textconv", "--no-color", "-M")
    return TargetUpdate(
        name=one.target.name,
        folder=one.target.folder,
        old=one.step.old,
        new=one.step.new,
        diff=shop.git("-c", "core.quotePath=false", "diff", *plain, before, merged.commit),
        files=_files(shop.git.listed("diff", *plain, "--name-status", "-z", before, merged.commit)),
        conflicts=merged.conflicts,
        stay_deleted=merged.stay_deleted,
        asked=rendered.asked,
    )


def _files(words: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Git's list of changes, an entry for each file.

    >>> _files(["M", "a", "R086", "old", "new"])
    (('M', 'a'), ('R', 'old', 'new'))
    """
    found = []
    rest = iter(words)
    for word in rest:
        paths = (next(rest), next(rest)) if word.startswith("R") else (next(rest),)
        found.append((word[0], *paths))
    return tuple(found)


@contextlib.contextmanager
def _named(target: Target) -> Iterator[None]:
    """A block whose errors say which target they are about."""
    try:
        yield
    except ManagerError as error:
        raise type(error)(
            [replace(p, message=f"{target.name}: {p.message}") for p in error.problems]
        ) from error


def _refuse_obstacles(
    git: Git, shop: Workshop, commit: str, updates: Sequence[TargetUpdate]
) -> None:
    listed = shop.git.listed(
        "diff", "--no-renames", "--diff-filter=A", "--name-only", "-z", shop.head, commit
    )
    stay = [path for update in updates for path in update.stay_deleted]
    raise_all(PreconditionError, refusals.in_the_way(git, [*listed, *stay]))
