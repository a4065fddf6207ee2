"""A user's project with one service, and pytest runs in it, with the plugin."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from tests.conftest import KEPT_VARIABLES, Project

PLUGIN = ("-p", "container_manager.testing.plugin")
"""The plugin alone, by its module: whether or not the installed package announces it."""

WEB = """\
{% set web = framework.services.web -%}
services:
  web:
    image: localhost/web
    environment:
      GREETING: {{ web.greeting | to_json }}
      WEB_TOKEN: ${WEB_TOKEN}
    ports: ["127.0.0.1:{{ web.port }}:8000"]
    healthcheck:
      test: [CMD, "true"]
"""

RunTests = Callable[..., pytest.RunResult]


@pytest.fixture(autouse=True)
def _no_other_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.fixture
def user(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project of somebody who tests a service; with none of this machine's variables."""
    for name in list(os.environ):
        if not name.startswith(KEPT_VARIABLES):
            monkeypatch.delenv(name)
    project = Project(pytester.path / "lab")
    project.deploy(
        "web",
        WEB,
        greeting="Hello",
        port=8081,
        credentials=["WEB_TOKEN"],
        more={"secrets": ["PIN"]},
    )
    monkeypatch.chdir(project.root)
    return project


@pytest.fixture
def run_tests(user: Project, pytester: pytest.Pytester) -> RunTests:
    """Writes a test file into the user's project and runs it with the plugin."""

    def run(test: str, *arguments: str, path: str = "tests/test_web.py") -> pytest.RunResult:
        user.write(path, test)
        os.chdir(user.root)
        return pytester.runpytest_inprocess(*PLUGIN, "-p", "no:cacheprovider", *arguments)

    return run
