"""A small site, built as the documentation is: strictly, and searched without a server."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parents[2]
INDEX = "# Start\n\n```{toctree}\n:glob:\n\nhow-to/*\n```\n"


def built(docs: Path, into: Path) -> subprocess.CompletedProcess[str]:
    """What './run docs' does, with other pages."""
    return subprocess.run(
        [sys.executable, "-m", "docs.generator", "--source", str(docs), "--into", str(into)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def written(folder: Path, **pages: str) -> Path:
    docs = folder / "docs"
    (docs / "how-to").mkdir(parents=True)
    for name, text in pages.items():
        (docs / name.replace("__", "/")).with_suffix(".md").write_text(text, encoding="utf-8")
    return docs


def test_a_new_guide_is_in_the_navigation_and_found_by_a_search_without_a_server(
    tmp_path: Path,
) -> None:
    docs = written(tmp_path, index=INDEX, **{"how-to__goats": "# Herd\n\nFeed the goats hay.\n"})
    outcome = built(docs, tmp_path / "site")
    assert outcome.returncode == 0, outcome.stderr
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "site/index.html").as_uri())
        page.locator("input[name=q]").fill("hay")
        page.locator("input[name=q]").press("Enter")
        found = page.locator("#search-results a", has_text="Herd")
        expect(found).to_be_visible(timeout=60_000)
        found.click()
        expect(page.locator("article")).to_contain_text("Feed the goats hay.", timeout=60_000)
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    docs = written(
        tmp_path,
        index=INDEX + "\n[a](how-to/gone.md) [b](how-to/here.md#gone)\n",
        lonely="# In no table of contents\n",
        **{"how-to__here": '# Here\n\n<img alt="none" src="gone.png">\n'},
    )
    (tmp_path / "README.md").write_text("[c](docs/gone.md)\n")
    outcome = built(docs, tmp_path / "site")
    assert outcome.returncode == 1
    for fault in (
        "how-to/gone.md",
        "gone' [myst.xref_missing]",
        "lonely.md: WARNING: document isn't included in any toctree",
        "how-to/here.html: gone.png leads nowhere",
        "README.md: docs/gone.md leads nowhere",
    ):
        assert fault in outcome.stderr


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/thesis.txt").write_text("years of work")
    outcome = built(written(tmp_path, index="# Start\n"), tmp_path / "site")
    assert outcome.returncode == 2
    assert "name another folder" in outcome.stderr
    assert (tmp_path / "site/thesis.txt").read_text() == "years of work"


def test_a_site_is_replaced_with_the_pages_that_are_gone(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "external-links.txt").touch()
    (site / "old.html").touch()
    outcome = built(written(tmp_path, index="# Start\n"), site)
    assert outcome.returncode == 0, outcome.stderr
    assert (site / "index.html").is_file()
    assert not (site / "old.html").exists()
