"""The reference of environment variables, compared with what code looks up."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.generator import variables


def test_what_is_looked_up_by_name_or_by_a_constant_is_found(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(
        'FOLDER = "LAB_FOLDER"\n'
        "def places(self, environ):\n"
        '    yield os.environ["LAB_HOME"], environ.get(FOLDER)\n'
        '    yield self._environ.get("LAB_ROOT", "")\n'
    )
    (tmp_path / "two.py").write_text('settings["LAB_NO"], settings.get("LAB_NEITHER")\n')
    assert variables.found(tmp_path) == {"LAB_FOLDER", "LAB_HOME", "LAB_ROOT"}


def test_each_variable_has_a_row() -> None:
    part = variables.part()
    assert all(f"| `{name}` | " in part for name in variables.found())


def test_a_variable_without_a_row_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    known = variables.found()
    monkeypatch.setattr(variables, "found", lambda: known | {"LAB_SECRET_SWITCH"})
    with pytest.raises(ValueError, match="no row for \\['LAB_SECRET_SWITCH'\\]"):
        variables.part()
