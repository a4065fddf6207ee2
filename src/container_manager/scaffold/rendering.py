"""What a template changed between two versions, for the answers of one target."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container_manager.errors import Location, PreconditionError, Problem
from container_manager.scaffold import answers, copying
from container_manager.scaffold.answers import Answers
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
    env = overrides(os.environ)
    copying.recreate(step.source, place, ref=step.old, data=recorded, env=env)
    written = place / answers.NAME
    if not moved:
        written.write_bytes(said.path.read_bytes())
    elif not written.is_file():
        raise PreconditionError(f"The template {step.source} writes no {answers.NAME}.")
    old = shop.commit_files()
    copying.bring_forward(step.source, place, ref=step.new, data=data, ask=ask, env=env)
    now = answers.read(written)
    _refuse_newer_library(now, said.path)
    asked = {
        key: value
        for key, value in now.values.items()
        if not key.startswith("_") and key not in recorded and key not in data
    }
    return Rendered(old=old, new=shop.commit_files(old), asked=asked, answers=now.values)


def _refuse_newer_library(now: Answers, path: Path) -> None:
    problem = answers.too_old(now)
    if problem is not None:
        raise PreconditionError(
            Problem(
                message=f"The newest version of its template needs container-manager "
                f"{now.library} or newer.",
                where=Location(path),
                remedy=problem.remedy,
            )
        )
