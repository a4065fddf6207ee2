"""The ways in which files may write the value of a secret."""

from __future__ import annotations

import json


def spellings(value: str) -> set[str]:
    """How a value may stand in texts: as it is, and as compose files, JSON and YAML write it."""
    return {
        value,
        value.replace("$", "$$"),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        value.replace("'", "''"),
    }
