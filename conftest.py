"""What holds for all tests: the order in which they run, and the folder of doctests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["pytester"]

# How long an example takes says how busy the machine is, and nothing of what is tested.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")


SHARED = (
    "tests/cluster/test_api_server.py",
    "tests/integration/test_bundle.py",
    "tests/integration/test_daily_work.py",
    "tests/integration/test_dashboard.py",
    "tests/integration/test_jupyter.py",
    "tests/integration/test_logs.py",
    "tests/integration/test_ordinary_user.py",
    "tests/integration/test_status.py",
    "tests/test_packaging.py",
)
"""Modules whose tests share a stack, a server, a user or a build: a worker for all of one."""


LONG = (
    "tutorial",
    "pv_finder",
    "scaffolded_services",
    "pipelines",
    "scaffolded_project",
    "main_job",
    "planning",
    "ordinary_user",
    "data",
    "environments",
    "providers",
    "data_trouble",
    "bundle",
    "credentials",
    "scenarios",
    "examples",
    "installed",
)
"""Modules of :mod:`tests.integration` with tests of most of a minute or more, the longest first."""


class _OneWorkerForWhatIsShared(LoadScopeScheduling):
    # Not --dist loadgroup: that of pytest-xdist 3.8 does nothing under pytest 9.
    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if module in SHARED else nodeid


def pytest_configure(config: pytest.Config) -> None:
    """Note the messages that tests see, where somebody asks for it."""
    folder = os.environ.get("PYTEST_MESSAGES")
    if folder:
        from tests.recording import Recorder

        recorder = Recorder(Path(folder))
        patch = pytest.MonkeyPatch()
        recorder.start(patch)
        config.add_cleanup(patch.undo)
        config.pluginmanager.register(recorder)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Each test goes to the next worker that is free, but for those of :data:`SHARED`."""
    return _OneWorkerForWhatIsShared(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Containers first, those that take longest before all: no worker is left with one alone.

    They wait more than they compute, so that there are more workers than processors.
    """
    ranks = {f"test_{name}": rank for rank, name in enumerate(LONG)}
    items.sort(
        key=lambda item: (
            item.get_closest_marker("podman") is None,
            ranks.get(item.path.stem, len(ranks)),
        )
    )


@pytest.fixture(autouse=True)
def _own_folder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Doctests are examples for people, with relative paths: each runs in a folder of its own."""
    if isinstance(request.node, pytest.DoctestItem):
        # Asked for here: a folder for each of all other tests would take its time.
        monkeypatch.chdir(request.getfixturevalue("tmp_path"))
