"""Commands on prepared projects, what they leave where nobody disturbs them, and what must hold."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.build.trees import (
    Tree,
    assert_same,
    everything,
    files,
    kept_from_git,
    owned,
    untouched,
)
from tests.conftest import Project

from container_manager import building

WEB, OLD = "services/framework/web", "services/framework/old"
TEMPLATE = "services: {{web: {{image: 'localhost/web:{}'}}}}\n"
LAST_VERSION = 3
KEEP = 2


@dataclass(kw_only=True)
class Scene:
    """A command on a project that is always the same before it.

    Attributes:
        project: where it happens.
        start: a copy of the project as it is before the command.
        command: what is disturbed.
        repeat: what is run afterwards; it must lead to where the command leads.
        arrange: what is done with each fresh copy, where a copy alone is not enough.
        precious: contents that must never be lost.
        formers: number -> files of the former builds.
        before, after: the files below the build directory, without the manager's own.
        result: all that the undisturbed command leaves, the manager's records included.
    """

    project: Project
    start: Path
    command: Callable[[], object]
    repeat: Callable[[], object]
    arrange: Callable[[], object] = lambda: None
    precious: tuple[str, ...] = ()
    formers: Mapping[int, Tree] = field(default_factory=dict)
    before: Tree = field(default_factory=dict)
    after: Tree = field(default_factory=dict)
    result: Tree = field(default_factory=dict)

    def reset(self) -> None:
        """Make the project what it was before the command."""
        os.chdir(self.start.parent)
        shutil.rmtree(self.project.root)
        shutil.copytree(self.start, self.project.root, symlinks=True)
        os.chdir(self.project.root)
        self.arrange()

    def rehearse(self) -> Scene:
        """See what the command does undisturbed."""
        if not self.start.exists():
            shutil.copytree(self.project.root, self.start, symlinks=True)
        self.reset()
        self.before = files(self.project)
        self.command()
        self.after, self.result = files(self.project), everything(self.project)
        return self

    def assert_nothing_is_half_done(self) -> None:
        """Each file is the old one or the new one, and no other file is there."""
        now = files(self.project)
        for path in now.keys() | self.before.keys() | self.after.keys():
            allowed = (self.before.get(path), self.after.get(path))
            assert now.get(path) in allowed, f"{path}: {now.get(path)}"
        self.assert_nothing_is_lost()

    def assert_nothing_is_lost(self) -> None:
        """Every precious content is in its place, or was put aside."""
        ours = (".manager/objects", ".manager/staging")
        tree = self.project.tree("build")
        there = {seen.content for path, seen in tree.items() if not path.startswith(ours)}
        for text in self.precious:
            assert hashlib.sha256(text.encode()).hexdigest() in there, text

    def assert_a_plan_touches_nothing(self) -> None:
        """To ask what a build would do is allowed at any moment."""
        before = untouched(self.project)
        building.plan()
        assert_same(before, untouched(self.project))

    def assert_other_commands_finish_or_undo(self) -> None:
        """Whoever looks at what was built finds all of the old or all of the new."""
        building.builds()
        now = files(self.project)
        assert_same(self.before if now == self.before else self.after, now)

    def assert_repeating_completes(self) -> None:
        """The next command leads to where the undisturbed one led; a further one does nothing."""
        self.repeat()
        assert_same(self.result, everything(self.project))
        assert kept_from_git(self.project), "git sees what is private"
        settled = untouched(self.project)
        self.repeat()
        assert_same(settled, untouched(self.project))

    def assert_former_builds_come_back(self) -> None:
        """Whatever is listed without losses can be brought back."""
        for former in reversed(building.builds()):  # each of them pushes the oldest out
            if not former.lost:
                building.rollback(number=former.number)
                assert_same(self.formers[former.number], owned(self.project))


def write_sources(project: Project) -> None:
    """Two services, with a file for each kind of change."""
    more = {"project_root": "/opt/lab", "keep_builds": KEEP}
    project.deploy("old", "services: {old: {image: localhost/old}}\n", more=more)
    web = project.deploy("web", more=more, copy_src=True)
    project.write("src/code.py", "code = 1\n")
    project.write(f"{OLD}/settings.ini", "[old]\n")
    names = ("same.txt", "gone.txt", "away/deep/gone.txt", "to_folder", "to_file/deep/one.txt",
             "twin.txt", "other_twin.txt", "to_link", "run.sh", "old_name/moved.txt")  # fmt: skip
    for name in names:
        project.write(f"{WEB}/{name}", "twins\n" if "twin" in name else f"{name}\n")
    (web / "link").symlink_to("same.txt")
    (web / "from_link").symlink_to("same.txt")


def write_version(project: Project, number: int) -> None:
    """What differs from one of the former builds to the next."""
    project.write(f"{WEB}/content.txt", f"version {number}\n")
    project.write(f"{WEB}/docker-compose.yml.j2", TEMPLATE.format(number))
    if number == LAST_VERSION:
        project.write(f"{WEB}/late.txt", "late\n")


def change_everything(project: Project) -> None:
    """Of each kind of change, one."""
    web = project.root / WEB
    config = json.loads(project.read("config.yml"))
    config["deployed_services"].remove("old")
    project.write("config.yml", json.dumps(config, indent=1))
    write_version(project, LAST_VERSION + 1)
    for gone in ("gone.txt", "late.txt", "away/deep/gone.txt", "to_folder", "twin.txt", "to_link",
                 "link", "from_link"):  # fmt: skip
        (web / gone).unlink()
    shutil.rmtree(web / "to_file")
    project.write(f"{WEB}/to_file", "a file now\n")
    project.write(f"{WEB}/to_folder/deep/inside.txt", "a folder now\n")
    project.write(f"{WEB}/new.txt", "new\n")
    project.write(f"{WEB}/new/deep/new.txt", "new\n")
    project.write(f"{WEB}/from_link", "a file now\n")
    (web / "old_name").rename(web / "new_name")
    (web / "old_name").symlink_to("new_name")
    (web / "to_link").symlink_to("same.txt")
    (web / "link").symlink_to("run.sh")
    (web / "run.sh").chmod(0o755)


def put_foreign_files(project: Project) -> tuple[str, ...]:
    """Files of others, beside ours and in folders that would go; returns their contents."""
    places = ("theirs.txt", f"{WEB}/theirs.txt", f"{OLD}/theirs.txt", f"{WEB}/away/theirs.txt")
    for place in places:
        project.write(f"build/{place}", f"theirs, in {place}\n")
    return tuple(f"theirs, in {place}\n" for place in places)


def edit_by_hand(project: Project) -> tuple[str, ...]:
    """Change a generated file that will be replaced, and one that would go."""
    edits = {f"{WEB}/content.txt": "edited\n", f"{WEB}/late.txt": "edited, too\n"}
    for path, text in edits.items():
        project.write(f"build/{path}", text)
    (project.root / "build" / WEB / "same.txt").chmod(0o600)
    return tuple(edits.values())


def build_versions(project: Project) -> dict[int, Tree]:
    """Build each version; returns the files of each, by the number it will have."""
    write_sources(project)
    formers = {}
    for number in range(1, LAST_VERSION + 1):
        write_version(project, number)
        building.build()
        formers[number] = owned(project)
    return formers


def first_build(project: Project, start: Path) -> Scene:
    """Nothing is there; all is generated."""
    web = project.deploy("web", more={"project_root": "/opt/lab"})
    project.write(f"{WEB}/run.sh.j2", "#!/bin/sh\n", mode=0o755)
    project.write(f"{WEB}/deep/er/file.txt")
    (web / "link").symlink_to("deep/er/file.txt")
    scene = Scene(project=project, start=start, command=building.build, repeat=building.build)
    return scene.rehearse()


def second_build(project: Project, start: Path) -> Scene:
    """All kinds of changes, beside files of others; every former build stays complete."""
    formers = build_versions(project)
    change_everything(project)
    return Scene(
        project=project,
        start=start,
        command=building.build,
        repeat=building.build,
        precious=put_foreign_files(project),
        formers=formers,
    ).rehearse()


def edited_build(project: Project, start: Path) -> Scene:
    """The same after somebody changed generated files, which former builds lack then."""
    scene = second_build(project, start)
    scene.reset()
    scene.precious = (*scene.precious, *edit_by_hand(project))
    shutil.rmtree(start)
    return scene.rehearse()


def build_of_a_part(project: Project, start: Path) -> Scene:
    """One service changes, and the memory of the last build is of use."""
    formers = build_versions(project)

    def arrange() -> None:
        building.build()
        write_version(project, LAST_VERSION + 1)

    return Scene(
        project=project,
        start=start,
        command=building.build,
        repeat=building.build,
        arrange=arrange,
        formers=formers,
    ).rehearse()


def rollback(project: Project, start: Path) -> Scene:
    """A former build is brought back over one in which all is different."""
    formers = build_versions(project)
    change_everything(project)
    precious = put_foreign_files(project)
    building.build()
    formers[LAST_VERSION + 1] = owned(project)

    def back() -> None:
        building.rollback(number=LAST_VERSION)

    return Scene(
        project=project,
        start=start,
        command=back,
        repeat=back,
        precious=precious,
        formers=formers,
    ).rehearse()


SCENES: dict[str, Callable[[Project, Path], Scene]] = {
    "first": first_build,
    "second": second_build,
    "edited": edited_build,
    "part": build_of_a_part,
    "rollback": rollback,
}
