"""Writes a bundle, and reads one of which nothing is believed.

A bundle is a tar file, so that people can look into it. But no reader of tar files reads it here:
its manifest determines every single byte. So each header is made anew and compared, padding is
zero, each content has the checksum that is recorded, and nothing follows the end. What tar files
can do to those who unpack them (links, devices, two files of one name) has no way in.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator
from typing import IO, Protocol

from container_manager.bundling.manifest import Manifest, Member, dump, parse
from container_manager.errors import RuntimeFailure

SEAL, MANIFEST_NAME = "container-manager-bundle", "manifest.json"

_BLOCK = 512
_CHUNK = 1 << 20
_END = bytes(2 * _BLOCK)
_MAX_MANIFEST = 256 << 20

Content = Iterator[bytes]


class Damaged(RuntimeFailure):
    """A file is no bundle, or not what was written."""


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


def write(stream: IO[bytes], manifest: Manifest, content_of: Callable[[Member], IO[bytes]]) -> str:
    """Write a bundle.

    Args:
        stream: where to.
        manifest: what it holds.
        content_of: opens what a member is made of; links are not asked for.

    Returns:
        The SHA-256 of the whole file, in hexadecimal.

    Raises:
        RuntimeFailure: a member is not what the manifest says: it changed meanwhile.
    """
    whole = hashlib.sha256()

    def put(data: bytes) -> None:
        whole.update(data)
        stream.write(data)

    text = dump(manifest)
    seal = _seal(text)
    for name, data in ((SEAL, seal), (MANIFEST_NAME, text)):
        put(_header(Member(path=name, size=len(data), sha256="")))
        put(data + _padding(len(data)))
    for member in manifest.members:
        put(_header(member))
        if not member.link:
            with content_of(member) as source:
                for chunk in _exactly(member, source, _changed_meanwhile):
                    put(chunk)
            put(_padding(member.size))
    put(_END)
    return whole.hexdigest()


def size_of(manifest: Manifest) -> int:
    """The bytes of the whole file."""
    text = dump(manifest)
    sizes = [(SEAL, len(_seal(text))), (MANIFEST_NAME, len(text))]
    start = sum(2 * _BLOCK + size - _BLOCK + len(_padding(size)) for _, size in sizes)
    rest = sum(len(_header(one)) + one.size + len(_padding(one.size)) for one in manifest.members)
    return start + rest + len(_END)


class Reader:
    """A bundle that is read, as often as one likes, each time to its end.

    Args:
        stream: the file, which can be sought in.
        name: the file's, for messages.

    Raises:
        Damaged: its beginning is not that of a bundle, or its length another than it says.
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream, self._name = stream, name
        self._digest: _Digest | None = None
        length = stream.seek(0, 2)
        self.manifest = self._start()
        expected = size_of(self.manifest)
        if length != expected:
            short = "is cut off" if length < expected else "has something after its end"
            raise self._damaged(f"it {short}: it has {length} bytes, and {expected} were written")

    def sha256(self) -> str:
        """Read all of it, and give the SHA-256 of the whole file, in hexadecimal."""
        self._digest = hashlib.sha256()
        self.read(_drain)
        found, self._digest = self._digest.hexdigest(), None
        return found

    def read(self, take: Callable[[Member, Content], None]) -> None:
        """Read every member, and compare every byte with the manifest.

        Args:
            take: called with each member that is no link, and with its content, which it must use
                up; what it has been given is right only once this method has returned.

        Raises:
            Damaged: a byte is another one than was written.
        """
        if self._start() != self.manifest:
            raise self._damaged("it changed while it was read")
        for member in self.manifest.members:
            self._expect(_header(member), f"what stands before {member.path}")
            if not member.link:
                take(member, _exactly(member, self, self._other_content))
                self._expect(_padding(member.size), f"what follows {member.path}")
        self._expect(_END, "its end")
        if self.read_bytes(1):
            raise self._damaged("something follows its end")

    def read_bytes(self, count: int) -> bytes:
        """The next bytes."""
        data = self._stream.read(count)
        if self._digest is not None:
            self._digest.update(data)
        return data

    def _start(self) -> Manifest:
        self._stream.seek(0)
        length = len(_seal(b""))
        head = _header(Member(path=SEAL, size=length, sha256=""))
        if self.read_bytes(len(head)) != head:
            raise Damaged(
                f"{self._name} is no bundle, or its beginning was changed.",
                remedy="Name the file that 'bundle' wrote, or copy it once more.",
            )
        seal = self.read_bytes(length)
        try:
            size = int(seal.split()[-1])
        except (ValueError, IndexError):
            size = -1
        if not 0 < size <= _MAX_MANIFEST:
            raise self._damaged("its seal is not what was written")
        self._expect(_padding(length), "what follows its seal")
        self._expect(
            _header(Member(path=MANIFEST_NAME, size=size, sha256="")), "its manifest's header"
        )
        text = self.read_bytes(size)
        if _seal(text) != seal:
            raise self._damaged("its manifest is not what was written")
        self._expect(_padding(size), "what follows its manifest")
        try:
            return parse(text)
        except ValueError as error:
            raise self._damaged(str(error)) from error

    def _expect(self, data: bytes, what: str) -> None:
        if self.read_bytes(len(data)) != data:
            raise self._damaged(f"{what} is not what was written")

    def _other_content(self, member: Member) -> RuntimeFailure:
        return self._damaged(f"{member.path} is not what was written")

    def _damaged(self, what: str) -> Damaged:
        return Damaged(
            f"{self._name} cannot be used: {what}.",
            remedy="Nothing was loaded or written. Copy the bundle once more, and compare the "
            "SHA-256 that 'bundle' printed.",
        )


def _exactly(
    member: Member, source: IO[bytes] | Reader, wrong: Callable[[Member], RuntimeFailure]
) -> Content:
    """The content of a member, if it is what is recorded; a file may be longer than that."""
    read = source.read_bytes if isinstance(source, Reader) else source.read
    digest, left = hashlib.sha256(), member.size
    while left:
        chunk = read(min(left, _CHUNK))
        if not chunk:
            raise wrong(member)
        digest.update(chunk)
        left -= len(chunk)
        yield chunk
    if digest.hexdigest() != member.sha256:
        raise wrong(member)


def _changed_meanwhile(member: Member) -> RuntimeFailure:
    return RuntimeFailure(f"{member.path} changed while it was read.", remedy="Run 'bundle' again.")


def _drain(_: Member, content: Content) -> None:
    for _chunk in content:
        pass


def _seal(text: bytes) -> bytes:
    """What a bundle begins with: whose it is, and what its manifest has to be."""
    digest = hashlib.sha256(text).hexdigest()
    return f"{SEAL} 1\nmanifest sha256 {digest}\nmanifest size {len(text):016d}\n".encode()


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _header(member: Member) -> bytes:
    """The blocks before a member's content: nobody's, of no time."""
    info = tarfile.TarInfo(member.path)
    info.size, info.mode, info.mtime = member.size, member.mode, 0
    if member.link:
        info.type, info.linkname = tarfile.SYMTYPE, member.link
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict")
