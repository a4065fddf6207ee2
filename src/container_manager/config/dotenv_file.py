"""Reads ``.env``, whose values are literal, and adds to it without touching what is there."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from io import StringIO
from pathlib import Path

from container_manager.config.text import read_text
from container_manager.errors import ConfigError, Location, PreconditionError, Problem, raise_all
from container_manager.inputs import note

PRIVATE = 0o600

MAX_SIZE = 1024 * 1024
"""Bytes of a ``.env`` file; a larger one is no list of variables."""

_FOR_OTHERS = 0o077
_UNFINISHED = ".unfinished"
_TOO_LARGE = f"This file is larger than {MAX_SIZE // 1024**2} MiB."
_SHORTEN = "Keep only lines NAME=value in it; give containers larger things as files."
_FULL = (errno.ENOSPC, errno.EDQUOT)


def read_dotenv(path: Path) -> dict[str, str]:
    """The variables of a ``.env`` file, values literal; an absent file has none.

    Raises:
        ConfigError: a line that is no ``NAME=value``, each with its number.
    """
    return {name: value for name, (value, _) in _read(path).items()}


def dotenv_lines(path: Path) -> dict[str, int]:
    """Variable -> the line of a ``.env`` file that sets it."""
    return {name: line for name, (_, line) in _read(path).items()}


def _read(path: Path) -> dict[str, tuple[str, int]]:
    note(path)
    if os.path.islink(path) and not os.path.exists(path):  # noqa: PTH110, PTH114
        raise ConfigError(
            "This symlink leads nowhere.", where=Location(path), remedy="Mend or remove it."
        )
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists() raises on names too long
        return {}
    if path.stat().st_size > MAX_SIZE:
        raise ConfigError(_TOO_LARGE, where=Location(path), remedy=_SHORTEN)
    values, wrong = parse_dotenv(read_text(path))
    problems = [
        Problem(message=message, where=Location(path, line), remedy=remedy)
        for line, (message, remedy) in wrong
    ]
    raise_all(ConfigError, problems)
    return values


def parse_dotenv(
    text: str,
) -> tuple[dict[str, tuple[str, int]], list[tuple[int, tuple[str, str]]]]:
    """The variables of a text in the format of ``.env``.

    Returns:
        Variable -> its value and its line; and, for each line that cannot be used, what is wrong
        and what to do. Nothing of the line is quoted: it may hold half of a password.
    """
    from dotenv.parser import parse_stream  # only here: most commands have no .env

    values: dict[str, tuple[str, int]] = {}
    wrong: list[tuple[int, tuple[str, str]]] = []
    for binding in parse_stream(StringIO(text)):
        original = binding.original.string
        blank = original[: len(original) - len(original.lstrip())]
        line = binding.original.line + blank.count("\n")
        if binding.error:
            told = "This line is not of the form NAME=value."
            wrong.append((line, (told, "Quote values with spaces, quotes or '#'.")))
        elif "\0" in original:
            told = (
                f"The value of {binding.key or 'this line'} holds a NUL byte, which no program "
                "can be given."
            )
            wrong.append((line, (told, "Remove the byte.")))
        elif binding.key is not None and binding.value is not None:
            values[binding.key] = (binding.value, line)
    return values, wrong


def append_to_dotenv(path: Path, lines: list[str], folder: Path) -> bool:
    """Add lines to a ``.env`` file, which is made where it is missing; mode 0600 afterwards.

    What was there stays, byte for byte. The file is replaced by a longer copy in one step, so that
    whenever this is interrupted, the old or the new is there, whole.

    Args:
        path: the file; a symlink is followed.
        lines: without their ends.
        folder: where the copy is written: ours alone, and ignored by git, since whoever is killed
            leaves it. On another disk than the file it is of no use, and the copy lies beside it.

    Returns:
        Whether others could read the file before.

    Raises:
        PreconditionError: it may not be written; nothing was changed.
    """
    real = Path(os.path.realpath(path))
    try:
        before = real.stat() if real.exists() else None
        if before is not None and not (before.st_mode & 0o222 and os.access(real, os.W_OK)):
            raise PreconditionError(
                "This file may not be written.", where=Location(path), remedy=_remedy(real)
            )
        old = real.read_bytes() if before is not None else b""
        content = old + _appended(old, lines)
        if len(content) > MAX_SIZE:
            raise PreconditionError(
                f"{_TOO_LARGE[:-1]} with what is added.", where=Location(path), remedy=_SHORTEN
            )
        _replace(real, content, before, folder)
    except OSError as error:
        raise PreconditionError(
            f"This file cannot be written: {error.strerror or error}.",
            where=Location(path),
            remedy=_remedy(real, error.errno),
        ) from error
    return before is not None and bool(stat.S_IMODE(before.st_mode) & _FOR_OTHERS)


def _remedy(path: Path, reason: int | None = None) -> str:
    mend = (
        "Make room on the disk of" if reason in _FULL else "Give yourself the permission to write"
    )
    return f"{mend} {path}, or add what is lacking yourself."


def _appended(old: bytes, lines: list[str]) -> bytes:
    """The lines as they continue ``old``, with its line ends."""
    end = b"\r\n" if b"\r\n" in old else b"\n"
    begin = b"" if not old else end if old.endswith(b"\n") else end * 2
    return begin + b"".join(line.encode() + end for line in lines)


def _replace(path: Path, content: bytes, before: os.stat_result | None, folder: Path) -> None:
    name = f"{path.name}{_UNFINISHED}"
    try:
        _write_over(folder / name, path, content, before)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _write_over(path.with_name(name), path, content, before)


def _write_over(temporary: Path, path: Path, content: bytes, before: os.stat_result | None) -> None:
    """Write a copy and move it over the file; one that somebody left is written anew."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW
    with os.fdopen(os.open(temporary, flags, PRIVATE), "wb") as file:
        _hold(file.fileno(), temporary)
        try:
            os.fchmod(file.fileno(), PRIVATE)
            file.truncate(0)
            file.write(content)
            if before is not None:
                with contextlib.suppress(PermissionError):
                    os.fchown(file.fileno(), before.st_uid, before.st_gid)
            file.flush()
            os.fsync(file.fileno())
            _refuse_changed(path, before)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _hold(descriptor: int, path: Path) -> None:
    """Make sure that a file is ours alone: not another's, who may be about to move it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), path.lstat()):
            return
    except (BlockingIOError, FileNotFoundError):
        pass
    raise _changed(path)


def _refuse_changed(path: Path, before: os.stat_result | None) -> None:
    now = path.stat() if path.exists() else None
    if _version(now) != _version(before):
        raise _changed(path)


def _changed(path: Path) -> PreconditionError:
    return PreconditionError(
        "This file was changed by somebody else at this moment.",
        where=Location(path),
        remedy="Try again.",
    )


def _version(file: os.stat_result | None) -> tuple[int, ...] | None:
    return (file.st_ino, file.st_mtime_ns, file.st_size) if file is not None else None
