"""What somebody who means no good, or only copies and links things, tried on a build."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest
from tests.conftest import Project, meaning
from tests.test_cli import outcome

from container_manager import building
from container_manager.build import placing
from container_manager.errors import BuildError, ManagerError

WEB = "services/framework/web"
OUT = f"build/{WEB}"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def built(project: Project) -> Project:
    """A project with ``src/``, built once and long ago."""
    project.deploy(copy_src=True)
    project.files({"src/main.py": "precious\n", "src/pkg/x.py": "x\n", f"{WEB}/page.txt": "one\n"})
    time.sleep(0.05)
    building.build()
    return project


def is_fresh(project: Project, tmp_path: Path) -> bool:
    """Whether what is built is what a build from nothing gives."""
    copy = tmp_path / "fresh" / "lab"
    shutil.copytree(
        project.root, copy, symlinks=True,
        ignore=shutil.ignore_patterns("build", ".container-manager"),
    )  # fmt: skip
    fresh = Project(copy)
    fresh.build()
    ours, theirs = meaning(project.built()), meaning(fresh.built())
    for tree in (ours, theirs):
        del tree[f"{WEB}/config.yml"]  # holds project_root
    return ours == theirs


class TestLinksInTheBuildDirectory:
    """What a link leads to is somebody else's, even where it holds what we wrote."""

    def test_sources_that_are_linked_there_are_not_removed(self, built: Project) -> None:
        shutil.rmtree(built.root / OUT / "repo_src")
        (built.root / OUT / "repo_src").symlink_to("../../../../src")
        with pytest.raises(BuildError):
            building.build()
        built.write("config.yml", built.read("config.yml").replace('"copy_src": true', '"a": 1'))
        building.build()
        assert built.read("src/main.py") == "precious\n"
        assert built.read("src/pkg/x.py") == "x\n"

    def test_a_rollback_removes_nothing_through_a_link(self, built: Project) -> None:
        built.write(f"{WEB}/new/a.txt", "a\n")
        building.build()
        shutil.rmtree(built.root / OUT / "new")
        (built.root / OUT / "new").symlink_to(built.root / WEB / "new")
        building.rollback()
        assert built.read(f"{WEB}/new/a.txt") == "a\n"

    def test_the_lock_is_no_way_out(self, built: Project) -> None:
        built.write("victim.txt", "precious")
        (built.root / "build/.manager/lock").unlink()
        (built.root / "build/.manager/lock").symlink_to(built.root / "victim.txt")
        built.write(f"{WEB}/page.txt", "two\n")
        with pytest.raises(BuildError):
            building.build()
        assert built.read("victim.txt") == "precious"


def test_an_edit_while_a_build_runs_is_no_part_of_it(
    built: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of a file that stays nor of one that was placed a moment ago."""
    original = placing.finish

    def edited_meanwhile(*args: object) -> None:
        built.write(f"{OUT}/repo_src/main.py", "edited while it stays\n")
        original(*args)  # type: ignore[arg-type]
        built.write(f"{OUT}/page.txt", "edited after it was placed\n")

    built.write(f"{WEB}/page.txt", "two\n")
    with monkeypatch.context() as patch:
        patch.setattr(placing, "finish", edited_meanwhile)
        building.build()
    time.sleep(0.05)
    by_hand = {change.path for change in building.plan().plan.pending if change.by_hand}
    assert by_hand == {f"{WEB}/page.txt", f"{WEB}/repo_src/main.py"}
    building.build()
    kept = (built.root / "build/.manager/displaced").rglob("*.*")
    assert sorted(path.read_text() for path in kept) == [
        "edited after it was placed\n", "edited while it stays\n",
    ]  # fmt: skip


class TestCopiesOfAProject:
    """A copy is a project of its own, whatever it remembers of the original."""

    def test_is_built_itself(self, built: Project, tmp_path: Path) -> None:
        copy = tmp_path / "copy"
        shutil.copytree(built.root, copy, symlinks=True)
        (copy / WEB / "page.txt").write_text("of the copy\n")
        build = building.build(copy / "config.yml")
        assert build.build_dir == copy / "build"
        assert (copy / OUT / "page.txt").read_text() == "of the copy\n"
        assert built.read(f"{OUT}/page.txt") == "one\n"


class TestWhatIsRemembered:
    """A warm build is what a build from nothing is."""

    @pytest.mark.parametrize("pattern", ["nowhere/*/x.yml", "there/[ab]/x.yml", "late/*.yml"])
    def test_a_folder_of_imports_may_come_into_being(
        self, built: Project, tmp_path: Path, pattern: str
    ) -> None:
        text = built.read("config.yml").replace("{", f'{{"import": ["{pattern}"],', 1)
        built.write("config.yml", text)
        time.sleep(0.05)
        building.build()
        place = pattern.replace("[ab]", "b").replace("*.yml", "y.yml").replace("*", "q")
        built.write(place, "greeting: hello\n")
        building.build()
        assert "greeting: hello" in built.read(f"{OUT}/config.yml")
        assert is_fresh(built, tmp_path)

    def test_a_file_that_the_configuration_replaces_is_told(
        self, built: Project, capsys: Capture
    ) -> None:
        built.write(f"{WEB}/config.yml", "a: 1\n")
        building.build()
        assert "is replaced by the flattened configuration" in capsys.readouterr().err

    def test_a_warning_ends_with_its_cause(self, built: Project, capsys: Capture) -> None:
        text = built.read("config.yml")
        built.write(
            "config.yml", text.replace('"copy_src"', '"additional_dirs": ["docs"],"copy_src"')
        )
        built.files({"docs/README.md": "1", "docs/Readme.md": "2"})
        time.sleep(0.05)
        building.build()
        assert "would be one file" in capsys.readouterr().err
        (built.root / "docs/Readme.md").unlink()
        building.build()
        assert capsys.readouterr().err == ""

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("variables", []), ("services", []), ("services", {"x": 5}), ("shown_as", []),
            ("build_dir", 5), ("common", 5), ("common", None), ("compose_files", [[1, 2, 3]]),
            ("inputs", {"paths": [5]}), ("config_path", None),
        ],
    )  # fmt: skip
    def test_nonsense_is_as_good_as_nothing(self, built: Project, key: str, value: object) -> None:
        place = built.root / ".container-manager/builds/config.yml.json"
        data = json.loads(place.read_text())
        data[key] = {**data[key], **value} if key == "inputs" else value  # type: ignore[dict-item]
        place.write_text(json.dumps(data))
        built.write(f"{WEB}/page.txt", "two\n")
        assert [change.path for change in building.build().plan.pending] == [f"{WEB}/page.txt"]


class TestRecords:
    """A record that makes no sense is refused, and what it names is not touched."""

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('"version": 2', '"version": 99'),
            ("0644 sha256:", "9999 sha256:"),
            ("0644 sha256:", "0644 sha256:../../"),
            (f'"{WEB}/page.txt"', '"a/../.manager/lock"'),
            (f'"{WEB}/page.txt"', '".manager"'),
            (f'"{WEB}/page.txt"', '""'),
            (f'"{WEB}/page.txt"', '"\\ud800"'),
        ],
    )
    def test_of_a_build(self, built: Project, old: str, new: str) -> None:
        record = "build/.manager/manifest.json"
        text = built.read(record)
        assert old in text
        (built.root / record).write_text(text.replace(old, new, 1))
        for command in ("build", "plan", "builds", "rollback"):
            assert outcome(command) == 2

    @pytest.mark.parametrize(
        "text",
        [
            "", "[" * 100_000, '{"version": 99}',
            '{"version": 2, "undo": [1], "keep": 1, "steps": []}',
            '{"version": 2, "undo": null, "keep": 1e400, "steps": []}',
            '{"version": 2, "undo": null, "keep": 1,'
            ' "steps": [["remove", "../config.yml", 0, "", null, null, true]]}',
            '{"version": 2, "undo": null, "keep": 1,'
            ' "steps": [["mode", "services/docker-compose.yml", "x", "", null, null, true]]}',
            '{"version": 2, "undo": 1, "keep": 1, "steps": [["remove",'
            ' "services/docker-compose.yml", 0, "", "sha256:../../config.yml", null, true]]}',
        ],
    )  # fmt: skip
    def test_of_what_was_begun(self, built: Project, text: str) -> None:
        built.write("build/.manager/journal.json", text)
        for command in ("build", "plan", "rollback"):
            assert outcome(command) == 2
        assert (built.root / "config.yml").exists()

    def test_leftovers_of_any_kind_are_cleared_away(self, built: Project) -> None:
        manager = built.root / "build/.manager"
        (manager / "manifest.next.json").mkdir()
        (manager / "staging").write_text("a file")
        built.write(f"{WEB}/page.txt", "two\n")
        building.build()
        assert built.read(f"{OUT}/page.txt") == "two\n"


class TestSecrets:
    """What became a secret later, or stands in a name."""

    def test_a_former_build_that_holds_one_does_not_come_back(
        self, built: Project, capsys: Capture
    ) -> None:
        value = "correct-horse-battery"
        for page in (value, "nothing"):
            built.write(f"{WEB}/page.txt", f"{page}\n")
            building.build()
        template = "services: {web: {image: a, environment: {T: '${API_TOKEN}'}}}\n"
        built.write(f"{WEB}/docker-compose.yml.j2", template)
        text = built.read("config.yml")
        built.write("config.yml", text.replace("{", '{"token": "${API_TOKEN}",', 1))
        built.write(".env", f"API_TOKEN={value}\n")
        building.build()
        with pytest.raises(ManagerError) as refused:
            building.rollback(number=2)
        assert value not in str(refused.value)
        built.write(f"{OUT}/page.txt", f"{value}\n")
        capsys.readouterr()
        assert outcome("plan", "--files", "--diff") == 0
        assert value not in capsys.readouterr().out

    def test_a_name_that_holds_one_is_refused(
        self, built: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("API_TOKEN", "correct-horse-battery")
        template = "services: {web: {image: a, environment: {T: '${API_TOKEN}'}}}\n"
        built.write(f"{WEB}/docker-compose.yml.j2", template)
        built.write(f"{WEB}/correct-horse-battery.txt", "")
        with built.refuses(BuildError):
            building.build()


@pytest.mark.parametrize("pattern", ["[z-a]", "[[:foo:]]", "[", "!", "**", "\\", "a" * 5000])
def test_odd_patterns_are_followed_or_refused(built: Project, pattern: str) -> None:
    built.write("src/.dockerignore", f"{pattern}\n")
    assert outcome("build") in (0, 2)


@pytest.mark.parametrize("folder", [".container-manager/web", "backups/web"])
def test_a_service_does_not_live_in_the_managers_folders(project: Project, folder: str) -> None:
    project.deploy()
    os.renames(project.root / WEB, project.root / folder)
    project.write("config.yml", project.read("config.yml").replace(WEB, folder))
    with project.refuses(BuildError):
        project.build()
