"""Adding to ``.env``: what is there stays, byte for byte, and the file is private afterwards."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from container_manager.config.dotenv_file import append_to_dotenv, dotenv_lines, read_dotenv
from container_manager.errors import ConfigError, PreconditionError

LINES = ["# heading", "NEW_KEY=value"]


def names(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    assert append_to_dotenv(path, LINES) is False
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
    assert append_to_dotenv(path, LINES) is False
    end = b"\r\n" if b"\r\n" in before else b"\n"
    assert path.read_bytes() == before + between + b"# heading" + end + b"NEW_KEY=value" + end
    assert read_dotenv(path) == {**known, "NEW_KEY": "value"}


def test_others_lose_the_file(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    path.chmod(0o640)
    assert append_to_dotenv(path, LINES) is True
    assert mode(path) == 0o600


def test_a_symlink_is_followed(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "secrets.env"
    real.parent.mkdir()
    real.write_text("A=1\n")
    path = tmp_path / ".env"
    path.symlink_to("elsewhere/secrets.env")
    append_to_dotenv(path, LINES)
    assert path.is_symlink()
    assert read_dotenv(real) == {"A": "1", "NEW_KEY": "value"}
    assert names(real.parent) == ["secrets.env"]


def test_a_file_that_may_not_be_written_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    path.chmod(0o400)
    with pytest.raises(PreconditionError, match="may not be written"):
        append_to_dotenv(path, LINES)
    assert path.read_text() == "A=1\n"
    assert mode(path) == 0o400


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(PreconditionError, match="cannot be written: No such file or directory"):
        append_to_dotenv(tmp_path / "gone" / ".env", LINES)


def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        append_to_dotenv(path, LINES)
    assert path.read_text() == "A=1\n"
    assert names(tmp_path) == [".env"]


def test_an_editor_that_saves_at_this_moment_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    monkeypatch.setattr(os, "fsync", lambda _: path.write_text("A=1\nB=2\n"))
    with pytest.raises(PreconditionError, match="changed by somebody else"):
        append_to_dotenv(path, LINES)
    assert path.read_text() == "A=1\nB=2\n"


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
