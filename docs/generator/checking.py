"""What a browser would meet in the built site: broken links, and calls to other hosts."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADS = {
    ("link", "href"),
    ("script", "src"),
    ("img", "src"),
    ("source", "srcset"),
    ("iframe", "src"),
}
"""What a browser fetches without being asked: tag and attribute."""


@dataclass(slots=True)
class Page:
    """One built page: the anchors it has, where it leads, and what it loads."""

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if not value:
                continue
            if name == "id" or (tag, name) == ("a", "name"):
                self.page.anchors.add(value)
            elif (tag, name) in _LOADS:
                self.page.loads.append(value)
            elif (tag, name) == ("a", "href"):
                self.page.links.append(value)


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong, a line each; and addresses on other hosts, with the pages that link there."""

    wrong: list[str]
    external: dict[str, list[str]]


def check(site: Path) -> Findings:
    """Read every page of a built site, and follow its links within the site.

    Links to other hosts are listed, and only their form is checked: a build reaches no host.
    """
    pages = {path: _read(path) for path in sorted(site.rglob("*.html"))}
    wrong: list[str] = []
    external: dict[str, list[str]] = defaultdict(list)
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        for target in dict.fromkeys(page.loads):
            if _elsewhere(target):
                wrong.append(f"{name}: loads {target} from another host")
            else:
                wrong.extend(f"{name}: {fault}" for fault in _astray(path, target, pages))
        for target in dict.fromkeys(page.links):
            if _on_this_machine(target):
                continue
            if _elsewhere(target):
                external[target].append(name)
                wrong.extend(f"{name}: {fault}" for fault in _malformed(target))
            else:
                wrong.extend(f"{name}: {fault}" for fault in _astray(path, target, pages))
    return Findings(wrong, dict(sorted(external.items())))


def _read(path: Path) -> Page:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader.page


def _elsewhere(target: str) -> bool:
    return bool(urlsplit(target).netloc)


def _on_this_machine(target: str) -> bool:
    return urlsplit(target).hostname in ("127.0.0.1", "localhost")


def _astray(path: Path, target: str, pages: dict[Path, Page]) -> Iterator[str]:
    """What is wrong with a link within the site."""
    parts = urlsplit(target)
    if parts.scheme in ("data", "mailto"):
        return
    if parts.scheme:
        yield f"{target} is no address for a page"
        return
    there = Path(os.path.normpath(path.parent / unquote(parts.path))) if parts.path else path
    if not there.is_file():
        yield f"{target} leads nowhere"
    elif parts.fragment and there in pages and unquote(parts.fragment) not in pages[there].anchors:
        yield f"{target} leads to a page without that anchor"


def _malformed(target: str) -> Iterator[str]:
    """What is wrong with an address on another host, as far as its form tells."""
    parts = urlsplit(target)
    host = parts.hostname or ""
    if parts.scheme != "https":
        yield f"{target} is not https"
    if "." not in host or host.endswith((".example", "example.org", "example.com", "example.net")):
        yield f"{target} names a host that cannot exist"
    if parts.path.endswith((".", ",", ";", ")")):
        yield f"{target} ends with a mark of the sentence around it"
