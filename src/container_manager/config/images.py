"""Which image reference a name stands for, where the configuration says ``auto``."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from container_manager.inputs import note, note_variable

PYTHON_FALLBACK = "docker.io/library/python:3.12.8-slim-bookworm"
"""What ``images.python: auto`` means where no base image can be made from the host."""

_PYTHON = Path("/usr/bin/python3")
_PACKAGES = Path("/var/lib/dpkg/status")


def debian_python() -> str | None:
    """The package of the host's own Debian Python, ``python3.11`` say; None elsewhere."""
    note_variable("PATH", os.environ.get("PATH"))
    if shutil.which("dpkg-query") is None or not _PACKAGES.is_file():
        return None
    note(_PYTHON)
    name = _PYTHON.resolve().name
    return name if _PYTHON.exists() and re.fullmatch(r"python3\.\d+", name) else None


def local_python() -> str | None:
    """The local base image, named after the host's Debian Python; None where there is none."""
    python = debian_python()
    return f"localhost/container-manager-python:{python.removeprefix('python')}" if python else None


def resolve_python(value: str) -> str:
    """The image that a configured value means.

    >>> resolve_python("registry.example.org/python:3.13")
    'registry.example.org/python:3.13'
    """
    return (local_python() or PYTHON_FALLBACK) if value == "auto" else value
