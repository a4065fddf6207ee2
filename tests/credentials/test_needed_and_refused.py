"""Which credentials a start needs, and which values it refuses before anything is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from container_manager import verbs
from container_manager.config.environment import Environment
from container_manager.credentials.generating import generate
from container_manager.credentials.needed import Needed, needed
from container_manager.credentials.values import refused
from container_manager.credentials.weakness import is_well_known, weakness
from container_manager.errors import BuildError, ConfigError

if TYPE_CHECKING:
    from tests.conftest import Project

DB = """
    services:
      db:
        image: localhost/db
        environment: {PASSWORD: "${DB_PASSWORD}", URL: "db://app:${DB_PASSWORD}@db"}
        volumes: ["data:/data"]
    volumes: {data: {}}
    """
WEB = """
    services:
      web:
        image: localhost/web
        environment: {TOKEN: "${WEB_TOKEN}", DB: "${DB_PASSWORD}", MAIL: "${MAIL_PASSWORD}"}
        depends_on: [%s]
    """


@pytest.fixture
def two(project: Project) -> Project:
    """A database and what uses it."""
    declared = [{"name": "DB_PASSWORD", "volume": "data"}, "DB_ROOT_PASSWORD"]
    project.deploy("db", DB, credentials=declared)
    project.deploy("web", WEB % "", credentials=["WEB_TOKEN"])
    return project


def wanted(project: Project, *names: str) -> dict[str, tuple[str, list[str]]]:
    prepared = project.prepare()
    found = needed(prepared.services, prepared.stack, names or list(prepared.stack.services))
    return {one.name: (one.service, [v.actual for v in one.volumes]) for one in found}


def test_all_credentials_of_what_runs_are_needed(two: Project) -> None:
    assert wanted(two) == {
        "DB_PASSWORD": ("framework.db", ["lab_data"]),
        "DB_ROOT_PASSWORD": ("framework.db", []),
        "WEB_TOKEN": ("framework.web", []),
    }


def test_of_other_services_those_are_needed_that_it_uses(two: Project) -> None:
    assert list(wanted(two, "db")) == ["DB_PASSWORD", "DB_ROOT_PASSWORD"]
    assert wanted(two, "web") == {
        "DB_PASSWORD": ("framework.db", ["lab_data"]),
        "WEB_TOKEN": ("framework.web", []),
    }


def test_a_shared_credential_is_one(project: Project) -> None:
    project.deploy("db", DB, credentials=["KEY", {"name": "DB_PASSWORD", "volume": "data"}])
    project.deploy("web", WEB % "", credentials=["DB_PASSWORD", "KEY"])
    assert wanted(project) == {
        "KEY": ("framework.db", []),
        "DB_PASSWORD": ("framework.db", ["lab_data"]),
    }


def test_a_volume_that_nobody_declares_is_refused(project: Project) -> None:
    project.deploy("db", DB, credentials=[{"name": "DB_PASSWORD", "volume": "dat"}])
    with project.refuses(ConfigError) as refusal:
        verbs.up()
    assert refusal.messages == [
        "config.yml:9:13: The credential DB_PASSWORD of framework.db names the volume 'dat', which "
        "no template declares."
    ]
    assert refusal.remedies == ["Did you mean 'data'?"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, None),
        ("", "is blank"),
        (" \t\n", "is blank"),
        ("password", "is a default or well-known one"),
        ("Change_Me!", "is a default or well-known one"),
        ("0p3n-w3bu!", "is a default or well-known one"),
        ("t0p-s3cr3t", "is a default or well-known one"),
        ("123456", "is a default or well-known one"),
        ("1234567890123", "is a default or well-known one"),
        ("DB_PASSWORD", "is a default or well-known one"),
        ("db-password", "is a default or well-known one"),
        ("Mongo_Store", "is a default or well-known one"),
        ("xxxxxxxxxxxxxxxx", "has fewer than 5 different characters"),
        ("abababab", "has fewer than 5 different characters"),
        ("changeme1", "is a default or well-known one"),
        ("letmein1", "is a default or well-known one"),
        ("admin1234", "is a default or well-known one"),
        ("PASSWORD1234", "is a default or well-known one"),
        ("password2", "is a default or well-known one"),
        ("2026-password-1", "is a default or well-known one"),
        ("rootroot", "is a default or well-known one"),
        ("Admin_admin_admin", "is a default or well-known one"),
        ("password1password1", "is a default or well-known one"),
        ("your_password_here", "is a default or well-known one"),
        ("CHANGE_ME_PLEASE", "is a default or well-known one"),
        ("ｐａｓｓｗｏｒｄ", "is a default or well-known one"),
        ("DB_PASSWORD_1", "is a default or well-known one"),
        ("87654321", "is a number of fewer than 12 digits"),
        ("2026-11-22", "is a number of fewer than 12 digits"),
        ("00000001", "has fewer than 5 different characters"),
        ("928374650192", None),
        ("x7#kQ2!", "is shorter than 8 characters"),
        ("x7#kQ2!p", None),
        ("correct horse battery staple", None),
    ],
)
def test_what_is_weak(value: str | None, reason: str | None) -> None:
    assert weakness("DB_PASSWORD", "applications.lab.mongo_store", value) == reason


def test_weak_values_are_refused_all_at_once_with_nothing_written(two: Project) -> None:
    two.write(".env", "# mine\n\nDB_PASSWORD='secret'\nDB_ROOT_PASSWORD=\nMAIL_PASSWORD=admin\n")
    with two.refuses(ConfigError) as refusal:
        verbs.up()
    assert refusal.messages == [
        ".env:3: The value of DB_PASSWORD is a default or well-known one.",
        ".env:4: The value of DB_ROOT_PASSWORD is blank.",
        ".env:5: The value of MAIL_PASSWORD is a default or well-known one.",
    ]
    assert (
        refusal.remedies
        == ["Remove it, so that 'up' generates one, or write a long random one."] * 3
    )
    with two.refuses(ConfigError):
        verbs.rebuild()


def test_a_weak_value_of_the_shell_is_told_as_such(
    two: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.write(".env", "WEB_TOKEN=a-good-long-token\n")
    monkeypatch.setenv("WEB_TOKEN", "")
    with two.refuses(ConfigError) as refusal:
        verbs.up()
    assert refusal.messages == [
        "The value of WEB_TOKEN, which the process environment sets, is blank."
    ]


def test_a_weak_value_of_a_command_is_told_as_such(two: Project) -> None:
    two.deploy("web", WEB % "", credentials=["WEB_TOKEN"])
    config = json.loads(two.read("config.yml"))
    two.write("config.yml", json.dumps({**config, "secrets_command": ["echo", "WEB_TOKEN=weak"]}))
    with two.refuses(ConfigError) as refusal:
        verbs.up()
    assert refusal.messages == [
        "The value of WEB_TOKEN, which secrets_command sets, is shorter than 8 characters."
    ]


def test_what_does_not_run_is_not_looked_at(two: Project) -> None:
    two.write(".env", "WEB_TOKEN=weak\nDB_PASSWORD=long-enough-1\nDB_ROOT_PASSWORD=long-enough-2\n")
    prepared = two.prepare()
    environment = prepared.config.environment
    found = needed(prepared.services, prepared.stack, ["db"])
    assert refused(found, prepared.stack, ["db"], environment) == []
    found = needed(prepared.services, prepared.stack, ["web"])
    (problem,) = refused(found, prepared.stack, ["web"], environment)
    assert "WEB_TOKEN" in problem.message


def test_only_the_well_known_are_refused_where_nobody_declares_the_credential(
    project: Project,
) -> None:
    project.deploy("web", "services: {web: {image: localhost/w, environment: {P: '${A_PASS}'}}}\n")
    for value, problems in (("short", 0), ("", 0), ("guest", 1)):
        project.write(".env", f"A_PASS={value}\n")
        prepared = project.prepare()
        environment = prepared.config.environment
        assert len(refused([], prepared.stack, ["web"], environment)) == problems


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("x" * (128 * 1024 - 6), None),
        (
            "x" * (128 * 1024 - 5),
            "The value of A_KEY, as 'NAME' of the service 'web' gets it, is longer than the 128 "
            "KiB that Linux allows.",
        ),
        (
            "one\0two",
            "The value of A_KEY, as 'NAME' of the service 'web' gets it, holds a NUL byte.",
        ),
        (
            "caf\udce9 au lait",
            "The value of A_KEY, as 'NAME' of the service 'web' gets it, is not UTF-8 text.",
        ),
    ],
    ids=["longest", "too long", "NUL", "not UTF-8"],
)
def test_what_no_container_can_be_given_is_refused_by_name(
    project: Project, value: str, message: str | None
) -> None:
    project.deploy(
        "web", "services: {web: {image: localhost/w, environment: {NAME: '${A_KEY}'}}}\n"
    )
    config = project.config(A_KEY=value)
    prepared = project.prepare(config)
    found = refused([], prepared.stack, ["web"], config.environment)
    assert [one.message for one in found] == ([message] if message else [])


def test_a_value_with_a_nul_byte_is_refused_where_it_is_read(two: Project) -> None:
    two.write(".env", b"A=1\n\nDB_PASSWORD='hidden\0half'\n")
    with two.refuses(ConfigError) as refusal:
        verbs.build()
    assert refusal.messages == [
        ".env:3: The value of DB_PASSWORD holds a NUL byte, which no program can be given."
    ]


def test_a_build_says_that_up_will_generate(
    two: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    verbs.services()
    verbs.plan()
    capsys.readouterr()
    verbs.build()
    said = capsys.readouterr().err
    assert (
        "The credential DB_PASSWORD is not set yet; it is empty here.\n  'up' generates it in "
        in said
    )
    assert said.count("DB_PASSWORD") == 1
    assert not (two.root / ".env").exists()


def test_a_variable_that_is_passed_through_is_generated_too(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    template = "services: {web: {image: localhost/w, environment: [A_KEY]}}\n"
    project.deploy("web", template, credentials=["A_KEY"])
    verbs.build()
    said = capsys.readouterr().err
    assert "The credential A_KEY is not set yet; the container does not get it." in said


def test_a_declared_credential_is_not_missed_by_a_template_that_requires_it(
    project: Project,
) -> None:
    template = "services: {web: {image: localhost/w, environment: {P: '${A_KEY:?set it}'}}}\n"
    project.deploy("web", template, credentials=["A_KEY"])
    project.build()
    project.write(".env", "A_KEY=\n")
    with project.refuses() as refusal:
        project.prepare()
    assert "A_KEY is required" in refusal.text


@pytest.mark.parametrize(
    "entry",
    ["1BAD_KEY", "A-KEY", "", 7, {"volume": "data"}, {"name": "A_KEY", "volumes": "data"},
     {"name": "A_KEY", "volume": ""}, ["A_KEY"]],
)  # fmt: skip
def test_a_malformed_entry_is_an_error(project: Project, entry: object) -> None:
    project.deploy(credentials=["GOOD_KEY", entry])
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert len(refusal.messages) == 1
    assert "An entry of 'framework.services.web.credentials' must be NAME, or" in refusal.text


def test_a_credential_that_does_not_count_as_secret_is_an_error(project: Project) -> None:
    project.deploy(credentials=["ENTRANCE"])
    with project.refuses(ConfigError) as refusal:
        project.config(ENTRANCE="db://app:secret@db")  # the value is one, the next may not be
    assert refusal.remedies == [
        "List ENTRANCE under 'secrets:', or call it ENTRANCE_PASSWORD, say."
    ]
    project.deploy(credentials=["ENTRANCE"], more={"secrets": ["ENTR*"]})
    assert project.config().environment.generated == {"ENTRANCE"}
    project.deploy(credentials=["A_KEY"], more={"secrets": ["!A_*"]})
    with project.refuses(ConfigError):
        project.config()


def test_the_environment_knows_what_is_generated() -> None:
    environment = Environment(process={}, generated=frozenset({"A_KEY"}))
    assert environment.is_secret("A_KEY")


@given(
    value=st.text("0123456789abcdef", min_size=48, max_size=48).filter(lambda v: len(set(v)) > 4),
    name=st.from_regex(r"[A-Z][A-Z0-9_]{0,30}", fullmatch=True),
)
def test_what_we_generate_is_never_refused(value: str, name: str) -> None:
    """Fewer than 5 different characters in 48 are less likely than a machine that errs."""
    assert weakness(name, "applications.lab.mongo_store", value) is None
    assert not is_well_known(value)
    (made,) = generate([Needed(name=name, service="framework.db", volumes=())]).values()
    assert weakness(name, "framework.db", made) is None


WRITTEN = """
    services:
      db:
        image: localhost/db
        environment:
          %s
    """


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            'TOKEN: "${DB_PASSWORD:-password}"',
            "'TOKEN' of the service 'db' takes a default or well-known value, since DB_PASSWORD is "
            "not set.",
        ),
        (
            "URL: db://app:${DB_PASSWORD-pass-word1}@db",
            "'URL' of the service 'db' takes a default or well-known value, since DB_PASSWORD is "
            "not set.",
        ),
        (
            "DB_PASSWORD: ${DB_TOKEN:-changeme}",
            "'DB_PASSWORD' of the service 'db' takes a default or well-known value, since DB_TOKEN "
            "is not set.",
        ),
        (
            "A: ${A_PASSWORD:-${B_PASSWORD:-root}}",
            "'A' of the service 'db' takes a default or well-known value, since A_PASSWORD is not "
            "set.",
        ),
        (
            "MYSQL_ROOT_PASSWORD: changeme",
            "The value of 'MYSQL_ROOT_PASSWORD' of the service 'db' is a default or well-known "
            "one.",
        ),
        (
            "DB_PWD: ${DB_NAME:-root}",
            "The value of 'DB_PWD' of the service 'db' is a default or well-known one.",
        ),
        ("TOKEN: ${DB_PASSWORD:-a-long-and-strange-one}", None),
        ("TOKEN: ${SET_PASSWORD:-password}", None),
        ("RANDOM_ROOT_PASSWORD: '1'", None),
        ("PASSWORD_FIELD: password", None),
        ("LOGIN_FIELD: ${PASSWORD_FIELD:-password}", None),
        ("PASSWORD_FILE: /run/secrets/password", None),
        ("PWD: root", None),
        ("PASSWORD: ''", None),
    ],
)
def test_a_well_known_password_in_a_template_is_refused_with_its_place(
    project: Project, entry: str, message: str | None
) -> None:
    project.deploy("db", "{# a comment #}\n{% set x = 1 %}\n" + WRITTEN % entry)
    project.write(".env", "SET_PASSWORD=a-good-long-password\n")
    if message is None:
        prepared = project.prepare()
        assert refused([], prepared.stack, ["db"], prepared.config.environment) == []
        return
    for verb in (verbs.up, verbs.rebuild):
        with project.refuses(ConfigError) as refusal:
            verb()
        place = "services/framework/db/docker-compose.yml.j2:8"
        assert refusal.messages == [f"{place}: {message}"]
        assert "'credentials', so that 'up' generates it." in str(refusal.remedies[0])


def test_a_password_of_the_configuration_in_a_template_is_not_quoted(project: Project) -> None:
    template = WRITTEN % "DB_PASSWORD: {{ framework.services.db.code }}"
    project.deploy("db", template, code="Letmein-99")
    with project.refuses(ConfigError) as refusal:
        verbs.up()
    assert "The value of 'DB_PASSWORD' of the service 'db' is a default" in refusal.text
    assert "etmein" not in refusal.text


def test_a_declared_credential_has_its_default_replaced(project: Project) -> None:
    project.deploy("db", WRITTEN % "P: ${DB_PASSWORD:-password}", credentials=["DB_PASSWORD"])
    prepared = project.prepare()
    wanted = needed(prepared.services, prepared.stack, ["db"])
    assert refused(wanted, prepared.stack, ["db"], prepared.config.environment) == []


@pytest.mark.parametrize("value", ["'        '", "DB_PASSWORD", "localhost", "framework"])
def test_a_weak_value_is_told_before_the_files_that_hold_it(two: Project, value: str) -> None:
    two.write(".env", f"DB_PASSWORD={value}\nDB_ROOT_PASSWORD=PASSWORD\n")
    two.write("services/framework/db/notes.txt", "        DB_PASSWORD PASSWORD localhost\n")
    with two.refuses(ConfigError) as refusal:
        verbs.up()
    assert "DB_ROOT_PASSWORD is a default or well-known one." in refusal.messages[-1]
    assert "would be written" not in refusal.text
    two.write(".env", "DB_ROOT_PASSWORD=an-image-called-so\n")
    two.write("services/framework/db/notes.txt", "an-image-called-so\n")
    with two.refuses(BuildError) as refusal:
        verbs.up()
    assert "The value of the secret DB_ROOT_PASSWORD would be written" in refusal.text
