"""What ``./run coverage`` shows of a measurement."""

from __future__ import annotations

from tests.coverage_table import Row, rows, table


def summary(lines: tuple[int, int], branches: tuple[int, int]) -> dict[str, object]:
    """What coverage says of a file, as far as we read it."""
    return {
        "summary": {
            "covered_lines": lines[0],
            "num_statements": lines[1],
            "covered_branches": branches[0],
            "num_branches": branches[1],
            "percent_covered": 12.5,
            "percent_covered_display": "12",
        }
    }


REPORT = {
    "files": {
        "src/container_manager/errors.py": summary((10, 10), (4, 4)),
        "src/container_manager/build/apply.py": summary((90, 100), (10, 20)),
        "src/container_manager/build/plan.py": summary((50, 50), (30, 30)),
        "src/container_manager/lifecycle/data/saving.py": summary((1, 10), (0, 0)),
        "src/container_manager/picture/__init__.py": summary((0, 0), (0, 0)),
    }
}


def test_files_count_for_their_package_and_the_lowest_comes_first() -> None:
    assert rows(REPORT) == [
        Row("lifecycle", (1, 10), (0, 0)),
        Row("build", (140, 150), (40, 50)),
        Row("(modules)", (10, 10), (4, 4)),
        Row("picture", (0, 0), (0, 0)),
    ]


def test_lines_and_branches_count_alike() -> None:
    assert [round(row.per_cent, 1) for row in rows(REPORT)] == [10.0, 90.0, 100.0, 100.0]


def test_the_table_ends_with_all_packages_together() -> None:
    assert list(table(rows(REPORT))) == [
        "package              lines      branches  per cent",
        "lifecycle             1/10           0/0      10.0",
        "build              140/150         40/50      90.0",
        "(modules)            10/10           4/4     100.0",
        "picture                0/0           0/0     100.0",
        "all                151/170         44/54      87.1",
    ]
