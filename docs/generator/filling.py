"""An extension of Sphinx: fills generated parts into pages, and turns links to what is no page.

A page says ``<!-- generated: NAME -->`` where such a part goes, or ``<!-- file: ../NAME.md -->``
for a file of the repository that is a page, too; on a code host both are invisible.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docs.generator import commands, exit_codes, keys, python, variables
from docs.generator.markdown import Link, with_links, without_title

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PARTS: Mapping[str, Callable[[], str]] = {
    "commands": commands.part,
    "original-command-line": commands.original,
    "exit-codes": exit_codes.part,
    "keys": keys.part,
    "python": python.part,
    "variables": variables.part,
}
"""Generated parts by the names that pages call them."""

PAGES = {
    "README.md": "docs/index.md",
    "CHANGELOG.md": "docs/changelog.md",
}
"""Files outside of ``docs/``, and the page that shows each."""

_GENERATED = re.compile(r"^<!-- generated: (?P<name>\S+) -->$", re.MULTILINE)
_FILE = re.compile(r"^<!-- file: (?P<path>\S+) -->$", re.MULTILINE)


def filled(text: str, page: str, root: Path) -> str:
    """The text of a page with its generated parts, whose links lead somewhere in the site.

    Args:
        text: what the page says.
        page: its path below ``root``.
        root: the repository.

    Raises:
        ValueError: it asks for a part that nobody generates, or that cannot be generated.
        OSError: it asks for a file that cannot be read.
    """

    def part(found: re.Match[str]) -> str:
        if found["name"] not in PARTS:
            raise ValueError(f"nobody generates '{found['name']}', but {', '.join(PARTS)}")
        return PARTS[found["name"]]()

    def file(found: re.Match[str]) -> str:
        origin = posixpath.normpath(posixpath.join(posixpath.dirname(page), found["path"]))
        shown = without_title(root.joinpath(origin).read_text(encoding="utf-8"))
        return _relinked(shown, origin, page, root)

    return _FILE.sub(file, _GENERATED.sub(part, _relinked(text, page, page, root)))


def _relinked(text: str, origin: str, page: str, root: Path) -> str:
    """The text of the file ``origin``, with links as they have to be in ``page``."""

    def turned(link: Link) -> str | None:
        path, mark, anchor = link.target.partition("#")
        if not path or ":" in path or path.startswith("/"):
            return None
        there = posixpath.normpath(posixpath.join(posixpath.dirname(origin), path))
        if root.joinpath(there).is_dir():
            return link.label  # the site has no listings of folders
        shown = PAGES.get(there, there)
        target = posixpath.relpath(shown, posixpath.dirname(page))
        return f"[{link.label}]({target}{mark}{anchor})"

    return with_links(text, turned)


def _fill(app: Sphinx, name: str, content: list[str]) -> None:
    """Fill a page as it is read; what cannot be filled is told as any other fault of the page."""
    from sphinx.util import logging

    source = Path(app.env.doc2path(name))
    root = Path(app.srcdir).parent
    try:
        content[0] = filled(content[0], Path(os.path.relpath(source, root)).as_posix(), root)
    except (OSError, ValueError) as error:
        logging.getLogger(__name__).warning("%s", error, location=name)


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx calls when it loads the extension."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
