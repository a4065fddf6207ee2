"""``secrets_command``: what it gives, when it is run, and what is told where it fails."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.test_cli import outcome

from container_manager import building
from container_manager.config.loader import load
from container_manager.config.variables import SUPPLIED, variable
from container_manager.errors import BuildError, ConfigError
from container_manager.once import once
from container_manager.progress import Redactor

WEB = "services/framework/web"
TEMPLATE = """
services:
  web:
    image: localhost/web
    environment: {HOST: "${DB_HOST}", SET: "{{ 'yes' if key else 'no' }}"}
"""
PRINTS = """
import os, pathlib, sys
with open('runs.txt', 'a') as runs:
    runs.write('x')
sys.stdout.write(pathlib.Path('vault.txt').read_text())
"""


def deploy(project: Project, vault: str, template: str = TEMPLATE, **more: object) -> None:
    """A project whose command prints a file, and notes that it was run."""
    command = [sys.executable, "-c", PRINTS]
    project.deploy(template=template, more={"secrets_command": command, "key": "${API_KEY}"} | more)
    project.write("vault.txt", vault)
    time.sleep(0.03)


def runs(project: Project) -> int:
    """How often it was run since this was asked last."""
    path = project.root / "runs.txt"
    count = len(path.read_text()) if path.exists() else 0
    path.unlink(missing_ok=True)
    return count


def test_its_names_are_secret_whatever_they_are_called(project: Project) -> None:
    deploy(project, "DB_HOST=db.example\nAPI_KEY='a b'\n", host="${DB_HOST}")
    config = project.config()
    assert config.values["host"] == "${DB_HOST}"
    environment = config.environment
    assert (environment.get("DB_HOST"), environment.get("API_KEY")) == ("db.example", "a b")
    assert environment.is_secret("DB_HOST")
    assert "DB_HOST" not in environment.public()
    assert environment.secret_values(()) == {"DB_HOST": "db.example", "API_KEY": "a b"}
    assert variable("DB_HOST", environment).source == SUPPLIED


def test_the_environment_and_then_dotenv_win_over_it(project: Project) -> None:
    deploy(project, "A=command\nB=command\nC=command\n")
    project.write(".env", "A=file\nB=file\n")
    environment = project.config(A="process").environment
    assert [environment.get(name) for name in "ABC"] == ["process", "file", "command"]
    assert [environment.is_secret(name) for name in "ABC"] == [False, False, True]


def test_secrets_of_the_configuration_may_exempt_a_name(project: Project) -> None:
    deploy(project, "DB_HOST=db.example\n", secrets=["!DB_HOST"], host="${DB_HOST}")
    config = project.config()
    assert config.values["host"] == "db.example"
    assert config.environment.public()["DB_HOST"] == "db.example"


def test_it_gets_the_variables_and_runs_in_the_projects_folder(project: Project) -> None:
    code = "import os; print('HERE=' + os.getcwd()); print('SEEN=' + os.environ['LOCK'])"
    project.deploy(more={"secrets_command": [sys.executable, "-c", code]})
    project.write(".env", "LOCK=from-file\n")
    environment = project.config().environment
    assert environment.get("HERE") == os.path.realpath(project.root)
    assert environment.get("SEEN") == "from-file"


def test_its_words_may_hold_variables_and_no_secrets(project: Project) -> None:
    command = [sys.executable, "-c", "import sys; print('A=' + sys.argv[1])", "${WHICH:-none}"]
    project.deploy(more={"secrets_command": command})
    assert project.config(WHICH="this").environment.get("A") == "this"
    project.deploy(more={"secrets_command": ["tool", "--key=${VAULT_KEY}"]})
    with project.refuses(ConfigError) as refusal:
        project.config(VAULT_KEY="hidden-value")
    assert "The secret variable VAULT_KEY stands in a command" in refusal.text
    assert "hidden-value" not in refusal.text


# --- when it is run -------------------------------------------------------------------------------


def test_it_is_run_once_a_command_and_only_where_something_is_asked(project: Project) -> None:
    deploy(project, "DB_HOST=db.example\nAPI_KEY=long-enough\n")
    assert outcome("build", "--help") == 0
    assert runs(project) == 0
    assert outcome("build") == 0
    assert runs(project) == 1
    assert outcome("plan", "--files", "--diff") == 0
    assert runs(project) == 1
    with once():
        for _ in range(2):
            load(project.root / "config.yml").environment.get("API_KEY")
    assert runs(project) == 1


def test_a_configuration_without_variables_is_read_without_it(project: Project) -> None:
    project.deploy(more={"secrets_command": ["no-such-program"]})
    assert project.config().values["project_name"] == "lab"


def test_a_command_that_shows_nothing_of_others_does_not_run_it(project: Project) -> None:
    deploy(project, "DB_HOST=db.example\nAPI_KEY=long-enough\n", key="fixed")
    config = project.config()
    config.environment.public()
    assert runs(project) == 0
    hides = Redactor(lambda: config.environment.secret_values(()).values())
    assert runs(project) == 0
    assert hides("at db.example") == "at ***"
    assert runs(project) == 1


def test_a_changed_value_is_seen_and_written_nowhere(project: Project) -> None:
    scan = f"{WEB}/page.txt"
    deploy(project, "DB_HOST=first-value\nAPI_KEY=long-enough\n")
    project.write(scan, "mentions second-value\n")
    building.build()
    assert building.build().plan.pending == ()
    # The configuration and the sources are what they were; only the command tells.
    project.write("vault.txt", "DB_HOST=second-value\nAPI_KEY=long-enough\n")
    with pytest.raises(BuildError, match="DB_HOST"):
        building.build()
    project.write("vault.txt", "DB_HOST=third-value\n")
    building.build()
    assert 'SET: "no"' in project.read(f"build/{WEB}/docker-compose.yml")
    values = [b"first-value", b"second-value", b"third-value", b"long-enough"]
    for path in [*project.root.rglob("build/**/*"), *project.root.rglob(".container-manager/**/*")]:
        if path.is_file() and path.name != "page.txt":
            assert not any(value in path.read_bytes() for value in values), path


# --- what is wrong --------------------------------------------------------------------------------


def failing(code: str) -> list[str]:
    return [sys.executable, "-c", f"import sys, os; {code}"]


MADE = "made = '-'.join('the key of the vault'.split())"
"""Python that makes a value which the command, shown in messages, does not hold."""


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["./no-such-tool"], "'./no-such-tool' could not be started: No such file or directory"),
        (failing("sys.exit('cannot open the vault')"), "exit code 1:\ncannot open the vault"),
        (failing("sys.exit('key ' + os.environ['VAULT_KEY'])"), "exit code 1:\nkey ***"),
        (failing(f"{MADE}; print('A=' + made); sys.exit('bad ' + made)"), "exit code 1:\nbad ***"),
        (failing("print('OK=1'); print('half a secr et')"), "else than lines NAME=value: line 2"),
        (failing("sys.stdout.buffer.write(b'A=\\xff')"), "what it printed is not UTF-8"),
        (failing("print('A=' + 'x' * 1024 * 1024)"), "it printed more than 1 MiB"),
    ],
)
def test_its_failure_is_told_with_what_it_said_and_no_secret(
    project: Project, command: list[str], told: str
) -> None:
    project.deploy(more={"secrets_command": command, "key": "${API_KEY}"})
    with project.refuses(ConfigError) as refusal:
        project.config(VAULT_KEY="the-key-of-the-vault")
    assert refusal.messages[0].startswith("config.yml:")
    assert told in refusal.text
    assert "the-key-of-the-vault" not in refusal.text
    assert "half a secr" not in refusal.messages[0]


def test_a_failure_is_told_when_nothing_changed_since_the_last_build(project: Project) -> None:
    deploy(project, "API_KEY=long-enough\nDB_HOST=db.example\n")
    building.build()
    Path("vault.txt").unlink()
    with pytest.raises(ConfigError, match="'secrets_command' gave no secrets"):
        building.build()


def test_an_empty_list_is_no_command(project: Project) -> None:
    project.deploy(more={"secrets_command": []})
    assert project.config().environment.get("ANY") is None
