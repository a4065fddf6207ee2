"""The reference of Python names: none of the public ones is left out."""

from __future__ import annotations

import container_manager
from container_manager import errors, verbs
from docs.generator import python


def test_every_public_name_is_described() -> None:
    part = python.part().splitlines()
    for module in (container_manager, verbs):
        for name in module.__all__:
            assert any(line.endswith(f":: {module.__name__}.{name}") for line in part), name


def test_what_verbs_return_is_described_also_where_only_type_checkers_import_it() -> None:
    part = python.part()
    assert ".. autoclass:: container_manager.lifecycle.outcome.Running\n" in part
    assert ".. autoclass:: container_manager.scaffold.new.Made\n" in part


def test_errors_are_described_with_what_they_carry() -> None:
    part = python.part()
    for error in (errors.ManagerError, errors.ConfigError, errors.Problem):
        assert f".. autoclass:: container_manager.errors.{error.__name__}\n" in part
