"""Dockerfiles with variables that its commands see, and that the image does not keep."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

USUAL = (
    *("Containerfile", "ContainerFile", "containerfile"),
    *("Dockerfile", "DockerFile", "dockerfile"),
)
"""The names that podman-compose looks for, in its order."""

_ESCAPE = re.compile(r"#\s*escape\s*=\s*([`\\])\s*", re.IGNORECASE)
_TEXT_FOLLOWS = re.compile(r"(?:^|\s)\d*<<-?([\"']?)(\w+)\1(?=[\s;|&>)]|$)")
_WITH_TEXTS = ("RUN", "COPY", "ADD")


def find(context: Path, named: Path | None) -> Path | None:
    """The file that an image is built from; None where there is none.

    Args:
        context: the folder of the image.
        named: the file, where it is named.
    """
    candidates = [named] if named is not None else [context / name for name in USUAL]
    return next((path for path in candidates if path.is_file()), None)


def with_arguments(text: str, arguments: Mapping[str, str]) -> str:
    r"""A Dockerfile in which every stage begins with build arguments.

    An argument is in the environment of commands and not of the image, and what ``ENV`` says, in
    the file or in the image below, counts more (reference of ``ARG``).

    Args:
        text: what the file says.
        arguments: name -> value, of characters that need no quotes.

    >>> print(with_arguments("FROM a AS b\nRUN x \\\n FROM y\nfrom c", {"K": "/v"}))
    FROM a AS b
    ARG K=/v
    RUN x \
     FROM y
    from c
    ARG K=/v
    <BLANKLINE>
    """
    line = " ".join(["ARG", *(f"{name}={value}" for name, value in arguments.items())]) + "\n"
    rows: list[str] = []
    escape, instruction = "\\", ""
    ends: list[str] = []
    for row in text.splitlines(keepends=True):
        rows.append(row)
        said = row.strip()
        if ends:
            ends = ends[1:] if said == ends[0] else ends
        elif not said or said.startswith("#"):
            directive = _ESCAPE.fullmatch(said)
            escape = directive[1] if directive and not instruction else escape
        elif said.endswith(escape):
            instruction += said[:-1] + " "
        else:
            instruction += said
            if _word(instruction) == "FROM":
                rows[-1] = row.rstrip("\r\n") + "\n"
                rows.append(line)
            ends = _texts_after(instruction)
            instruction = ""
    return "".join(rows)


def _word(instruction: str) -> str:
    return instruction.split(maxsplit=1)[0].upper()


def _texts_after(instruction: str) -> list[str]:
    """The lines that end the texts (here-documents) which follow an instruction."""
    if _word(instruction) not in _WITH_TEXTS:
        return []
    return [found[2] for found in _TEXT_FOLLOWS.finditer(instruction)]
