"""``python -m benchmarks``: measures, prints tables, and on request writes them and a plot.

The exit code is 0 where every command worked and every rival generated our files, also where an
aim is missed (the table says so); 1 where one did not; 2 for a mistake in the arguments.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import document, machine, stacks, table
from benchmarks.cases import SIZES, SMOKE_SIZES
from benchmarks.process import CommandFailed
from benchmarks.session import Results, Session
from benchmarks.workshop import Workshop


def main(argv: Sequence[str] | None = None) -> int:
    """Measure.

    Args:
        argv: the arguments without the program's name; None takes the process's.

    Returns:
        The exit code.
    """
    options = _options(argv)
    folder = Path(tempfile.mkdtemp(prefix="benchmarks-"))
    try:
        return (_stacks if options.stacks else _builds)(options, folder)
    except CommandFailed as failure:
        print(f"Nothing was compared: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    finally:
        if options.keep:
            print(f"Kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _builds(options: argparse.Namespace, folder: Path) -> int:
    session = Session(Workshop(folder), options.services, options.repeat, keep=options.keep)
    results = session.run()
    text = _text(results, options, machine.describe(folder))
    print(text, end="")
    if options.output is not None:
        from benchmarks import plot

        options.output.mkdir(parents=True, exist_ok=True)
        document.write(options.output, f"{text}\n![Wall times by size]({document.PLOT})\n")
        plot.draw(results, options.output / document.PLOT)
    return int(any(results.different.values()))


def _stacks(options: argparse.Namespace, folder: Path) -> int:
    services = stacks.SMOKE_SERVICES if options.smoke else stacks.SERVICES
    measured = stacks.measure(
        folder, services=services, repeat=options.repeat, warm=not options.smoke
    )
    text = stacks.table(stacks.rows(measured), services, judge=not options.smoke)
    print(text, end="")
    if options.output is not None:
        document.write(options.output, text, document.STACKS)
    return 0


def _text(results: Results, options: argparse.Namespace, facts: Sequence[tuple[str, str]]) -> str:
    rows = table.rows(results, options.services, judge=not options.smoke)
    parts = (
        table.ratios(rows),
        "".join(f"- {line}\n" for line in table.sameness(results)),
        table.medians(results),
        table.machine(facts),
    )
    return "\n".join(parts)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Compare builds with rivals.")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument(
        "--services",
        type=_positive,
        nargs="+",
        default=SIZES,
        metavar="N",
        help=f"sizes of the generated projects (default: {' '.join(map(str, SIZES))})",
    )
    sizes.add_argument(
        "--smoke", action="store_true", help="only look whether all works: 10 services, one round"
    )
    parser.add_argument(
        "--stacks",
        action="store_true",
        help=f"measure 'up' and 'down' of {stacks.SERVICES} containers instead of builds",
    )
    parser.add_argument(
        "--repeat", type=_positive, default=3, metavar="K", help="rounds (default: 3)"
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write the tables and a plot there as well"
    )
    parser.add_argument("--keep", action="store_true", help="keep the generated projects")
    options = parser.parse_args(argv)
    if options.smoke:
        options.services, options.repeat = SMOKE_SIZES, 1
    if options.output is not None:
        _check_output(parser, options)
    return options


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number above 0")
    return int(text)


def _check_output(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse what would fail after all was measured."""
    if not options.stacks and importlib.util.find_spec("matplotlib") is None:
        parser.error("--output needs matplotlib: './run benchmark' installs it")
    kind = document.STACKS if options.stacks else document.BUILDS
    try:
        document.parts(options.output, kind)
    except (document.NoMarkers, OSError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())
