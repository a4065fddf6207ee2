"""``new``: a service, or a project, that works at once, or nothing at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import Project
from tests.scaffold.making import (
    CONFIG,
    listening,
    recorded,
    refused,
    repository_with,
    services,
)

from container_manager import verbs
from container_manager.errors import (
    ConfigError,
)

IN_NETWORK = "services: {[[ name ]]: {image: localhost/x, networks: [[[ network ]]]}}\n"


class TestAService:
    def test_is_deployed_without_an_edit(self, lab: Project) -> None:
        made = verbs.new(name="web", data=["port=18125"])
        assert made.name == "services.web"
        assert made.addresses == ("http://127.0.0.1:18125",)
        assert made.path == lab.root / "services/web"
        assert made.files == (
            ".copier-answers.yml", "docker-compose.yml.j2", "service.yml", "tests/test_web.py",
        )  # fmt: skip
        assert [row.name for row in verbs.services()] == ["services.web"]

    @pytest.mark.parametrize(
        ("name", "path"),
        [
            ("framework.web", "services/framework/web"),
            ("services.web", "services/web"),
            ("applications.als_expert.web", "services/applications/als_expert/web"),
            ("run-log", "services/run-log"),
        ],
    )
    def test_lies_where_its_name_says(self, lab: Project, name: str, path: str) -> None:
        made = verbs.new(name=name)
        assert made.path == lab.root / path
        assert made.name == (name if "." in name else f"services.{name}")

    def test_a_bare_name_goes_to_the_framework_where_there_is_one(self, lab: Project) -> None:
        verbs.new(name="framework.first")
        assert verbs.new(name="second").name == "framework.second"

    def test_is_answered_from_the_configuration(self, lab: Project) -> None:
        made = verbs.new(name="web")
        assert recorded(made) == {
            "_commit": "v0.1.0",
            "_library": "0.1.0",
            "_src_path": (lab.root.parent / "template").as_uri().replace("file:", "git+file:"),
            "base_image": "localhost/python:1",
            "family": "flat",
            "kind": "web",
            "make": "service",
            "name": "web",
            "network": "stack",
            "port": recorded(made)["port"],
        }

    def test_the_network_may_be_that_of_the_root_template_alone(self, lab: Project) -> None:
        lab.write("config.yml", CONFIG.replace("network: stack\n", ""))
        lab.write("services/docker-compose.yml.j2", "networks: {only: {}}\n")
        lab.write("services/old/service.yml", "services: {old: {path: services/old}}\n"
                  "deployed_services: {add: [services.old]}\n")  # fmt: skip
        lab.write("services/old/docker-compose.yml.j2", "services: {old: {image: localhost/x}}\n")
        repository_with(lab, "template/service/docker-compose.yml.j2.jinja",
                        IN_NETWORK)  # fmt: skip
        assert recorded(verbs.new(name="web"))["network"] == "only"

    def test_each_gets_the_next_free_port(self, lab: Project) -> None:
        ports = [recorded(verbs.new(name=name))["port"] for name in ("one", "two")]
        assert len(set(ports)) == 2
        assert services(lab)["two"]["ports"] == [f"127.0.0.1:{ports[1]}:80"]

    def test_a_port_that_a_program_has_is_passed_over(
        self, lab: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from container_manager.scaffold import surroundings

        with listening() as taken:
            monkeypatch.setattr(surroundings, "_FIRST_PORT", taken)
            monkeypatch.setattr(surroundings, "_LAST_PORT", taken + 5)
            assert recorded(verbs.new(name="web"))["port"] in range(taken + 1, taken + 6)

    def test_answers_are_read_by_the_type_of_their_question(self, lab: Project) -> None:
        made = verbs.new(name="web", data=["port=18123", "base_image=a=b"])
        assert recorded(made)["port"] == 18123
        assert recorded(made)["base_image"] == "a=b"
        made = verbs.new(name="job", kind="job", data={"network": "stack"})
        assert recorded(made)["port"] == 0

    def test_a_known_application_is_found_in_either_spelling(self, lab: Project) -> None:
        verbs.new(name="applications.als_expert.one")
        assert verbs.new(name="applications.als-expert.two").name == "applications.als_expert.two"

    def test_works_in_a_folder_with_spaces_and_letters(
        self, lab: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        strange = tmp_path / "läb & co 100%"
        lab.root.rename(strange)
        monkeypatch.chdir(strange)
        assert verbs.new(name="web").path == strange / "services/web"

    def test_may_be_made_from_below_the_project(
        self, lab: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(lab.root / "services")
        assert verbs.new(name="web").path == lab.root / "services/web"

    def test_settings_of_the_user_do_not_leak_in(
        self, lab: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "settings.yml").write_text("defaults: {kind: job}\n", encoding="utf-8")
        monkeypatch.setenv("COPIER_SETTINGS_PATH", str(tmp_path / "settings.yml"))
        assert recorded(verbs.new(name="web"))["kind"] == "web"


class TestAProject:
    def test_needs_no_project_around_it(self, lab: Project, tmp_path: Path) -> None:
        made = verbs.new(lab.root / "config.yml", project=tmp_path / "new/one")
        assert made.is_project
        assert (tmp_path / "new/one/config.yml").is_file()
        assert recorded(made)["make"] == "project"

    def test_gets_its_services_from_the_same_template(
        self, lab: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = verbs.new(lab.root / "config.yml", project="../one")
        monkeypatch.chdir(tmp_path / "one")
        assert recorded(verbs.new(name="web"))["_src_path"] == recorded(
            made
        )["_src_path"]  # fmt: skip

    def test_its_example_gets_the_next_free_port(
        self, lab: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from container_manager.scaffold import surroundings

        with listening() as taken:
            monkeypatch.setattr(surroundings, "_PROJECT_PORT", taken)
            monkeypatch.setattr(surroundings, "_LAST_PORT", taken + 5)
            made = verbs.new(lab.root / "config.yml", project=tmp_path / "one")
        port = recorded(made)["example_port"]
        assert port in range(taken + 1, taken + 6)
        assert "free_port" not in recorded(made)
        assert made.addresses == (f"http://127.0.0.1:{port}",)

    def test_refuses_what_is_there(self, lab: Project) -> None:
        lab.write("one/mine.txt")
        with refused(lab) as said:
            verbs.new("config.yml", project="one")
        assert said[0] == "one: This is there already, and nothing is ever overwritten."

    def test_a_name_and_a_kind_go_with_a_service(self, lab: Project) -> None:
        with refused(lab) as said:
            verbs.new("config.yml", project="one", kind="web")
        assert said == ["--project makes a project; a name and --kind go with a service."]

    def test_nothing_stays_of_one_that_does_not_work(self, lab: Project) -> None:
        repository_with(lab, "template/project/config.yml", "deployed_services: [missing]\n")
        with refused(lab, ConfigError) as said:
            verbs.new("config.yml", project="below/one")
        assert said[-1] == f"So {lab.root}/below/one was not made."
