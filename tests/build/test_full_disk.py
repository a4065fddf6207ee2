"""A disk that is full from some moment on: an error of ours, and the next build completes."""

from __future__ import annotations

import itertools

import pytest
from tests.build.crash_scenes import Scene
from tests.build.striking import DONE, Strike, Watch, refuse, run_struck, take_room
from tests.build.trees import said_of_failures


@pytest.mark.parametrize("strike", [refuse, take_room])
@pytest.mark.parametrize(
    ("scene", "step"), [("first", 1), ("edited", 3)], indirect=["scene"], ids=["first", "edited"]
)
def test_a_disk_that_is_full_from_some_change_on(scene: Scene, strike: Strike, step: int) -> None:
    refused = 0
    for number in itertools.count(1, step):
        scene.reset()
        with said_of_failures(f"full from change {number} on"):
            watch = Watch(scene.project.root, number, strike, halves=False)
            outcome = run_struck(scene.command, watch)
            assert outcome == DONE or outcome.startswith("BuildError: "), outcome
            scene.assert_nothing_is_half_done()
            scene.assert_repeating_completes()
        refused += outcome != DONE
        if not watch.has_struck:
            break
    assert outcome == DONE
    assert refused > 10
