"""Which texts are secrets that somebody wrote out, and which only look like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from container_manager.config.environment import Environment
from container_manager.config.source import parse_yaml
from container_manager.testing.written import names_secret, written_out

KNOWN = Environment(process={}, patterns=("PIN", "!DEMO_KEY"))


def found(text: str) -> list[str]:
    node = parse_yaml(text, Path("docker-compose.yml"), compose=True)
    assert node is not None
    return [str(problem) for problem in written_out(node, KNOWN)]


def service(text: str) -> str:
    return f"services: {{web: {text}}}"


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "12345678",
        "${DB_PASSWORD:-hunter2}",
        "${DB_PASSWORD-hunter2}",
        "${DB_PASSWORD:+hunter2}",
        "${A:-${B:-hunter2}}",
        "hunter2${DB_PASSWORD}",
        "${DB_PASSWORD}hunter2",
        "hunter2$$x",
        "'hunter2'",
    ],
)
@pytest.mark.parametrize("form", ["DB_PASSWORD: {}", "- DB_PASSWORD={}"])
def test_a_secret_is_found_by_its_name_whatever_stands_around_it(value: str, form: str) -> None:
    entry = form.format(f'"{value}"' if form.endswith(": {}") else value)
    problems = found(f"services:\n  web:\n    environment:\n      {entry}\n")
    assert len(problems) == 1
    assert problems[0].startswith("docker-compose.yml:4:")
    assert "a literal value in DB_PASSWORD" in problems[0]
    assert "hunter2" not in problems[0]


@pytest.mark.parametrize(
    "text",
    [
        service("{build: {args: {DB_PASSWORD: hunter2}}}"),
        service("{build: {args: [DB_PASSWORD=hunter2]}}"),
        service("{build: {context: 'https://me:hunter2@example.org/a.git'}}"),
        service("{command: [x, 'postgres://u:hunter2@h/d']}"),
        service("{command: [x, 'postgres://${USER}:${PW:-hunter2}@h/d']}"),
        service("{command: [x, --password=hunter2]}"),
        service("{command: [x, --password, hunter2]}"),
        service("{command: 'x --password=\"hunter2\" y'}"),
        service("{entrypoint: [sh, -c, 'PGPASSWORD=hunter2 psql']}"),
        service("{labels: {a.password: hunter2}}"),
        service("{labels: [a.password=hunter2]}"),
        service("{logging: {driver: splunk, options: {splunk-token: hunter2}}}"),
        service("{healthcheck: {test: 'curl http://me:hunter2@localhost/'}}"),
        service("{environment: {PIN: hunter2}}"),
        service("{environment: {clientSecret: hunter2}}"),
        service("{environment: {DB_PASSWORD_2: hunter2}}"),
        "secrets: {db: {content: hunter2}}",
        "volumes: {v: {driver_opts: {o: 'addr=h,username=u,password=hunter2'}}}",
        "x-env: &env {DB_PASSWORD: hunter2}\nservices: {web: {environment: *env}}",
    ],
)
def test_a_secret_is_found_once_wherever_it_stands(text: str) -> None:
    problems = found(text)
    assert len(problems) == 1
    assert "hunter2" not in problems[0]


@pytest.mark.parametrize(
    "entry",
    [
        "PASSWORD_MIN_LENGTH: 12",
        "TOKEN_REFRESH: 'true'",
        "API_KEY_HEADER: X-Key",
        "DB_PASSWORD_FILE: /run/secrets/db",
        "TLS_KEY: /certs/tls/key.pem",
        "DB_PASSWORD: ''",
        "DB_PASSWORD: null",
        "DB_PASSWORD: ${DB_PASSWORD}",
        "DB_PASSWORD: ${DB_PASSWORD:-}",
        "DB_PASSWORD: '${DB_PASSWORD:?ask the operator}'",
        "API_TOKEN: Bearer ${WEB_TOKEN}",
        "API_KEYS: ${A_KEY},${B_KEY}",
        "DB_DSN: 'postgres://${USER}:${DB_PASSWORD}@db:5432/x'",
        "ISSUER_TOKEN: https://login.example.org/token",
        "PUBLIC_KEY: ssh-ed25519 AAAA",
        "DEMO_KEY: abcdefgh",
        "USE_TOKEN: 'yes'",
        "MAX_TOKEN: 512",
        "PWD: /srv",
        "URL: 'http://${HOST}:${PORT}/@vite/client'",
    ],
)
def test_what_only_looks_like_a_secret_is_none(entry: str) -> None:
    assert found(f"services:\n  web:\n    environment:\n      {entry}\n") == []


@pytest.mark.parametrize(
    "text",
    [
        """test: [CMD-SHELL, 'PGPASSWORD="$$POSTGRES_PASSWORD" psql']""",
        """test: 'curl "http://localhost/?token=$$TOKEN"'""",
        """test: [CMD, python, -c, 'sorted(x, key=len); get(f"http://h/?token={token}")']""",
        "test: [CMD, x, --password, $$PW, --key, /certs/tls/key.pem, --token-refresh, always]",
    ],
)
def test_a_script_that_takes_a_secret_from_elsewhere_holds_none(text: str) -> None:
    assert found(f"services:\n  web:\n    healthcheck:\n      {text}\n") == []


def test_the_remedy_names_a_variable_that_is_kept_secret() -> None:
    problem = found(service("{environment: {PGPASSWORD: hunter2}}"))[0]
    assert "Write PGPASSWORD: ${PG_PASSWORD}" in problem
    assert names_secret("PG_PASSWORD", KNOWN)
