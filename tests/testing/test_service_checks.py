"""The checks that a user gets for one line."""

from __future__ import annotations

import re

import pytest
from tests.conftest import Project
from tests.testing.conftest import WEB, RunTests

from container_manager.testing import ServiceChecks

RULES = """
    from container_manager.testing import ServiceChecks

    class TestRules(ServiceChecks):
        services = ["framework.web"]
"""
TEMPLATE = "services/framework/web/docker-compose.yml.j2"


def test_a_good_service_keeps_to_all(run_tests: RunTests) -> None:
    run_tests(RULES).assert_outcomes(passed=5)


@pytest.mark.parametrize(
    ("check", "before", "after", "told"),
    [
        ("schema", "healthcheck:", "prots: []\n    healthcheck:", ":9: *prots* is no key*"),
        (
            "literal_secrets",
            "GREETING:",
            "DB_PASSWORD: tr0ub4dor-and-3\n      GREETING:",
            ":6: a literal value in DB_PASSWORD*",
        ),
        (
            "literal_secrets",
            "GREETING:",
            "DATABASE: postgres://user:tr0ub4dor@db/x\n      GREETING:",
            ":6: a literal value in DATABASE*",
        ),
        ("loopback_ports", "127.0.0.1:", "", ":8: every address:8081 is open to other machines*"),
        ("loopback_ports", "127.0.0.1:", "0.0.0.0:", ":8: 0.0.0.0:8081 is open to other*"),
        ("loopback_ports", "healthcheck:", "network_mode: host\n    healthcheck:", "*host*"),
        ("health_check", 'test: [CMD, "true"]', "disable: true", ":4: 'web' has no health check*"),
        ("health_check", 'test: [CMD, "true"]', "test: [CMD]", ":4: 'web' has no health check*"),
        ("health_check", '[CMD, "true"]', '[CMD-SHELL, ""]', ":4: 'web' has no health check*"),
        ("health_check", '[CMD, "true"]', "[CMD-SHELL, none]", ":4: 'web' has no health check*"),
        ("health_check", '[CMD, "true"]', "[NONE]", ":4: 'web' has no health check*"),
        ("health_check", '"true"]', "x]\n      disable: 'true'", ":4: 'web' has no health check*"),
    ],
)
def test_each_failure_names_the_line_of_the_template(
    run_tests: RunTests, user: Project, check: str, before: str, after: str, told: str
) -> None:
    assert before in WEB
    user.write(TEMPLATE, WEB.replace(before, after, 1))
    result = run_tests(RULES)
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines([f"*test_{check}?framework.web?*", f"{TEMPLATE}{told}"])
    result.stdout.no_fnmatch_line("*tr0ub4dor*")


def test_a_star_means_every_deployed_service(run_tests: RunTests, user: Project) -> None:
    api = WEB.replace("127.0.0.1:{{ web.port }}", "8082").replace("web:", "api:", 1)
    user.deploy("api", api)
    result = run_tests(RULES.replace("framework.web", "*"))
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["services/framework/api/*:8: every address:8082 is open*"])


DATABASE = """
services:
  db:
    image: localhost/db
    environment:
      DB_PASSWORD: tr0ub4dor-and-3
    ports: ['5432:5432']
"""


def test_a_star_means_what_the_root_template_defines_too(
    run_tests: RunTests, user: Project
) -> None:
    root = user.root / "services/docker-compose.yml.j2"
    user.write("services/docker-compose.yml.j2", root.read_text(encoding="utf-8") + DATABASE)
    run_tests(RULES).assert_outcomes(passed=5)
    result = run_tests(RULES.replace("framework.web", "*"))
    result.assert_outcomes(passed=2, failed=3)
    result.stdout.fnmatch_lines(
        [
            "services/docker-compose.yml.j2:*: a literal value in DB_PASSWORD*",
            "services/docker-compose.yml.j2:*: every address:5432 is open*",
            "services/docker-compose.yml.j2:*: 'db' has no health check*",
        ]
    )


def test_a_secret_that_a_template_takes_from_the_configuration_is_not_shown(
    run_tests: RunTests, user: Project
) -> None:
    template = WEB.replace("GREETING:", "DB_PASSWORD: {{ web.greeting }}\n      GREETING:")
    user.deploy("web", template, greeting="tr0ub4dor-and-3", port=1)
    result = run_tests(RULES)
    result.stdout.fnmatch_lines([f"{TEMPLATE}:6: a literal value in DB_PASSWORD"])
    result.stdout.no_fnmatch_line("*tr0ub4dor*")


def test_a_secret_in_defaults_is_a_secret_of_every_service(
    run_tests: RunTests, user: Project
) -> None:
    user.deploy(
        "web",
        WEB,
        greeting="",
        port=1,
        more={"defaults": {"environment": {"DB_PASSWORD": "tr0ub4dor-and-3"}}},
    )
    result = run_tests(RULES)
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["config.yml:*: a literal value in DB_PASSWORD"])


def test_a_secret_in_the_configuration_is_told_with_its_line(
    run_tests: RunTests, user: Project
) -> None:
    user.deploy("web", WEB, greeting="Hello", port=1, password="tr0ub4dor-and-3")
    result = run_tests(RULES)
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["config.yml:*literal value in password*"])
    result.stdout.no_fnmatch_line("*tr0ub4dor*")


def test_jobs_need_no_health_check(run_tests: RunTests, user: Project) -> None:
    job = "services:\n  job:\n    image: localhost/web\n    command: [x]\n"
    user.deploy("web", job, one_shot=["job"])
    run_tests(RULES).assert_outcomes(passed=5)


def test_what_others_wait_for_until_it_is_done_needs_none_either(
    run_tests: RunTests, user: Project
) -> None:
    waits = "depends_on: {init: {condition: service_completed_successfully}}"
    job = "  init:\n    image: localhost/web\n"
    user.write(TEMPLATE, WEB.replace("healthcheck:", f"{waits}\n    healthcheck:") + job)
    run_tests(RULES).assert_outcomes(passed=5)


def test_what_does_not_render_is_told_once(run_tests: RunTests, user: Project) -> None:
    user.write(TEMPLATE, WEB.replace("web.port", "web.prot"))
    result = run_tests(RULES)
    result.assert_outcomes(failed=1, skipped=4)
    result.stdout.fnmatch_lines([f"{TEMPLATE}:8:*prot*"])


def test_a_service_that_is_not_deployed_is_an_error(run_tests: RunTests) -> None:
    result = run_tests(RULES.replace("framework.web", "framework.wbe"))
    result.assert_outcomes(failed=1, skipped=4)
    result.stdout.fnmatch_lines(["*wbe*"])


def test_an_exemption_is_seen_with_its_reason(run_tests: RunTests, user: Project) -> None:
    user.write(TEMPLATE, WEB.replace("127.0.0.1:", ""))
    result = run_tests(
        RULES + '        exempt = {"loopback_ports": "the proxy of the beamline"}\n', "-rs"
    )
    result.assert_outcomes(passed=4, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*exempt: the proxy of the beamline"])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('exempt = {"helth_check": "why"}', "*helth_check*Did you mean 'health_check'?"),
        ('exempt = {"health_check": " "}', "*says no reason for 'health_check'*"),
        ("services = []", "*must be a list with at least one service*"),
        ('services = "framework.web"', "*must be a list with at least one service*"),
    ],
)
def test_a_mistake_in_the_class_is_an_error(run_tests: RunTests, line: str, told: str) -> None:
    result = run_tests(f"{RULES}        {line}\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([told])


def test_the_class_itself_is_no_test(run_tests: RunTests) -> None:
    run_tests("from container_manager.testing import ServiceChecks\n").assert_outcomes()


def test_a_template_that_defines_no_service_is_told(run_tests: RunTests, user: Project) -> None:
    user.write(TEMPLATE, "services: {}\n")
    result = run_tests(RULES)
    result.stdout.fnmatch_lines(["*The template of framework.web defines no compose service.*"])


@pytest.mark.parametrize(
    ("exempt", "told"),
    [
        ({"helth_check": "why"}, "names no check with 'helth_check'. Did you mean 'health_check'?"),
        ({"x": "why"}, "names no check with 'x'. There are: strict_rendering, schema, "),
        ({"schema": " "}, "says no reason for 'schema'."),
    ],
)
def test_an_exemption_from_nothing_is_refused_where_it_is_written(
    exempt: dict[str, str], told: str
) -> None:
    with pytest.raises(TypeError, match=re.escape(f"TestRules.exempt {told}")):
        type("TestRules", (ServiceChecks,), {"exempt": exempt})
