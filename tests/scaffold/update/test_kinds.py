"""A template may make a folder of a file, and the reverse."""

from __future__ import annotations

import shutil

from tests.scaffold.update.labs import SERVICE, WEB, Lab

from container_manager.errors import PreconditionError


def file_becomes_folder(lab: Lab) -> None:
    lab.template.git("rm", "--quiet", f"{SERVICE}settings.yml.jinja")
    lab.template.release("v4.0.0", {f"{SERVICE}settings.yml/inside.txt": "x\n"})


def folder_becomes_file(lab: Lab) -> None:
    file_becomes_folder(lab)
    lab.update("web")
    lab.commit()
    shutil.rmtree(lab.template.path / f"{SERVICE}settings.yml")
    lab.template.release("v5.0.0", {f"{SERVICE}settings.yml": "a file again\n"})


def test_a_file_becomes_a_folder(lab: Lab) -> None:
    file_becomes_folder(lab)
    assert lab.update("web").conflicts == ()
    assert lab.web.read("settings.yml/inside.txt") == "x\n"
    assert lab.web.read("colour.txt") == "blue\n"


def test_a_folder_becomes_a_file(lab: Lab) -> None:
    folder_becomes_file(lab)
    assert lab.update("web").conflicts == ()
    assert lab.web.read("settings.yml") == "a file again\n"


def test_edits_of_a_file_that_becomes_a_folder_are_kept_beside_it(lab: Lab) -> None:
    file_becomes_folder(lab)
    lab.edit("settings.yml", "line 7\n", "mine\n")
    conflict = lab.update("web").conflicts[0]
    assert "yours is kept as 'settings.yml~before updating'" in conflict.told("settings.yml")
    assert "mine\n" in lab.web.read("settings.yml~before updating")
    assert lab.web.read("settings.yml/inside.txt") == "x\n"


def test_a_file_that_git_does_not_know_keeps_its_folder(lab: Lab) -> None:
    folder_becomes_file(lab)
    lab.commit({".gitignore": "*.log\n"})
    lab.write({f"{WEB}/settings.yml/mine.log": "mine\n"})
    lab.git("status")
    with lab.untouched(PreconditionError) as refusal:
        lab.update("web")
    assert "something of another kind" in refusal.text
