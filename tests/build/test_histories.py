"""Whatever was done to a project before, a build gives what it would give from nothing."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.build.checking import DISK, MEMORY, check_build, laboratory, run
from tests.build.edits import Edit, edits, edits_of_services
from tests.build.laboratory import WEB, Lab, write
from tests.build.reference import fresh

from container_manager import building
from container_manager.build import memory
from container_manager.errors import BuildError

if TYPE_CHECKING:
    from tests.conftest import Project

common = settings(
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
builds = st.sampled_from(["", "", "", "", "web", "worker", "kernels", "assets", "rollback"])
steps = st.tuples(st.lists(edits, max_size=2), builds)
places = st.sampled_from([MEMORY, MEMORY, MEMORY, MEMORY, DISK])


@settings(common, max_examples=50)
@given(places, st.lists(steps, min_size=1, max_size=6))
def test_any_history_leads_to_what_is_built_from_nothing(
    place: Path, history: list[tuple[list[Edit], str]]
) -> None:
    with laboratory(place) as lab:
        check_build(lab)
        for before, what in history:
            for edit in before:
                edit.apply(lab)
            run(lab, what)


@settings(common, max_examples=60)
@given(places, st.lists(edits_of_services, min_size=1, max_size=6))
def test_edits_of_services_lead_to_what_is_built_from_nothing(
    place: Path, history: list[Edit]
) -> None:
    """Many of these builds prepare one service alone."""
    with laboratory(place) as lab:
        check_build(lab)
        for edit in history:
            edit.apply(lab)
            check_build(lab)


def test_the_project_of_these_tests_can_be_built() -> None:
    with laboratory(MEMORY) as lab:
        outcome = fresh(lab.root, lab.root.parent / "fresh")
        assert outcome.told == ()
        assert f"{WEB}/repo_src/lab/inside.py" in outcome.tree
        assert len(outcome.tree) == 26


# --- single steps, each of which went wrong once --------------------------------------------------


@pytest.fixture
def lab(project: Project) -> Lab:
    """A project with one service, which copies ``src/``."""
    project.deploy(copy_src=True, more={"project_root": "/srv/lab", "token": "${LAB_TOKEN}"})
    project.files({"src/main.py": "x = 1\n", f"{WEB}/a.txt": "a\n", f"{WEB}/docs/b.txt": "b\n"})
    project.write("further.env", "A=1\n")
    return Lab(project.root, lambda _, __: None)


def built(lab: Lab) -> None:
    """Build it, long enough after the last edit for the times of its files to be believed."""
    for _ in range(2):
        time.sleep(0.025)
        building.build(lab.config)


def template(lab: Lab, more: str) -> None:
    """Give the service a template with further keys."""
    text = f"services: {{web: {{image: localhost/web, {more}}}}}\n"
    write(lab.root / WEB / "docker-compose.yml.j2", text)


def test_a_copy_of_a_project_does_not_believe_what_the_original_remembers(lab: Lab) -> None:
    built(lab)
    copy = lab.root.parent / "copy"
    shutil.copytree(lab.root, copy, symlinks=True)
    write(copy / WEB / "a.txt", "another\n")
    assert building.build(copy / "config.yml").build_dir == copy / "build"
    assert (copy / "build" / WEB / "a.txt").read_text() == "another\n"


def test_a_file_that_makes_way_for_the_flattened_configuration_is_told(lab: Lab) -> None:
    built(lab)
    write(lab.root / WEB / "config.yml", "a: 1\n")
    check_build(lab)


def test_all_that_is_wrong_is_told_though_only_one_service_changed(lab: Lab) -> None:
    built(lab)
    template(lab, "mem_limit: lots, depends_on: [nobody]")
    check_build(lab)


def test_a_service_whose_template_is_gone(lab: Lab) -> None:
    built(lab)
    (lab.root / WEB / "docker-compose.yml.j2").unlink()
    check_build(lab)


def test_a_service_whose_folder_now_lies_elsewhere(lab: Lab) -> None:
    """What is in it is what it was, and yet it is no folder of the project any more."""
    built(lab)
    outside = lab.root.parent / "outside"
    (lab.root / WEB).rename(outside)
    (lab.root / WEB).symlink_to(outside)
    check_build(lab)


def test_sources_that_now_lie_in_the_build_directory(lab: Lab, project: Project) -> None:
    built(lab)
    (lab.root / "src").rename(lab.root / "former")
    (lab.root / "src").symlink_to("build/services")
    with project.refuses(BuildError) as refusal:
        building.build(lab.config)
    assert "overlaps the source" in refusal.text


def test_what_one_service_alone_began_to_read_is_remembered(lab: Lab) -> None:
    built(lab)
    template(lab, "env_file: ../../further.env")
    built(lab)
    (lab.root / "further.env").unlink()
    check_build(lab)


def test_variables_that_one_service_alone_began_to_read_are_remembered(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(lab)
    write(lab.root / "further.env", "URL=${LAB_URL}\n")
    template(lab, "env_file: ../../further.env")
    built(lab)
    monkeypatch.setenv("LAB_URL", "http://me:pass-phrase@host/")  # now it is a secret
    check_build(lab)


@pytest.mark.parametrize("manner", ["in place", "renamed"])
def test_a_change_of_one_service_is_known_as_such(lab: Lab, manner: str) -> None:
    """However an editor writes: it also changes the folder, where it renames."""
    built(lab)
    write(lab.root / WEB / "a.txt", "b\n", manner)
    remembered = memory.recall(lab.config)
    assert remembered is not None
    assert remembered.touched() == frozenset({"framework.web"})


@pytest.mark.parametrize("how", ["placeholder", "clash"])
def test_a_warning_about_what_lies_elsewhere_ends_when_it_is_settled(lab: Lab, how: str) -> None:
    shared = lab.root / "shared/page.j2"
    clash = lab.root / "src/MAIN.py"
    write(shared, "{{ token }}\n")
    (lab.root / WEB / "page.j2").symlink_to("../../../shared/page.j2")
    write(clash, "x = 2\n")
    built(lab)
    if how == "clash":
        clash.unlink()
    else:
        write(shared, "nothing\n")
    check_build(lab)


def test_the_first_build_finds_a_file_beside_the_build_directory(lab: Lab) -> None:
    """The folder that its path starts in is not there yet."""
    template(lab, "env_file: ../../further.env")
    building.build(lab.config)


def test_edits_by_hand_that_cannot_be_kept_in_one_folder(lab: Lab) -> None:
    """A file was kept where now a folder is needed: both are kept, and the build ends."""
    building.build(lab.config)
    write(lab.build_dir / WEB / "a.txt", "by hand")
    lab.theirs.add(f"{WEB}/a.txt")
    check_build(lab)
    write(lab.root / WEB / "a.txt/inside", "a folder now\n")
    check_build(lab)
    write(lab.build_dir / WEB / "a.txt/inside", "by hand, too")
    lab.theirs.add(f"{WEB}/a.txt/inside")
    check_build(lab)


def test_an_edit_by_hand_of_a_file_with_the_longest_name(lab: Lab) -> None:
    name = "n" * os.pathconf(lab.root, "PC_NAME_MAX")
    write(lab.root / WEB / name, "ours\n")
    building.build(lab.config)
    for number in range(3):
        write(lab.build_dir / WEB / name, f"by hand {number}")
        lab.theirs.add(f"{WEB}/{name}")
        check_build(lab)


def test_the_file_of_a_secret_need_not_be_text(lab: Lab) -> None:
    """It only has to be there: nothing reads it but the container."""
    (lab.root / "cert.der").write_bytes(b"\xff\xfe\x00")
    template(lab, "secrets: [cert]}}\nsecrets: {cert: {file: ../../cert.der")
    building.build(lab.config)


def test_a_file_that_this_build_removes_is_no_env_file(lab: Lab) -> None:
    write(lab.root / WEB / "own.env", "A=1\n")
    template(lab, "env_file: ./framework/web/own.env")
    built(lab)
    (lab.root / WEB / "own.env").unlink()
    check_build(lab)
