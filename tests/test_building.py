"""Plans, builds and rollbacks as people and programs see them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from tests.conftest import Project
from tests.test_cli import outcome

from container_manager import building
from container_manager.errors import BuildError, ConfigError

WEB = "services/framework/web"
TEMPLATE = """
services:
  web:
    image: localhost/web
    environment: {GREETING: "{{ framework.services.web.greeting }}"}
"""
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def built(project: Project, capsys: Capture) -> Project:
    """A project with a service that has a setting and a file, built once."""
    project.deploy(template=TEMPLATE, greeting="hello", unused=1)
    project.write(f"{WEB}/page.txt", "first\n")
    project.write(".gitignore", "")
    let_it_age()
    assert outcome("build") == 0
    capsys.readouterr()
    return project


def let_it_age() -> None:
    """What was written a moment ago is not believed by its times."""
    time.sleep(0.05)


def set_key(project: Project, old: str, new: str) -> None:
    text = project.read("config.yml")
    assert old in text
    project.write("config.yml", text.replace(old, new))


class TestPlan:
    """``plan`` says what would change, and why; it does nothing."""

    def test_of_nothing_to_do(self, built: Project, capsys: Capture) -> None:
        before = built.tree()
        assert outcome("plan", "--files", "--check") == 0
        assert capsys.readouterr().out == "build: nothing to change\n"
        assert built.tree() == before

    def test_before_the_first_build_writes_nothing(self, project: Project) -> None:
        project.deploy()
        before = project.tree()
        assert outcome("plan", "--files", "--check") == 3
        assert project.tree() == before

    def test_names_the_key_that_a_template_uses_with_its_place(
        self, built: Project, capsys: Capture
    ) -> None:
        set_key(built, '"hello"', '"good day"')
        before = built.tree()
        assert outcome("plan", "--files", "--check") == 3
        greeting = "           framework.services.web.greeting (config.yml:10:17)\n"
        assert capsys.readouterr().out == (
            "build: 2 changed\n"
            f"  replace  {WEB}/config.yml  (the flattened configuration)\n{greeting}"
            f"  replace  {WEB}/docker-compose.yml  (the template {WEB}/docker-compose.yml.j2)\n"
            f"{greeting}"
        )
        assert built.tree() == before

    def test_does_not_blame_a_key_that_the_template_does_not_use(
        self, built: Project, capsys: Capture
    ) -> None:
        set_key(built, '"unused": 1', '"unused": 2')
        assert outcome("plan", "--files") == 0
        assert capsys.readouterr().out == (
            f"build: 1 changed\n  replace  {WEB}/config.yml  (the flattened configuration)\n"
            "           framework.services.web.unused (config.yml:11:15)\n"
        )

    def test_tells_a_cause_of_several_files_once(self, built: Project, capsys: Capture) -> None:
        built.deploy("db", "services: {db: {image: localhost/db}}\n")
        built.deploy("web", TEMPLATE, greeting="hello", unused=1, more={"mood": "good"})
        assert outcome("build") == 0
        set_key(built, '"good"', '"bad"')
        capsys.readouterr()
        assert outcome("plan", "--files") == 0
        assert capsys.readouterr().out == (
            "build: 2 changed\n"
            "  replace  services/framework/db/config.yml  (the flattened configuration)\n"
            f"  replace  {WEB}/config.yml  (the flattened configuration)\n"
            "           mood (config.yml:19:10)\n"
        )

    def test_shows_the_difference(self, built: Project, capsys: Capture) -> None:
        built.write(f"{WEB}/page.txt", "second\n")
        built.write(f"{WEB}/new.txt", "no newline")
        assert outcome("plan", "--files", "--diff") == 0
        assert capsys.readouterr().out == (
            "build: 1 new, 1 changed\n"
            f"  write    {WEB}/new.txt  (the file {WEB}/new.txt)\n"
            f"--- /dev/null\n+++ b/{WEB}/new.txt\n@@ -0,0 +1 @@\n+no newline\n"
            "\\ No newline at end of file\n"
            f"  replace  {WEB}/page.txt  (the file {WEB}/page.txt)\n"
            f"--- a/{WEB}/page.txt\n+++ b/{WEB}/page.txt\n@@ -1 +1 @@\n-first\n+second\n"
        )

    def test_shows_no_difference_of_what_is_no_text_or_large(
        self, built: Project, capsys: Capture
    ) -> None:
        built.write(f"{WEB}/data.bin", b"\xff\x00")
        built.write(f"{WEB}/large.txt", b"x" * (1 << 21))
        assert outcome("plan", "--files", "--diff") == 0
        said = capsys.readouterr().out
        assert "(not text: 0 bytes, then 2)" in said
        assert "(a large file)" in said

    def test_for_programs(self, built: Project, capsys: Capture) -> None:
        (built.root / WEB / "page.txt").unlink()
        assert outcome("plan", "--files", "--json", "--diff") == 0
        assert json.loads(capsys.readouterr().out) == {
            "build_dir": str(built.root / "build"),
            "hooks": [],
            "changes": [
                {
                    "action": "remove",
                    "path": f"{WEB}/page.txt",
                    "reason": "nothing asks for it",
                    "causes": [],
                    "by_hand": False,
                    "diff": f"--- a/{WEB}/page.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-first\n",
                }
            ],
        }

    def test_of_one_service(self, built: Project, capsys: Capture) -> None:
        built.deploy("other", "services: {other: {image: localhost/other}}\n")
        built.write(f"{WEB}/page.txt", "second\n")
        assert outcome("plan", "--files", "--service", "other") == 0
        assert f"{WEB}/page.txt" not in capsys.readouterr().out

    def test_says_that_a_file_was_changed_by_hand(self, built: Project, capsys: Capture) -> None:
        built.write(f"build/{WEB}/page.txt", "edited\n")
        assert outcome("plan", "--files") == 0
        assert f"  replace  {WEB}/page.txt  (changed by hand; the file" in capsys.readouterr().out

    def test_of_a_name_with_a_newline_stays_on_its_line(
        self, built: Project, capsys: Capture
    ) -> None:
        built.write(f"{WEB}/two\nlines", "x")
        assert outcome("plan", "--files") == 0
        assert f"  write    '{WEB}/two\\nlines'  (" in capsys.readouterr().out


class TestGoingBack:
    """``builds`` lists the former builds, ``rollback`` brings one back."""

    def test_needs_a_former_build(self, built: Project, capsys: Capture) -> None:
        assert outcome("builds") == 0
        assert "No former build is kept" in capsys.readouterr().out
        assert outcome("rollback") == 2
        assert capsys.readouterr().err == "build: No former build is kept here.\n"

    def test_brings_contents_modes_and_removed_files_back(self, built: Project) -> None:
        first = built.built()
        built.write(f"{WEB}/page.txt", "second\n", mode=0o755)
        built.write(f"{WEB}/new.txt", "new")
        (built.root / WEB / "link").symlink_to("page.txt")
        building.build()
        second = built.built()
        building.rollback()
        assert {p: s.meaning for p, s in built.built().items()} == {
            p: s.meaning for p, s in first.items()
        }
        building.rollback()  # what was replaced is a former build itself
        assert {p: s.meaning for p, s in built.built().items()} == {
            p: s.meaning for p, s in second.items()
        }

    def test_touches_only_what_differs(self, built: Project) -> None:
        before = built.built()
        built.write(f"{WEB}/page.txt", "second\n")
        building.build()
        building.rollback()
        after = built.built()
        same = {path for path in before if before[path] == after[path]}
        assert before.keys() - same == {f"{WEB}/page.txt"}

    def test_keeps_three_builds_and_stores_each_content_once(self, built: Project) -> None:
        for number in range(6):
            built.write(f"{WEB}/page.txt", f"content {number % 2}\n")
            built.write(f"{WEB}/other.txt", f"content {number % 2}\n")
            building.build()
        assert [one.number for one in building.builds()] == [6, 5, 4]
        objects = list((built.root / "build/.manager/objects").iterdir())
        assert sorted(path.read_text() for path in objects) == ["content 0\n", "content 1\n"]

    def test_keeps_as_many_as_the_configuration_says(self, built: Project) -> None:
        set_key(built, '"project_name"', '"keep_builds": 1,\n "project_name"')
        for content in ("second\n", "third\n"):
            built.write(f"{WEB}/page.txt", content)
            building.build()
        assert len(building.builds()) == 1
        set_key(built, '"keep_builds": 1', '"keep_builds": 0')
        building.build()
        assert building.builds() == []

    def test_lists_for_people_and_programs(self, built: Project, capsys: Capture) -> None:
        built.write(f"{WEB}/page.txt", "second\n")
        building.build()
        assert outcome("builds") == 0
        head, row = capsys.readouterr().out.splitlines()
        assert head.split() == ["BUILD", "REPLACED", "FILES", "DIFFERS", "IN", "COMES", "BACK"]
        assert (row.split()[0], row.split()[-1]) == ("1", "yes")
        assert outcome("builds", "--json") == 0
        [one] = json.loads(capsys.readouterr().out)
        assert one["number"] == 1
        assert one["differs"] == [f"{WEB}/page.txt"]

    def test_refuses_a_build_whose_content_was_lost(self, built: Project, capsys: Capture) -> None:
        built.write(f"build/{WEB}/page.txt", "edited\n")
        built.write(f"{WEB}/page.txt", "second\n")
        building.build()
        assert building.builds()[0].lost == (f"{WEB}/page.txt",)
        with built.refuses(BuildError) as refusal:
            building.rollback()
        assert "The content that build 1 had here is lost" in refusal.text
        assert outcome("builds") == 0
        assert "no: 1 files are lost" in capsys.readouterr().out

    def test_refuses_a_stored_content_that_somebody_changed(self, built: Project) -> None:
        built.write(f"{WEB}/page.txt", "second\n")
        building.build()
        [kept] = (built.root / "build/.manager/objects").iterdir()
        kept.write_text("tampered\n")
        with built.refuses(BuildError):
            building.rollback()

    @pytest.mark.parametrize(
        ("argv", "said"),
        [
            (("--build", "7"), "There is no former build 7."),
            (("--build", "first"), "A build has a number, not 'first'."),
        ],
    )
    def test_refuses_what_is_not_there(
        self, built: Project, capsys: Capture, argv: tuple[str, ...], said: str
    ) -> None:
        built.write(f"{WEB}/page.txt", "second\n")
        building.build()
        assert outcome("rollback", *argv) == 2
        assert said in capsys.readouterr().err


class TestDoingNothing:
    """A build that changes nothing reads no configuration, and tells what it told before."""

    def test_renders_and_writes_nothing(
        self, built: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = built.tree()

        def never(*_: object, **__: object) -> None:
            raise AssertionError("this reads the configuration")

        monkeypatch.setattr("container_manager.config.loader.load", never)
        build = building.build()
        assert build.plan.pending == ()
        assert len(build.compose_files) == 2
        assert build.digests[str(built.root / "build" / WEB / "page.txt")].startswith("sha256:")
        assert built.tree() == before

    def test_repeats_the_warnings(self, project: Project, capsys: Capture) -> None:
        project.deploy(more={"motto": "${UNSET}"})
        assert outcome("build") == 0
        first = capsys.readouterr().err
        assert "UNSET" in first
        assert outcome("build") == 0
        assert capsys.readouterr().err == first

    def test_builds_one_service_alone_where_only_its_files_changed(
        self, built: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        built.deploy("other", "services: {other: {image: localhost/other}}\n")
        let_it_age()
        building.build()

        def never(*_: object, **__: object) -> None:
            raise AssertionError("this prepares all services")

        monkeypatch.setattr("container_manager.build.preparing.prepare", never)
        built.write(f"{WEB}/page.txt", "second\n")
        let_it_age()
        assert [change.path for change in building.build().plan.pending] == [f"{WEB}/page.txt"]
        assert building.build().plan.pending == ()

    @pytest.mark.parametrize(
        "template",
        [
            "services: {web: {image: localhost/web, depends_on: [other]}}\n",
            "services: {web: {image: localhost/web}, other: {image: localhost/web}}\n",
            "services: {web: {image: localhost/web, networks: [nowhere]}}\n",
        ],
    )
    def test_sees_what_one_service_makes_wrong_for_others(
        self, built: Project, template: str, new_project: Callable[[str], Project]
    ) -> None:
        built.deploy("other", "services: {other: {image: localhost/other}}\n")
        building.build()
        built.write(f"{WEB}/docker-compose.yml.j2", template)
        reference = None
        try:
            built.prepare()
        except Exception as error:
            reference = str(error)
        if reference is None:
            building.build()
        else:
            with pytest.raises(Exception, match=r"other|nowhere") as refused:
                building.build()
            assert str(refused.value) == reference

    def test_a_changed_variable_is_a_change(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project.deploy(more={"host": "${LAB_HOST:-nowhere}"})
        building.build()
        monkeypatch.setenv("LAB_HOST", "here")
        assert building.build().plan.pending != ()
        assert "here" in project.read(f"build/{WEB}/config.yml")

    def test_what_is_remembered_says_nothing_about_variables(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("API_TOKEN", "correct-horse-battery")
        project.deploy(template="services: {web: {image: a, environment: {T: '${API_TOKEN}'}}}\n")
        building.build()
        folder = project.root / ".container-manager"
        for path in folder.rglob("*"):
            if path.is_file():
                assert b"correct-horse-battery" not in path.read_bytes()
        assert folder.stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 99}', b"\xff"])
    def test_a_memory_that_makes_no_sense_is_as_good_as_none(
        self, built: Project, content: bytes
    ) -> None:
        for path in (built.root / ".container-manager/builds").iterdir():
            path.write_bytes(content)
        built.write(f"{WEB}/page.txt", "second\n")
        assert [change.path for change in building.build().plan.pending] == [f"{WEB}/page.txt"]
        assert building.build().plan.pending == ()


def test_an_empty_name_is_no_configuration(project: Project) -> None:
    project.deploy("web")
    for action in (building.build, building.plan):
        with project.refuses(ConfigError) as refusal:
            action("")
        assert refusal.messages == ["The name of the configuration file is empty."]
