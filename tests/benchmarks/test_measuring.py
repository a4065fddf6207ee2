"""Times and memory of processes, and what the tables make of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import document, machine, table
from benchmarks.cases import CASES, COLD, COMMANDS, MIB, ORIGINAL, PLAIN, SIZES
from benchmarks.process import Call, CommandFailed, Timing, environment, peak_memory, timed
from benchmarks.session import Results, row_sizes

MEMORY = """
import os, sys, time
if os.fork() == 0:
    code = "held = b'x' * 40_000_000; import time; time.sleep(1)"
    os.execv(sys.executable, [sys.executable, "-c", code])
held = b"x" * 60_000_000
time.sleep(1)
os.wait()
"""


def python(code: str, folder: Path, exit_code: int = 0) -> Call:
    return Call((sys.executable, "-c", code), folder, environment(folder / "caches"), exit_code)


def test_waiting_is_wall_time_and_working_is_processor_time(tmp_path: Path) -> None:
    waiting = timed(python("import time; time.sleep(0.5)", tmp_path))
    assert waiting.wall > 0.5 > waiting.cpu
    working = timed(python("import time\nwhile time.process_time() < 0.5: pass", tmp_path))
    assert working.wall > 0
    assert working.cpu >= 0.5


def test_memory_of_all_processes_is_added_up(tmp_path: Path) -> None:
    assert 100_000_000 < peak_memory(python(MEMORY, tmp_path)) < 140_000_000


def test_a_failing_command_is_told_with_what_it_said(tmp_path: Path) -> None:
    call = python("raise SystemExit('no such luck')", tmp_path)
    for measure in (timed, peak_memory):
        with pytest.raises(CommandFailed, match=r"exit code 1: no such luck"):
            measure(call)
    timed(python("raise SystemExit('as expected')", tmp_path, exit_code=1))


def test_children_keep_bytecode_and_see_no_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("INVOKE_RUN_ECHO", "1")
    code = "import os, sys; sys.exit(any('PYTHON' in n or 'INVOKE' in n for n in os.environ))"
    timed(python(code, tmp_path))


def measured(sizes: tuple[int, ...], *, faster: bool) -> Results:
    """Ours takes a second; all others a thousand, or a thousandth."""
    results = Results()
    for command in COMMANDS:
        for size in {10, *sizes}:
            wall = 1.0 if command.folder == "ours" else (1000.0 if faster else 0.001)
            results.timings[command, size] = [Timing(wall, wall)]
    results.peaks = {(COLD, size): 100 * MIB for size in sizes}
    return results


def test_aims_are_judged_at_their_sizes_only() -> None:
    def results_of(*, faster: bool) -> dict[tuple[str, str, int], bool | None]:
        rows = table.rows(measured(SIZES, faster=faster), SIZES)
        return {(row.case.title, row.case.rival, row.services): row.is_met for row in rows}

    good, bad = results_of(faster=True), results_of(faster=False)
    assert len(good) == len(CASES) + 1  # one has two aims
    assert None not in good.values()
    for name in ("`original`", "`copier`"):
        assert good["cold build", name, 100] is True
        assert bad["cold build", name, 100] is False
    assert good["cold build", "`original`", 300] is True
    assert good["warm build, nothing changed", "our cold build", 1000] is False
    assert good["peak memory of the cold build", "a fixed limit", 1000] is True

    small = table.rows(measured((10,), faster=True), (10,))
    judged = {row.case.title for row in small if row.is_met is not None}
    assert judged == {"`invoke --list`", "`invoke plan`, nothing to do"}
    assert all(
        row.is_met is None for row in table.rows(measured((10,), faster=True), (10,), judge=False)
    )


def test_a_case_is_shown_at_the_largest_size_up_to_its_aims() -> None:
    against = {case.theirs.command: case for case in CASES if case.theirs is not None}
    assert row_sizes(against[ORIGINAL], SIZES) == [100, 300]
    assert row_sizes(against[ORIGINAL], (10, 300)) == [10, 300]
    assert row_sizes(against[ORIGINAL], (20,)) == [20]
    assert row_sizes(against[ORIGINAL], (1000,)) == []
    assert row_sizes(against[PLAIN], (10, 20)) == [20]
    assert row_sizes(against[PLAIN], (2000, 3000)) == [2000]


def test_what_differs_is_in_the_text() -> None:
    results = Results(compared={(PLAIN, 10): 299}, different={(PLAIN, 10): ["a", "b"]})
    assert table.sameness(results) == ["plain, 10 services: 2 files differ from ours: a, b."]


def test_the_page_keeps_what_people_wrote(tmp_path: Path) -> None:
    document.write(tmp_path, "| one |\n")
    page = tmp_path / document.PAGE
    page.write_text("Before\n" + page.read_text() + "After\n")
    document.write(tmp_path, "| two |\n")
    text = page.read_text()
    assert text.startswith("Before\n")
    assert text.endswith("After\n")
    assert "| two |" in text
    assert "| one |" not in text

    page.write_text("Only words\n")
    with pytest.raises(document.NoMarkers):
        document.write(tmp_path, "| three |\n")


def test_the_page_in_the_documentation_has_its_markers() -> None:
    document.parts(Path(__file__).parents[2] / "docs")


def test_the_machine_is_described_without_its_name(tmp_path: Path) -> None:
    facts = dict(machine.describe(tmp_path))
    assert all(facts.values())
    assert facts["Python"].endswith(".".join(map(str, sys.version_info[:3])))
    assert str(tmp_path) not in str(facts)
