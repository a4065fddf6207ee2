"""Progress on a terminal: what is done scrolls up, what goes on moves below it."""

from __future__ import annotations

import atexit
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from container_manager.errors import Problem
from container_manager.fitting import told

if TYPE_CHECKING:
    from rich.console import RenderableType

_ROWS = 12
"""Lines of what is waited for; more would push the rest out of sight."""


class LiveProgress:
    """Lines on standard error, and below them what goes on at the moment.

    Colours follow ``NO_COLOR``. The moving part begins with the first detail, or the first wait.

    Args:
        console: where to; None takes standard error.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._live: Live | None = None
        self._since: dict[str, float] = {}

    def step(self, text: str) -> None:
        """See :meth:`~container_manager.progress.Progress.step`."""
        self._stop()
        self._console.print(Text(text))

    def detail(self, text: str) -> None:
        """See :meth:`~container_manager.progress.Progress.detail`."""
        if text.strip():
            self._show([Spinner("dots", Text(self._fitting(text.strip()), style="dim"))])

    def warn(self, problem: Problem) -> None:
        """See :meth:`~container_manager.progress.Progress.warn`."""
        self._stop()
        warning = "Warning: "
        text = Text(told(problem, self._console.file, before=warning))
        text.stylize("yellow", 0, len(warning))
        self._console.print(text)

    def waiting(self, reasons: Mapping[str, str]) -> None:
        """See :meth:`~container_manager.progress.Progress.waiting`."""
        now = time.monotonic()
        self._since = {name: self._since.get(name, now) for name in reasons}
        if not reasons:
            self._stop()
            return
        rows: list[RenderableType] = [
            Spinner("dots", Text(self._fitting(f"{name}  {now - self._since[name]:3.0f} s  {why}")))
            for name, why in list(reasons.items())[:_ROWS]
        ]
        left = len(reasons) - _ROWS
        self._show([*rows, Text(f"  and {left} more", style="dim")] if left > 0 else rows)

    def idle(self) -> None:
        """See :meth:`~container_manager.progress.Progress.idle`."""
        self._since = {}
        self._stop()

    def _show(self, rows: list[RenderableType]) -> None:
        if self._live is None:
            self._live = Live(console=self._console, transient=True, refresh_per_second=8)
            self._live.start()
            atexit.register(self._stop)  # or the cursor would stay hidden
        self._live.update(Group(*rows), refresh=True)

    def _stop(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            live.stop()
            atexit.unregister(self._stop)

    def _fitting(self, text: str) -> str:
        """One line of the terminal."""
        line, width = text.splitlines()[0], max(self._console.width - 3, 20)
        return line if len(line) <= width else f"{line[: width - 1]}…"
