"""What is found in a built site: links that lead nowhere, and what comes from other hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.generator.checking import check


def site(folder: Path, **pages: str) -> Path:
    for name, html in pages.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return folder


def test_links_that_lead_to_pages_anchors_and_files_are_fine(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/a b.png").touch()
    site(
        tmp_path,
        one='<a href="two.html#part"></a><a href="#here" id="here"></a><a href="mailto:a@b.c"></a>',
        two='<h2 id="part"></h2><img src="pictures/a%20b.png"><img src="data:image/png;base64,"/>',
    )
    assert check(tmp_path).wrong == []


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<a href="gone.html">', "gone.html leads nowhere"),
        ('<a href="#gone">', "#gone leads to a page without that anchor"),
        ('<a href="page.html#gone">', "page.html#gone leads to a page without that anchor"),
        ('<img src="gone.png">', "gone.png leads nowhere"),
        ('<a href="javascript:x()">', "javascript:x() is no address for a page"),
        ('<a href="http://copier.org/a">', "http://copier.org/a is not https"),
        ('<a href="https://lab.example.org/">', "names a host that cannot exist"),
        ('<a href="https://copier.org/a).">', "ends with a mark of the sentence around it"),
    ],
    ids=lambda value: value if not value.startswith("<") else "html",
)
def test_each_broken_link_is_told_with_its_page(tmp_path: Path, html: str, fault: str) -> None:
    (wrong,) = check(site(tmp_path, page=html)).wrong
    assert wrong.startswith("page.html: ")
    assert fault in wrong


@pytest.mark.parametrize(
    "html",
    [
        '<link rel="stylesheet" href="https://fonts.example/a.css">',
        '<script src="//cdn.example/a.js"></script>',
        '<img src="http://pictures.example/a.png">',
    ],
    ids=["style", "script", "picture"],
)
def test_what_a_page_would_fetch_from_another_host_is_told(tmp_path: Path, html: str) -> None:
    (wrong,) = check(site(tmp_path, page=html)).wrong
    assert wrong.endswith("from another host")


def test_addresses_on_other_hosts_are_listed_with_the_pages_that_link_there(tmp_path: Path) -> None:
    html = '<a href="https://copier.org/">'
    found = check(site(tmp_path, one=html, two=html + '<a href="http://127.0.0.1:8080">'))
    assert found.wrong == []
    assert found.external == {"https://copier.org/": ["one.html", "two.html"]}
