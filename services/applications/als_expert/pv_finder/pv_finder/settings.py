"""What the program is told from outside: environment variables, checked once, at the start."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pymongo import MongoClient

PORT = 8051
"""Where the server listens inside of its container; the compose file publishes it elsewhere."""

DATABASE_PATIENCE_MS = 3000
"""How long a request may wait for the database."""

_TRUTH = {"true": True, "false": False}
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")


class SettingsError(ValueError):
    """Variables are missing or make no sense; the message names them all."""


@dataclass(frozen=True, kw_only=True)
class Database:
    """Where the channels are, and who we are there."""

    host: str
    port: int
    name: str
    collection: str
    user: str
    password: str = field(repr=False)
    auth_source: str
    tls: bool

    def client(self) -> MongoClient[dict[str, Any]]:
        """A client; it connects when it is first asked something."""
        return MongoClient(
            self.host,
            self.port,
            username=self.user,
            password=self.password,
            authSource=self.auth_source,
            # Named, so that nobody on the way can talk us into something weaker.
            authMechanism="SCRAM-SHA-256",
            tls=self.tls,
            appname="pv_finder",
            connectTimeoutMS=DATABASE_PATIENCE_MS,
            serverSelectionTimeoutMS=DATABASE_PATIENCE_MS,
            socketTimeoutMS=2 * DATABASE_PATIENCE_MS,
        )


@dataclass(frozen=True, kw_only=True)
class Doors:
    """Who may come in: with which token, under which addresses of ours."""

    token: str = field(repr=False)
    hosts: tuple[str, ...]
    origins: tuple[str, ...]


def database(environ: Mapping[str, str] = os.environ) -> Database:
    """The database, from the variables ``MONGO_…``.

    Raises:
        SettingsError: naming every variable that is missing or wrong.
    """
    read = _Reader(environ)
    found = Database(
        host=read.text("MONGO_HOST"),
        port=read.port("MONGO_PORT"),
        name=read.text("MONGO_DATABASE"),
        collection=read.text("MONGO_COLLECTION"),
        user=read.text("MONGO_USER"),
        password=read.text("MONGO_PASSWORD"),
        auth_source=read.text("MONGO_AUTH_SOURCE"),
        tls=read.truth("MONGO_TLS"),
    )
    read.finish()
    return found


def doors(environ: Mapping[str, str] = os.environ) -> Doors:
    """The token and our addresses, from the variables ``PV_FINDER_…``.

    Raises:
        SettingsError: naming every variable that is missing or wrong.

    >>> doors({"PV_FINDER_TOKEN": "t", "PV_FINDER_HOSTS": "localhost:8051",
    ...     "PV_FINDER_PUBLIC_URL": "https://pv.example.org/"}).hosts
    ('localhost:8051', 'pv.example.org')
    """
    read = _Reader(environ)
    token = read.text("PV_FINDER_TOKEN")
    hosts = [host.strip() for host in read.text("PV_FINDER_HOSTS").split(",") if host.strip()]
    # On the usual port, clients do not name it.
    hosts += [host.removesuffix(":80") for host in hosts if host.endswith(":80")]
    origins = [f"http://{host}" for host in hosts]
    if public := environ.get("PV_FINDER_PUBLIC_URL"):
        try:
            scheme, host = _scheme_and_host(public)
        except ValueError as error:
            read.wrong.append(
                f"PV_FINDER_PUBLIC_URL is {public!r}: {error}; "
                "it must be like https://pv.example.org"
            )
        else:
            hosts.append(host)
            origins.append(f"{scheme}://{host}")
    read.finish()
    return Doors(token=token, hosts=tuple(hosts), origins=tuple(origins))


def _scheme_and_host(address: str) -> tuple[str, str]:
    """Both as browsers spell them; the path, which a proxy takes away, does not matter here."""
    if not re.fullmatch(r"[!-~]+", address):
        raise ValueError("it holds a character that an address cannot have")
    url = urlsplit(address)
    if url.scheme not in _DEFAULT_PORTS:
        raise ValueError("it does not begin with http:// or https://")
    if "@" in url.netloc:
        raise ValueError("it holds a user's name")
    if "?" in address or "#" in address:
        raise ValueError("it holds more than an address and a path")
    if url.port == 0 or url.netloc.endswith(":"):
        raise ValueError("its port is none")
    host = url.hostname or ""
    if url.netloc.startswith("["):
        host = f"[{ipaddress.IPv6Address(host)}]"
    elif not _HOST.fullmatch(host):
        raise ValueError("it names no host")
    port = "" if url.port in (None, _DEFAULT_PORTS[url.scheme]) else f":{url.port}"
    return url.scheme, f"{host}{port}"


class _Reader:
    """Reads variables and keeps what is wrong with them, to tell it all at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.wrong: list[str] = []

    def text(self, name: str) -> str:
        value = self._environ.get(name, "")
        if not value:
            self.wrong.append(f"{name} is not set")
        return value

    def port(self, name: str) -> int:
        value = self.text(name)
        if value.isdecimal() and 0 < int(value) < 2**16:
            return int(value)
        if value:
            self.wrong.append(f"{name} must be a port number")
        return 0

    def truth(self, name: str) -> bool:
        value = self._environ.get(name, "false")
        if value not in _TRUTH:
            self.wrong.append(f"{name} must be true or false")
        return _TRUTH.get(value, False)

    def finish(self) -> None:
        if self.wrong:
            raise SettingsError("; ".join(self.wrong))
