"""Where a project lies and how a person has set up git do not matter."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scaffold.update.labs import (
    SERVICE,
    WEB,
    Lab,
    first_version,
    make,
    new_repository,
)

from container_manager.errors import PreconditionError


def hostile_settings(home: Path) -> None:
    """Settings of a person that must not matter: hooks, signing, line ends, odd diffs."""
    hooks = home / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "post-checkout", "commit-msg", "post-index-change"):
        (hooks / name).write_text("#!/bin/sh\nexit 1\n")
        (hooks / name).chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[core]\n hooksPath = {hooks}\n autocrlf = input\n quotePath = false\n"
        "[commit]\n gpgSign = true\n[gpg]\n program = /nonexistent\n"
        "[diff]\n noprefix = true\n external = /nonexistent\n[color]\n ui = always\n"
        "[merge]\n conflictStyle = diff3\n[apply]\n whitespace = error\n"
    )


def test_a_persons_git_settings_do_not_matter(lab: Lab, nobodys_machine: Path) -> None:
    lab.edit("settings.yml", "line 3\n", "my three \n")
    lab.edit("old.txt", "row 3\n", "my row\n")
    hostile_settings(nobodys_machine)

    seen = lab.update("web")

    assert [conflict.path for conflict in seen.conflicts] == [f"{WEB}/settings.yml"]
    assert "my three \n=======\nline three\n" in lab.web.read("settings.yml")
    assert "my row" in lab.web.read("new.txt")
    assert "\x1b" not in seen.targets[0].diff


def test_below_the_top_of_a_repository_with_blanks_and_other_letters(tmp_path: Path) -> None:
    template = new_repository(tmp_path / "template")
    first_version(template)
    template.release("v1.0.0")
    template.release("v2.0.0", {f"{SERVICE}grün wie gras.txt": "grün\n"})
    top = new_repository(tmp_path / "Büro 7")
    lab = Lab(top.path / "lab nord", template)
    make(template, top, "lab nord", make="project")
    make(template, top, "lab nord/services/framework/web")
    (top.path / "beside").write_text("not committed\n")
    top.commit({f"lab nord/{WEB}/grün wie gras.txt": "rot\n"})

    seen = lab.update()

    assert [conflict.path for conflict in seen.conflicts] == [f"lab nord/{WEB}/grün wie gras.txt"]
    assert "rot\n=======\ngrün\n" in lab.web.read("grün wie gras.txt")


def test_in_a_worktree_and_with_a_renamed_folder(tmp_path: Path, lab: Lab) -> None:
    lab.git("mv", WEB, "services/framework/site")
    lab.commit()
    lab.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "other"))
    other = Lab(tmp_path / "other", lab.template)

    assert other.update("site").exit_code(check=False) == 0

    assert "line three" in other.read("services/framework/site/settings.yml")
    assert not (other.path / WEB).exists()
    assert lab.status() == {}


def test_run_from_a_hook_of_another_repository(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.setenv(name, str(lab.template.path / ".git"))
    assert lab.update("web", check=True).exit_code(check=True) == 3


def test_a_commit_while_the_update_is_shown_takes_it_back(lab: Lab) -> None:
    with pytest.raises(PreconditionError, match="Run it again"):
        lab.update("web", show=lambda seen: lab.commit({f"{WEB}/mine": "mine\n"}))
    assert lab.status() == {}


def test_an_edit_while_the_update_is_shown_is_not_overwritten(lab: Lab) -> None:
    with pytest.raises(PreconditionError, match="nothing was changed"):
        lab.update("web", show=lambda seen: lab.write({f"{WEB}/settings.yml": "mine\n"}))
    assert lab.status() == {f"{WEB}/settings.yml": "M"}
