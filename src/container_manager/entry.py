"""Where the installed program begins, and ``python -m container_manager``.

Ctrl-C while Python still imports us would be told with a traceback. So it ends the program without
a word, as it does any other, until a command has begun and can say what it leaves.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found] # what the public one wraps: there at once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def run() -> NoReturn:
    """Run the program; see :func:`container_manager.cli.run`."""
    # Where somebody ignores it (nohup, a shell's background) it stays ignored.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from container_manager.cli import run as run_program

    run_program()
