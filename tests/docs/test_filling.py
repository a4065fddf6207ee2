"""What pages of the site get that they do not say: generated parts, files, and links that fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.generator.filling import PAGES, filled

ROOT = Path(__file__).parents[2]


def test_a_part_stands_where_its_name_was() -> None:
    text = filled("# Codes\n\n<!-- generated: exit-codes -->\n", "docs/reference/codes.md", ROOT)
    assert text.startswith("# Codes\n\n| exit code | means |\n")


def test_a_part_that_nobody_generates_is_an_error() -> None:
    with pytest.raises(ValueError, match="nobody generates 'exit-code', but commands"):
        filled("<!-- generated: exit-code -->", "docs/page.md", ROOT)


def test_a_file_is_shown_without_its_title_and_its_links_lead_on(tmp_path: Path) -> None:
    (tmp_path / "docs/how-to").mkdir(parents=True)
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n\nSee [it](docs/how-to/it.md#part).\n")
    text = filled("# Log\n\n<!-- file: ../CHANGELOG.md -->", "docs/changelog.md", tmp_path)
    assert text == "# Log\n\nSee [it](how-to/it.md#part).\n"


def test_links_to_files_that_are_pages_lead_to_the_pages(tmp_path: Path) -> None:
    text = filled("[log](../../CHANGELOG.md#unreleased)", "docs/how-to/it.md", tmp_path)
    assert text == "[log](../changelog.md#unreleased)"


def test_a_link_to_a_folder_is_words_since_a_site_lists_no_folders(tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    assert filled("In [benchmarks](../benchmarks).", "docs/it.md", tmp_path) == "In benchmarks."


def test_links_to_other_hosts_and_within_the_page_are_kept(tmp_path: Path) -> None:
    text = "[a](https://example.org/a) [b](#part) [c](mailto:a@example.org) [d](/absolute)"
    assert filled(text, "docs/it.md", tmp_path) == text


@pytest.mark.parametrize("page", sorted(PAGES.values()))
def test_every_page_that_shows_a_file_is_there(page: str) -> None:
    assert (ROOT / page).is_file()
