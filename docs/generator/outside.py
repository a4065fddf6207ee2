"""The Markdown files beside ``docs/``: their links have to lead somewhere on a code host."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from myst_parser.slugs import github_slugify

from docs.generator.markdown import links, titles


def check(root: Path) -> list[str]:
    """What is wrong with links to files, and to headings, of the Markdown files of a folder.

    Args:
        root: the repository; the files directly in it are read, and all below ``.github``.
    """
    files = [*sorted(root.glob("*.md")), *sorted(root.glob(".github/**/*.md"))]
    return [
        f"{file.relative_to(root)}: {target} {fault}"
        for file in files
        for target in dict.fromkeys(links(file.read_text(encoding="utf-8")))
        for fault in _faults(file, target)
    ]


def anchors(text: str) -> set[str]:
    """What code hosts call the headings of a text; equal ones are numbered."""
    found: set[str] = set()
    for title in titles(text):
        slug = base = github_slugify(title)
        number = 0
        while slug in found:
            number += 1
            slug = f"{base}-{number}"
        found.add(slug)
    return found


def _faults(file: Path, target: str) -> Iterator[str]:
    path, _, anchor = target.partition("#")
    if ":" in path:
        return  # another host
    there = Path(os.path.normpath(file.parent / unquote(path))) if path else file
    if not there.exists():
        yield "leads nowhere"
    elif anchor and there.suffix == ".md" and anchor not in anchors(there.read_text("utf-8")):
        yield "leads to a file without that heading"
