"""Whether a template has something newer than what a service or project was made from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from container_manager.config import answers
from container_manager.config.answers import Answers
from container_manager.errors import Location, ManagerError, Problem, UsageError
from container_manager.run import Runner
from container_manager.scaffold import fetching, sources
from container_manager.scaffold.git import without_password

if TYPE_CHECKING:
    from packaging.version import Version

_DESCRIBED = re.compile(r"(?P<tag>.+)-(?P<ahead>\d+)-g[0-9a-f]+")
"""What ``git describe`` says of a commit after a tag."""

_COMMIT = re.compile(r"[0-9a-f]{4,64}")
"""What it says where no tag is before a commit."""

_SHOWN = 5
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
        old = _named(old, refs)
        return _compared(source.url or "", old, new, refs, said.where(answers.COMMIT))

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


def _named(recorded: str, refs: Mapping[str, str]) -> str:
    """The version that a recorded tag stands for.

    Of several tags at one commit, plain Copier records whichever git names; those that are no
    versions (``nightly``) are moved.

    >>> _named("nightly", {"nightly": "a1", "v1.0.0": "a1", "v2.0.0": "b2"})
    'v1.0.0'
    """
    commit = refs.get(recorded)
    if commit is None or _parsed(recorded) is not None:
        return recorded
    same = [name for name, other in refs.items() if other == commit]
    return fetching.newest_tag(same) or recorded


def _compared(
    source: str, old: str, new: str, refs: Mapping[str, str], where: Location
) -> Step | list[Problem]:
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
    if old not in refs and not described and not _COMMIT.fullmatch(old):
        return [
            Problem(
                message=f"The template has no version {old!r}: nothing says what has changed "
                "since this was made.",
                where=where,
                remedy="Write the version tag that it was made from; the template's repository "
                f"has: {', '.join(_versions(refs))}.",
            )
        ]
    # A commit without a name is from before the first version.
    outdated = base is None or base < newest
    note = None
    if not outdated and described:
        note = f"made from {old}, which is newer than the newest version"
    return Step(source=source, old=old, new=new, outdated=outdated, note=note)


def _versions(refs: Mapping[str, str]) -> list[str]:
    """The version tags that were last, newest first."""
    known = [(version, name) for name in refs if (version := _parsed(name)) is not None]
    return [name for _, name in sorted(known, reverse=True)[:_SHOWN]]


def _parsed(text: str) -> Version | None:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except InvalidVersion:
        return None
