"""Links and headings of Markdown, as the generator of the site reads them."""

from __future__ import annotations

from docs.generator.markdown import Link, escaped, links, table, titles, with_links, without_title

PAGE = """\
# One

See [two](two.md#part) and ``[no](link.md)``, and [a label
over lines](three.md).

```yaml
# no heading
key: "[no](link.md)"
```

## Two `words` ##

<picture><source srcset="dark.png"><img alt="it" src="light.png"></picture>
"""


def test_links_in_prose_and_in_html_are_found_and_those_in_code_are_not() -> None:
    assert links(PAGE) == ["two.md#part", "three.md", "dark.png", "light.png"]


def test_headings_are_found_and_comments_in_code_are_none() -> None:
    assert titles(PAGE) == ["One", "Two `words`"]


def test_a_link_is_replaced_and_all_else_is_kept() -> None:
    def change(link: Link) -> str | None:
        return link.label if link.target == "three.md" else None

    assert with_links(PAGE, change) == PAGE.replace(
        "[a label\nover lines](three.md)", "a label\nover lines"
    )


def test_a_longer_fence_holds_a_shorter_one() -> None:
    text = "````\n```\n[no](a.md)\n```\n[no](b.md)\n````\n[yes](c.md)\n"
    assert links(text) == ["c.md"]


def test_a_page_without_its_title_begins_with_what_follows() -> None:
    assert without_title("# One\n\nWords.\n\n# Two\n") == "Words.\n\n# Two\n"


def test_words_of_a_terminal_stand_as_they_are() -> None:
    assert escaped("NAME=<value> | *") == r"NAME=\<value\> \| \*"


def test_a_table_has_a_head_and_rows() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
