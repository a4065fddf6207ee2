"""What a service's ``environment`` and ``env_file`` give it, secrets apart from the rest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from container_manager.compose.interpolate import Reader
from container_manager.compose.model import EnvFile, SecretEntry
from container_manager.config.environment import (
    MIN_SCANNED,
    Environment,
    unset_credential,
    unset_secret,
)
from container_manager.errors import Location, Problem
from container_manager.model import KeyPath, Node, dotted

_NAME = re.compile(r"[^=\0]+")
_PLAIN_LINE = re.compile(r"\s*(?:#.*)?|[A-Za-z_][A-Za-z0-9_]*=[^\s\"'`$\\#]*")


@dataclass(slots=True, kw_only=True)
class Entries:
    """The entries of one ``environment``.

    Attributes:
        public: interpolated values; None where the variable is passed through and not set.
        secret: the entries that hold a secret.
        texts: all of them as a digest may see them: secrets as they are written.
        places: where each is written.
    """

    public: dict[str, str | None] = field(default_factory=dict)
    secret: tuple[SecretEntry, ...] = ()
    texts: dict[str, str | None] = field(default_factory=dict)
    places: dict[str, Location] = field(default_factory=dict)


def read_environment(reader: Reader, node: Node | None, path: KeyPath) -> Entries:
    """Read ``environment`` in either of its forms."""
    entries = Entries()
    if node is None or node.value is None:
        return entries
    if not isinstance(node.value, (dict, list)):
        reader.problem(node.where, "'environment' must be a mapping or a list of NAME=value.")
        return entries
    secret: dict[str, SecretEntry] = {}
    for key, text, where in _pairs(reader, node):
        if "$" in key:
            reader.problem(
                where, f"The name '{key}' in 'environment' holds a '$'.", "Write it out."
            )
            continue
        if not _NAME.fullmatch(key):
            reader.problem(where, f"{key!r} in 'environment' cannot be the name of a variable.")
            continue
        entries.places[key] = where
        if text is None:
            _pass_through(reader, key, where, entries, secret)
            continue
        at = (*path, "environment", key)
        names = reader.secrets(text, where)
        if names:
            reader.filled(text, where)
            entries.texts[key] = text
            secret[key] = SecretEntry(
                key=key, text=text, passed_through=False, variables=tuple(names), where=where
            )
        else:
            shown = reader.text(text, where, at, before=f"{key}=")
            entries.texts[key] = entries.public[key] = shown
    entries.secret = tuple(secret.values())
    return entries


def _pairs(reader: Reader, node: Node) -> Iterator[tuple[str, str | None, Location]]:
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            if isinstance(child.value, (dict, list)):
                reader.problem(child.where, f"'environment.{key}' must be a single value.")
                continue
            yield str(key), None if child.value is None else str(child.value), child.where
        return
    assert isinstance(node.value, list)
    for child in node.value:
        if not isinstance(child.value, str):
            reader.problem(child.where, "An entry of 'environment' must be the text NAME=value.")
            continue
        key, equals, value = child.value.partition("=")
        yield key, value if equals else None, child.where


def _pass_through(
    reader: Reader, key: str, where: Location, entries: Entries, secret: dict[str, SecretEntry]
) -> None:
    """A bare ``KEY``: the container gets the variable of that name, if it is set."""
    # An empty stand-in would reach the container, so this variable must not get one.
    reader.referenced[key] = False
    if not reader.environment.is_secret(key):
        value = reader.environment.get(key)
        reader.check_argument(f"{key}={value}", where, f"environment.{key}")
        entries.texts[key] = entries.public[key] = value
        return
    entries.texts[key] = f"${{{key}}}"
    secret[key] = SecretEntry(
        key=key, text=f"${{{key}}}", passed_through=True, variables=(key,), where=where
    )
    if reader.environment.get(key) is None:
        reader.warnings.append(_unset(key, where, reader.environment))


def _unset(name: str, where: Location, environment: Environment) -> Problem:
    consequence = "; the container does not get it"
    if name in environment.generated:
        return unset_credential(name, where, environment, consequence)
    return unset_secret(name, where, environment, consequence)


def read_env_files(
    reader: Reader, node: Node | None, path: KeyPath, base: Path
) -> Mapping[Path, EnvFile]:
    """The files of ``env_file``, each with what it gives; secrets are problems."""
    if node is None or node.value is None:
        return {}
    listed = node.value if isinstance(node.value, list) else [node]
    found: dict[Path, EnvFile] = {}
    for item in listed:
        given = reader.plain(item, (*path, "env_file"))
        settings = given if isinstance(given, dict) else {"path": given}
        if not isinstance(settings.get("path"), str) or not settings["path"]:
            reader.problem(item.where, f"'{dotted((*path, 'env_file'))}' must name a file.")
            continue
        file = base / settings["path"]
        try:
            text = reader.content(file)
        except (OSError, UnicodeDecodeError) as error:
            reader.problem(
                item.where,
                f"The file {file} of 'env_file' cannot be read: {error}.",
                "Make it readable, and text in UTF-8.",
            )
            continue
        if text is not None:
            found[file] = _read_env_file(reader, file, text, item.where)
        elif settings.get("required", True):
            reader.problem(
                item.where,
                f"The file {settings['path']!r} of 'env_file' does not exist in {base}.",
                "Create it in the service's folder, so that it is copied into the build.",
            )
    return found


def _read_env_file(reader: Reader, file: Path, text: str, where: Location) -> EnvFile:
    """Check one file for secrets; the result is what it sets."""
    from dotenv import dotenv_values  # only here: few templates use env_file
    from dotenv.variables import Variable, parse_variables

    values = dotenv_values(stream=StringIO(text), interpolate=False)
    referred = {
        atom.name
        for value in values.values()
        for atom in parse_variables(value or "")
        if isinstance(atom, Variable)
    }
    for name, value in values.items():
        reader.check_argument(f"{name}={value or ''}", where, f"{file.name}: {name}")
    environment = reader.environment
    known = environment.secret_values([*values, *referred]).values()
    leaks = sorted({name for name in (*values, *referred) if environment.is_secret(name)})
    if not leaks and any(len(value) >= MIN_SCANNED and value in text for value in known):
        leaks = ["a secret's value"]
    for leak in leaks:
        reader.problem(
            where,
            f"The file {file.name!r} of 'env_file' holds {leak}: providers put its content into "
            "Podman's arguments, where everybody can read it.",
            "Put the secret into .env, and name it under 'environment' as NAME: ${NAME}.",
        )
    seen = {name: environment.get(name) for name in sorted(referred) if name not in leaks}
    digest = hashlib.sha256(json.dumps([values, seen]).encode()).hexdigest()
    plain = all(_PLAIN_LINE.fullmatch(line) for line in text.splitlines())
    return EnvFile(digest=digest, names=frozenset(values), plain=plain)
