"""The reference of exit codes: one table in README, held to what errors say."""

from __future__ import annotations

from container_manager.errors import InterruptedByUser, PreconditionError, RuntimeFailure
from docs.generator import exit_codes


def test_readme_is_the_source_of_what_codes_mean() -> None:
    text = "| exit code | means |\n|---|---|\n| 0 | done |\n| 3 | `plan`: it would |\n"
    assert exit_codes.documented(text) == {0: "done", 3: "`plan`: it would"}


def test_every_error_stands_beside_its_code() -> None:
    part = exit_codes.part()
    for error in (PreconditionError, RuntimeFailure, InterruptedByUser):
        assert f"| `{error.__name__}` | {error.exit_code} | " in part
