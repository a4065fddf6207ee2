"""An update that fails in its middle is taken back, and says so only where that is true."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.scaffold.update.labs import WEB, Lab

from container_manager.errors import InterruptedByUser, PreconditionError, RuntimeFailure
from container_manager.run import Finished, ProcessRunner
from container_manager.scaffold.git import own_git
from container_manager.scaffold.keeping import Kept


def fails_to_write(lab: Lab, command: str) -> None:
    """Have git run a command, and fail, when it writes the new ``settings.yml``.

    Git applies changes after it has looked at all contents: what it cannot write (a full disk, a
    file that may not be changed), it finds out in the middle.
    """
    while_it_writes(lab, f"if grep -q three; then {command}; exit 1; fi")


def while_it_writes(lab: Lab, smudge: str) -> None:
    """Have git run a command whose output becomes the new ``settings.yml``."""
    lab.commit({".gitattributes": "settings.yml filter=ours\n"})
    for key, value in (("smudge", smudge), ("clean", "cat"), ("required", "true")):
        lab.git("config", f"filter.ours.{key}", value)


def test_what_was_written_before_a_failure_is_taken_back(lab: Lab) -> None:
    fails_to_write(lab, "true")
    before = lab.contents()
    with pytest.raises(PreconditionError, match="nothing was changed") as caught:
        lab.update("web")
    assert "smudge filter" in str(caught.value)
    assert lab.contents() == before
    lab.git("config", "filter.ours.required", "false")
    assert lab.status() == {}


def test_what_cannot_be_taken_back_is_named_with_the_way_back(lab: Lab) -> None:
    fails_to_write(lab, f"rm -f {WEB}/settings.yml; mkdir -p {WEB}/settings.yml/theirs")
    before = lab.contents()
    with pytest.raises(PreconditionError) as caught:
        lab.update("web")
    message = str(caught.value)
    assert "nothing was changed" not in message
    assert f"not as they were: {WEB}/settings.yml." in message
    assert f"git checkout HEAD -- {WEB}/settings.yml" in message
    del before[f"{WEB}/settings.yml"]
    assert lab.contents() == before


def test_an_index_that_another_git_holds(lab: Lab) -> None:
    lab.edit("settings.yml", "line 3\n", "mine\n")
    lab.write({".git/index.lock": ""})
    before = lab.contents()
    with pytest.raises(PreconditionError, match="nothing was changed") as caught:
        lab.update("web")
    assert "index.lock" in str(caught.value)
    assert lab.contents() == before


def test_files_links_and_folders_come_back_as_they_were(lab: Lab) -> None:
    (lab.path / "link").symlink_to("nowhere")
    lab.write({"file": "x\n", "folder/inside": "x\n"})
    (lab.path / "file").chmod(0o640)
    before = lab.names()
    kept = Kept.of(lab.path, ["link", "file", "folder/inside", "folder", "new/deep/file", "gone"])
    (lab.path / "link").unlink()
    (lab.path / "file").unlink()
    (lab.path / "folder/inside").unlink()
    (lab.path / "folder").rmdir()
    lab.write({"file/x": "y\n", "folder": "y\n", "new/deep/file": "y\n", "gone": "y\n"})
    assert kept.bring_back() == ("file",)
    (lab.path / "file/x").unlink()
    (lab.path / "file").rmdir()
    assert kept.bring_back() == ()
    assert lab.names() == before
    assert (lab.path / "link").is_symlink()
    assert (lab.path / "file").stat().st_mode & 0o777 == 0o640
    assert not (lab.path / "new").exists()


def test_a_file_that_cannot_be_kept_stops_all(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_bytes
    shut = lab.path / WEB / "settings.yml"

    def refuse(path: Path) -> bytes:
        if path == shut:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read(path)

    with lab.untouched(PreconditionError) as refusal, monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        lab.update("web")
    assert refusal.text == f"{shut} cannot be read (Permission denied): nothing was changed."


def test_a_git_that_cannot_merge(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ProcessRunner.run

    def fails(runner: ProcessRunner, argv: Sequence[str], **more: Any) -> Finished:
        if "merge-recursive" in argv:
            said = "fatal: unable to write new index file"
            return Finished(argv=tuple(argv), returncode=128, stdout="", stderr=said)
        return run(runner, argv, **more)

    monkeypatch.setattr(ProcessRunner, "run", fails)
    with lab.untouched(RuntimeFailure, code=1) as refusal:
        lab.update("web")
    assert "Git could not merge the template's changes: fatal: unable to write" in refusal.text


def test_an_order_that_git_refuses_is_told_without_passwords(tmp_path: Path) -> None:
    git = own_git(ProcessRunner(), tmp_path, os.environ)
    with pytest.raises(RuntimeFailure) as caught:
        git("clone", "https://me:hunter22@localhost:1/x", "nowhere")
    assert str(caught.value).startswith("'git clone' failed: ")
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_before_anything_was_written(lab: Lab, number: int) -> None:
    with lab.untouched(InterruptedByUser, code=130) as refusal:
        lab.update("web", show=lambda _: signal.raise_signal(number))
    assert refusal.text == "Interrupted: nothing was changed."


def test_ctrl_c_while_git_writes_says_where_to_look(lab: Lab) -> None:
    while_it_writes(lab, f"kill -INT {os.getpid()}; cat")
    with pytest.raises(InterruptedByUser, match="all of the update is there, or nothing"):
        lab.update("web")
    assert "line three" in lab.web.read("settings.yml")  # it came when all was written
