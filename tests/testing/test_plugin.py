"""The plugin in other people's test runs: what it adds, what it costs, what it leaves alone."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.conftest import Project, meaning
from tests.testing.conftest import PLUGIN, RunTests

MARKED = """
    import pytest

    @pytest.mark.containers
    def test_it():
        pass
"""


def test_is_announced_to_pytest() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    announced = tomllib.loads(text)["project"]["entry-points"]["pytest11"]
    entry = importlib.metadata.EntryPoint(
        name="container_manager", value=announced["container_manager"], group="pytest11"
    )
    assert entry.load().pytest_addoption


def test_importing_it_imports_nothing_but_pytest() -> None:
    """Compared with a process that has imported pytest only."""
    heavy = "yaml jinja2 copier invoke dotenv container_manager.config container_manager.errors"
    code = (
        "import sys, pytest; before = set(sys.modules); import container_manager.testing.plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    new = set(done.stdout.split())
    assert not new & set(heavy.split())
    assert {name for name in new if name.startswith("container_manager")} == {
        "container_manager", "container_manager.testing", "container_manager.testing.plugin",
    }  # fmt: skip


def test_a_run_without_a_project_imports_nothing_of_the_library(
    pytester: pytest.Pytester,
) -> None:
    """Not even where the run has a marker and fixtures of the same names."""
    pytester.makepyfile(
        """
        import sys
        import pytest

        @pytest.fixture
        def stack():
            return "my own"

        @pytest.mark.containers
        def test_own(stack):
            assert stack == "my own"

        def test_nothing_is_imported():
            ours = [name for name in sys.modules if name.startswith("container_manager.")]
            assert sorted(ours) == [
                "container_manager.testing",
                "container_manager.testing.finding",
                "container_manager.testing.plugin",
            ]
        """
    )
    result = pytester.runpytest_subprocess(*PLUGIN, "--strict-markers", "-W", "error")
    result.assert_outcomes(passed=2)


def test_help_lists_the_option_the_settings_and_the_marker(pytester: pytest.Pytester) -> None:
    shown = pytester.runpytest_inprocess(*PLUGIN, "--help")
    shown.stdout.fnmatch_lines(["*--containers=*", "*container_manager_config*"])
    shown = pytester.runpytest_inprocess(*PLUGIN, "--markers")
    shown.stdout.fnmatch_lines(["*containers: runs containers*"])


def test_without_podman_container_tests_are_skipped_with_the_reason(
    run_tests: RunTests, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run_tests(MARKED, "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*cannot run here: Podman is not installed, or not on PATH*"])


@pytest.mark.parametrize(
    ("variables", "arguments"), [({}, ["--containers=always"]), ({"CI": "true"}, [])]
)
def test_without_podman_they_fail_where_they_must_run(
    run_tests: RunTests,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variables: dict[str, str],
    arguments: list[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    result = run_tests(MARKED, *arguments)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*Podman is not installed*"])


def test_who_says_never_runs_none_and_podman_is_not_asked(
    run_tests: RunTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    result = run_tests(
        """
        import pytest

        @pytest.mark.containers
        def test_marked():
            pass

        def test_not_marked(stack):
            pass

        def test_without():
            pass
        """,
        "--containers=never",
        "-rs",
    )
    result.assert_outcomes(skipped=2, passed=1)
    result.stdout.fnmatch_lines(["*--containers=never was said*"])


def test_a_wrong_port_shows_the_line_of_the_template(run_tests: RunTests) -> None:
    result = run_tests("""
        def test_port(rendered):
            assert rendered.services["web"]["ports"] == ["127.0.0.1:9999:8000"]
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E  *'127.0.0.1:8081:8000'* == *'127.0.0.1:9999:8000'*",
            "E  *It comes from services/framework/web/docker-compose.yml.j2:8",
            'E  *ports: ?"127.0.0.1:{{ web.port }}:8000"]',
            "E  *At index 0 diff: '127.0.0.1:8081:8000' != '127.0.0.1:9999:8000'",
        ]
    )


def test_a_wrong_setting_shows_the_line_of_the_configuration(run_tests: RunTests) -> None:
    result = run_tests("""
        def test_port(project):
            assert project.config("framework.services.web.port") == 1
    """)
    result.stdout.fnmatch_lines(
        ["E  *8081 == 1", "E  *It comes from config.yml:11", "E  *port*8081*"]
    )


def test_other_assertions_are_explained_as_ever(run_tests: RunTests) -> None:
    result = run_tests("""
        def test_other(rendered):
            assert ["a"] == ["b"]
    """)
    result.stdout.fnmatch_lines(["E  *'a'* == *'b'*", "E  *At index 0 diff: 'a' != 'b'"])
    result.stdout.no_fnmatch_line("*It comes from*")


def test_the_configuration_may_be_named(run_tests: RunTests, user: Project) -> None:
    user.write("site.yml", "import: config.yml\nframework: {services: {web: {port: 7000}}}\n")
    user.write("pytest.ini", "[pytest]\ncontainer_manager_config = site.yml\n")
    result = run_tests("""
        def test_port(rendered):
            assert rendered.services["web"]["ports"] == ["127.0.0.1:7000:8000"]
    """)
    result.assert_outcomes(passed=1)


def test_a_recorded_value_reaches_the_report_from_a_worker(
    run_tests: RunTests, user: Project
) -> None:
    result = run_tests(
        """
        def test_port(rendered, record_property):
            web = rendered.services["web"]
            record_property("image", web["image"])
            record_property("ports", (web["ports"], {web["image"]}))
        """,
        *("-p", "xdist", "-n", "1", "--junit-xml=report.xml"),
    )
    result.assert_outcomes(passed=1)
    assert 'value="localhost/web"' in (user.root / "report.xml").read_text(encoding="utf-8")


def test_a_test_far_from_any_project_is_told_what_to_write(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(rendered): pass")
    result = pytester.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*There is no project around*", "*container_manager_config = PATH*"]
    )


def test_workers_share_nothing(run_tests: RunTests, user: Project) -> None:
    """With pytest-xdist, each worker has copies of its own; the user's folder stays as it is."""
    test = """
        import pytest

        @pytest.mark.parametrize("port", range(8000, 8004))
        def test_what_if(project, port):
            project.set({"framework.services.web.port": port})
            project.write("services/framework/web/new.txt", "new")
            rendered = project.build()
            assert rendered.services["web"]["ports"] == [f"127.0.0.1:{port}:8000"]
            assert rendered.files["services/framework/web/new.txt"] == "new"
            assert rendered.build_dir.is_dir()
    """
    user.write("tests/test_web.py", test)
    before = user.tree()
    result = run_tests(test, "-p", "xdist", "-n", "2")
    result.assert_outcomes(passed=4)
    after = {path: seen for path, seen in user.tree().items() if "__pycache__" not in path}
    assert meaning(after) == meaning(before)
