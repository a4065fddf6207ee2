"""The whole way from files to a configuration, and what is told on the way."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from container_manager import ConfigBuilder
from container_manager.build.content import flatten
from container_manager.config import find_config, load
from container_manager.config.images import PYTHON_FALLBACK, local_python
from container_manager.errors import ConfigError

if TYPE_CHECKING:
    from tests.conftest import Project


# --- which file -----------------------------------------------------------------------------------


def test_the_configuration_is_found_upwards(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("config.yml", "a: 1\n")
    deep = project.root / "services/web/deep"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert find_config() == project.root / "config.yml"
    assert load().root == project.root
    assert ConfigBuilder().config["a"] == 1


def test_a_variable_names_another(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.files({"config.yml": "a: 1\n", "other.yml": "a: 2\n"})
    monkeypatch.setenv("CONTAINER_MANAGER_CONFIG", "other.yml")
    assert load().values["a"] == 2
    assert load("config.yml").values["a"] == 1
    monkeypatch.setenv("CONTAINER_MANAGER_CONFIG", "")
    assert load().values["a"] == 1


def test_no_configuration_anywhere(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Path, "is_file", lambda _: False
    )  # whatever lies above the temporary folder
    with project.refuses(ConfigError) as refusal:
        find_config(environ={})
    assert refusal.text == (
        f"There is no config.yml in {project.root} or any folder above it.\n"
        "  Run in a project's folder, or name the file with --config PATH; "
        "'new --project FOLDER' makes a project."
    )


@pytest.mark.parametrize("name", ["other.yml", "no/such/folder.yml", "x" * 300, "x/" * 3000])
def test_a_file_that_is_not_there(project: Project, name: str) -> None:
    with project.refuses(ConfigError) as refusal:
        project.config(name)
    assert refusal.messages[0].endswith(": There is no such configuration file.")
    assert refusal.remedies == ["Name another with --config PATH, or run in a project's folder."]


@pytest.mark.parametrize("text", ["", "\n\n", "# only comments\n"])
def test_an_empty_file(project: Project, text: str) -> None:
    project.write("config.yml", text)
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == (
        "config.yml: The configuration is empty.\n"
        "  It needs at least 'deployed_services' and the services it names."
    )


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text\n", "8080\n", "null\n", "--- null\n"])
def test_not_a_mapping(project: Project, text: str) -> None:
    project.write("config.yml", text)
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages[0].startswith("config.yml:1:")
    assert refusal.messages[0].endswith(": The configuration must be a mapping of keys to values.")


def test_a_broken_symlink(project: Project) -> None:
    (project.root / "config.yml").symlink_to("nowhere.yml")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages == ["config.yml: There is no such configuration file."]


def test_an_unreadable_file(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("config.yml", "a: 1\n")

    def denied(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(ConfigError) as caught:
        project.config()
    assert str(caught.value) == (
        "config.yml: Cannot read the file: Permission denied.\n  Make it readable."
    )


def test_a_configuration_reached_through_a_symlink_belongs_to_the_links_folder(
    project: Project,
) -> None:
    real = project.root.parent / "shared.yml"
    real.write_text("a: 1\n")
    (project.root / "config.yml").symlink_to(real)
    assert project.config().root == project.root


# --- what it says ---------------------------------------------------------------------------------


def test_the_builder_offers_the_placeholders_and_the_values(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST", "lab")
    monkeypatch.setenv("API_KEY", "s3cret-value")
    project.write("config.yml", "host: ${HOST}\nkey: ${API_KEY}\nprice: $$5\n")
    builder = ConfigBuilder("config.yml")
    assert builder.raw_config == {"host": "${HOST}", "key": "${API_KEY}", "price": "$$5"}
    assert builder.config == {
        "host": "lab",
        "key": "${API_KEY}",
        "price": "$5",
        "project_name": "lab",
        "project_root": str(project.root),
    }
    assert yaml.safe_load(yaml.safe_dump(builder.config)) == builder.config
    assert str(builder.origin("key")) == "config.yml:2:6"
    assert builder.origin("nothing.there") is None


def test_the_origin_of_a_value_survives_merge_and_imports(project: Project) -> None:
    project.files(
        {
            "config.yml": "import: conf/base.yml\ndb:\n  port: 2\nlist: [x, y]\n",
            "conf/base.yml": "db: {host: h, port: 1}\nports: {8080: x, '90': y}\nd.e: 1\n",
        }
    )
    config = project.config()
    places = {
        "db.host": "conf/base.yml:1:12",
        "db.port": "config.yml:3:9",
        "db": "config.yml:3:3",
        "list.1": "config.yml:4:11",
        "ports.8080": "conf/base.yml:2:15",
        "ports.90": "conf/base.yml:2:24",
    }
    assert {key: str(config.origin(key)) for key in places} == places
    assert str(config.origin(("d.e",))) == "conf/base.yml:3:6"
    assert str(config.nearest_origin("db.nothing")) == "config.yml:3:3"
    node = config.tree.find(("db", "port"))
    assert node is not None
    assert node.replaced is not None
    assert str(node.replaced.where) == "conf/base.yml:1:21"


def test_the_defaults_that_are_always_there(project: Project) -> None:
    project.write("config.yml", "a: 1\n")
    config = project.config()
    assert config.project_name == "lab"
    assert config.build_dir == project.root / "build"
    assert config.state_dir == project.root / ".container-manager"
    assert config.values["project_root"] == str(project.root)
    assert config.values["project_name"] == "lab"


@pytest.mark.parametrize(
    ("written", "environ", "result"),
    [
        ("${ROOT}", {}, None),
        ("${ROOT}", {"ROOT": "/opt/lab"}, "/opt/lab"),
        ("${ROOT:-/srv}", {}, "/srv"),
        ("/with$$dollar", {}, "/with$dollar"),
        ("${ROOT}", {"ROOT": "/with$dollar"}, "/with$dollar"),
        ("", {}, None),
    ],
)
def test_project_root_is_the_project_where_its_variable_is_unset(
    project: Project, written: str, environ: dict[str, str], result: str | None
) -> None:
    project.write("config.yml", f"a: 1\nproject_root: {written}\n")
    config = project.config(**environ)
    assert config.values["project_root"] == (result or str(project.root))
    assert config.warnings == ()


def test_a_project_in_a_folder_with_a_dollar(new_project: Callable[[str], Project]) -> None:
    project = new_project("co$t ${HOME}")
    project.write("config.yml", "a: 1\n")
    config = project.config(HOME="/home/me")
    assert config.values["project_root"] == str(project.root)
    copy = new_project("copy")
    copy.write("config.yml", flatten(config.values))
    assert copy.config(HOME="/home/me").values == config.values


def test_a_project_in_a_folder_that_is_not_utf8(new_project: Callable[[str], Project]) -> None:
    project = new_project(os.fsdecode(b"caf\xe9"))
    project.write("config.yml", "a: 1\n")
    with pytest.raises(ConfigError, match="The name of the project's folder is not UTF-8 text"):
        project.config()


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("My Lab (2026)", "my-lab-2026"),
        ("__x__", "x"),
        ("Ünïcode", "n-code"),
        ("a$$b", "a-b"),
        ("a.b/c", "a-b-c"),
        ("7seas", "7seas"),
    ],
)
def test_the_name_is_made_one_that_providers_take(project: Project, given: str, name: str) -> None:
    project.write("config.yml", f"project_name: {given}\n")
    assert project.config().project_name == name


@pytest.mark.parametrize("name", ["---", "日本", "$$", "'  '"])
def test_a_name_of_which_nothing_is_left(project: Project, name: str) -> None:
    project.write("config.yml", f"a: 1\nproject_name: {name}\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == (
        "config.yml:2:15: The project's name has no letter or digit that can be used.\n"
        "  Set project_name to letters, digits, '-' and '_'."
    )


def test_a_folder_whose_name_is_no_project_name(new_project: Callable[[str], Project]) -> None:
    project = new_project("日本")
    project.write("config.yml", "a: 1\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert "The project's name has no letter or digit that can be used." in refusal.text


@pytest.mark.parametrize("key", ["project_name", "build_dir"])
@pytest.mark.parametrize("value", ["x-${UNSET}", "x-${API_KEY}"])
def test_a_name_with_an_unset_variable_or_a_secret(project: Project, key: str, value: str) -> None:
    project.write("config.yml", f"{key}: {value}\n")
    with project.refuses(ConfigError) as refusal:
        project.config(API_KEY="s3cret-value")
    assert refusal.text == (
        f"config.yml:1:{len(key) + 3}: '{key}' holds a variable that is not set, or a secret.\n"
        "  Set the variable, or give a default: ${NAME:-default}."
    )


def test_images_python_auto_is_a_reference(project: Project) -> None:
    project.write("config.yml", "images: {python: auto, other: auto}\n")
    images = project.config().values["images"]
    assert images["python"] == (local_python() or PYTHON_FALLBACK)
    assert images["python"].startswith(("localhost/", "docker.io/"))
    assert images["other"] == "auto"


# --- warnings -------------------------------------------------------------------------------------


def test_an_unset_variable_stays_and_is_told_once(project: Project) -> None:
    project.write("config.yml", "a: 1\nb: x-${SITE}\nc: ${SITE}\nd: [$SITE, '${P:-${PORT}}']\n")
    config = project.config()
    assert config.values["b"] == "x-${SITE}"
    assert [str(warning) for warning in config.warnings] == [
        "config.yml:2:4: The variable SITE is not set.\n"
        f"  Set it in the environment or in {project.root}/.env, "
        "or give a default: ${SITE:-…}.",
        "config.yml:4:12: The variable PORT is not set.\n"
        f"  Set it in the environment or in {project.root}/.env, "
        "or give a default: ${PORT:-…}.",
    ]


def test_an_unset_secret_is_told_as_such(project: Project) -> None:
    project.write("config.yml", "token: ${API_TOKEN}\n")
    (warning,) = project.config().warnings
    assert str(warning) == (  # no default is proposed, which everybody would read
        "config.yml:1:8: The secret variable API_TOKEN is not set.\n"
        f"  Set it in the environment or in {project.root}/.env."
    )


def test_a_literal_secret_is_told_without_its_value(project: Project) -> None:
    project.write(
        "config.yml",
        """
        db: {password: hunter2-hunter2, user: me, max_tokens: many}
        api: {key: 'with $$ dollar'}
        fine: {api_key: '${API_KEY:-}', token: '', credentials: API_KEY}
        """,
    )
    warnings = project.config(API_KEY="long-enough").warnings
    assert [str(warning) for warning in warnings] == [
        "config.yml:1:16: 'db.password' looks like a secret that is written out.\n"
        "  Put the value into .env and write ${PASSWORD} here.",
        "config.yml:2:12: 'api.key' looks like a secret that is written out.\n"
        "  Put the value into .env and write ${KEY} here.",
    ]


def test_a_secret_too_short_to_be_looked_for_is_told(project: Project) -> None:
    project.write(".env", "SHORT_KEY=1234567\nLONG_KEY=12345678\nNO_KEY=\n")
    project.write("config.yml", "a: 1\n")
    (warning,) = project.config(UNUSED_KEY="abc").warnings
    assert str(warning) == (
        "The value of SHORT_KEY is shorter than 8 characters: the leak scan cannot look for it.\n"
        "  Use a longer secret."
    )


# --- the flattened form ---------------------------------------------------------------------------


def test_the_flattened_configuration_reads_back_as_it_was(
    project: Project, new_project: Callable[[str], Project]
) -> None:
    environ = {"HOST": "co$t ${X}", "API_KEY": "s3cret-value", "EMPTY": ""}
    project.files(
        {
            "config.yml": """
            import: base.yml
            project_name: lab
            deployed_services: [web]
            framework: {services: {web: {path: services/web, port: 8080}}}
            host: ${HOST}
            key: ${API_KEY:?needed}
            dsn: mongodb://app:${API_KEY}@db/$$x
            unset: a ${UNSET} b $$ c ${UNSET2:-d$$}
            empty: [{}, [], '', null, "${EMPTY}"]
            numbers: [0, -1, 3.1, 3.10, 22:22, 0755, 1e3, 1_000, .5, -0]
            words: ['no', 'true', 'null', '~', '8080', '1.5', =, '<<', y, '2026-01-01', '!x', '&a']
            text: "line\\nline\\n\\n  indented\\t\\u00e9 \\u2028 \\x85 \\ufeff \\U0001F600 \\x07"
            keys: {8080: a, '8080': b, 'a b': c, '': d, '<<': e, 'no': f, '${K}': g}
            """,
            "base.yml": "deployed_services: {add: []}\nbase: 1\n",
        }
    )
    config = project.config(**environ)
    text = flatten(config.values)
    assert "import" not in config.values
    assert "s3cret" not in text
    copy = new_project("copy")
    copy.write("config.yml", text)
    again = copy.config(**environ)
    assert again.values == config.values


def test_a_folder_in_the_place_of_a_configuration(project: Project) -> None:
    project.deploy("web")
    root = project.root
    for named in (".", str(root)):
        with project.refuses(ConfigError) as refusal:
            load(named)
        assert refusal.text == (
            f"A configuration is a file, and {root} is a folder.\n"
            f"  Name the file in it: --config {root}/config.yml"
        )
    with project.refuses(ConfigError) as refusal:
        load("services")
    assert refusal.text == (
        "A configuration is a file, and services is a folder.\n"
        "  Name a file with --config PATH, or run in a project's folder."
    )
