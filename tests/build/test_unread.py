"""Mistyped settings of services of one's own: what no template reads, and nearly what one reads."""

from __future__ import annotations

import pytest
from tests.conftest import Project

from container_manager import verbs
from container_manager.cli import run

READS_DEFAULT = """
services:
  web:
    image: localhost/web
    ports: ["{{ framework.services.web.port | default(8000) }}:80"]
"""
READS_SET = READS_DEFAULT.replace(" | default(8000)", "")
READS_ALL = READS_SET + "    labels: {all: {{ framework.services.web | to_json | to_json }}}\n"

OWN_FILE = "framework: {services: {web: {path: services/framework/web, port: 8000}}}\n"

USERS_FILE = """
project_name: lab
import: services/framework/web/service.yml
deployed_services: [web]
framework:
  services:
    web:
      prot: 9000
"""

NEAR = (
    "config.yml:7:13: No template reads 'framework.services.web.prot'; did you mean 'port'?\n"
    "  If it is a key of your own that programs read, ignore this."
)


@pytest.fixture
def own_file(project: Project) -> Project:
    """A service with a file of its own that sets what its template reads."""
    project.deploy("web", READS_SET)
    project.write("services/framework/web/service.yml", OWN_FILE)
    project.write("config.yml", USERS_FILE)
    return project


def warnings(project: Project) -> list[str]:
    """What ``build`` warns of, which is what ``lint`` does."""
    found = [str(one) for one in project.build().warnings]
    linted = verbs.lint(project.root / "config.yml")
    assert linted.errors == ()
    assert [str(one) for one in linted.warnings] == found
    return found


def test_a_setting_that_is_nearly_one_of_the_services_own_file(own_file: Project) -> None:
    assert warnings(own_file) == [NEAR]


def test_a_setting_that_is_nearly_one_with_a_default_in_the_template(project: Project) -> None:
    project.deploy("web", READS_DEFAULT, prot=9000)
    (warning,) = warnings(project)
    assert "No template reads 'framework.services.web.prot'; did you mean 'port'?" in warning


def test_it_is_told_again_by_a_build_that_changes_nothing(own_file: Project) -> None:
    assert warnings(own_file) == [NEAR]
    assert warnings(own_file) == [NEAR]


def test_a_mapping_inside_of_the_settings(project: Project) -> None:
    template = "services: {web: {image: '{{ framework.services.web.database.host }}'}}\n"
    project.deploy("web", template)
    own = "framework: {services: {web: {path: services/framework/web, database: {host: db}}}}\n"
    project.write("services/framework/web/service.yml", own)
    project.write("config.yml", USERS_FILE.replace("prot: 9000", "database: {hosts: other}"))
    (warning,) = warnings(project)
    assert "'framework.services.web.database.hosts'; did you mean 'host'?" in warning


@pytest.mark.parametrize(
    "template",
    [
        READS_ALL,
        READS_SET + "    user: '{{ framework.services.web.prot }}'\n",
        "services: {web: {image: localhost/web}}\n",
    ],
    ids=["which-takes-all", "which-reads-both", "which-reads-neither"],
)
def test_no_warning_with_a_template(own_file: Project, template: str) -> None:
    own_file.write("services/framework/web/docker-compose.yml.j2", template)
    assert warnings(own_file) == []


def test_another_services_template_may_read_it(own_file: Project) -> None:
    own_file.write(
        "services/framework/db/docker-compose.yml.j2",
        "services: {db: {image: 'localhost/{{ framework.services.web.prot }}'}}\n",
    )
    with_db = USERS_FILE.replace("[web]", "[web, db]") + "    db: {path: services/framework/db}\n"
    own_file.write("config.yml", with_db)
    assert warnings(own_file) == []


def test_two_settings_of_one_file_are_meant(project: Project) -> None:
    project.deploy("web", READS_SET, port=8000, ports=[1])
    assert warnings(project) == []


def test_what_is_near_a_key_of_ours_is_told_once(project: Project) -> None:
    template = READS_SET + "{% if framework.services.web.start_timeouts is defined %}{% endif %}\n"
    project.deploy("web", template, port=8000, start_timeoutt=5)
    (warning,) = warnings(project)
    assert "did you mean 'start_timeout'?" in warning


def test_the_warning_goes_when_only_the_template_changes(own_file: Project) -> None:
    """Only this service is prepared then; what was told before may be settled."""
    own_file.write("other/docker-compose.yml.j2", "services: {other: {image: localhost/o}}\n")
    others = USERS_FILE.replace("[web]", "[web, other]") + "    other: {path: other}\n"
    own_file.write("config.yml", others)
    assert warnings(own_file) == [NEAR]
    path = "services/framework/web/docker-compose.yml.j2"
    own_file.write(path, READS_SET.replace("web.port", "web.prot"))
    assert warnings(own_file) == []
    own_file.write(path, READS_SET)
    assert warnings(own_file) == [NEAR]


def test_the_warning_comes_when_only_the_template_changes(project: Project) -> None:
    project.deploy("other", "services: {other: {image: localhost/o}}\n")
    folder = project.deploy("web", READS_DEFAULT.replace("web.port", "web.title"), prot=9000)
    assert warnings(project) == []
    (folder / "docker-compose.yml.j2").write_text(READS_DEFAULT, encoding="utf-8")
    (warning,) = warnings(project)
    assert "did you mean 'port'?" in warning


def test_people_are_told(own_file: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["build"])
    assert ended.value.code in (0, None)
    assert f"Warning: {NEAR}\n" in capsys.readouterr().err
