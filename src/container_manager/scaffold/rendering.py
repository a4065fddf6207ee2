"""What a template changed between two versions, for the answers of one target."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from container_manager.config import answers
from container_manager.config.answers import Answers
from container_manager.errors import Location, ManagerError, PreconditionError, Problem
from container_manager.scaffold import copying
from container_manager.scaffold.faults import is_of_git, is_of_kinds
from container_manager.scaffold.git import overrides
from container_manager.scaffold.merging import Workshop
from container_manager.scaffold.versions import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """Two renderings of a template, committed one after the other.

    Attributes:
        old: the commit of the version that the target was made from.
        new: the commit of the newest version.
        asked: questions that the newest version has and the old one had not, with their answers.
        answers: all answers, of the newest version.
    """

    old: str
    new: str
    asked: Mapping[str, Any]
    answers: Mapping[str, Any]


def render(
    shop: Workshop,
    folder: str,
    said: Answers,
    step: Step,
    *,
    moved: bool,
    data: Mapping[str, str],
    ask: bool,
) -> Rendered:
    """Render both versions of a template where nobody has edited anything.

    Args:
        shop: where.
        folder: that of the target, from the top of the working tree.
        said: the target's answers file.
        step: from which version to which.
        moved: whether the template's source is another than the recorded one.
        data: answers that were given now.
        ask: whether Copier may ask on the terminal.

    Raises:
        ManagerError: a version cannot be rendered, or the new one needs a newer library.
    """
    shop.empty()
    place = shop.git.folder / folder
    place.mkdir(parents=True, exist_ok=True)
    recorded = {key: value for key, value in said.values.items() if not key.startswith("_")}
    env = _env(shop)
    copying.recreate(step.source, place, ref=step.old, data=recorded, env=env)
    written = place / answers.NAME
    if not moved:
        written.write_bytes(said.path.read_bytes())
    elif not written.is_file():
        raise PreconditionError(f"The template {step.source} writes no {answers.NAME}.")
    if moved or step.old != said.commit:
        answers.record(written, step.old)
    old = shop.commit_files()
    _bring_forward(shop, old, place, step, data, ask=ask)
    answers.record(written, step.new)
    now = answers.read(written)
    _refuse_newer_library(now, said.path)
    asked = {
        key: value
        for key, value in now.values.items()
        if not key.startswith("_") and key not in recorded and key not in data
    }
    return Rendered(old=old, new=shop.commit_files(old), asked=asked, answers=now.values)


def _bring_forward(
    shop: Workshop, old: str, place: Path, step: Step, data: Mapping[str, str], *, ask: bool
) -> None:
    """Have Copier update the rendering, which stands committed."""
    env = _env(shop)
    written = place / answers.NAME
    recorded = written.read_bytes()
    bring = partial(copying.bring_forward, step.source, place, ref=step.new)
    try:
        bring(data=data, ask=ask, env=env)
    except ManagerError as error:
        if is_of_git(error):
            shop.check_out(old)
        elif is_of_kinds(error):
            # Copier puts no folder where a file is, nor the reverse; where nothing is, it need not.
            shop.empty()
            place.mkdir(parents=True, exist_ok=True)
            written.write_bytes(recorded)
            bring = partial(bring, afresh=True)
        else:
            raise
        bring(data=data, ask=ask, env=env)


def _env(shop: Workshop) -> dict[str, str]:
    """Variables for Copier's git, whose repositories borrow objects of the workshop's sort."""
    sort = shop.git("rev-parse", "--show-object-format")
    return {**overrides(os.environ), "GIT_DEFAULT_HASH": sort}


def _refuse_newer_library(now: Answers, path: Path) -> None:
    problem = answers.too_old(now)
    if problem is not None:
        raise PreconditionError(
            Problem(
                message=f"The newest version of its template needs container-manager "
                f"{now.oldest} or newer.",
                where=Location(path),
                remedy=problem.remedy,
            )
        )
