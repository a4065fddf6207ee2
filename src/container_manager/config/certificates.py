"""The key ``ca_certificates``: a file of certificates to trust, looked at before it is used."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from container_manager.errors import Location, Problem
from container_manager.inputs import note
from container_manager.model import Node

KEY = "ca_certificates"

_BEGIN = "-----BEGIN CERTIFICATE-----"
_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----[ \t]*\r?\n[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----"
)
_PRIVATE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_LARGEST = 4 * 1024 * 1024
"""Bytes; the certificates of a whole system are a tenth of it."""


def certificates_file(values: Mapping[str, Any], root: Path) -> Path | None:
    """The file that the configuration names; None where it names none.

    Args:
        values: the configuration, expanded.
        root: the project.
    """
    named = values.get(KEY)
    return Path(os.path.normpath(root / str(named))) if named else None


def certificates_in(text: str) -> list[str]:
    """The certificates of a PEM file, each with its two lines around; what else it says is left."""
    return ["\n".join(found.group().split("\r\n")) for found in _CERTIFICATE.finditer(text)]


def certificate_problems(tree: Node, values: Mapping[str, Any], root: Path) -> list[Problem]:
    """Why the file cannot be used.

    Args:
        tree: the configuration with its places.
        values: the same, expanded.
        root: the project.
    """
    path = certificates_file(values, root)
    if path is None:
        return []
    note(path)
    where = tree.nearest((KEY,)).where
    try:
        text = _content(path)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no file can be called so"
        return [
            Problem(
                message=f"The file of '{KEY}' cannot be read: {path}: {why}.",
                where=where,
                remedy="Name a file of the project, or one of this machine with its whole path.",
            )
        ]
    return _wrong_content(path, text, where)


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_LARGEST).decode("latin-1")


def _wrong_content(path: Path, text: str, where: Location) -> list[Problem]:
    if _PRIVATE.search(text):
        return [
            Problem(
                message=f"{path} holds a private key; every container would be given it.",
                where=where,
                remedy=f"Name a file with certificates alone in '{KEY}'.",
            )
        ]
    found = certificates_in(text)
    begun = text.count(_BEGIN)
    if not begun:
        return [
            Problem(
                message=f"{path} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----).",
                where=where,
                remedy="Convert it: openssl x509 -inform der -in FILE -out FILE.pem",
            )
        ]
    damaged = begun - sum(_is_whole(one) for one in found)
    if not damaged:
        return []
    return [
        Problem(
            message=f"{damaged} of the {begun} certificates in {path} cannot be read.",
            where=where,
            remedy="Export it anew, with all lines from -----BEGIN to -----END.",
        )
    ]


def _is_whole(certificate: str) -> bool:
    import ssl  # only here: it takes a moment, and few projects have such a file

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificate)
    except (ssl.SSLError, ValueError):
        return False
    return True
