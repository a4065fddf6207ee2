"""The option ``--containers`` beside other people's of the same name."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.testing.conftest import PLUGIN, RunTests
from tests.testing.test_plugin import MARKED

OWN_OPTION = """
    def pytest_addoption(parser):
        parser.addoption("--containers", {how})
"""
OWN_TEST = """
    def test_own(pytestconfig):
        assert pytestconfig.getoption("--containers") == {value!r}
"""


@pytest.mark.parametrize(
    ("how", "arguments", "value"),
    [
        ("default='theirs'", [], "theirs"),
        ("default=''", ["--containers=many"], "many"),
        ("action='store_true'", ["--containers"], True),
        ("type=int, default=1", ["--containers", "3"], 3),
        ("action='append', dest='other'", ["--containers=a", "--containers=b"], ["a", "b"]),
    ],
)
def test_an_option_of_that_name_stays_its_owners(
    pytester: pytest.Pytester, how: str, arguments: list[str], value: object
) -> None:
    pytester.makeconftest(OWN_OPTION.format(how=how))
    pytester.makepyfile(OWN_TEST.format(value=value) + MARKED)
    result = pytester.runpytest_inprocess(*PLUGIN, "-W", "error", *arguments)
    result.assert_outcomes(passed=2)


def test_an_option_of_that_name_below_the_first_conftest_stays_its_owners(
    pytester: pytest.Pytester,
) -> None:
    """pytest reads such a file when the command line is read already."""
    below = pytester.mkpydir("below")
    text = textwrap.dedent(OWN_OPTION.format(how="default='theirs'"))
    (below / "conftest.py").write_text(text, encoding="utf-8")
    text = textwrap.dedent(OWN_TEST.format(value="theirs"))
    (below / "test_own.py").write_text(text, encoding="utf-8")
    pytester.runpytest_inprocess(*PLUGIN).assert_outcomes(passed=1)


def test_where_the_option_is_not_ours_containers_run_where_they_can(
    run_tests: RunTests, user: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    user.write("conftest.py", OWN_OPTION.format(how="default='theirs'"))
    run_tests(MARKED).assert_outcomes(skipped=1)


def test_a_mode_that_there_is_not_is_told(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*PLUGIN, "--containers=sometimes")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--containers: invalid choice: 'sometimes'*"])
