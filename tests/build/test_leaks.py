"""Looking for secrets in bytes, whole or in pieces."""

from __future__ import annotations

from container_manager.build.leaks import LeakScan
from container_manager.config.spellings import spellings

SECRET = 'p&ss "word"\\ü'


def test_a_secret_that_lies_across_pieces_is_found_wherever_they_meet() -> None:
    scan = LeakScan({"KEY": SECRET})
    for spelled in spellings(SECRET):
        data = b"before" + spelled.encode() + b"after"
        for at in range(len(data) + 1):
            stream = scan.stream()
            for piece in (data[:at], data[at:]):
                stream.feed(piece)
            assert stream.found == "KEY", (spelled, at)


def test_a_secret_that_comes_byte_by_byte_is_found() -> None:
    stream = LeakScan({"KEY": SECRET}).stream()
    for byte in f"before{SECRET}".encode():
        assert stream.found is None
        stream.feed(bytes([byte]))
    assert stream.found == "KEY"


def test_of_secrets_that_begin_alike_the_longest_is_named() -> None:
    scan = LeakScan({"LONG": "password-of-db", "SHORT": "password", "LONGEST": "password-of-db-2"})
    assert scan.search(b"x password-of-db-2 y") == "LONGEST"
    assert scan.search(b"x password-of-db y") == "LONG"
    assert scan.search(b"x password y") == "SHORT"
    assert scan.search(b"x passwor y") is None
