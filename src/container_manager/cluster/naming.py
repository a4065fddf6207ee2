"""Names as Kubernetes allows them."""

from __future__ import annotations

import re

from container_manager.errors import UsageError

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""RFC 1123: what a namespace may be called."""


def namespace_of(said: str | None, configured: str | None, project: str) -> str:
    """The namespace that is meant: said, else configured, else called like the project.

    The namespace of a context is not taken: who changes it for something else would move the
    project.

    Raises:
        UsageError: no namespace can be called so.

    >>> namespace_of(None, None, "my_lab")
    'my-lab'
    """
    named = said or configured or project.replace("_", "-").strip("-")[:63].rstrip("-")
    if _LABEL.fullmatch(named) is None:
        raise UsageError(
            f"No namespace can be called '{named}': nothing was done.",
            remedy="A name is of lower-case letters, digits and dashes, 63 at most; say "
            "--namespace NAME, or 'kubernetes: {namespace: NAME}' in the configuration.",
        )
    return named
