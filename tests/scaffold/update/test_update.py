"""Improvements of a template come in; what people edited, deleted and added stays theirs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scaffold.update.labs import (
    WEB,
    Lab,
    Repository,
    command,
    copier_updates,
)
from tests.template.scaffolds import IDENTITY

from container_manager.errors import RuntimeFailure


def test_two_updates_bring_everything_and_keep_every_edit(lab: Lab) -> None:
    lab.edit("settings.yml", "line 10\n", "my line\n")
    lab.commit({f"{WEB}/mine.txt": "mine\n", f"{WEB}/picture.png": None})
    lab.newest(2)

    seen = lab.update("web")

    assert seen.exit_code(check=False) == 0
    settings = lab.web.read("settings.yml").splitlines()
    assert settings[3] == "line three"
    assert settings[10] == "my line"
    assert lab.web.names() == {
        ".copier-answers.yml", "colour.txt", "mine.txt", "new.txt", "settings.yml",
    }  # fmt: skip
    assert "row ten" in lab.web.read("new.txt")
    assert lab.web.read("colour.txt") == "blue\n"
    assert dict(seen.targets[0].asked) == {"colour": "blue"}
    assert seen.targets[0].stay_deleted == (f"{WEB}/picture.png",)

    lab.commit()
    lab.newest(3)
    assert lab.update("web").exit_code(check=False) == 0
    assert "line eighteen" in lab.web.read("settings.yml")
    assert "my line" in lab.web.read("settings.yml")
    assert "_commit: v3.0.0" in lab.web.read(".copier-answers.yml")
    assert not (lab.web.path / "picture.png").exists()
    assert set(lab.status().values()) == {"M"}


def test_a_conflict_is_marked_and_git_refuses_to_commit_it(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.edit("settings.yml", "line 3\n", "my three\n")

    assert command("--service", "web") == 1

    place = f"{WEB}/settings.yml"
    assert lab.status()[place] == "UU"
    marked = "<<<<<<< before updating\nmy three\n=======\nline three\n>>>>>>> after updating\n"
    assert marked in lab.read(place)
    assert "line eighteen" in lab.read(place)
    told = capsys.readouterr().err
    assert f"{place}: conflict at line 4" in told
    assert "'git commit -a' takes markers" in told
    with pytest.raises(subprocess.CalledProcessError):
        lab.git("commit", "--message", "with markers")

    with lab.untouched(RuntimeFailure, code=1) as refusal:
        lab.update("web")
    assert refusal.messages == [f"{place}:4: A conflict of an earlier update is not resolved."]

    lab.git("reset", "--quiet")
    lab.git("add", "--all")
    lab.git("commit", "--message", "markers, by force")
    with lab.untouched(RuntimeFailure, code=1):
        lab.update("web")


@pytest.mark.parametrize("line", ["line 3\n", "line 10\n"], ids=["conflict", "clean"])
def test_the_way_back_that_is_told_leads_back(
    lab: Lab, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    lab.edit("settings.yml", line, "my line\n")
    lab.write({"services/elsewhere/new.txt": "being written\n"})
    before = lab.contents(), lab.status()
    command("--service", "web")
    assert lab.contents() != before[0]
    _goes_back(lab, capsys, before)


def test_the_way_back_names_no_folder_twice(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    before = lab.contents(), lab.status()
    command()
    assert _goes_back(lab, capsys, before) == "git stash --include-untracked -- ."


def _goes_back(lab: Lab, capsys: pytest.CaptureFixture[str], before: tuple[object, object]) -> str:
    """The way back that was told, which must have led back."""
    told = capsys.readouterr().err.splitlines()
    (way_back,) = (text.partition("To get back: ")[2] for text in told if "To get back: " in text)
    subprocess.run(["sh", "-c", way_back], check=True, env=os.environ | IDENTITY)

    assert (lab.contents(), lab.status()) == before
    return way_back


def test_edits_of_a_file_that_the_template_drops_are_kept(lab: Lab) -> None:
    lab.edit("gone.txt", "line 10\n", "my line\n")

    seen = lab.update("web")

    assert seen.exit_code(check=False) == 1
    assert [conflict.path for conflict in seen.conflicts] == [f"{WEB}/gone.txt"]
    assert "my line" in lab.web.read("gone.txt")
    assert lab.status()[f"{WEB}/gone.txt"] == "UD"


def test_edits_of_a_file_that_the_template_renames_follow_it(lab: Lab) -> None:
    lab.edit("old.txt", "row 3\n", "my row\n")

    assert lab.update("web").exit_code(check=False) == 0

    assert not (lab.web.path / "old.txt").exists()
    text = lab.web.read("new.txt")
    assert "my row" in text
    assert "row ten" in text


def test_a_binary_file_that_both_changed_stays_the_users(lab: Lab) -> None:
    mine = b"\x00mine\xff"
    lab.commit({f"{WEB}/picture.png": mine})

    seen = lab.update("web")

    assert [conflict.path for conflict in seen.conflicts] == [f"{WEB}/picture.png"]
    assert (lab.web.path / "picture.png").read_bytes() == mine
    # All three sides are in the user's repository, to choose from.
    lab.git("checkout", "--theirs", "--", f"{WEB}/picture.png")
    assert (lab.web.path / "picture.png").read_bytes() == bytes(range(255, -1, -1))


def test_a_file_that_both_added_is_a_conflict(lab: Lab) -> None:
    lab.commit({f"{WEB}/colour.txt": "red\n"})

    seen = lab.update("web")

    assert [(c.path, c.lines) for c in seen.conflicts] == [(f"{WEB}/colour.txt", (1,))]
    assert "red\n=======\nblue\n" in lab.web.read("colour.txt")


def test_bytes_that_are_no_utf8_survive(lab: Lab) -> None:
    text = lab.web.read("settings.yml").encode().replace(b"line 10\n", b"\xe9t\xe9\n")
    lab.commit({f"{WEB}/settings.yml": text})

    assert lab.update("web").exit_code(check=False) == 0

    content = (lab.web.path / "settings.yml").read_bytes()
    assert b"\xe9t\xe9\n" in content
    assert b"line three\n" in content


def edits_beside(lab: Lab) -> None:
    lab.edit("settings.yml", "line 10\n", "my line\n")
    lab.commit({f"{WEB}/mine.txt": "mine\n"})


def edits_the_same_lines(lab: Lab) -> None:
    lab.edit("settings.yml", "line 3\n", "my three\n")


def deletes(lab: Lab) -> None:
    lab.commit({f"{WEB}/settings.yml": None, f"{WEB}/picture.png": None})


@pytest.mark.parametrize("edit", [edits_beside, edits_the_same_lines, deletes])
def test_plain_copier_comes_to_the_same(
    tmp_path: Path, lab: Lab, edit: Callable[[Lab], None]
) -> None:
    """Of files that nobody edited, too: there are some beside each edit."""
    edit(lab)
    lab.git("worktree", "add", "--quiet", "-b", "plain", str(tmp_path / "plain"))
    plain = Repository(tmp_path / "plain")

    lab.update("web")
    copier_updates(plain, WEB)

    assert lab.contents() == plain.contents()
    assert lab.status() == plain.status()
