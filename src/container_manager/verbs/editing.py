"""``schema``: what editors need to know of a configuration."""

from __future__ import annotations

from pathlib import Path

from container_manager.config.json_schema import schema_text
from container_manager.verbs.saving import save


def schema() -> str:
    """The JSON Schema of a configuration file, as a text; nothing is written.

    Compose providers of plugins that are installed are among its values.
    """
    return schema_text()


def save_schema(path: Path) -> bool:
    """Write the schema to a file.

    Returns:
        Whether the file changed.

    Raises:
        UsageError: it cannot be written.
    """
    return save(path, schema_text())
