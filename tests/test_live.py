"""Progress on a terminal, seen by a screen that keeps what was written to it."""

from __future__ import annotations

import io

from rich.console import Console

from container_manager.errors import Problem
from container_manager.live import LiveProgress

HIDDEN, SHOWN = "\x1b[?25l", "\x1b[?25h"


def screen(width: int = 60) -> tuple[LiveProgress, io.StringIO]:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=width, soft_wrap=True)
    return LiveProgress(console), written


def test_what_is_done_stays_and_what_goes_on_is_replaced() -> None:
    progress, written = screen()
    progress.step("Starting web, [db]")
    progress.waiting({"web": "it is not healthy", "[db]": "it was started a moment ago"})
    progress.waiting({"[db]": "it was started a moment ago"})
    progress.step("web: healthy")
    progress.waiting({})
    said = written.getvalue()
    assert said.startswith("Starting web, [db]\n")
    assert said.index("it is not healthy") < said.index("web: healthy")
    assert said.count(HIDDEN) == said.count(SHOWN) == 1


def test_the_cursor_is_back_whenever_a_result_may_be_printed() -> None:
    progress, written = screen()
    progress.detail("STEP 1/2: FROM base")
    assert written.getvalue().rindex(HIDDEN) >= 0
    progress.idle()
    assert written.getvalue().rindex(SHOWN) > written.getvalue().rindex(HIDDEN)
    progress.idle()
    progress.warn(Problem(message="Something.", remedy="Do this."))
    assert "Do this." in written.getvalue()


def test_many_rows_and_long_ones_fit_the_terminal() -> None:
    progress, written = screen(width=40)
    progress.waiting({f"service-{number}": "x" * 200 for number in range(30)})
    progress.idle()
    said = written.getvalue()
    assert "and 18 more" in said
    assert "x" * 40 not in said
