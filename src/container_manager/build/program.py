"""What of the program itself a build depends on."""

from __future__ import annotations

import sys
from pathlib import Path

from container_manager.inputs import Inputs, look


def installation() -> str:
    """Which installation of the program runs."""
    return f"{__file__} {sys.version}"


def program() -> Inputs:
    """What of the program itself a build depends on: its modules, and what it renders with.

    The folders in which packages are installed are others after each change of a version.
    """
    found = Inputs()
    for name, module in sorted(sys.modules.items()):
        top = name.partition(".")[0]
        file = getattr(module, "__file__", None)
        if file and top in ("container_manager", "jinja2", "markupsafe", "yaml"):
            found.stamps[file] = look(file)
            if name == top:
                site = str(Path(file).parent.parent)
                found.stamps[site] = look(site)
    return found
