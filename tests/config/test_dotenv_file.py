"""Adding to ``.env``: what is there stays, byte for byte, and the file is private afterwards."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import pytest

from container_manager.config.dotenv_file import (
    MAX_SIZE,
    append_to_dotenv,
    dotenv_lines,
    read_dotenv,
)
from container_manager.errors import ConfigError, PreconditionError

LINES = ["# heading", "NEW_KEY=value"]


def private(folder: Path) -> Path:
    """The project's private folder."""
    (folder / ".container-manager").mkdir(exist_ok=True)
    return folder / ".container-manager"


def names(folder: Path) -> list[str]:
    """The files below a folder, at any depth."""
    return [one.name for one in folder.rglob("*") if not one.is_dir()]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    assert append_to_dotenv(path, LINES, private(tmp_path)) is False
    assert path.read_bytes() == b"# heading\nNEW_KEY=value\n"
    assert mode(path) == 0o600
    assert names(tmp_path) == [".env"]


@pytest.mark.parametrize(
    ("before", "between"),
    [
        (b"A=1\n", b"\n"),
        (b"A=1", b"\n\n"),
        (b"A=1\r\nB='x\r\ny'\r\n", b"\r\n"),
        (b"A=1\r\nB=2", b"\r\n\r\n"),
        (b"\xef\xbb\xbfA=1\n", b"\n"),
        (b"A='it\\'s # \"q\"'   # comment", b"\n\n"),
        (b"BARE", b"\n\n"),
    ],
)
def test_what_was_there_stays_byte_for_byte(tmp_path: Path, before: bytes, between: bytes) -> None:
    path = tmp_path / ".env"
    path.write_bytes(before)
    path.chmod(0o600)
    known = read_dotenv(path)
    assert append_to_dotenv(path, LINES, private(tmp_path)) is False
    end = b"\r\n" if b"\r\n" in before else b"\n"
    assert path.read_bytes() == before + between + b"# heading" + end + b"NEW_KEY=value" + end
    assert read_dotenv(path) == {**known, "NEW_KEY": "value"}


def test_others_lose_the_file(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    path.chmod(0o640)
    assert append_to_dotenv(path, LINES, private(tmp_path)) is True
    assert mode(path) == 0o600


def test_a_symlink_is_followed(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "secrets.env"
    real.parent.mkdir()
    real.write_text("A=1\n")
    path = tmp_path / ".env"
    path.symlink_to("elsewhere/secrets.env")
    append_to_dotenv(path, LINES, private(tmp_path))
    assert path.is_symlink()
    assert read_dotenv(real) == {"A": "1", "NEW_KEY": "value"}
    assert names(real.parent) == ["secrets.env"]


def test_a_file_that_may_not_be_written_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    path.chmod(0o400)
    with pytest.raises(PreconditionError) as caught:
        append_to_dotenv(path, LINES, private(tmp_path))
    assert str(caught.value) == (
        f"{path}: This file may not be written.\n"
        f"  Give yourself the permission to write {path}, or add what is lacking yourself."
    )
    assert path.read_text() == "A=1\n"
    assert mode(path) == 0o400


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    path = tmp_path / "gone" / ".env"
    with pytest.raises(PreconditionError) as caught:
        append_to_dotenv(path, LINES, private(tmp_path))
    assert str(caught.value) == (
        f"{path}: This file cannot be written: No such file or directory.\n"
        f"  Give yourself the permission to write {path}, or add what is lacking yourself."
    )


def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        append_to_dotenv(path, LINES, private(tmp_path))
    assert path.read_text() == "A=1\n"
    assert names(tmp_path) == [".env"]


def killed_while_writing(path: Path, folder: Path) -> None:
    """What a process leaves that is killed when the copy is whole and not yet in its place."""
    child = os.fork()
    if child == 0:
        os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
        append_to_dotenv(path, LINES, folder)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_a_killed_write_leaves_a_copy_in_the_private_folder_alone(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    killed_while_writing(path, private(tmp_path))
    assert path.read_text() == "A=1\n"
    (left,) = private(tmp_path).iterdir()
    assert mode(left) == 0o600
    assert sorted(names(tmp_path)) == [".env", left.name]
    append_to_dotenv(path, LINES, private(tmp_path))
    assert names(tmp_path) == [".env"]
    assert read_dotenv(path) == {"A": "1", "NEW_KEY": "value"}


def test_on_another_disk_the_copy_has_one_name_beside_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if self.parent != target.parent:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    append_to_dotenv(path, LINES, private(tmp_path))
    assert names(tmp_path) == [".env"]
    path.with_name(".env.unfinished").write_text("left by somebody who was killed, and longer")
    append_to_dotenv(path, ["B=2"], private(tmp_path))
    assert names(tmp_path) == [".env"]
    assert read_dotenv(path) == {"NEW_KEY": "value", "B": "2"}


def test_two_who_write_one_file_do_not_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".env"
    refused: list[str] = []

    def meanwhile(_: int) -> None:
        with pytest.raises(PreconditionError, match="changed by somebody else") as caught:
            append_to_dotenv(path, ["SECOND=2"], private(tmp_path))
        refused.append(str(caught.value))

    monkeypatch.setattr(os, "fsync", meanwhile)
    append_to_dotenv(path, LINES, private(tmp_path))
    assert len(refused) == 1
    assert read_dotenv(path) == {"NEW_KEY": "value"}


def test_a_symlink_in_the_place_of_the_copy_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (private(tmp_path) / ".env.unfinished").symlink_to(victim)
    with pytest.raises(PreconditionError, match="cannot be written"):
        append_to_dotenv(tmp_path / ".env", LINES, private(tmp_path))
    assert victim.read_text() == "precious"


def test_a_full_disk_is_not_told_as_a_lack_of_permission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PreconditionError, match="No space left") as caught:
        append_to_dotenv(tmp_path / ".env", LINES, private(tmp_path))
    assert "Make room on the disk" in str(caught.value)
    assert "permission" not in str(caught.value)
    assert names(tmp_path) == []


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"A=1\n" * (MAX_SIZE // 4))
    with pytest.raises(PreconditionError) as caught:
        append_to_dotenv(path, LINES, private(tmp_path))
    assert str(caught.value).startswith(f"{path}: ")
    assert "larger than 1 MiB with what is added.\n  " in str(caught.value)
    assert path.stat().st_size == MAX_SIZE
    path.write_bytes(b"A=1\n" * (MAX_SIZE // 4) + b"\n")
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        read_dotenv(path)


def test_an_editor_that_saves_at_this_moment_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    monkeypatch.setattr(os, "fsync", lambda _: path.write_text("A=1\nB=2\n"))
    with pytest.raises(PreconditionError) as caught:
        append_to_dotenv(path, LINES, private(tmp_path))
    assert str(caught.value) == (
        f"{path}: This file was changed by somebody else at this moment.\n  Try again."
    )
    assert path.read_text() == "A=1\nB=2\n"
    assert names(tmp_path) == [".env"]


def test_lines_are_those_of_the_names(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("\n# comment\n\nA=1\n\n\nexport B='x\ny'\nC=3\nA=4\n")
    assert dotenv_lines(path) == {"A": 10, "B": 7, "C": 9}
    path.write_text("A=1\n\n\nnot valid\n")
    with pytest.raises(ConfigError, match=r"\.env:4: This line"):
        read_dotenv(path)


def test_newlines_are_written_in_quotes(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=\"\\nfirst\\nlast\\n\"\nB='\nfirst\n\nlast\n'\nC=plain\\n\n")
    assert read_dotenv(path) == {"A": "\nfirst\nlast\n", "B": "\nfirst\n\nlast\n", "C": "plain\\n"}
