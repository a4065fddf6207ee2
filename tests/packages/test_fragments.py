"""The configuration that a service in a package brings along, below all that the user says."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from tests.packages.conftest import FRAGMENT, WEB

from container_manager import verbs
from container_manager.errors import ConfigError

if TYPE_CHECKING:
    from tests.conftest import Project
    from tests.packages.conftest import Site

PATH = "package:lab/services/framework/web"
CONFIG = f"""
framework:
  services:
    web: {{path: '{PATH}'}}
deployed_services: [web]
"""


def fragment(name: str, **more: object) -> str:
    """The configuration of ``framework.NAME``; JSON is YAML."""
    services = {name: {"path": f"services/framework/{name}", "said_by": name}}
    return json.dumps({"framework": {"services": services}, **more})


def install(site: Site, fragments: dict[str, str], name: str = "lab") -> None:
    """A distribution with these services; each brings what it says."""
    files = {}
    for service, text in fragments.items():
        folder = f"{name}/services/framework/{service}"
        files[f"{folder}/docker-compose.yml.j2"] = f"services: {{{service}: {{image: x/y:1}}}}\n"
        files[f"{folder}/service.yml"] = text
    site.install(name, files)


# --- precedence -----------------------------------------------------------------------------------


def test_the_users_values_lie_over_it(project: Project, site: Site) -> None:
    folder = site.web()
    project.write(
        "config.yml",
        f"""
        framework:
          services:
            web:
              path: {PATH}
              greeting: from the user
        deployed_services: [web]
        """,
    )
    config = project.config()
    web = config.values["framework"]["services"]["web"]
    assert web == {
        "path": PATH, "greeting": "from the user", "bind_address": "127.0.0.1",
    }  # fmt: skip
    assert config.values["images"] == {"web": "localhost/web:1"}
    key = "framework.services.web"
    assert str(config.origin(f"{key}.path")) == "config.yml:4:13"
    assert str(config.origin(f"{key}.greeting")) == "config.yml:5:17"
    assert str(config.origin(f"{key}.bind_address")) == f"{PATH}/service.yml:8:21"
    assert str(config.imported_from[folder / "service.yml"]) == "config.yml:4:13"


def test_it_lies_below_imported_files_too(project: Project, site: Site) -> None:
    site.web()
    project.files({"config.yml": f"import: base.yml{CONFIG}", "base.yml": "images: {web: mine:2}"})
    assert project.config().values["images"] == {"web": "mine:2"}


def test_one_package_service_asked_for_by_an_imported_file(project: Project, site: Site) -> None:
    folder = site.web()
    project.files({"config.yml": "import: parts/web.yml", "parts/web.yml": CONFIG})
    config = project.config()
    assert config.values["framework"]["services"]["web"]["greeting"] == "from the package"
    assert str(config.imported_from[folder / "service.yml"]) == "parts/web.yml:3:17"


def test_a_package_without_a_fragment(project: Project, site: Site) -> None:
    site.install("lab", {"lab/services/framework/web/docker-compose.yml.j2": WEB})
    project.write("config.yml", CONFIG)
    assert project.config().values["framework"] == {"services": {"web": {"path": PATH}}}


def test_a_service_below_an_application(project: Project, site: Site) -> None:
    application = "applications: {als: {services: {web: {path: services/x, port: 80}}}}\n"
    site.web(fragment=application)
    project.write(
        "config.yml", f"applications: {{als: {{services: {{web: {{path: '{PATH}'}}}}}}}}\n"
    )
    web = project.config().values["applications"]["als"]["services"]["web"]
    assert web == {"path": PATH, "port": 80}


def test_a_path_with_a_variable(project: Project, site: Site) -> None:
    site.web()
    project.write("config.yml", CONFIG.replace("package:lab", "package:${LAB}"))
    config = project.config(LAB="lab")
    assert config.values["framework"]["services"]["web"]["greeting"] == "from the package"
    with project.refuses(ConfigError) as refusal:
        project.prepare()
    assert "The path 'package:${LAB}/services/framework/web' names no folder" in refusal.text


def test_a_secret_never_names_a_package(project: Project, site: Site) -> None:
    site.web("planted_secret_value")
    project.write("config.yml", CONFIG.replace("package:lab", "package:${LAB_TOKEN}"))
    with project.refuses(ConfigError) as refusal:
        project.prepare(project.config(LAB_TOKEN="planted_secret_value"))
    assert "planted" not in refusal.text


# --- fragments that ask for more ------------------------------------------------------------------


def test_it_may_import_its_neighbours(project: Project, site: Site) -> None:
    folder = site.web(fragment="import: more/*.yml\n" + FRAGMENT)
    (folder / "more").mkdir()
    (folder / "more/a.yml").write_text("a: 1\nimages: {web: not-this, other: 'o:1'}\n")
    project.write("config.yml", CONFIG)
    values = project.config().values
    assert values["a"] == 1
    assert values["images"] == {"web": "localhost/web:1", "other": "o:1"}


def test_a_package_asks_for_a_package_that_asks_for_the_first(project: Project, site: Site) -> None:
    other = "package:other/services/framework/db"
    web = {"web": {"path": "services/framework/web"}, "db": {"path": other, "size": "from lab"}}
    db = {
        "db": {"path": "services/framework/db", "size": "from other", "port": 1},
        "web": {"path": PATH, "greeting": "from other"},
        "cache": {"path": "package:other/services/framework/cache"},
    }
    install(site, {"web": json.dumps({"framework": {"services": web}, "who": "lab"})})
    install(
        site,
        {
            "db": json.dumps({"framework": {"services": db}, "who": "other"}),
            "cache": fragment("cache", who="cache"),
        },
        name="other",
    )
    project.write("config.yml", CONFIG)
    config = project.config()
    assert config.values["framework"]["services"] == {
        "web": {"path": PATH, "greeting": "from other"},
        "db": {"path": other, "size": "from lab", "port": 1},
        "cache": {"path": "package:other/services/framework/cache", "said_by": "cache"},
    }
    assert config.values["who"] == "lab"


def test_of_two_services_that_the_user_names_the_later_wins(project: Project, site: Site) -> None:
    install(site, {"a": fragment("a", who="a"), "b": fragment("b", who="b")})
    path = "package:lab/services/framework"
    project.write(
        "config.yml",
        f"framework: {{services: {{a: {{path: {path}/a}}, b: {{path: {path}/b}}}}}}\n"
        "deployed_services: []\n",
    )
    assert project.config().values["who"] == "b"


# --- what is refused ------------------------------------------------------------------------------


def test_a_service_under_another_key_than_the_packages(project: Project, site: Site) -> None:
    site.web()
    project.write(
        "config.yml", f"framework: {{services: {{lab: {{path: '{PATH}'}}}}}}\ndeployed_services: []"
    )
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == (
        "config.yml:1:36: package:lab/services/framework/web does not configure "
        "framework.services.lab, but framework.services.web.\n"
        "  Define the service under that key."
    )


def test_a_fragment_that_configures_no_service_suits_every_key(
    project: Project, site: Site
) -> None:
    site.web(fragment="images: {web: 'localhost/web:1'}\n")
    project.write("config.yml", CONFIG)
    assert project.config().values["images"] == {"web": "localhost/web:1"}


def test_all_that_is_wrong_is_told_at_once(project: Project, site: Site) -> None:
    site.web(fragment="deployed_services: 3\nimport: nowhere.yml\n")
    project.write(
        "config.yml",
        f"""
        framework:
          services:
            web: {{path: '{PATH}'}}
            gone: {{path: 'package:lab/services/gone'}}
            missing: {{path: 'package:xyzzyxyzzy/services/missing'}}
        deployed_services: []
        """,
    )
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert [message.partition(": ")[2].partition(":")[0] for message in refusal.messages] == [
        "'deployed_services'",
        "The imported file 'nowhere.yml' does not exist.",
        "The package 'lab' has no folder 'services/gone'.",
        "The package 'xyzzyxyzzy' is not installed for " + sys.executable + ".",
    ]
    assert refusal.messages[0].startswith(f"{PATH}/service.yml:1:20: ")
    assert refusal.messages[1].startswith(f"{PATH}/service.yml:2:9: ")


def test_a_cycle_of_imports_inside_a_package(project: Project, site: Site) -> None:
    site.web(fragment="import: service.yml\n")
    project.write("config.yml", CONFIG)
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert "The imports form a cycle" in refusal.text
    assert f"{PATH}/service.yml" in refusal.text


def test_known_keys_are_checked_in_it_too(project: Project, site: Site) -> None:
    site.web(fragment=FRAGMENT.replace("greeting: from the package", "copy_src: perhaps"))
    project.write("config.yml", CONFIG)
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages == [
        f"{PATH}/service.yml:7:17: 'framework.services.web.copy_src' must be true or false, "
        "not the text 'perhaps'."
    ]


def test_a_package_that_is_missing_stops_only_who_deploys_it(project: Project, site: Site) -> None:
    """The flattened configuration is read in containers, where no package is."""
    project.files({"services/docker-compose.yml.j2": "networks: {}\n", "config.yml": CONFIG})
    missing = f"config.yml:3:17: The package 'lab' is not installed for {sys.executable}."
    assert [str(warning).partition("\n")[0] for warning in project.config().warnings] == [missing]
    with project.refuses(ConfigError) as refusal:
        project.prepare()
    assert refusal.messages == [missing]
    project.write("config.yml", CONFIG.replace("[web]", "[]"))
    assert missing in [str(warning).partition("\n")[0] for warning in project.prepare().warnings]


def test_a_service_that_only_a_missing_package_defines(project: Project, site: Site) -> None:
    project.write("config.yml", CONFIG.replace("[web]", "[db]"))
    with project.refuses(ConfigError) as refusal:
        project.prepare()
    assert [message.partition(": ")[2] for message in refusal.messages] == [
        "There is no service 'db'.",
        f"The package 'lab' is not installed for {sys.executable}.",
    ]


def test_a_setting_that_is_nearly_one_of_the_packages_is_told(project: Project) -> None:
    """Everything else of the service's is taken in silence, as a key of the user's own."""
    project.write(
        "config.yml",
        """
        framework:
          services:
            jupyter:
              path: package:container-manager/services/framework/jupyter
              mem_limits: 1g
              containers: {read: {port_hots: 23088}}
              mine: 1
            jupyters: {path: services/jupyters}
        execution:
          epics: {gatways: {}}
        deployed_services: []
        """,
    )
    told = [str(warning).partition("\n")[0] for warning in project.config().warnings]
    assert told == [
        "config.yml:5:19: 'framework.services.jupyter.mem_limits' means nothing to the package; "
        "did you mean 'mem_limit'?",
        "config.yml:6:38: 'framework.services.jupyter.containers.read.port_hots' means nothing to "
        "the package; did you mean 'port_host'?",
        "config.yml:10:20: 'execution.epics.gatways' means nothing to the package; did you mean "
        "'gateways'?",
    ]


def test_what_a_package_brought_is_explained_as_such(project: Project, site: Site) -> None:
    site.web()
    project.write("config.yml", CONFIG)
    told = verbs.explain(None, "web.greeting")
    assert (told.value, told.package) == ("from the package", PATH)
    assert [(str(step.where), step.how) for step in told.imports] == [
        ("config.yml:3:17", "package")
    ]
    project.write(
        "more.yml", "import: config.yml\nframework: {services: {web: {greeting: mine}}}\n"
    )
    told = verbs.explain("more.yml", "web.greeting")
    assert (told.value, told.package) == ("mine", None)
    assert [one.value for one in told.replaced] == ["from the package"]
