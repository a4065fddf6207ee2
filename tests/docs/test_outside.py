"""Links of the Markdown files beside ``docs/``, which code hosts show."""

from __future__ import annotations

from pathlib import Path

from docs.generator.outside import anchors, check


def test_headings_are_called_as_code_hosts_call_them() -> None:
    text = "# One\n\n## A free port: `auto`\n\n## One\n\n# One\n"
    assert anchors(text) == {"one", "a-free-port-auto", "one-1", "one-2"}


def test_links_to_files_folders_and_headings_are_fine(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text("# Page\n\n## Part\n")
    (tmp_path / "README.md").write_text(
        "# Me\n[a](docs/page.md#part) [b](docs) [c](#me) [d](https://copier.org/#x)\n"
    )
    assert check(tmp_path) == []


def test_each_broken_link_is_told(tmp_path: Path) -> None:
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github/ASK.md").write_text("[up](../SECURITY.md)\n")
    (tmp_path / "README.md").write_text('# Me\n[a](gone.md) [b](#gone) <img src="gone.png">\n')
    assert check(tmp_path) == [
        "README.md: gone.md leads nowhere",
        "README.md: #gone leads to a file without that heading",
        "README.md: gone.png leads nowhere",
        ".github/ASK.md: ../SECURITY.md leads nowhere",
    ]
