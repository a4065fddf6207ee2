"""Copier templates of anybody's: rendered, and brought from one tag to another with an edit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.conftest import meaning, snapshot

from container_manager.errors import RuntimeFailure
from container_manager.testing.templates import Templates

ANSWERS = "{{ _copier_answers | to_nice_yaml -}}\n"


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Author", "-c", "user.email=a@example.invalid")
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A template with the tags v1 and v2, and something that is not committed."""
    folder = tmp_path / "template"
    folder.mkdir()
    (folder / "copier.yml").write_text("name: {type: str, default: lab}\n", encoding="utf-8")
    answers = folder / "{{ _copier_conf.answers_file }}.jinja"
    answers.write_text(ANSWERS, encoding="utf-8")
    (folder / "README.md.jinja").write_text("# {{ name }}\n\none\n", encoding="utf-8")
    (folder / "old.txt").write_text("old\n", encoding="utf-8")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "one")
    git(folder, "tag", "v1")
    (folder / "README.md.jinja").write_text("# {{ name }}\n\ntwo\n", encoding="utf-8")
    (folder / "old.txt").unlink()
    (folder / "new.txt").write_text("new\n", encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "two")
    git(folder, "tag", "v2")
    (folder / "README.md.jinja").write_text("# {{ name }}\n\nthree\n", encoding="utf-8")
    (folder / "later.txt").write_text("later\n", encoding="utf-8")
    return folder


@pytest.fixture
def templates(tmp_path: Path) -> Templates:
    folder = tmp_path / "work"
    folder.mkdir()
    return Templates(folder)


def test_a_template_is_rendered_as_its_folder_is_now(template: Path, templates: Templates) -> None:
    before = snapshot(template)
    copy = templates.copied(template, {"name": "beam"})
    assert (copy / "README.md").read_text(encoding="utf-8") == "# beam\n\nthree\n"
    assert (copy / "later.txt").is_file()
    assert not (copy / "old.txt").exists()
    assert meaning(snapshot(template)) == meaning(before)


def test_or_as_it_was_at_a_tag(template: Path, templates: Templates) -> None:
    copy = templates.copied(template, tag="v1", into="beamline")
    assert copy.name == "beamline"
    assert (copy / "README.md").read_text(encoding="utf-8") == "# lab\n\none\n"


def test_a_folder_without_git_is_a_template_too(tmp_path: Path, templates: Templates) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/a.txt.jinja").write_text("{{ 1 + 1 }}", encoding="utf-8")
    copy = templates.copied(tmp_path / "plain")
    assert (copy / "a.txt").read_text(encoding="utf-8") == "2"


def test_an_edit_survives_an_update(template: Path, templates: Templates) -> None:
    def edit(copy: Path) -> None:
        readme = copy / "README.md"
        readme.write_text("My own line\n" + readme.read_text(encoding="utf-8"), encoding="utf-8")

    result = templates.updated(template, from_="v1", to="v2", data={"name": "beam"}, edit=edit)
    assert result.read("README.md") == "My own line\n# beam\n\ntwo\n"
    assert result.conflicts == ()
    assert not (result.path / "old.txt").exists()
    assert "+new" in result.diff
    assert "-old" in result.diff
    assert "-one" in result.diff
    assert "My own line" not in [line[1:] for line in result.diff.splitlines() if line[0] in "+-"]


def test_a_conflict_is_listed_and_marked(template: Path, templates: Templates) -> None:
    def edit(copy: Path) -> None:
        (copy / "README.md").write_text("# lab\n\nmine\n", encoding="utf-8")

    result = templates.updated(template, from_="v1", to="v2", edit=edit)
    assert result.conflicts == ("README.md",)
    assert "<<<<<<<" in result.read("README.md")
    assert "mine" in result.read("README.md")


def test_an_update_reaches_what_is_not_committed_yet(template: Path, templates: Templates) -> None:
    result = templates.updated(template, from_="v2")
    assert result.read("README.md") == "# lab\n\nthree\n"
    assert result.read("later.txt") == "later\n"


def test_the_users_git_and_copier_settings_play_no_part(
    template: Path, templates: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / ".config/copier").mkdir(parents=True)
    (home / ".config/copier/settings.yml").write_text("defaults: {name: mine}\n", encoding="utf-8")
    (home / ".gitconfig").write_text("[commit]\n  gpgSign = true\n", encoding="utf-8")
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(home if name == "HOME" else home / ".config"))
    monkeypatch.setenv("GIT_AUTHOR_DATE", "nonsense")
    result = templates.updated(template, from_="v1", to="v2")
    assert result.read("README.md") == "# lab\n\ntwo\n"


def test_what_copier_refuses_is_told_in_its_words(template: Path, templates: Templates) -> None:
    with pytest.raises(RuntimeFailure, match=r"'copier copy' failed:\n(.|\n)*v9"):
        templates.copied(template, tag="v9")
    with pytest.raises(RuntimeFailure, match="There is no folder"):
        templates.copied(template / "nothing")


def test_an_update_that_copier_refuses_is_told_in_its_words(
    template: Path, templates: Templates
) -> None:
    git(template, "checkout", "--quiet", "--force", "v2")
    with pytest.raises(RuntimeFailure, match=r"'copier update' failed:\n(.|\n)*downgrading"):
        templates.updated(template, from_="v2", to="v1")


def test_what_git_refuses_is_told_in_its_words(tmp_path: Path, templates: Templates) -> None:
    (tmp_path / "broken/.git").mkdir(parents=True)
    with pytest.raises(RuntimeFailure, match=r"'git clone' failed:\n(.|\n)*broken"):
        templates.copied(tmp_path / "broken")
