"""A command that is killed at any moment: the next one ends where an undisturbed one ends."""

from __future__ import annotations

import itertools
import random
import time

import pytest
from tests.build.crash_scenes import SCENES, WEB, Scene
from tests.build.striking import DONE, KILLED, Watch, kill, run_apart, run_killed_after, run_struck
from tests.build.trees import assert_same, files, said_of_failures
from tests.conftest import Project

from container_manager import building
from container_manager.build.journal import is_interrupted

EACH = ("first", "edited", "part", "rollback")
RANDOM_KILLS = 60
"""For each of the scenes."""


def killed_at(scene: Scene, number: int) -> bool:
    """Run the command, and kill it before a change; whether it was still at work then."""
    outcome = run_struck(scene.command, Watch(scene.project.root, number, kill))
    assert outcome in (KILLED, DONE)
    return outcome == KILLED


@pytest.mark.parametrize("scene", EACH, indirect=True)
def test_killed_before_each_change(scene: Scene) -> None:
    for number in itertools.count(1):
        scene.reset()
        with said_of_failures(f"killed before change {number}"):
            killed = killed_at(scene, number)
            scene.assert_nothing_is_half_done()
            if number % 3 == 1:
                scene.assert_a_plan_touches_nothing()
            if number % 3 == 2:
                scene.assert_other_commands_finish_or_undo()
            scene.assert_repeating_completes()
            if not killed:
                break
    scene.assert_former_builds_come_back()
    assert number > 30


@pytest.mark.parametrize("scene", ["first", "edited", "rollback"], indirect=True)
def test_killed_again_and_again(scene: Scene) -> None:
    chance = random.Random(1)
    for number in range(1, 120, 6):
        scene.reset()
        numbers = [number, *(chance.randrange(1, 100) for _ in range(3))]
        with said_of_failures(f"killed before changes {numbers}"):
            for one in numbers:
                killed_at(scene, one)
                scene.assert_nothing_is_half_done()
            scene.assert_repeating_completes()
            scene.assert_former_builds_come_back()


@pytest.mark.parametrize("scene", SCENES, indirect=True)
def test_killed_at_random_moments(scene: Scene) -> None:
    chance = random.Random(2)
    longest = 1.1 * duration(scene)
    killed = 0
    for number in range(RANDOM_KILLS):
        scene.reset()
        moment = chance.uniform(0, longest)
        with said_of_failures(f"killed after {moment} s"):
            killed += run_killed_after(scene.command, moment) == KILLED
            scene.assert_nothing_is_half_done()
            scene.assert_repeating_completes()
            if number % 10 == 0:
                scene.assert_former_builds_come_back()
    assert killed > RANDOM_KILLS / 4


def duration(scene: Scene) -> float:
    """How long the command takes in a child at the least, in seconds."""
    measured = []
    for _ in range(5):
        scene.reset()
        begun = time.perf_counter()
        assert run_apart(scene.command) == DONE
        measured.append(time.perf_counter() - begun)
    return min(measured)


@pytest.mark.parametrize("scene", ["second"], indirect=True)
def test_edits_between_the_crash_and_the_next_command(scene: Scene) -> None:
    foreign = scene.precious
    for number in itertools.count(1):
        scene.reset()
        with said_of_failures(f"killed before change {number}"):
            if not killed_at(scene, number):
                break
            if not is_interrupted(scene.project.root / "build"):
                continue  # nothing has changed yet
            scene.precious = (*foreign, *edit_all(scene))
            scene.repeat()
            scene.assert_nothing_is_lost()
            now = files(scene.project)
            assert_same(scene.after, {path: now[path] for path in scene.after})
            scene.assert_former_builds_come_back()
    assert number > 30


def edit_all(scene: Scene) -> list[str]:
    """Edit all generated files where they are; returns their contents."""
    edited = []
    for path, (kind, _, _) in files(scene.project).items():
        if kind == "file" and not path.endswith("theirs.txt"):
            edited.append(f"{path} with an edit\n")
            (scene.project.root / "build" / path).write_text(edited[-1])
    return edited


# --- found by the tests above, as small as they get -----------------------------------------------


def test_a_folder_that_was_a_symlink_to_one_like_it(project: Project) -> None:
    web = project.deploy()
    project.write(f"{WEB}/now/file.txt", "the same\n")
    (web / "before").symlink_to("now")
    building.build()
    (web / "before").unlink()
    project.write(f"{WEB}/before/file.txt", "the same\n")
    building.build()
    assert project.read(f"build/{WEB}/before/file.txt") == "the same\n"


def test_edits_of_a_file_and_then_of_one_in_a_folder_of_its_name(project: Project) -> None:
    web = project.deploy()
    project.write(f"{WEB}/name", "first\n")
    building.build()
    project.write(f"{WEB}/name", "second\n")
    project.write(f"build/{WEB}/name", "edited\n")
    building.build()
    (web / "name").unlink()
    project.write(f"{WEB}/name/file.txt", "first\n")
    building.build()
    project.write(f"{WEB}/name/file.txt", "second\n")
    project.write(f"build/{WEB}/name/file.txt", "edited, too\n")
    building.build()
    assert project.read(f"build/{WEB}/name/file.txt") == "second\n"
    kept = (project.root / "build/.manager/displaced").rglob("*")
    texts = sorted(path.read_text() for path in kept if path.is_file())
    assert texts == ["edited\n", "edited, too\n"]
