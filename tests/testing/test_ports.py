"""Ports for tests: free ones, that no other run of tests has."""

from __future__ import annotations

import pytest

from container_manager.errors import PreconditionError
from container_manager.testing import ports
from container_manager.testing.ports import Ports


def test_ports_in_a_row_are_ours_alone_until_they_are_given_back() -> None:
    mine, other = Ports(), Ports()
    try:
        first = mine.take(3)
        assert set(mine) == {first, first + 1, first + 2}
        assert other.take() not in set(mine)
    finally:
        mine.close()
        other.close()
    assert set(mine) == set()


def test_a_machine_without_free_ports_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_is_free", lambda *_: False)
    with pytest.raises(PreconditionError, match="There are no 2 free ports in a row between 20000"):
        Ports().take(2)
