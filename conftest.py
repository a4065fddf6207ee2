"""What holds for all tests: the order in which they run, and the folder of doctests."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Containers first, those that may take longest before all: no worker is left with one alone.

    They wait more than they compute, so that there are more workers than processors.
    """
    items.sort(key=_haste)


def _haste(item: pytest.Item) -> tuple[bool, float]:
    limit = item.get_closest_marker("timeout")
    return item.get_closest_marker("podman") is None, -limit.args[0] if limit else 0


@pytest.fixture(autouse=True)
def _own_folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Doctests are examples for people, with relative paths: each runs in a folder of its own."""
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch.chdir(tmp_path)
