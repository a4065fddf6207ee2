"""Builds a project that has a history, and compares with what would be built from nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests import conftest
from tests.build.laboratory import Lab, begin, remove
from tests.build.reference import (
    Outcome,
    attempt,
    compose_of,
    done,
    fresh,
    generated,
    said,
    told,
    without_notes,
)
from tests.conftest import KEPT_VARIABLES, Project, Seen

from container_manager import building
from container_manager.build import history
from container_manager.build import manifest as record
from container_manager.errors import BuildError, ManagerError
from container_manager.model import Build

IN_THE_WAY = (
    "A file that we did not write stands where the build wants",
    "A folder with files that we did not write stands where the build wants a file.",
    "This is no folder, but the build wants to write",
)
"""All that a build directory which is not empty can add to what goes wrong."""


MEMORY, DISK = Path("/dev/shm"), Path(tempfile.gettempdir())


@contextmanager
def laboratory(place: Path) -> Iterator[Lab]:
    """A project in a folder of its own, with none of this machine's variables.

    Args:
        place: :data:`MEMORY` is three times as fast; a :data:`DISK` gives a new file the inode of
            one that has just gone.
    """
    top = Path(tempfile.mkdtemp(prefix="history-", dir=place if place.is_dir() else DISK))
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if not name.startswith(KEPT_VARIABLES):
                patch.delenv(name)

        def set_variable(name: str, value: str | None) -> None:
            if value is None:
                patch.delenv(name, raising=False)
            else:
                patch.setenv(name, value)

        try:
            (top / "warm").mkdir()
            begin(top / "warm")
            yield Lab(top / "warm", set_variable)
        finally:
            shutil.rmtree(top)


def snapshot(lab: Lab) -> dict[str, Seen]:
    """The build directory, without the lock, which says who looked at it last."""
    tree = conftest.snapshot(lab.build_dir)
    return {path: seen for path, seen in tree.items() if path not in (".manager/lock", ".manager")}


# --- one build ------------------------------------------------------------------------------------


def check_build(lab: Lab, tries: int = 5) -> None:
    """Plan and build, and compare both with the reference."""
    before = snapshot(lab)
    planned = attempt(lambda: building.plan(lab.config))
    assert snapshot(lab) == before
    built = attempt(lambda: building.build(lab.config))
    after = snapshot(lab)
    expected = fresh(lab.root, lab.root.parent / "fresh")
    if isinstance(built, ManagerError) or isinstance(planned, ManagerError):
        assert after == before
        refused(lab, expected, planned, built)
        if expected.error is None:
            assert tries
            check_build(lab, tries - 1)
        return
    assert expected.error is None
    check_plan(planned, built, before, after)
    assert without_notes(planned, lab.root) == without_notes(built, lab.root) == expected.told
    now = {path: seen.meaning for path, seen in generated(after).items()}
    assert {path: now.get(path) for path in expected.tree} == expected.tree
    assert now.keys() - expected.tree.keys() <= lab.theirs
    again = building.build(lab.config)
    assert again.plan.pending == ()
    for build in (built, again):
        check_offered(lab, build, expected)
    assert snapshot(lab) == after
    assert told(again.warnings, lab.root) == expected.told


def check_offered(lab: Lab, build: Build, expected: Outcome) -> None:
    """What a build offers to whoever runs it: compose files, and digests of all that it made."""
    assert compose_of(build, lab.root) == expected.compose
    assert build.shown == build.compose_files
    prefix = f"{lab.build_dir}/"
    digests = {path.removeprefix(prefix): digest for path, digest in build.digests.items()}
    wanted = {
        path: f"{'link' if kind == 'link' else 'sha256'}:{content}"
        for path, (kind, _, content) in expected.tree.items()
    }
    assert digests.items() <= wanted.items()
    assert wanted.keys() - digests.keys() <= lab.theirs


def refused(
    lab: Lab, expected: Outcome, planned: Build | ManagerError, built: Build | ManagerError
) -> None:
    """Both refuse, and say what the reference says; what was in the way is moved away."""
    assert isinstance(planned, ManagerError)
    assert isinstance(built, ManagerError)
    messages = told(built.problems, lab.root)
    assert told(planned.problems, lab.root) == messages
    blockers = [one for one in built.problems if one.message.startswith(IN_THE_WAY)]
    others = [one for one in messages if one not in told(blockers, lab.root)]
    assert others == [*(expected.told if expected.error else ())]
    assert type(planned) is type(built)
    assert type(built) is (expected.error or BuildError)
    for blocker in blockers:
        assert blocker.where is not None
        place = blocker.where.file.relative_to(lab.build_dir).as_posix()
        assert any(path == place or path.startswith(f"{place}/") for path in lab.theirs)
        remove(blocker.where.file)


def check_plan(
    planned: Build, built: Build, before: dict[str, Seen], after: dict[str, Seen]
) -> None:
    """The plan said what the build did, and nothing that somebody edited was lost."""
    happened = done(generated(before), generated(after))
    assert said(planned.plan, generated(before)) == happened
    assert said(built.plan, generated(before)) == happened
    kept = {s.content for p, s in after.items() if p.startswith(".manager/displaced")}
    for change in built.plan.pending:
        if change.by_hand:
            assert before[change.path].content in kept


# --- other builds ---------------------------------------------------------------------------------


def check_service(lab: Lab, name: str) -> None:
    """One service alone: its files and the root file, as of a whole build; nothing else."""
    expected = fresh(lab.root, lab.root.parent / "fresh")
    before = snapshot(lab)
    planned = attempt(lambda: building.plan(lab.config, service=[name]))
    built = attempt(lambda: building.build(lab.config, service=[name]))
    after = snapshot(lab)
    if isinstance(built, ManagerError) or isinstance(planned, ManagerError):
        assert type(planned) is type(built)
        assert after == before
        return
    check_plan(planned, built, before, after)
    own = (f"services/framework/{name}/", "services/docker-compose.yml")
    assert all(path.startswith(own) for path in done(generated(before), generated(after)))
    for path, meaning in expected.tree.items():
        assert not path.startswith(own) or after[path].meaning == meaning


def check_part(lab: Lab, what: str) -> None:
    """Kernels or assets alone: as of a whole build, and nothing goes."""
    expected = fresh(lab.root, lab.root.parent / "fresh")
    before = snapshot(lab)
    verb = building.kernels if what == "kernels" else building.assets
    built = attempt(lambda: verb(lab.config))
    after = snapshot(lab)
    if isinstance(built, ManagerError):
        assert after == before
        return
    happened = done(generated(before), generated(after))
    assert said(built.plan, generated(before)) == happened
    assert "remove" not in happened.values()
    for path in happened:
        assert after[path].meaning == expected.tree[path]


def check_rollback(lab: Lab) -> None:
    """The former build comes back as it was recorded, or nothing is changed."""
    before = snapshot(lab)
    numbers = history.numbers(lab.build_dir)
    wanted = history.former(lab.build_dir, numbers[-1]).files if numbers else {}
    built = attempt(lambda: building.rollback(lab.config))
    after = snapshot(lab)
    if isinstance(built, ManagerError):
        assert after == before
        return
    assert said(built.plan, generated(before)) == done(generated(before), generated(after))
    assert record.read(lab.build_dir).files == wanted
    for path, entry in wanted.items():
        seen = after[path]
        content = f"link:{seen.content}" if seen.kind == "link" else f"sha256:{seen.content}"
        assert record.written(content, seen.mode if seen.kind == "file" else 0o777) == entry


def run(lab: Lab, what: str) -> None:
    """One of all kinds of builds."""
    if what in ("web", "worker"):
        check_service(lab, what)
    elif what in ("kernels", "assets"):
        check_part(lab, what)
    elif what == "rollback":
        check_rollback(lab)
    check_build(lab)


@contextmanager
def refuses(project: Project) -> Iterator[pytest.ExceptionInfo[ManagerError]]:
    """The block ends with an error of ours, and leaves what was built as it was."""
    before = generated(project.tree("build"))
    with pytest.raises(ManagerError) as caught:
        yield caught
    assert generated(project.tree("build")) == before
