"""All of the benchmarks run, on a small project; how long anything takes is not looked at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import stacks
from benchmarks.cases import CASES, RIVALS
from benchmarks.process import CHECKOUT

COLUMNS = 8


def test_all_commands_work_and_every_case_is_in_the_table(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--smoke"],
        cwd=CHECKOUT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == [], "the generated projects stayed behind"
    assert str(tmp_path) not in done.stdout, "a path of this machine is told"

    lines = done.stdout.splitlines()
    rows = [words for line in lines if len(words := line.strip("| ").split(" | ")) == COLUMNS]
    table = {(row[0], row[1]): row for row in rows}
    for case in CASES:
        *_, ratio, aim, result = table[case.title, case.rival]
        assert float(ratio.split()[0]) > 0
        assert f"{case.aims[0].limit:g}" in aim
        assert result == "not judged"
    for rival in RIVALS:
        assert f"- {rival.name}, 10 services: the same 299 files as ours." in lines


@pytest.mark.podman
def test_stacks_come_up_and_go_with_every_provider(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--stacks", "--smoke"],
        cwd=CHECKOUT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == [], "the project stayed behind"
    for provider in stacks.PROVIDERS:
        for step in ("up", "down"):
            assert f"| `{step}` with `{provider}` |" in done.stdout
