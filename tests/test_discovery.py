"""Names to services: every form, and what a name that leads nowhere gets."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from container_manager import find_service_config, get_templates
from container_manager.discovery import discover, select
from container_manager.errors import ConfigError
from container_manager.names import Match, Miss, defined_names, resolve

if TYPE_CHECKING:
    from tests.conftest import Project


CONFIG: Mapping[str, Any] = {
    "framework": {
        "services": {
            "jupyter": {"path": "services/framework/jupyter"},
            "open-webui": {"path": "services/framework/open-webui"},
        }
    },
    "applications": {
        "als_expert": {
            "services": {
                "mongo": {"path": "services/applications/als_expert/mongo"},
                "pv_finder": {"path": "services/applications/als_expert/pv_finder"},
            }
        },
        "empty": None,
    },
    "services": {"legacy": {"path": "services/legacy"}, "jupyter": {"path": "services/old"}},
}


@pytest.mark.parametrize(
    ("name", "canonical", "path"),
    [
        ("framework.jupyter", "framework.jupyter", "services/framework/jupyter"),
        ("jupyter", "framework.jupyter", "services/framework/jupyter"),
        ("open-webui", "framework.open-webui", "services/framework/open-webui"),
        ("open_webui", "framework.open-webui", "services/framework/open-webui"),
        ("framework.open_webui", "framework.open-webui", "services/framework/open-webui"),
        (
            "applications.als_expert.mongo",
            "applications.als_expert.mongo",
            "services/applications/als_expert/mongo",
        ),
        (
            "applications.als-expert.pv-finder",
            "applications.als_expert.pv_finder",
            "services/applications/als_expert/pv_finder",
        ),
        ("legacy", "services.legacy", "services/legacy"),
        ("services.legacy", "services.legacy", "services/legacy"),
        ("services.jupyter", "services.jupyter", "services/old"),
    ],
)
def test_every_form_of_a_name(name: str, canonical: str, path: str) -> None:
    match = resolve(CONFIG, name)
    assert isinstance(match, Match)
    assert match.name == canonical
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        settings, template = find_service_config(CONFIG, name)
    assert settings is match.settings
    assert template == f"{path}/docker-compose.yml.j2"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("jupiter", "Did you mean 'jupyter'?"),
        ("framework.jupiter", "Did you mean 'framework.jupyter'?"),
        ("mongo", "Did you mean 'applications.als_expert.mongo'?"),
        ("framework.mongo", "Did you mean 'applications.als_expert.mongo'?"),
        ("als_expert.mongo", "Did you mean 'applications.als_expert.mongo'?"),
        ("applications.mongo", "Did you mean 'applications.als_expert.mongo'?"),
        ("framework.legacy", "Did you mean 'services.legacy'?"),
        ("framework.services.jupyter",
         "Did you mean 'framework.jupyter' or 'services.jupyter'?"),
        (
            "zzz",
            "Services that are defined: framework.jupyter, framework.open-webui, "
            "applications.als_expert.mongo, applications.als_expert.pv_finder, services.legacy, "
            "services.jupyter.",
        ),
    ],
)  # fmt: skip
def test_a_name_that_leads_nowhere_lists_what_is_near(name: str, remedy: str) -> None:
    miss = resolve(CONFIG, name)
    assert miss == Miss(message=f"There is no service {name!r}.", remedy=remedy)
    assert find_service_config(CONFIG, name) == (None, None)


@pytest.mark.parametrize(
    ("name", "there", "wanted"),
    [
        ("framework.web", ("framework",), "framework.services"),
        ("web", ("framework",), "framework.services"),
        ("web", (), "services"),
        ("applications.lab.web", ("applications", "lab"), "applications.lab.services"),
    ],
)
def test_a_definition_that_stands_beside_services_is_told(
    name: str, there: tuple[str, ...], wanted: str
) -> None:
    config: dict[str, Any] = {"web": {"path": "services/web"}}
    found = ".".join((*there, "web"))
    for key in reversed(there):
        config = {key: config}
    assert resolve(config, name) == Miss(
        message=f"There is no service {name!r}.",
        remedy=f"{found!r} is there, and services are looked for in {wanted!r}.",
    )


@pytest.mark.parametrize("name", ["", ".", "framework", "framework.", "a.b.c.d", "services."])
def test_odd_names_lead_nowhere(name: str) -> None:
    assert isinstance(resolve(CONFIG, name), Miss)


def test_two_spellings_of_one_name_are_ambiguous() -> None:
    config = {"framework": {"services": {"a-b": {"path": "x"}, "a_b": {"path": "y"}}}}
    match = resolve(config, "a-b")
    assert isinstance(match, Match)
    assert match.settings["path"] == "x"
    config["framework"]["services"]["a-b_c"] = {"path": "z"}
    config["framework"]["services"]["a_b-c"] = {"path": "w"}
    miss = resolve(config, "a-b-c")
    assert miss == Miss(
        message="The service name 'a-b-c' is ambiguous: 'a-b_c' and 'a_b-c' are both defined.",
        remedy="Spell it as it is defined.",
    )


@pytest.mark.parametrize(
    "config",
    [{}, {"framework": None}, {"framework": {"services": ["x"]}}, {"framework": "x"},
     {"services": {"x": None}}, {"applications": ["x"]}],
)  # fmt: skip
def test_shapes_that_hold_no_service(config: Mapping[str, Any]) -> None:
    assert find_service_config(config, "x") == (None, None)


def test_the_names_of_all_services() -> None:
    assert list(defined_names(CONFIG)) == [
        "framework.jupyter",
        "framework.open-webui",
        "applications.als_expert.mongo",
        "applications.als_expert.pv_finder",
        "services.legacy",
        "services.jupyter",
    ]


def test_a_service_without_a_path_is_an_error_of_the_library_too() -> None:
    config = {"framework": {"services": {"web": {"port": 1}}}}
    with pytest.raises(ConfigError, match=r"The service framework\.web has no 'path'"):
        find_service_config(config, "web")
    with pytest.raises(ConfigError) as caught:
        get_templates({"deployed_services": "web"})
    assert str(caught.value) == "'deployed_services' must be a list of service names."


@pytest.mark.parametrize("path", ["", 5, None])
def test_a_path_that_is_none_is_as_good_as_missing(path: object) -> None:
    with pytest.raises(ConfigError, match="has no 'path'"):
        find_service_config({"framework": {"services": {"web": {"path": path}}}}, "web")


def test_the_deprecated_form_is_told_where_it_is_asked_for() -> None:
    flat = {"services": {"web": {"path": "services/web"}}}
    with pytest.warns(DeprecationWarning, match="deprecated form") as told:
        find_service_config(flat, "web")
    (warning,) = told
    assert str(warning.message) == (
        "The service 'web' is defined in the deprecated form 'services.NAME'; "
        "define it below framework.services or applications.NAME.services."
    )
    assert warning.filename == __file__


def test_templates_of_what_is_deployed_and_a_warning_for_each_that_is_not_there() -> None:
    deployed = ["jupyter", "mongo", "applications.als_expert.mongo"]
    with pytest.warns(UserWarning, match="no service 'mongo'") as told:
        templates = get_templates({**CONFIG, "deployed_services": deployed})
    assert templates == [
        "services/docker-compose.yml.j2",
        "services/framework/jupyter/docker-compose.yml.j2",
        "services/applications/als_expert/mongo/docker-compose.yml.j2",
    ]
    (warning,) = told
    assert str(warning.message) == (
        "There is no service 'mongo'. Did you mean 'applications.als_expert.mongo'?"
    )
    assert warning.filename == __file__


def test_templates_where_a_name_is_no_text() -> None:
    with pytest.warns(UserWarning, match="There is no service '5'"):
        assert get_templates({**CONFIG, "deployed_services": [5]}) == [
            "services/docker-compose.yml.j2"
        ]


@pytest.mark.parametrize("nothing", [{}, {"deployed_services": []}])
def test_templates_where_nothing_is_deployed(nothing: Mapping[str, Any]) -> None:
    with pytest.warns(UserWarning, match="is not set") as told:
        assert get_templates(nothing) == ["services/docker-compose.yml.j2"]
    (warning,) = told
    assert str(warning.message) == "'deployed_services' is not set: no service is deployed."
    assert warning.filename == __file__


# --- discover: the deployed services of a configuration -------------------------------------------


def defined(project: Project, deployed: str) -> None:
    project.write(
        "config.yml",
        f"""
        deployed_services: {deployed}
        framework:
          services:
            jupyter: {{path: services/framework/jupyter}}
            web: {{path: ./services//framework/x/../web/}}
        applications:
          als: {{services: {{mongo: {{path: services/applications/als/mongo}}}}}}
        services:
          web: {{path: services/web}}
        """,
    )


def test_deployed_services_in_order_with_their_places(project: Project) -> None:
    defined(project, "[applications.als.mongo, jupyter]")
    services, found = discover(project.config())
    assert [(s.name, s.family, s.path, str(s.where)) for s in services] == [
        (
            "applications.als.mongo",
            "applications",
            "services/applications/als/mongo",
            "config.yml:7:34",
        ),
        ("framework.jupyter", "framework", "services/framework/jupyter", "config.yml:4:21"),
    ]
    assert services[0].key_path == ("applications", "als", "services", "mongo")
    assert found == ()


def test_the_file_that_says_where_a_service_lies_defines_it(project: Project) -> None:
    """Another one may only set something of it."""
    project.write(
        "lab.yml", "framework:\n  services:\n    web:\n      path: services/framework/web\n"
    )
    project.write(
        "config.yml",
        "import: lab.yml\ndeployed_services: [web]\nframework: {services: {web: {port: 1}}}\n",
    )
    ((web,), _) = discover(project.config())
    assert str(web.where) == "lab.yml:4:13"


def test_a_bare_name_that_two_know_is_the_frameworks_with_a_warning(project: Project) -> None:
    defined(project, "[web]")
    services, found = discover(project.config())
    assert [(service.name, service.path) for service in services] == [
        ("framework.web", "services/framework/web")
    ]
    assert [str(problem) for problem in found] == [
        "config.yml:1:21: framework.web is used; services.web has the same bare name.\n"
        "  Write framework.web to say which."
    ]
    defined(project, "[framework.web]")
    assert discover(project.config())[1] == ()


def test_a_flat_service_is_used_without_a_nag(project: Project) -> None:
    defined(project, "[services.web]")
    services, found = discover(project.config())
    assert [(service.name, service.path) for service in services] == [
        ("services.web", "services/web")
    ]
    assert found == ()


def test_nothing_said_of_what_is_deployed_is_an_error(project: Project) -> None:
    # A mistyped key must not take a running stack down.
    project.write("config.yml", "deployed_service: [web]\nservices: {web: {path: services/web}}\n")
    with pytest.raises(ConfigError) as caught:
        discover(project.config())
    told = str(caught.value)
    assert "config.yml: 'deployed_services' is not set." in told
    assert "\n  List the services to run, or write [] for none.\n" in told
    assert "did you mean 'deployed_services'?" in told


def test_a_key_that_looks_mistyped_is_no_error_where_all_else_is_right(project: Project) -> None:
    defined(project, "[jupyter]")
    project.write("config.yml", project.read("config.yml") + "\ndeployed_service: [jupyter]\n")
    config = project.config()
    assert [problem.message for problem in config.suspicions]
    assert [service.name for service in discover(config)[0]] == ["framework.jupyter"]


def test_a_package_that_is_not_there_is_told_with_the_names_that_are_unknown(
    project: Project,
) -> None:
    project.write(
        "config.yml",
        """
        deployed_services: [web, jupiter]
        framework: {services: {web: {path: "package:no-such-lab/web"}}}
        """,
    )
    with project.refuses(ConfigError) as refusal:
        discover(project.config())
    assert "config.yml:2:36: " in refusal.text
    assert "no-such-lab" in refusal.text
    assert "There is no service 'jupiter'." in refusal.text


def test_nothing_deployed_is_a_warning(project: Project) -> None:
    defined(project, "[]")
    services, (warning,) = discover(project.config())
    assert services == ()
    assert str(warning) == (
        "config.yml:1:20: 'deployed_services' names no service: there is nothing to run."
    )


def test_unknown_services_are_told_all_at_once(project: Project) -> None:
    defined(project, "[jupiter, mongo, web]")
    with project.refuses(ConfigError) as refusal:
        discover(project.config())
    assert refusal.text == (
        "config.yml:1:21: There is no service 'jupiter'.\n"
        "  Did you mean 'jupyter'?\n"
        "config.yml:1:30: There is no service 'mongo'.\n"
        "  Did you mean 'applications.als.mongo'?"
    )


def test_one_service_under_two_names(project: Project) -> None:
    project.write(
        "config.yml",
        "deployed_services: [web, services.web]\nservices: {web: {path: services/web}}\n",
    )
    with project.refuses(ConfigError) as refusal:
        discover(project.config())
    assert refusal.text == (
        "config.yml:1:26: The service 'services.web' is listed twice in 'deployed_services': "
        "it is services.web, which is there already.\n"
        "  Remove one of the two."
    )


def test_a_choice_of_services(project: Project) -> None:
    defined(project, "[applications.als.mongo, jupyter]")
    config = project.config()
    services, _ = discover(config)
    chosen = select(services, config, ["jupyter", "applications.als.mongo"])
    assert [service.name for service in chosen] == ["applications.als.mongo", "framework.jupyter"]
    with project.refuses(ConfigError) as refusal:
        select(services, config, ["web", "jupiter"])
    assert refusal.text == (
        "framework.web is not deployed.\n"
        "  Add it to 'deployed_services'.\n"
        "There is no service 'jupiter'.\n"
        "  Did you mean 'jupyter'?"
    )
