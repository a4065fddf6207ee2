"""Wall times over numbers of services, as a small SVG that is the same for the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.cases import COLD, COPY, ORIGINAL, PLAIN, TEMPLATE, WARM, Command
from benchmarks.session import Results

_LINES: Mapping[Command, tuple[str, str, str]] = {
    ORIGINAL: ("the original's algorithm", "#888888", "s--"),
    PLAIN: ("plain loop", "#e69f00", "^--"),
    COLD: ("our cold build", "#0072b2", "o-"),
    COPY: ("cp -a of what is built", "#009e73", "v--"),
    TEMPLATE: ("ours, one template changed", "#cc79a7", "D-"),
    WARM: ("ours, nothing changed", "#56b4e9", "P-"),
}
"""What a line is called, its colour (told apart by colour-blind people), its mark and dashes."""

_SETTINGS: Mapping[str, Any] = {
    "svg.hashsalt": "benchmarks",  # otherwise ids are random
    "svg.fonttype": "none",  # text stays text
    "font.family": "sans-serif",
    "font.size": 9,
}


def draw(results: Results, target: Path) -> None:
    """Draw the plot; needs matplotlib, which nothing else does.

    Args:
        results: what was measured.
        target: the SVG file.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(dict(_SETTINGS)):
        figure = Figure(figsize=(7, 4.4), layout="constrained")
        axes = figure.subplots()
        for command, (label, colour, style) in _LINES.items():
            sizes, seconds = _line(results, command)
            if sizes:
                axes.plot(sizes, seconds, style, color=colour, label=label, markersize=5)
        axes.set(xscale="log", yscale="log", xlabel="services", ylabel="seconds of wall time")
        ticks = results.sizes()
        axes.set_xticks(ticks, [f"{size:,}" for size in ticks])
        axes.yaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="upper left", frameon=False)
        FigureCanvasSVG(figure).print_svg(target, metadata={"Date": None, "Creator": None})
    # The backend leaves spaces at the ends of lines.
    lines = target.read_text(encoding="utf-8").splitlines()
    target.write_text("".join(line.rstrip() + "\n" for line in lines), encoding="utf-8")


def _line(results: Results, command: Command) -> tuple[list[int], list[float]]:
    medians = [(size, results.median(command, size)) for size in results.sizes()]
    found = [(size, median.wall) for size, median in medians if median is not None]
    return [size for size, _ in found], [wall for _, wall in found]
