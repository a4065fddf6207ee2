"""``logs`` without following: what Podman does not give is no line of a container."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.lifecycle.containers import container

from container_manager.errors import RuntimeFailure, UsageError
from container_manager.lifecycle.daily import logs as module
from container_manager.lifecycle.daily.logs import logs
from container_manager.lifecycle.project import Project
from container_manager.option_values import count_of, number_of
from container_manager.run import Finished

GOOD, BAD = container("db"), container("web")
STAMP = "2026-11-26T12:00:00.000000001Z"


class Box:
    """Podman with two containers: it gives the logs of one alone."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent

    def inspect(self, ids: list[str]) -> list[object]:
        return [one for one in (GOOD, BAD) if one.id in ids]

    def log(self, which: str, *, on_line: Any, **_: Any) -> Finished:
        if which == GOOD.id:
            on_line(f"{STAMP} hello")
            return Finished(argv=(), returncode=0, stdout="", stderr="")
        if self.silent:
            raise RuntimeFailure("Podman does not answer.")
        on_line("Error: the file with my secret is gone")
        return Finished(argv=(), returncode=125, stdout="", stderr="")


@pytest.mark.parametrize(
    ("silent", "why"),
    [(True, "Podman does not answer."), (False, "Error: the file with my *** is gone")],
)
def test_what_podman_does_not_give_is_told_after_the_lines_of_others(
    silent: bool,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(module, "chosen", lambda *_: [GOOD, BAD])
    project = SimpleNamespace(
        engine=Box(silent=silent), redact=lambda text: text.replace("secret", "***")
    )
    with pytest.raises(RuntimeFailure) as failed:
        logs(cast(Project, project))
    assert str(failed.value) == f"Podman does not give the logs of {BAD.name}: {why}"
    assert capsys.readouterr().out == f"{GOOD.service:<3} | hello\n"


@pytest.mark.parametrize("text", ["1" + "0" * 9, "9" * 5000, "-1", "many", "1.5"])
def test_numbers_that_podman_cannot_read_are_refused_before_it_is_asked(text: str) -> None:
    with pytest.raises(UsageError, match="--tail takes a"):
        count_of(text, "--tail")
    with pytest.raises(UsageError, match="A build has a number"):
        number_of(text)


def test_numbers_and_none() -> None:
    assert [count_of(text, "--tail") for text in ("", "0", "999999999")] == [None, 0, 999_999_999]
