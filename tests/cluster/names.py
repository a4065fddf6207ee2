"""A small DNS server for clusters of tests: answers what a file of ``ADDRESS NAME`` lines says.

    names.py ADDRESS FILE

The file is read at every question, so that whoever writes it needs to tell nobody.
"""

from __future__ import annotations

import socket
import struct
import sys
from pathlib import Path

_A = 1
_ANSWER, _NO_SUCH_NAME = 0x8580, 0x8583
_HEADER = 12


def answer(question: bytes, table: dict[str, list[str]]) -> bytes:
    """The answer to one question about the addresses of a name."""
    labels, at = [], _HEADER
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode("ascii", "replace"))
        at += question[at] + 1
    (kind,) = struct.unpack(">H", question[at + 1 : at + 3])
    name, end = ".".join(labels).lower(), at + 5
    found = table.get(name, []) if kind == _A else []
    flags = _ANSWER if name in table else _NO_SUCH_NAME
    said = question[:2] + struct.pack(">HHHHH", flags, 1, len(found), 0, 0)
    said += question[_HEADER:end]
    for address in found:
        said += b"\xc0\x0c" + struct.pack(">HHIH", _A, 1, 5, 4) + socket.inet_aton(address)
    return said


def read(file: Path) -> dict[str, list[str]]:
    """Name -> its addresses."""
    table: dict[str, list[str]] = {}
    for line in file.read_text().splitlines() if file.is_file() else ():
        address, _, name = line.partition(" ")
        if name:
            table.setdefault(name, []).append(address)
    return table


def main() -> None:
    """Answer until the end."""
    address, file = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, 53))
        while True:
            question, asker = server.recvfrom(512)
            server.sendto(answer(question, read(Path(file))), asker)


if __name__ == "__main__":
    main()
