"""Known keys are checked, all findings at once; the others belong to the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from container_manager.config.known import TOP_LEVEL
from container_manager.config.service_keys import SERVICE
from container_manager.errors import ConfigError

if TYPE_CHECKING:
    from tests.conftest import Project


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("build_dir: 1", "1:12: 'build_dir' must be a text, not 1."),
        ("build_dir: ''", "1:12: 'build_dir' must be a text, not empty."),
        ("project_name: [a]", "1:15: 'project_name' must be a text, not a list."),
        ("project_name: true", "1:15: 'project_name' must be a text, not true."),
        ("project_root: {}", "1:15: 'project_root' must be a text, not a mapping."),
        (
            "compose_provider: docker-compose",
            "1:19: 'compose_provider' must be one of podman-compose, podman, docker, "
            "not the text 'docker-compose'.",
        ),
        ("framework: [a]", "1:12: 'framework' must be a mapping, not a list."),
        ("framework: {services: [a]}",
         "1:23: 'framework.services' must be a mapping of services, not a list."),
        ("applications: x", "1:15: 'applications' must be a mapping, not the text 'x'."),
        ("applications: {a: x}", "1:19: 'applications.a' must be a mapping, not the text 'x'."),
        ("applications: {a: {services: 1}}",
         "1:30: 'applications.a.services' must be a mapping of services, not 1."),
        ("services: [a]", "1:11: 'services' must be a mapping, not a list."),
        ("services: {a: 1}", "1:15: 'services.a' must be a mapping with a 'path', not 1."),
        ("services: {a: }", "1:15: 'services.a' must be a mapping with a 'path', not null."),
        ("secrets: A", "1:10: 'secrets' must be a list of texts, not the text 'A'."),
        ("secrets: [1]", "1:11: 'secrets' must be a list of texts; 'secrets.0' is 1."),
        ("images: [a]", "1:9: 'images' must be a mapping of names to texts, not a list."),
        ("images: {a: 3.10, b: 1}", "1:22: 'images' must be a mapping of names to texts; "
                                    "'images.b' is 1."),
    ],
)  # fmt: skip
def test_values_of_known_keys(project: Project, line: str, message: str) -> None:
    project.write("config.yml", f"{line}\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages == [f"config.yml:{message}"]


DIRS = "a list of paths and of {src: PATH, dst: PATH}"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("path: 1", "'framework.services.web.path' must be a text, not 1."),
        ("path: ", "'framework.services.web.path' must be a text, not null."),
        ("copy_src: 'yes'", "'framework.services.web.copy_src' must be true or false, "
                            "not the text 'yes'."),
        ("render_kernel_templates: 1",
         "'framework.services.web.render_kernel_templates' must be true or false, not 1."),
        ("additional_dirs: docs",
         f"'framework.services.web.additional_dirs' must be {DIRS}, not the text 'docs'."),
        ("no_render: '*.j2'", "'framework.services.web.no_render' must be a list of texts, "
                              "not the text '*.j2'."),
        ("one_shot: true", "'framework.services.web.one_shot' must be a list of texts, not true."),
        ("on_change: []", "'framework.services.web.on_change' must be nothing, restart, recreate, "
         "or a command as a list of texts, not an empty list."),
        ("start_timeout: 0", "'framework.services.web.start_timeout' must be a number of seconds "
                             "above 0, not 0."),
        ("start_timeout: 1m", "'framework.services.web.start_timeout' must be a number of "
                              "seconds above 0, not the text '1m'."),
        ("start_timeout: true", "'framework.services.web.start_timeout' must be a number of "
                                "seconds above 0, not true."),
    ],
)  # fmt: skip
def test_settings_of_a_service(project: Project, setting: str, message: str) -> None:
    path = "" if setting.startswith("path") else "\n      path: services/web"
    project.write("config.yml", f"framework:\n  services:\n    web:\n      {setting}{path}\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    column = 8 + setting.index(":") + (0 if setting.endswith(": ") else 1)
    assert refusal.messages == [f"config.yml:4:{column}: {message}"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("framework: {services: {web: {port: 1}}}", "framework.services.web"),
        ("applications: {als: {services: {m: {}}}}", "applications.als.services.m"),
        ("services: {web: {port: 1}}", "services.web"),
    ],
)
def test_a_service_without_a_path(project: Project, text: str, name: str) -> None:
    project.write("config.yml", text)
    with project.refuses(ConfigError) as refusal:
        project.config()
    (message,) = refusal.messages
    assert message.startswith("config.yml:1:")
    assert message.endswith(f": The service {name} has no 'path'.")
    assert refusal.remedies == ["Name the folder with its docker-compose.yml.j2: path: services/…"]


def test_all_findings_at_once_each_with_its_own_file(project: Project) -> None:
    project.files(
        {
            "config.yml": "import: base.yml\nbuild_dir: 1\na: ${\n",
            "base.yml": "# base\nframework:\n  services:\n    web: {copy_src: 2}\n",
        }
    )
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages == [
        "config.yml:2:12: 'build_dir' must be a text, not 1.",
        "base.yml:4:21: 'framework.services.web.copy_src' must be true or false, not 2.",
        "base.yml:4:10: The service framework.services.web has no 'path'.",
        "config.yml:3:4: '${' is not closed by '}'.",
    ]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("deployd_services", "deployed_services"),
        ("deployed-services", "deployed_services"),
        ("build-dir", "build_dir"),
        ("builddir", "build_dir"),
        ("secretss", "secrets"),
        ("frameworks", "framework"),
        ("image", "images"),
        ("hokos", "hooks"),  # two letters changed places
    ],
)
def test_a_near_miss_is_reported_and_stops_nothing(
    project: Project, wrong: str, right: str
) -> None:
    project.write("config.yml", f"a: 1\n{wrong}: b\n")
    config = project.config()
    assert config.values[wrong] == "b"
    assert [str(warning) for warning in config.warnings] == [
        f"config.yml:2:{len(wrong) + 3}: '{wrong}' means nothing to us; "
        f"did you mean '{right}'?\n  If it is a key of your own, ignore this."
    ]


def test_a_near_miss_in_a_service(project: Project) -> None:
    project.write("config.yml", "services: {web: {path: p, copy-src: true, port: 1}}\n")
    (warning,) = project.config().warnings
    assert (
        warning.message == "'services.web.copy-src' means nothing to us; did you mean 'copy_src'?"
    )


@pytest.mark.parametrize("key", ["title", "port", "database", "service_name", "temp", "x-anything"])
def test_keys_of_the_user_are_left_alone(project: Project, key: str) -> None:
    project.write("config.yml", f"{key}: {{path: 1, copy_src: 2}}\n")
    assert project.config().warnings == ()


@pytest.mark.parametrize("key", sorted(TOP_LEVEL))
def test_a_known_key_whose_content_is_commented_out(project: Project, key: str) -> None:
    project.write("config.yml", f"a: 1\n{key}:\n  # nothing yet\n")
    assert project.config().values["a"] == 1


def test_every_known_key_says_what_it_is_for() -> None:
    assert all(known.meaning for table in (TOP_LEVEL, SERVICE) for known in table.values())


def test_a_mistyped_name_of_a_service(project: Project) -> None:
    """One that another file defines, of which this one says something."""
    project.write("config.yml", "services: {web: {path: services/web}, wbe: {port: 1}}\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages == ["config.yml:1:44: The service services.wbe has no 'path'."]
    assert refusal.remedies == ["Did you mean 'services.web'?"]


@pytest.mark.parametrize(
    ("setting", "column", "part"),
    [
        ("additional_dirs: [a, {src: a}]", 28, "additional_dirs.1' has no 'dst'."),
        ("additional_dirs: [{src: a, dest: b}]", 25, "additional_dirs.0' has no 'dst'."),
        (
            "additional_dirs: [{src: a, dst: b, mode: 1}]",
            48,
            "additional_dirs.0.mode' has no meaning there.",
        ),
        ("additional_dirs: [1]", 25, "additional_dirs.0' is 1."),
        ("one_shot: [a, null]", 21, "one_shot.1' is null."),
        ("on_change: [kill, 1]", 25, "on_change.1' is 1."),
    ],
)
def test_the_part_of_a_setting_that_is_wrong(
    project: Project, setting: str, column: int, part: str
) -> None:
    project.write("config.yml", f"services:\n  web:\n      path: p\n      {setting}\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    (message,) = refusal.messages
    assert message.startswith(f"config.yml:4:{column}: 'services.web.{setting.partition(':')[0]}' ")
    assert message.endswith(f"; 'services.web.{part}")
