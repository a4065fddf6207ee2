"""Wheels of ourselves and of all that we need, made from what is installed here.

So the other machine gets the very versions that built the bundle, no package index is asked, and
each file is compared with the checksum that was recorded when it was installed. A package that
cannot be made into a wheel again comes from the index; ourselves never, where the name may be a
stranger's.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import posixpath
import sys
import zipfile
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from itertools import product
from pathlib import Path
from urllib.parse import unquote, urlsplit

from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.run import Finished, Runner

OURS = "container-manager"

_PIP_TIMEOUT = 900.0
_OF_THIS_PLACE = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
"""What an installer notes in ``.dist-info``; it is in no wheel, or made anew."""

_EPOCH = (1980, 1, 1, 0, 0, 0)


class NotAWheel(Exception):
    """Why what is installed cannot be made into a wheel again."""


def make(names: Iterable[str], folder: Path, runner: Runner) -> dict[str, str]:
    """Make the wheels of packages and of all that they need.

    Args:
        names: of installed packages.
        folder: where the wheels go; it is empty.
        runner: starts pip where it is needed.

    Returns:
        Package -> version, of those that were named.

    Raises:
        PreconditionError: a package is not installed.
        RuntimeFailure: a wheel cannot be had.
    """
    named = needed(names, deep=False)
    found = needed(names)
    for name, package in found.items():
        checkout = _checkout(package)
        if checkout is not None:
            _pip(runner, name, "wheel", "--no-deps", f"--wheel-dir={folder}", str(checkout))
            continue
        try:
            repack(package, folder)
        except NotAWheel as error:
            if name == OURS:
                raise RuntimeFailure(
                    f"No wheel can be made of {OURS} as it is installed here: {error}.",
                    remedy="Install it again with pip, from its wheel or its checkout.",
                ) from error
            wanted = f"{name}=={package.version}"
            plain = ("--no-deps", "--only-binary=:all:", f"--dest={folder}")
            _pip(runner, name, "download", *plain, wanted)
    return {name: package.version for name, package in named.items()}


def needed(names: Iterable[str], *, deep: bool = True) -> dict[str, Distribution]:
    """Packages and what they need on this machine, by canonical name, sorted.

    Args:
        names: as ``pip install`` takes them.
        deep: whether what they need is among them.

    Raises:
        PreconditionError: one is not installed.
    """
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found: dict[str, Distribution] = {}
    waiting = [Requirement(name) for name in names]
    asked: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        name, extras = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if (name, extras) in asked:
            continue
        asked.add((name, extras))
        try:
            found[name] = distribution(wanted.name)
        except PackageNotFoundError as error:
            raise PreconditionError(
                f"The package {name} is needed and not installed.",
                remedy=f"Install it next to {OURS}, as it was meant to be.",
            ) from error
        for text in (found[name].requires or ()) if deep else ():
            one = Requirement(text)
            sides = ({"extra": extra} for extra in ("", *sorted(extras)))
            if one.marker is None or any(one.marker.evaluate(side) for side in sides):
                waiting.append(one)
    return dict(sorted(found.items()))


def repack(package: Distribution, folder: Path) -> Path:
    """Make a wheel of what is installed; the same bytes each time.

    Source of the rules: "Recording installed projects" and "Binary distribution format" of the
    Python Packaging User Guide.

    Raises:
        NotAWheel: it is not as it was installed, or was not installed from a wheel.
    """
    record, about = package.read_text("RECORD"), package.read_text("WHEEL")
    if not record or not about:
        raise NotAWheel("it keeps no record of its files")
    scripts = {one.name for one in package.entry_points if one.group.endswith("_scripts")}
    contents: dict[str, tuple[bytes, int]] = {}
    for path, digest, *_ in csv.reader(record.splitlines()):
        name = posixpath.basename(path)
        inside = path.split("/")[0]
        if "__pycache__" in path.split("/") or (path.startswith("..") and name in scripts):
            continue
        if inside.endswith(".dist-info") and path.count("/") == 1 and name in _OF_THIS_PLACE:
            continue
        if path.startswith(("..", "/")):
            raise NotAWheel(f"it has {path} besides")
        contents[path] = _verified(package, path, digest)
    tops = {path.split("/")[0] for path in contents}
    information = next((top for top in tops if top.endswith(".dist-info")), None)
    if information is None:
        raise NotAWheel("it has no .dist-info")
    target = folder / f"{information.removesuffix('.dist-info')}-{_tags(about)}.whl"
    _write(target, contents, information)
    return target


def _verified(package: Distribution, path: str, digest: str) -> tuple[bytes, int]:
    """The content of a file, if it is what was installed, and its mode."""
    file = Path(str(package.locate_file(path)))
    try:
        content = file.read_bytes()
        mode = 0o755 if os.access(file, os.X_OK) else 0o644
    except OSError as error:
        raise NotAWheel(f"{path} is missing") from error
    kind, _, expected = digest.partition("=")
    if kind not in ("sha256", "sha384", "sha512"):
        raise NotAWheel(f"it has no checksum of {path}")
    if _urlsafe(hashlib.new(kind, content).digest()) != expected:
        raise NotAWheel(f"{path} was changed since it was installed")
    return content, mode


def _write(target: Path, contents: dict[str, tuple[bytes, int]], information: str) -> None:
    rows = io.StringIO()
    listed = csv.writer(rows, lineterminator="\n")
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as archive:

        def add(path: str, content: bytes, mode: int) -> None:
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr, entry.compress_type = (0o100000 | mode) << 16, 8
            archive.writestr(entry, content)

        for path in sorted(contents, key=lambda one: (one.startswith(f"{information}/"), one)):
            content, mode = contents[path]
            add(path, content, mode)
            digest = _urlsafe(hashlib.sha256(content).digest())
            listed.writerow((path, f"sha256={digest}", len(content)))
        listed.writerow((f"{information}/RECORD", "", ""))
        add(f"{information}/RECORD", rows.getvalue().encode(), 0o644)


def _tags(about: str) -> str:
    r"""The end of a wheel's name, from the tags in its ``WHEEL`` file.

    >>> _tags("Wheel-Version: 1.0\nTag: py2-none-any\nTag: py3-none-any")
    'py2.py3-none-any'
    """
    tags = [line.partition(":")[2].strip() for line in about.splitlines() if line[:4] == "Tag:"]
    parts = [tag.split("-") for tag in tags]
    if not parts or any(len(part) != 3 for part in parts):  # noqa: PLR2004 - PEP 425
        raise NotAWheel("its tags make no sense")
    columns = [list(dict.fromkeys(column)) for column in zip(*parts, strict=True)]
    if {"-".join(each) for each in product(*columns)} != set(tags):
        raise NotAWheel("its tags fit in no name")
    return "-".join(".".join(column) for column in columns)


def _checkout(package: Distribution) -> Path | None:
    """The folder whose sources are run as they are ("editable"); None where there is none."""
    try:
        said = json.loads(package.read_text("direct_url.json") or "{}")
        editable = bool(said.get("dir_info", {}).get("editable"))
    except (ValueError, AttributeError):
        return None
    return Path(unquote(urlsplit(str(said.get("url"))).path)) if editable else None


def _pip(runner: Runner, name: str, command: str, *arguments: str) -> Finished:
    quiet = ("--disable-pip-version-check", "--no-input")
    argv = (sys.executable, "-m", "pip", command, *quiet, *arguments)
    finished = runner.run(argv, timeout=_PIP_TIMEOUT)
    if not finished.ok:
        raise RuntimeFailure(
            f"No wheel of {name} can be had:\n{finished.last_lines}",
            remedy="It is needed where the bundle goes. See that pip is installed here and "
            "reaches a package index.",
        )
    return finished


def _urlsafe(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
