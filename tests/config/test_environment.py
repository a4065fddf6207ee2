"""Variables: where their values come from, and which of them are secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from container_manager.config.dotenv_file import read_dotenv
from container_manager.config.environment import Environment, Report
from container_manager.config.secret_names import looks_secret
from container_manager.errors import ConfigError

if TYPE_CHECKING:
    from tests.conftest import Project


@pytest.mark.parametrize(
    "name",
    ["API_KEY", "KEY", "HF_TOKEN", "MY_SECRET_NAME", "DB_PASSWORD", "PASSWD", "SMTP_PASS",
     "SSH_PASSPHRASE", "AWS_CREDENTIAL", "GOOGLE_CREDENTIALS", "SENTRY_DSN", "DB_PWD", "PWD_DB",
     "db_password", "api-key", "key.pem"],
)  # fmt: skip
def test_names_that_say_secret(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name",
    ["MAX_TOKENS", "PWD", "MONKEY", "KEYBOARD", "TOKENIZER", "COMPASS", "PASSENGERS", "SECRETARY",
     "KEYS", "OLDPWD", "HOST", "", "_"],
)  # fmt: skip
def test_names_that_only_look_like_it(name: str) -> None:
    assert not looks_secret(name)


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("postgres://app:hunter2@db/app", True),
        ("https://:token@host/", True),
        ("https://user@host/", False),
        ("https://host:8080/path@x", False),
        ("http://[::1]:80/", False),
        ("not a url: a:b@c", False),
    ],
)
def test_a_url_with_credentials_is_a_secret(value: str, secret: bool) -> None:
    assert Environment(process={"DATABASE": value}).is_secret("DATABASE") is secret
    assert Environment(process={}, dotenv={"DATABASE": value}).is_secret("DATABASE") is secret


def test_long_values_are_judged_at_once() -> None:
    """Whoever looked for the beginning of a scheme at each character would take minutes."""
    for value in ("x" * 200_000, "1" * 200_000, "a." * 100_000):
        assert not Environment(process={"BLOB": value}).is_secret("BLOB")
    value = "x" * 200_000 + "://user:hunter2@host/"
    assert Environment(process={"BLOB": value}).is_secret("BLOB")


def test_the_configuration_lists_and_exempts(project: Project) -> None:
    project.write(
        "config.yml",
        """
        secrets: [LICENCE*, "!PUBLIC_*", "!SORT_KEY"]
        a: ${LICENCE_TEXT}
        b: ${PUBLIC_KEY}
        c: ${SORT_KEY}
        d: ${OTHER_KEY}
        """,
    )
    values = dict.fromkeys(("LICENCE_TEXT", "PUBLIC_KEY", "SORT_KEY", "OTHER_KEY"), "long-value")
    config = project.config(**values)
    assert [config.values[key] for key in "abcd"] == [
        "${LICENCE_TEXT}", "long-value", "long-value", "${OTHER_KEY}",
    ]  # fmt: skip


def test_the_shell_wins_over_dotenv(project: Project) -> None:
    project.write(".env", "HOST=from-file\nPORT=1\n")
    project.write("config.yml", "host: ${HOST}\nport: ${PORT}\n")
    assert project.config(HOST="from-shell").values["host"] == "from-shell"
    assert project.config().values["host"] == "from-file"
    assert project.config(HOST="").values["host"] == ""
    assert project.config(HOST="x").values["port"] == "1"


def test_the_shell_does_not_leak_into_an_explicit_environment(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST", "from-shell")
    project.write("config.yml", "host: ${HOST:-none}\n")
    assert project.config().values["host"] == "none"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=plain", "plain"),
        ("export A=plain", "plain"),
        ("A=", ""),
        ("A = spaced", "spaced"),
        ("A=one # comment", "one"),
        ("A='single $HOME ${X}'", "single $HOME ${X}"),
        ('A="double ${X} $Y $$"', "double ${X} $Y $$"),
        ("A=un${X}quoted$Y", "un${X}quoted$Y"),
        ('A="two\\nlines"', "two\nlines"),
        ("A=https://x/?a=b#c", "https://x/?a=b#c"),
    ],
)
def test_values_of_dotenv_are_literal(project: Project, line: str, value: str) -> None:
    assert read_dotenv(project.write(".env", line + "\n")) == {"A": value}


def test_a_dotenv_value_with_dollars_is_not_read_again(project: Project) -> None:
    project.write(".env", "GREETING='costs $5 ${HOST}'\nHOST=h\n")
    project.write("config.yml", "greeting: ${GREETING}\n")
    assert project.config().values["greeting"] == "costs $5 ${HOST}"


def test_no_dotenv_has_no_variables(project: Project) -> None:
    assert read_dotenv(project.root / ".env") == {}


def test_a_bare_name_in_dotenv_sets_nothing(project: Project) -> None:
    assert read_dotenv(project.write(".env", "BARE\nA=1\n")) == {"A": "1"}


def test_a_broken_line_is_told_without_quoting_it(project: Project) -> None:
    project.write("config.yml", "a: 1\n")
    project.write(".env", "A=1\nPASSWORD='half of it\nB=2\nC D=hunter2\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages[0] == ".env:2: This line is not of the form NAME=value."
    assert ".env:4: This line is not of the form NAME=value." in refusal.messages
    assert refusal.remedies[0] == "Quote values with spaces, quotes or '#'."
    assert "half" not in refusal.text
    assert "hunter2" not in refusal.text


def test_a_dotenv_that_is_not_utf8(project: Project) -> None:
    project.write("config.yml", "a: 1\n")
    project.write(".env", b"A=1\nB=\xff\xfe\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == ".env:2: The file is not UTF-8 text.\n  Save it as UTF-8."


def test_a_dotenv_that_is_a_folder(project: Project) -> None:
    project.write("config.yml", "a: 1\n")
    (project.root / ".env").mkdir()
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == (
        ".env: This is a directory, not a file.\n"
        "  Put a file of text in its place, or name another one."
    )


def test_a_variable_that_is_not_utf8_is_refused_where_it_is_used(project: Project) -> None:
    project.write("config.yml", "a: 1\nb: ${LOCALE}\n")
    with project.refuses(ConfigError) as refusal:
        project.config(LOCALE="caf\udce9")
    assert refusal.messages == ["config.yml:2:4: The value of LOCALE is not UTF-8 text."]


def test_secrets_to_look_for_are_those_of_dotenv_and_those_that_are_used() -> None:
    environment = Environment(
        process={"SHELL_KEY": "shell-secret", "UNUSED_KEY": "unused-secret", "HOST": "h"},
        dotenv={"FILE_KEY": "file-secret", "EMPTY_KEY": "", "NAME": "n"},
    )
    assert environment.secret_values({"SHELL_KEY", "HOST"}) == {
        "SHELL_KEY": "shell-secret",
        "FILE_KEY": "file-secret",
    }


def test_public_variables_hold_no_secret() -> None:
    environment = Environment(
        process={"A": "1", "A_KEY": "x"}, dotenv={"A": "2", "B": "3", "B_TOKEN": "y"}
    )
    assert environment.public() == {"A": "1", "B": "3"}


def test_a_missing_required_variable_is_told_with_its_place(project: Project) -> None:
    project.write("config.yml", "a: 1\nhost: ${HOST:?the machine to talk to}\nb: ${PORT?}\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == (
        "config.yml:2:7: The variable HOST is required and not set: the machine to talk to.\n"
        f"  Set HOST in the environment or in {project.root}/.env.\n"
        "config.yml:3:4: The variable PORT is required and not set.\n"
        f"  Set PORT in the environment or in {project.root}/.env."
    )


def test_a_malformed_reference_is_told_with_its_place(project: Project) -> None:
    project.write("config.yml", "a: 1\nlist: [x, '${HOST']\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == (
        "config.yml:2:11: '${HOST' is not closed by '}'.\n  Write $$ for a plain dollar."
    )


def test_the_report_starts_empty() -> None:
    assert Report() == Report(referenced=set(), unset=set(), missing={})
