"""The JSON Schema of a configuration file, for editors: made of the shapes that validation uses.

It is about one file, as it stands there: with its variables, and without what it imports. So it
asks for nothing that another file may say.
"""

from __future__ import annotations

import json

from container_manager.config.alternatives import Named
from container_manager.config.known import CONFIGURATION
from container_manager.config.shapes import Fields, Schema, Shape

TITLE = "A configuration of Container Manager"
"""By it we know a schema that we wrote."""

_COMMENT = "Written by 'invoke schema', and checked by 'invoke lint': do not change it by hand."


def json_schema() -> Schema:
    """The schema, of draft 7; the providers of plugins that are installed are among its values."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": _COMMENT,
        "title": TITLE,
        **CONFIGURATION.schema(),
        "definitions": {name: shape.schema() for name, shape in _named(CONFIGURATION).items()},
    }


def schema_text() -> str:
    """The same as the text of a file; the same shapes give the same bytes."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def _named(shape: Shape) -> dict[str, Shape]:
    """The shapes below one that a schema says once, by their names."""
    found = {shape.name: shape.shape} if isinstance(shape, Named) else {}
    inner = [part for _, part in shape.parts()]
    if isinstance(shape, Fields):
        inner += [rule.shape for rule in shape.known.values()]
    for one in inner:
        found |= _named(one)
    return found
