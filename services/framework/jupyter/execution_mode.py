"""Tells in every kernel whether it may write to the control system.

It only tells. What a kernel can reach is decided by the gateway that it is given.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_NAMES = {
    "read_only": "read only",
    "write_access": "WRITE ACCESS",
}


def describe(environ: Mapping[str, str]) -> str:
    """The banner; empty where no mode is given."""
    mode = environ.get("EPICS_EXECUTION_MODE", "")
    if not mode:
        return ""
    address = environ.get("EPICS_CA_ADDR_LIST", "").strip()
    port = environ.get("EPICS_CA_SERVER_PORT", "")
    gateway = f"gateway {address}, port {port}" if address else "no gateway is configured"
    return f"EPICS: {_NAMES.get(mode, mode)} ({gateway})"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Called when a kernel starts: into its banner, and above the output of the first cell."""
    banner = describe(os.environ)
    if not banner:
        return

    def tell(*_: object) -> None:
        shell.events.unregister("pre_run_cell", tell)
        print(banner)

    shell.banner2 = f"{banner}\n"
    shell.events.register("pre_run_cell", tell)
