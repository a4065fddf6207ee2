"""What people see of errors of ours in a test run: where they asked, what is wrong, no more."""

from __future__ import annotations

import pytest
from tests.conftest import Project
from tests.testing.conftest import WEB, RunTests
from tests.testing.test_service_checks import RULES


def test_what_does_not_render_is_told_without_a_traceback(
    run_tests: RunTests, user: Project
) -> None:
    user.write("services/framework/web/docker-compose.yml.j2", "services: {{ nothing.here }}\n")
    result = run_tests("""
        def test_any(rendered):
            pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["services/framework/web/docker-compose.yml.j2:1:*nothing*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*another exception*")


def test_a_secret_that_tests_are_not_given_is_told(run_tests: RunTests, user: Project) -> None:
    user.deploy(
        "web", WEB.replace("${WEB_TOKEN}", "${API_KEY:?ask the operator}"), greeting="", port=1
    )
    user.write(".env", "API_KEY=0123456789abcdef\n")
    test = "def test_any(rendered): pass"
    result = run_tests(test)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*API_KEY is required*", "*Tests are not given the secrets of .env (API_KEY)*.env.test.*"]
    )
    user.write(".env.test", "API_KEY=for-tests-only\n")
    run_tests(test).assert_outcomes(passed=1)


@pytest.mark.parametrize("test", ["def test_any(rendered): pass", RULES])
def test_a_secret_that_is_not_what_is_wrong_is_not_told(
    run_tests: RunTests, user: Project, test: str
) -> None:
    user.write(".env", "API_KEY=0123456789abcdef\n")
    user.write("services/framework/web/docker-compose.yml.j2", "services: {{ nothing.here }}\n")
    result = run_tests(test)
    result.stdout.fnmatch_lines(["services/framework/web/docker-compose.yml.j2:1:*nothing*"])
    result.stdout.no_fnmatch_line("*not given the secrets*")


def test_an_error_of_ours_in_a_test_is_told_where_the_test_asked_for_it(
    run_tests: RunTests, user: Project
) -> None:
    """Without the library's own lines; with them for who asks."""
    user.write("services/framework/web/docker-compose.yml.j2", "services: {{ nothing.here }}\n")
    test = """
        def test_any(project):
            project.build()
    """
    result = run_tests(test)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["> *project.build()", "E *services/framework/web/docker-compose.yml.j2:1:*nothing*"]
    )
    result.stdout.no_fnmatch_line("*container_manager/*.py:*")
    assert len(result.outlines) < 30
    run_tests(test, "--full-trace").stdout.fnmatch_lines(["*container_manager/*.py:*"])


def test_a_key_that_is_not_there_is_told_where_the_test_asked_for_it(run_tests: RunTests) -> None:
    result = run_tests("""
        def test_service(rendered):
            rendered.services["wbe"]

        def test_file(rendered):
            rendered.files["services/web/none.txt"]
    """)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["E *no compose service 'wbe'*", "E *no file *none.txt*"])
    result.stdout.no_fnmatch_line("*container_manager/*.py:*")


def test_other_peoples_errors_keep_their_tracebacks(run_tests: RunTests) -> None:
    """Ours too, where none of our fixtures is used: who works on the library sees all of it."""
    result = run_tests("""
        from pathlib import Path
        from container_manager.config import load

        def test_other(project):
            project.write("x", None)

        def test_ours():
            load(Path("nowhere/config.yml"))
    """)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*testing/projects.py:*", "*config/*.py:*"])


def test_another_fixture_of_that_name_is_told(run_tests: RunTests) -> None:
    result = run_tests("""
        import pytest

        @pytest.fixture
        def project():
            return "my own"

        def test_own(project):
            assert project == "my own"

        def test_ours(rendered):
            pass
    """)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*is not that of Container Manager: rename your own*"])
