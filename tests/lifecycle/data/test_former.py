"""What is decided about data under former names, and remembered."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from tests.preflight.test_checks import stack
from tests.preflight.test_former import COMPOSE, COPIED, MONGO, volume

from container_manager.config.environment import Environment
from container_manager.lifecycle.data.former import (
    Beside,
    begin_anew,
    beside,
    decide,
    unclaimed,
)
from container_manager.lifecycle.data.notes import COPYING, write_note
from container_manager.lifecycle.project import Project
from container_manager.podman.state import VolumeState

FORMER = volume("services_data", {COMPOSE: "services"})
OWN = volume("lab_data")
HALF = volume("lab_data", {COPIED: "services_data"})
ELSEWHERE = volume("other_data", {COPIED: "services_data"})


@pytest.fixture
def lab(tmp_path: Path) -> Project:
    """As much of a project as a decision needs."""
    parts = SimpleNamespace(
        name="lab",
        root=tmp_path,
        state_dir=tmp_path / ".container-manager",
        environment=Environment(process={}),
    )
    return cast(Project, parts)


def look(lab: Project, *volumes: VolumeState, origin: str | None = None) -> Beside:
    return beside(lab, stack(MONGO % "{}", lab.root), ["mongo"], volumes, (), origin=origin)


def kinds(found: Beside) -> dict[str, str]:
    """Former volume -> what is thought of it."""
    sorts = ("undecided", "doubtful", "settled", "decided", "halved")
    return {one.volume: kind for kind in sorts for one in getattr(found, kind)}


def test_a_start_waits_for_a_decision(lab: Project) -> None:
    found = look(lab, FORMER)
    assert kinds(found) == {"services_data": "undecided"}
    assert [one.volume for one in found.to_copy] == ["services_data"]
    assert len(found.refusals()) == 1
    assert found.doubts() == []


def test_one_that_was_decided_about_stops_no_start_any_more(lab: Project) -> None:
    decide(lab, ["services_data"])
    assert kinds(look(lab, FORMER)) == {"services_data": "decided"}
    assert kinds(look(lab, FORMER, OWN)) == {"services_data": "decided"}
    assert look(lab, FORMER).refusals() == []


def test_a_volume_of_our_own_decides(lab: Project) -> None:
    found = look(lab, FORMER, OWN)
    assert kinds(found) == {"services_data": "settled"}
    assert found.refusals() == []


def test_who_begins_anew_is_never_asked(lab: Project) -> None:
    begin_anew(lab)
    assert kinds(look(lab, FORMER)) == {"services_data": "decided"}


def test_what_seems_to_be_anothers_is_told_and_stops_nothing(lab: Project) -> None:
    found = look(lab, FORMER, ELSEWHERE)
    assert kinds(found) == {"services_data": "doubtful"}
    assert found.refusals() == []
    (doubt,) = found.doubts()
    assert "lab_data begins empty: services_data was taken for that of another" in doubt.message


@pytest.mark.parametrize("others", [(), (ELSEWHERE,)], ids=["decided", "anothers"])
def test_whoever_names_the_project_means_it(lab: Project, others: tuple[VolumeState, ...]) -> None:
    decide(lab, [] if others else ["services_data"])
    found = look(lab, FORMER, *others, origin="services")
    assert kinds(found) == {"services_data": "undecided"}


def test_a_copy_that_was_cut_short_is_no_volume_of_our_own(lab: Project) -> None:
    write_note(lab, COPYING, {"copies": {"lab_data": "services_data"}})
    found = look(lab, FORMER, HALF)
    assert kinds(found) == {"services_data": "halved"}
    (refusal,) = found.refusals()
    assert "Copying services_data to lab_data was cut short" in refusal.message


def test_a_note_about_a_volume_that_was_made_anew_says_nothing(lab: Project) -> None:
    write_note(lab, COPYING, {"copies": {"lab_data": "services_data"}})
    assert kinds(look(lab, FORMER, OWN)) == {"services_data": "settled"}
    assert kinds(look(lab, FORMER)) == {"services_data": "undecided"}


def test_volumes_of_a_fixed_name_can_be_claimed(lab: Project) -> None:
    fixed = stack(MONGO % "{name: als-data}", lab.root)
    theirs = volume("als-data", {COMPOSE: "other"})
    ours = volume("als-data", {COMPOSE: "services", "io.container-manager.project": "x"})
    assert unclaimed(lab, fixed, [volume("als-data", {COMPOSE: "services"})]) == ["als-data"]
    assert unclaimed(lab, fixed, [volume("als-data"), theirs, ours, FORMER]) == []
    shared = stack(MONGO % "{name: als-data, external: true}", lab.root)
    assert unclaimed(lab, shared, [volume("als-data", {COMPOSE: "services"})]) == []
