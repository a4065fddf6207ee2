"""Builds the site and checks it: './run docs'.

Exit code 1 for any warning of Sphinx, a page that no table of contents holds, a broken link, a page
that loads anything from another host, or a command of ours that the program does not understand.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sphinx.cmd.build import main as sphinx_build

from docs.generator import checking, outside, typed

ROOT = Path(__file__).parents[2]
EXTERNAL = "external-links.txt"
PICTURES = "pictures"
"""Sphinx finds those that Markdown shows, and not those of HTML within it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Build, check, and say what came of it.

    Returns:
        The exit code: 0 done, 1 something is wrong (told on stderr), 2 the folder is not ours.
    """
    parser = argparse.ArgumentParser(prog="./run docs", description=__doc__)
    for option, default, words in (
        ("--into", ROOT / "site", "where the site goes; replaced where it holds one"),
        ("--source", ROOT / "docs", "the pages to build"),
    ):
        parser.add_argument(option, metavar="FOLDER", type=Path, default=default, help=words)
    given = parser.parse_args(argv)
    source, site = given.source.absolute(), given.into.absolute()
    started = time.monotonic()
    if not _emptied(site):
        print(f"{site} holds something else than a site; name another folder.", file=sys.stderr)
        return 2
    code = build(source, site)
    if (source / PICTURES).is_dir():
        shutil.copytree(source / PICTURES, site / PICTURES, ignore=_no_pictures)
    findings = checking.check(site)
    pages = len(list(site.rglob("*.html")))
    (site / EXTERNAL).write_text(_listed(findings.external, pages), encoding="utf-8")
    wrong = [*findings.wrong, *outside.check(source.parent), *typed.check(source.parent)]
    print(*wrong, sep="\n", end="\n" * bool(wrong), file=sys.stderr)
    print(f"{pages} pages in {time.monotonic() - started:.0f} s: {site / 'index.html'}")
    print(f"{len(findings.external)} links to other hosts, not followed: {site / EXTERNAL}")
    return 1 if code or wrong else 0


def build(source: Path, site: Path) -> int:
    """Run Sphinx, for which every warning is an error.

    Args:
        source: the folder of pages.
        site: where the pages for browsers go.

    Returns:
        Its exit code.
    """
    with tempfile.TemporaryDirectory(prefix="doctrees-") as doctrees:
        return sphinx_build(
            [
                *("--builder", "html", "--nitpicky", "--fail-on-warning", "--keep-going"),
                *("--quiet", "--jobs", "auto", "--doctree-dir", doctrees),
                *("--conf-dir", str(Path(__file__).parent), str(source), str(site)),
            ]
        )


def _no_pictures(folder: str, names: list[str]) -> list[str]:
    """What of a folder of pictures is none."""
    return [name for name in names if Path(folder, name).suffix not in (".png", ".svg")]


def _emptied(site: Path) -> bool:
    """Remove the site that was built before, and mark the folder as ours; whether it is free."""
    if (site / EXTERNAL).is_file():
        shutil.rmtree(site)
    if site.exists() and any(site.iterdir()):
        return False
    site.mkdir(parents=True, exist_ok=True)
    (site / EXTERNAL).touch()
    return True


def _listed(external: dict[str, list[str]], pages: int) -> str:
    """A line for each address, with the pages that link there."""
    return "".join(
        f"{target}  {'every page' if len(names) == pages else ', '.join(names)}\n"
        for target, names in external.items()
    )


if __name__ == "__main__":
    sys.exit(main())
