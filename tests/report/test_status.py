"""What people and programs see of a stack that was looked at."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from container_manager.errors import Location, Problem
from container_manager.lifecycle.status.model import OtherStack, Status, StatusRow, Usage
from container_manager.report.status import drawn, follow_status, show_status, summary

NOW = 1_800_000_000.0

WEB = StatusRow(
    service="web",
    owner="framework.web",
    container="lab_web_1",
    state="running",
    health="healthy",
    health_age=3.0,
    stale=False,
    exit_code=None,
    since=NOW - 7300,
    restarts=0,
    addresses=("http://127.0.0.1:8080",),
    image="localhost/lab_web:latest",
    digest="sha256:0123456789abcdef0123",
    usage=Usage(memory=12_900_000, memory_limit=None, cpu=0.25),
    drift=(),
    wrong=None,
    one_off=False,
)
DB = replace(
    WEB,
    service="database_of_the_laboratory",
    state="exited",
    health=None,
    exit_code=137,
    addresses=(),
    usage=None,
    drift=("'image' changed",),
    wrong="it ended with exit code 137",
)
LAB = Status(
    project="lab",
    config="/lab/config.yml",
    rows=(WEB, DB),
    missing=("worker",),
    others=(OtherStack(project="zoo", config="", containers=3, running=2),),
    problems=(),
    drift_known=True,
    taken_at=NOW,
)


def on_terminal(status: Status, width: int) -> list[str]:
    """The lines that a terminal shows."""
    out = io.StringIO()
    Console(file=out, width=width).print(drawn(status, width))
    return out.getvalue().splitlines()


def test_all_columns_are_there_for_who_reads_from_a_pipe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_status(LAB, json=False)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "lab  /lab/config.yml"
    heads = "SERVICE STATE HEALTH SINCE RESTARTS MEMORY CPU ADDRESS IMAGE DIGEST"
    assert told[2].split() == heads.split()
    web = (
        "web  running  healthy  2 hours  0  12.3 MiB  25%  http://127.0.0.1:8080  "
        "localhost/lab_web:latest  sha256:0123456789ab"
    )
    assert re.split(r" {2,}", told[3]) == web.split("  ")
    assert told[5:] == [
        "✗ database_of_the_laboratory: it ended with exit code 137",
        "✗ worker: it has no container; 'up' makes it",
        "~ database_of_the_laboratory: 'image' changed; 'up' applies it",
        "Other stacks on this machine: zoo (2 of 3 running)",
        "2 of 3 do not do what they should.",
    ]


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_a_terminal_shows_the_columns_that_it_has_room_for(width: int) -> None:
    lines = on_terminal(LAB, width)
    table = [line for line in lines if "running" in line or "SERVICE" in line]
    assert all(len(line.rstrip()) <= width for line in lines)
    assert "…" not in "".join(table)
    assert {"SERVICE", "STATE"} <= set(table[0].split())
    assert ("DIGEST" in table[0]) is (width == 200)


def test_what_is_old_or_unknown_is_said() -> None:
    stale = replace(WEB, stale=True, health_age=120.0)
    broken = Problem(message="No such key.", where=Location(Path("/lab/config.yml"), 3))
    told = on_terminal(
        replace(LAB, rows=(stale,), missing=(), problems=(broken,), drift_known=False), 100
    )
    text = "\n".join(told)
    assert "healthy (old)" in text
    assert "? web: its health was last checked 2 minutes ago" in text
    assert "/lab/config.yml:3: No such key." in text
    assert "The one service does what it should." in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "The one service does what it should."),
        (
            {"drift": ("image",)},
            "The one service does what it should. It differs from the configuration.",
        ),
        ({"wrong": "it is not there"}, "The one service does not do what it should."),
    ],
)
def test_one_service_is_not_called_all(changes: dict[str, Any], said: str) -> None:
    web = replace(WEB, **{"drift": (), "wrong": None, **changes})
    assert summary(replace(LAB, rows=(web,), missing=()))[0] == said


def test_nothing_there_is_not_all_well_where_nobody_knows() -> None:
    empty = replace(LAB, rows=(), missing=())
    assert empty.healthy
    assert not replace(empty, drift_known=False).healthy
    assert not LAB.healthy


def test_programs_read_each_state_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Memory and processors differ with each look; nobody is told of that."""
    busier = replace(WEB, usage=Usage(memory=1, memory_limit=2, cpu=1.0))
    ended = replace(WEB, state="exited", wrong="it ended with exit code 1", exit_code=1)
    seen = [replace(LAB, rows=(one,)) for one in (WEB, WEB, busier, ended, ended)]
    follow_status(seen, json=True)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["containers"][0]["state"] for one in lines] == ["running", "exited"]
    assert lines[0]["containers"][0]["usage"] == {
        "memory": 12_900_000,
        "memory_limit": None,
        "cpu": 0.25,
    }
    follow_status(seen, json=False)
    assert capsys.readouterr().out.count("lab  /lab/config.yml") == 2
