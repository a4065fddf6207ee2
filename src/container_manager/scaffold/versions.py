"""Whether a template has something newer than what a service or project was made from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from container_manager.errors import Location, ManagerError, Problem, UsageError
from container_manager.run import Runner
from container_manager.scaffold import answers, fetching, sources
from container_manager.scaffold.answers import Answers
from container_manager.scaffold.git import without_password

if TYPE_CHECKING:
    from packaging.version import Version

_DESCRIBED = re.compile(r"(?P<tag>.+)-(?P<ahead>\d+)-g[0-9a-f]+")
"""What ``git describe`` says of a commit after a tag."""

_GIVE_URL = "Say where the template is: --template URL."


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From which version of a template to which.

    Attributes:
        source: the template as Copier takes it.
        old: the version that something was made from, as its answers file says.
        new: the newest version.
        note: what a person should know though nothing is wrong.
    """

    source: str
    old: str
    new: str
    outdated: bool
    note: str | None = None


class Versions:
    """Asks every template once for its newest version.

    Args:
        runner: starts git.
        template: a source to use instead of the recorded ones; None for those.

    Raises:
        ManagerError: ``template`` is no address of a repository.
    """

    def __init__(self, runner: Runner, template: str | None) -> None:
        self._runner = runner
        self._refs: dict[str, Mapping[str, str] | ManagerError] = {}
        self._template: sources.Source | None = None
        if template is not None:
            self._template = sources.from_text(template, Path.cwd(), name=template)
            if self._template.url is None:
                raise UsageError(
                    f"The template {template} has no history: nothing can be updated from it.",
                    remedy="Name a git repository with version tags.",
                )

    def step(self, said: Answers) -> Step | list[Problem]:
        """What an update of something would be, or why there can be none."""
        found = self._recorded(said)
        if isinstance(found, list):
            return found
        source, old = found
        refs = self._asked(source)
        if isinstance(refs, ManagerError):
            return [
                Problem(
                    message=without_password(problem.message),
                    where=said.where(answers.SOURCE),
                    remedy=f"{problem.remedy or 'Try again.'} If it has moved: --template URL.",
                )
                for problem in refs.problems
            ]
        new = fetching.newest_tag(refs)
        if new is None:
            return [
                Problem(
                    message=f"The template {source.shown} has no version tags: nothing says what "
                    "is newer.",
                    where=said.where(answers.SOURCE),
                    remedy="Its keeper has to tag versions: git tag v1.0.0 && git push --tags.",
                )
            ]
        return _compared(source.url or "", old, new, said.where(answers.COMMIT))

    def _recorded(self, said: Answers) -> tuple[sources.Source, str] | list[Problem]:
        problems = []
        if said.commit is None:
            problems.append(
                Problem(
                    message="This was made from a template without history: nothing says which "
                    "version it is of.",
                    where=Location(said.path),
                    remedy="Write '_commit: TAG', the version of container-manager that made it "
                    "(such as v0.1.0), and '_src_path: git+URL' of its repository into that file, "
                    "and commit it.",
                )
            )
        source = self._template
        if source is None and said.source is not None:
            if _portable(said.source):
                source = sources.Source(name="template", url=said.source)
            else:
                problems.append(
                    Problem(
                        message=f"'{answers.SOURCE}' is no URL: {said.source}",
                        where=said.where(answers.SOURCE),
                        remedy=_GIVE_URL,
                    )
                )
        elif source is None and said.commit is not None:
            problems.append(
                Problem(
                    message=f"'{answers.SOURCE}' is missing: nothing says where the template is.",
                    where=Location(said.path),
                    remedy=_GIVE_URL,
                )
            )
        if problems or source is None or said.commit is None:
            return problems
        return source, said.commit

    def _asked(self, source: sources.Source) -> Mapping[str, str] | ManagerError:
        if source.address not in self._refs:
            try:
                self._refs[source.address] = fetching.remote_refs(source, self._runner)
            except ManagerError as error:
                self._refs[source.address] = error
        return self._refs[source.address]


def _portable(source: str) -> bool:
    """Whether a recorded source means the same from everywhere."""
    return Path(source).is_absolute() or bool(re.match(r"[a-z+]+:|[^/\s]+@[^/\s]+:", source))


def _compared(source: str, old: str, new: str, where: Location) -> Step | list[Problem]:
    described = _DESCRIBED.fullmatch(old)
    base = _parsed(described["tag"] if described else old)
    newest = _parsed(new)
    assert newest is not None
    if base is not None and base > newest:
        return [
            Problem(
                message=f"It was made from {old}; the template's newest version is {new}. "
                "Nothing is taken back to an older one.",
                where=where,
                remedy="See that the template's repository has all its tags.",
            )
        ]
    # A commit without a name is from before the first version.
    outdated = base is None or base < newest
    note = None
    if not outdated and described:
        note = f"made from {old}, which is newer than the newest version"
    return Step(source=source, old=old, new=new, outdated=outdated, note=note)


def _parsed(text: str) -> Version | None:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except InvalidVersion:
        return None
