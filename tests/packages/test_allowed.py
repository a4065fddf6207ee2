"""What a package may decide, and what only the user's own files may."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.packages.conftest import FRAGMENT, WEB, write

from container_manager.config.known import TOP_LEVEL
from container_manager.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Project, Refusal
    from tests.packages.conftest import Site

PATH = "package:lab/services/framework/web"
WHERE = f"{PATH}/service.yml"
DEFINED = f"framework: {{services: {{web: {{path: '{PATH}'}}}}}}\n"
ALLOWED = {"import", "framework", "applications", "services", "secrets", "images"}


def configured(project: Project, more: str = "deployed_services: []\n") -> Any:
    """The configuration of a project that defines the package's service."""
    project.write("config.yml", DEFINED + more)
    return project.config()


def refused(project: Project, more: str = "deployed_services: []\n") -> Refusal:
    project.write("config.yml", DEFINED + more)
    with project.refuses(ConfigError) as refusal:
        project.config()
    return refusal


def services(**entries: dict[str, Any]) -> str:
    """A fragment for ``framework.web`` and these services; JSON is YAML."""
    return json.dumps({"framework": {"services": {"web": {"path": "x"}, **entries}}})


# --- top-level keys -------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(TOP_LEVEL.keys() - ALLOWED))
@pytest.mark.parametrize("value", ["x", "null", "[x]", "{add: [x], remove: [y]}"])
def test_what_only_the_user_decides(project: Project, site: Site, key: str, value: str) -> None:
    site.web(fragment=f"{FRAGMENT}{key}: {value}\n")
    refusal = refused(project)
    column = len(key) + 3
    assert refusal.text == (
        f"{WHERE}:9:{column}: '{key}': a package may not decide this.\n"
        "  Say it in your own configuration."
    )


def test_it_may_say_the_others_and_keys_of_its_own(project: Project, site: Site) -> None:
    assert {key for key, rule in TOP_LEVEL.items() if rule.brought} == ALLOWED
    site.web(fragment=FRAGMENT + "greetings: {de: Hallo}\napplications: {als: {colour: red}}\n")
    values = configured(project).values
    assert values["greetings"] == {"de": "Hallo"}
    assert values["applications"] == {"als": {"colour": "red"}}
    assert values["images"] == {"web": "localhost/web:1"}


def test_what_it_imports_may_say_no_more_and_all_of_it_is_told(
    project: Project, site: Site
) -> None:
    folder = site.web(fragment="import: more.yml\nproject_name: theirs\n" + FRAGMENT)
    write(folder / "more.yml", "project_name: theirs\nsecrets: ['!*']\n")
    assert refused(project, "project_name: mine\ndeployed_services: []\n").messages == [
        f"{WHERE}:2:15: 'project_name': a package may not decide this.",
        f"{PATH}/more.yml:1:15: 'project_name': a package may not decide this.",
        f"{PATH}/more.yml:2:11: 'secrets': a package may not exempt variables: '!*'.",
    ]


def test_a_file_that_the_user_imports_is_the_users(project: Project, site: Site) -> None:
    """Also where a package imports the same; each is told what it may say."""
    folder = site.web(fragment="import: more.yml\n" + FRAGMENT)
    write(folder / "more.yml", "project_name: theirs\n")
    refusal = refused(project, f"import: '{folder}/more.yml'\ndeployed_services: []\n")
    assert len(refusal.messages) == 1
    write(folder / "service.yml", FRAGMENT)
    assert configured(project, f"import: '{folder}/more.yml'\n").project_name == "theirs"


def test_the_list_of_applications_is_the_users(project: Project, site: Site) -> None:
    """It would load files of the project."""
    site.web(fragment=FRAGMENT + "applications: [als]\n")
    project.write("src/applications/als/config.yml", "a: 1\n")
    assert refused(project).messages == [
        f"{WHERE}:9:15: 'applications' of a package must be a mapping."
    ]


def test_imports_stay_in_the_package(project: Project, site: Site, tmp_path: Path) -> None:
    folder = site.web(fragment=f"import:\n- '{tmp_path}/secret.yml'\n- link.yml\n{FRAGMENT}")
    write(tmp_path / "secret.yml", "token: x\n")
    (folder / "link.yml").symlink_to(tmp_path / "secret.yml")
    assert refused(project).messages == [
        f"{WHERE}:2:3: This import leads out of the package.",
        f"{WHERE}:3:3: This import leads out of the package.",
    ]


def test_the_fragment_itself_stays_in_the_package(
    project: Project, site: Site, tmp_path: Path
) -> None:
    folder = site.web()
    (folder / "service.yml").rename(tmp_path / "service.yml")
    (folder / "service.yml").symlink_to(tmp_path / "service.yml")
    assert refused(project).messages == [f"{WHERE}: This symlink leads out of the package."]


# --- secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["!*", "!DB_PASSWORD", "!"])
def test_a_package_exempts_nothing_from_secrecy(project: Project, site: Site, pattern: str) -> None:
    site.web(fragment=f"{FRAGMENT}secrets: [LICENCE, '{pattern}']\n")
    assert refused(project).messages == [
        f"{WHERE}:9:20: 'secrets': a package may not exempt variables: {pattern!r}."
    ]


@pytest.mark.parametrize(
    ("patterns", "where", "message"),
    [
        ("x", "9:10", "'secrets' must be a list of texts."),
        ("[1]", "9:11", "A pattern of 'secrets' must be a text."),
        ("['']", "9:11", "A pattern of 'secrets' must be a text."),
    ],
)
def test_patterns_are_texts(
    project: Project, site: Site, patterns: str, where: str, message: str
) -> None:
    site.web(fragment=f"{FRAGMENT}secrets: {patterns}\n")
    assert refused(project).messages == [f"{WHERE}:{where}: {message}"]


def two_packages(site: Site) -> str:
    """Two packages that make something secret; returns the configuration that uses both."""
    site.web(fragment=FRAGMENT + "secrets: [LICENCE, SHARED]\n")
    site.install(
        "other",
        {
            "other/db/docker-compose.yml.j2": WEB,
            "other/db/service.yml": "import: more.yml\nsecrets: [SITE_*, SHARED]\n",
            "other/db/more.yml": "secrets: [MORE]\n",
        },
    )
    return (
        f"framework: {{services: {{web: {{path: '{PATH}'}}, "
        "db: {path: 'package:other/db'}}}\ndeployed_services: []\n"
    )


@pytest.mark.parametrize("own", ["secrets: [MINE]\n", "secrets: []\n", "secrets:\n", ""])
def test_what_packages_make_secret_is_added(project: Project, site: Site, own: str) -> None:
    project.write("config.yml", two_packages(site) + own)
    config = project.config()
    mine = ["MINE"] if "MINE" in own else []
    assert config.values["secrets"] == [*mine, "LICENCE", "SHARED", "SITE_*", "MORE"]
    for name in (*mine, "LICENCE", "SITE_ID", "SHARED", "MORE", "DB_PASSWORD"):
        assert config.environment.is_secret(name)
    assert not config.environment.is_secret("PATH")


def test_the_flattened_configuration_says_what_is_secret(project: Project, site: Site) -> None:
    """Containers read it, where no package is."""
    site.web(fragment=FRAGMENT + "secrets: [LICENCE]\n")
    project.write("services/docker-compose.yml.j2", "networks: {}\n")
    project.write("config.yml", DEFINED + "deployed_services: [web]\n")
    project.build()
    flat = project.config("build/services/framework/web/config.yml", LICENCE="abc")
    assert flat.values["secrets"] == ["LICENCE"]
    assert flat.environment.is_secret("LICENCE")


def test_the_user_exempts_what_a_package_makes_secret(project: Project, site: Site) -> None:
    project.write("config.yml", two_packages(site) + "secrets: ['!SITE_NAME', LICENCE]\n")
    config = project.config()
    assert config.values["secrets"] == ["!SITE_NAME", "LICENCE", "SHARED", "SITE_*", "MORE"]
    assert not config.environment.is_secret("SITE_NAME")
    assert config.environment.is_secret("SITE_ID")


def test_lists_of_the_user_replace_each_other(project: Project, site: Site) -> None:
    project.write("base.yml", "secrets: [BASE]\n")
    project.write("config.yml", two_packages(site) + "import: base.yml\nsecrets: [MINE]\n")
    assert "BASE" not in project.config().values["secrets"]


def test_a_list_of_the_user_that_is_none_is_told(project: Project, site: Site) -> None:
    site.web(fragment=FRAGMENT + "secrets: [LICENCE]\n")
    assert refused(project, "secrets: LICENCE\ndeployed_services: []\n").messages == [
        "config.yml:2:10: 'secrets' must be a list of texts, not the text 'LICENCE'."
    ]


# --- other services -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entry",
    [
        {"additional_dirs": ["/etc"]},
        {"path": "services/own"},
        {"path": "services/theirs"},
        {"path": "${UNSET}"},
        {"path": "$("},
        {},
    ],
)
def test_it_configures_no_other_service(
    project: Project, site: Site, entry: dict[str, str]
) -> None:
    site.web(fragment=services(own=entry))
    project.write(
        "config.yml",
        f"framework: {{services: {{web: {{path: '{PATH}'}}, own: {{path: services/own}}}}}}\n"
        "deployed_services: []\n",
    )
    with project.refuses(ConfigError) as refusal:
        project.config()
    (message,) = refusal.messages
    assert message.startswith(f"{WHERE}:1:")
    assert message.endswith(
        f"{PATH} may not configure framework.services.own: it is another service."
    )


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("framework: {services: {web: {path: PATH}, own_db: {path: services/db}}}",
         ("framework.services.own-db", "framework.services.own_db")),
        ("framework: {services: {web: {path: PATH}}}\nservices: {own-db: {path: services/db}}",
         ("framework.services.own-db", "services.own-db")),
        ("framework: {services: {web: {path: PATH}, own-db: {path: 'package:lab/services/db'}}}",
         ("framework.services.own-db", "framework.services.own-db")),
        ("framework: {services: {web: {path: PATH}, own-db: {path: '${SECRET_PATH}'}}}",
         ("framework.services.own-db", "framework.services.own-db")),
    ],
    ids=["letters", "flat", "package", "unknown"],
)  # fmt: skip
def test_it_brings_no_service_in_place_of_the_users(
    project: Project, site: Site, mine: str, theirs: tuple[str, str]
) -> None:
    site.web(fragment=services(**{"own-db": {"path": "package:lab/services/framework/db"}}))
    project.write(
        "config.yml",
        mine.replace("{path: PATH}", f"{{path: '{PATH}'}}") + "\ndeployed_services: []\n",
    )
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert f"{PATH} brings {theirs[0]}, but {theirs[1]} is another service: config.yml:" in (
        refusal.text
    )


def test_a_service_of_an_application_is_another(project: Project, site: Site) -> None:
    more = {"path": "package:lab/services/framework/db"}
    site.web(fragment=services(db=more))
    project.write(
        "config.yml",
        DEFINED + "applications: {als: {services: {db: {path: services/db}}}}\n"
        "deployed_services: []\n",
    )
    assert project.config().values["framework"]["services"]["db"] == more


def test_it_says_more_of_a_service_that_both_name(project: Project, site: Site) -> None:
    """The same path in any spelling; or the user says none, and only sets something."""
    db = {"path": "package:lab/services/framework/db", "size": 1}
    site.web(fragment=services(db=db))
    for path in ("path: 'package:Lab/services/./framework/db/', ", ""):
        project.write(
            "config.yml",
            f"framework: {{services: {{web: {{path: '{PATH}'}}, db: {{{path}port: 80}}}}}}\n"
            "deployed_services: []\n",
        )
        found = project.config().values["framework"]["services"]["db"]
        assert (found["size"], found["port"]) == (1, 80)


def test_two_packages_do_not_bring_one_service_each_its_own(project: Project, site: Site) -> None:
    site.web(fragment=services(db={"path": "package:lab/db"}))
    site.install(
        "other",
        {
            "other/cache/docker-compose.yml.j2": WEB,
            "other/cache/service.yml": json.dumps(
                {
                    "framework": {
                        "services": {"cache": {"path": "x"}, "db": {"path": "package:other/db"}}
                    }
                }
            ),
        },
    )
    project.write(
        "config.yml",
        f"framework: {{services: {{web: {{path: '{PATH}'}}, "
        "cache: {path: 'package:other/cache'}}}\ndeployed_services: []\n",
    )
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages[0].endswith(
        f"package:other/cache brings framework.services.db, but framework.services.db is another "
        f"service: {WHERE}:1:66."
    )


def test_a_service_that_is_no_mapping_is_told(project: Project, site: Site) -> None:
    site.web(fragment=FRAGMENT + "services: {own: 3}\n")
    assert refused(project).messages == [
        f"{WHERE}:9:17: 'services.own' must be a mapping with a 'path', not 3."
    ]
