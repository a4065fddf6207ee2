"""What the setting ``public_url`` says: the origin that browsers name, and the path below it."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?")


class PublicUrl(NamedTuple):
    """A public address, spelled as browsers spell it; both are empty where there is none."""

    origin: str
    path: str


def read(text: str) -> PublicUrl:
    """Take an address apart.

    Raises:
        ValueError: with a sentence that says what is wrong with it.

    >>> read("https://Lab.Example.org:443/jupyter/")
    PublicUrl(origin='https://lab.example.org', path='/jupyter')
    """
    if not text:
        return PublicUrl("", "")
    try:
        return _checked(text)
    except ValueError as error:
        raise ValueError(
            f"public_url is {text!r}: {error}. It must be like https://lab.example.org/jupyter/"
        ) from error


def _checked(text: str) -> PublicUrl:
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("it holds a character that an address cannot have")
    url = urlsplit(text)
    if url.scheme not in _DEFAULT_PORTS:
        raise ValueError("it does not begin with http:// or https://")
    if "@" in url.netloc:
        raise ValueError("it holds a user's name")
    if "?" in text or "#" in text:
        raise ValueError("it holds more than an address and a path")
    if url.port == 0 or url.netloc.endswith(":"):
        raise ValueError("its port is none")
    host = url.hostname or ""
    if url.netloc.startswith("["):
        host = f"[{ipaddress.IPv6Address(host)}]"
    elif not _HOST.fullmatch(host):
        raise ValueError("it names no host")
    if not _PATH.fullmatch(url.path):
        raise ValueError("its path may only have letters, digits and - . _ ~")
    port = "" if url.port in (None, _DEFAULT_PORTS[url.scheme]) else f":{url.port}"
    return PublicUrl(f"{url.scheme}://{host}{port}", url.path.rstrip("/"))
