"""What a volume's archive holds, and a volume itself: read as a stream, and compared.

Podman gives a volume as a tar stream. It is compared member by member: names, kinds, owners, modes,
links, extended attributes, times in seconds, and every byte of the files.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from container_manager.podman.engine import Engine

_CHUNK = 1 << 20
_XATTR = "SCHILY.xattr."
_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a volume or its archive.

    Attributes:
        members: how many files, folders and links there are below its top.
        digest: equal where all of them are; their order does not count.
    """

    members: int
    digest: str


def archived(file: Path) -> Content:
    """What a tar file holds.

    Raises:
        tarfile.TarError: it is no whole tar file.
        OSError: it cannot be read.
    """
    with file.open("rb") as stream:
        return _content(stream)


def stray(file: Path) -> str | None:
    """The first member of a tar file that could be written outside of its volume, if there is one.

    No archive of Podman's holds one. But a backup is only files, and not every Podman looks whether
    a link of the archive itself leads a later member away, anywhere on the machine.

    Raises:
        tarfile.TarError: it is no whole tar file.
        OSError: it cannot be read.
    """
    links: set[str] = set()
    try:
        with tarfile.open(file, mode="r:") as archive:
            for member in archive:
                archive.members = []  # type: ignore[attr-defined] # it would keep them all
                names = [member.name, *([member.linkname] if member.islnk() else [])]
                if archive.pax_headers or any(_leads_away(name, links) for name in names):
                    return member.name
                if not member.isdir():
                    name = _plain(member.name)
                    if not name:
                        return member.name  # the volume's own folder
                    if member.issym():
                        links.add(name)
    except (ValueError, OverflowError, RecursionError) as error:
        raise tarfile.ReadError(f"it is damaged: {error}") from error
    return None


def _leads_away(name: str, links: Collection[str]) -> bool:
    parts = _plain(name).split("/")
    above = ("/".join(parts[:end]) for end in range(1, len(parts)))
    return name.startswith("/") or ".." in parts or any(folder in links for folder in above)


def _plain(name: str) -> str:
    """A member's name without what says nothing."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def present(engine: Engine, volume: str, scratch: Path) -> Content:
    """What is in a volume now, read from Podman; nothing of it is written anywhere.

    Args:
        engine: Podman.
        volume: its name.
        scratch: a private folder; a pipe is made there for the time of the call.

    Raises:
        RuntimeFailure: Podman does not give it.
        tarfile.TarError: what Podman gives is no whole tar stream.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as folder, ThreadPoolExecutor(1) as pool:
        pipe = Path(folder) / "volume.tar"
        os.mkfifo(pipe, 0o600)
        # With both ends open already, neither side waits for the other where Podman fails.
        read_end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        write_end = os.open(pipe, os.O_WRONLY)
        os.set_blocking(read_end, True)
        with os.fdopen(read_end, "rb") as stream:
            reading = pool.submit(_content, stream)
            try:
                engine.export_volume(volume, pipe)
            finally:
                os.close(write_end)
            return reading.result()


def _content(stream: IO[bytes]) -> Content:
    total = members = 0
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                archive.members = []  # type: ignore[attr-defined] # it would keep them all
                if not member.name.strip("./"):
                    continue
                members += 1
                total = (total + _digest(archive, member)) % _MODULUS
    finally:
        while stream.read(_CHUNK):  # or whoever writes to the pipe would wait for ever
            pass
    return Content(members, f"{total:064x}")


def _digest(archive: tarfile.TarFile, member: tarfile.TarInfo) -> int:
    described = (
        member.name,
        member.type,
        member.mode,
        member.uid,
        member.gid,
        member.size if member.isreg() else 0,
        member.linkname,
        int(member.mtime),
        (member.devmajor, member.devminor) if member.isdev() else None,
        sorted(pair for pair in member.pax_headers.items() if pair[0].startswith(_XATTR)),
    )
    digest = hashlib.sha256(repr(described).encode(errors="surrogatepass"))
    content = archive.extractfile(member) if member.isreg() else None
    while content is not None and (data := content.read(_CHUNK)):
        digest.update(data)
    return int.from_bytes(digest.digest())
