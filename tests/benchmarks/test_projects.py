"""Generated projects, the rivals that build them, and the comparison of what they wrote."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.conftest import snapshot

from benchmarks import rivals, same
from benchmarks.cases import COLD, TEMPLATE
from benchmarks.process import CommandFailed
from benchmarks.projects import FILES_A_SERVICE, change_motto, change_template, generate
from benchmarks.workshop import Workshop


def texts(root: Path) -> dict[str, str]:
    return {path: seen.content for path, seen in snapshot(root).items()}


def test_a_service_has_27_generated_files_on_average(tmp_path: Path) -> None:
    root = generate(tmp_path / "lab", 15)
    rivals.plain(root)
    of_all = {"services/docker-compose.yml"}
    assert len(same.files(root).keys() - of_all) == 15 * FILES_A_SERVICE


def test_projects_of_a_size_are_equal(tmp_path: Path) -> None:
    one, other = (generate(tmp_path / name, 7) for name in ("one", "other"))
    assert texts(one) == texts(other)


def test_changes_reach_the_build_and_are_taken_back(tmp_path: Path) -> None:
    root = generate(tmp_path / "lab", 2)
    before = texts(root)
    compose = root / "build/services/framework/service_0001/docker-compose.yml"
    seen = set()
    for edition in (1, 2):
        change_template(root, 1, edition)
        change_motto(root, edition)
        rivals.plain(root)
        seen.add(compose.read_text())
        assert f'EDITION: "{edition}"' in compose.read_text()
        assert f'MOTTO_1: "measured, not assumed, edition {edition}"' in compose.read_text()
        shutil.rmtree(root / "build")
    assert len(seen) == 2
    change_template(root, 1, 0)
    change_motto(root, 0)
    assert texts(root) == before


def test_differences_are_found(tmp_path: Path) -> None:
    ours, theirs = (generate(tmp_path / name, 3) for name in ("ours", "theirs"))
    rivals.plain(ours)
    rivals.original(theirs)
    assert same.differences(ours, theirs) == []

    folder = theirs / "build/services/framework/service_0001"
    (folder / "docker-compose.yml").write_text("services: {}\n")
    (folder / "config.yml").write_text((folder / "config.yml").read_text() + "more: 1\n")
    (folder / "extra.txt").touch()
    (folder / "assets_0/file_1.txt").unlink()
    (folder / "assets_0/file_2.txt").chmod(0o600)
    prefix = "services/framework/service_0001"
    assert same.differences(ours, theirs) == [
        f"{prefix}/assets_0/file_1.txt",
        f"{prefix}/assets_0/file_2.txt",
        f"{prefix}/config.yml",
        f"{prefix}/docker-compose.yml",
        f"{prefix}/extra.txt",
    ]


def test_details_of_the_flattened_configuration_are_no_difference(tmp_path: Path) -> None:
    ours, theirs = (generate(tmp_path / name, 1) for name in ("ours", "theirs"))
    rivals.plain(ours)
    rivals.plain(theirs)
    config = theirs / "build/services/applications/lab/service_0000/config.yml"
    config.write_text("# A comment\n" + config.read_text())
    (ours / "build/.manager").mkdir()
    (ours / "build/.manager/manifest.json").touch()
    assert same.differences(ours, theirs) == []


def test_a_change_that_does_not_arrive_is_told(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    workshop.prepare(COLD, 8)
    rivals.plain(workshop.project(COLD, 8))
    workshop.check(COLD, 8)
    workshop.prepare(TEMPLATE, 8)
    with pytest.raises(CommandFailed, match="did not bring the change into the build"):
        workshop.check(TEMPLATE, 8)
    shutil.rmtree(workshop.project(COLD, 8) / "build")
    rivals.plain(workshop.project(COLD, 8))
    workshop.check(TEMPLATE, 8)
