"""What people and programs see of a look at a machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.conftest import Project

from container_manager.cli import run
from container_manager.doctor.catalogue import fine, found
from container_manager.doctor.findings import Diagnosis, Finding, Outcome
from container_manager.report.machine import show_diagnosis


def outcome(group: str, *findings: Finding) -> Outcome:
    return Outcome(check=group.lower(), group=group, findings=findings, seconds=0.5)


WELL = Diagnosis((outcome("Podman", fine("podman", "Podman answers.", version="5.4.2")),))
ILL = Diagnosis(
    (
        *WELL.outcomes,
        outcome(
            "Machine",
            found("linger-off", "Containers end when this user logs out.", user="ada"),
            found("disk-full", f"Only 1 MiB free at {'/a' * 60}.\nSecond line."),
        ),
    )
)


def test_people_see_groups_levels_and_remedies(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    show_diagnosis(ILL, json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:6] == [
        "Podman",
        "  ok       Podman answers.",
        "",
        "Machine",
        "  warning  Containers end when this user logs out.",
        "           -> Run 'loginctl enable-linger ada'.",
    ]
    assert lines[6] == "  problem  Only 1 MiB free at"
    assert lines[7] == f"           {'/a' * 60}."
    assert lines[8] == "           Second line."
    assert lines[9].startswith("           -> Make room: ")
    assert lines[-1] == "Something stops a start: 1 problem, 1 warning, 1 ok."


def test_the_last_line_says_that_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    show_diagnosis(WELL, json=False)
    assert capsys.readouterr().out.endswith("\nNothing stops a start: 1 ok.\n")


def test_programs_see_everything(capsys: pytest.CaptureFixture[str]) -> None:
    show_diagnosis(ILL, json=True)
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is False
    assert answer["counts"] == {"ok": 1, "note": 0, "warning": 1, "problem": 1}
    podman, machine = answer["checks"]
    assert podman == {
        "check": "podman",
        "group": "Podman",
        "seconds": 0.5,
        "findings": [
            {
                "code": "podman",
                "level": "ok",
                "message": "Podman answers.",
                "remedy": None,
                "facts": {"version": "5.4.2"},
            }
        ],
    }
    assert [one["code"] for one in machine["findings"]] == ["linger-off", "disk-full"]


def test_colours_on_a_terminal_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    show_diagnosis(ILL, json=False)
    coloured = capsys.readouterr().out
    assert "\x1b[1;31m  problem" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    show_diagnosis(ILL, json=False)
    assert "\x1b[" not in capsys.readouterr().out


def test_the_task_ends_with_one_where_something_stops_a_start(
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "no-programs"))
    with pytest.raises(SystemExit) as ended:
        run(["doctor", "--json"])
    assert ended.value.code == 1
    assert json.loads(capfd.readouterr().out)["ok"] is False
    for words in (["doctor", "--config", "no.yml"], ["doctor", "--nonsense"]):
        with pytest.raises(SystemExit) as ended:
            run(words)
        assert ended.value.code == 2
        assert capfd.readouterr().out == ""
    assert project.root.is_dir()
