"""Which values are easy to guess: those that programs ship with, and that people begin with."""

from __future__ import annotations

import re
import string
import unicodedata

from container_manager.config.secret_names import looks_secret

MIN_LENGTH = 8
"""A credential shorter than this is refused."""

MIN_DIFFERENT = 5
"""A credential made of fewer different characters than this is refused."""

MIN_DIGITS = 12
"""A credential of digits alone is refused unless it has this many."""

_WORDS = """
    0p3nw3bu abc123 admin administrator changeit changeme changethis credential default demo dummy
    elastic example foobar guest hunter2 iloveyou jupyter letmein login mariadb master minio
    minioadmin mongo mongoadmin mongodb mysql neo4j openwebui passw0rd password passwd pipelines
    placeholder postgres postgresql qwerty qwertyuiop rabbitmq redis replaceme root sa sample secret
    secretkey superuser t0ps3cr3t test testing todo token toor user username webui welcome
    yourpassword yoursecret
    """

WELL_KNOWN = frozenset(_WORDS.split())
"""What is refused in every reading of a value."""

_BEGINNINGS = """
    changeit changeme changethis enteryour insertyour replaceme replacethis yourapikey yourkey
    yourpassword yoursecret yourtoken
    """

_STANDS_IN = tuple(_BEGINNINGS.split())
"""What a text begins with that only says what should stand in its place."""

_DIGITS = "1234567890" * 2
_PASSWORD_WORDS = frozenset(("PASSWORD", "PASSWD", "PASS", "PASSPHRASE", "PWD"))


def weakness(name: str, service: str, value: str | None) -> str | None:
    """Why a declared credential's value is refused; None where it is fine or not set.

    >>> weakness("DB_PASSWORD", "framework.db", "Change-Me!")
    'is a default or well-known one'
    >>> weakness("DB_PASSWORD", "framework.db", "2026-11-22")
    'is a number of fewer than 12 digits'
    """
    if value is None:
        return None
    if not value.strip():
        return "is blank"
    own = {_bare(name), _bare(service.rpartition(".")[2])}
    if is_well_known(value) or not own.isdisjoint(_readings(value)):
        return "is a default or well-known one"
    bare = _bare(value)
    short = {
        f"is shorter than {MIN_LENGTH} characters": len(value) < MIN_LENGTH,
        f"has fewer than {MIN_DIFFERENT} different characters": len(set(value)) < MIN_DIFFERENT,
        f"is a number of fewer than {MIN_DIGITS} digits": bare.isdecimal()
        and len(bare) < MIN_DIGITS,
    }
    return next((reason for reason, applies in short.items() if applies), None)


def is_well_known(value: str) -> bool:
    """Whether a value is one that everybody tries first; case and signs make no difference.

    >>> [is_well_known(value) for value in ("PASSWORD1", "0p3n-w3bu!", "rootroot", "x7#kQ")]
    [True, True, True, False]
    """
    readings = _readings(value)
    return (
        not readings.isdisjoint(WELL_KNOWN)
        or any(reading.startswith(_STANDS_IN) for reading in readings)
        or any(reading and _DIGITS.startswith(reading) for reading in readings)
    )


def names_password(name: str, *, last: bool = False) -> bool:
    """Whether a variable's name, or with ``last`` the last word of it, says that it is a password.

    >>> names_password("DB_PASSWORD"), names_password("PASSWORD_FIELD", last=True)
    (True, False)
    """
    words = re.split(r"[^A-Z0-9]+", name.upper())
    return looks_secret(name) and not _PASSWORD_WORDS.isdisjoint(words[-1:] if last else words)


def _readings(text: str) -> set[str]:
    """What a text may be taken for: all of it, what it repeats, and that without outer digits."""
    bare = _bare(text)
    unit = _repeated(bare)
    return {bare, unit, _repeated(unit.strip(string.digits))}


def _bare(text: str) -> str:
    """A text without signs, in lower case; wide and narrow forms of a letter are one."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def _repeated(text: str) -> str:
    """The shortest part that gives the text when it is repeated."""
    return text[: (text * 2).find(text, 1)]
