"""What a bundle says of itself: every member with its checksum, and where all of it was made.

Whoever reads a bundle trusts nothing in it. What its manifest may say is decided here, before
anything is written: members are files of a few folders, and links that stay within the project.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from container_manager.places import MANAGER_DIR, MANIFEST, STATE_DIR

FORMAT = 1

PROJECT, WHEELS = "project/", "wheels/"
IMAGES = "images.tar"
INSTALL = "INSTALL.txt"

_PLAIN_MODE, _MODES = 0o644, 0o777

_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file or link of a bundle.

    Attributes:
        path: where it lies in the bundle, in POSIX form.
        size: bytes; 0 for a link.
        sha256: of its content, in hexadecimal; empty for a link.
        mode: permission bits.
        link: what it points to, if it is a symbolic link.
    """

    path: str
    size: int
    sha256: str
    mode: int = _PLAIN_MODE
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that a bundle brings along.

    Attributes:
        reference: as the compose files name it.
        id: the digest of its configuration, which names all of its layers.
        architecture: as Podman says it (``amd64``).
        digests: under which registries know it, where it was pulled.
        tags: the names that it has in the archive of all images.
    """

    reference: str
    id: str
    architecture: str
    digests: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a bundle holds.

    Attributes:
        project: the compose project's name.
        folder: the project's name if it is the folder's, normalised; empty where the
            configuration gives it.
        config: the configuration, from the project's folder.
        services: canonical names of the chosen services; empty for all.
        architecture: of the machine where it was made.
        made_with: ``container-manager``, ``python`` and ``platform`` -> version or name.
        variables: the names that ``.env`` set there; their values stayed there.
        images: what was saved.
        built: image -> from what it was built, as ``lifecycle.images`` records it.
        members: everything but the manifest itself, in the order in which it follows.
    """

    project: str
    folder: str
    config: str
    services: tuple[str, ...]
    architecture: str
    made_with: Mapping[str, str]
    variables: tuple[str, ...]
    images: tuple[Image, ...]
    built: Mapping[str, Any]
    members: tuple[Member, ...]
    format: int = field(default=FORMAT)


def dump(manifest: Manifest) -> bytes:
    """The one spelling of a manifest."""
    return (json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n").encode()


def parse(data: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        ValueError: it is none of ours, or says what none may say; the text tells why.
    """
    try:
        said = json.loads(data)
        number = said["format"]
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise ValueError("its manifest cannot be understood") from error
    if number != FORMAT:
        raise ValueError(f"it is of format {number!r}, and this version knows format {FORMAT}")
    try:
        manifest = Manifest(
            **{
                **said,
                "services": tuple(said["services"]),
                "variables": tuple(said["variables"]),
                "images": tuple(_image(one) for one in said["images"]),
                "members": tuple(Member(**one) for one in said["members"]),
            }
        )
        _check_types(manifest)
        same = dump(manifest) == data
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError("its manifest cannot be understood") from error
    if not same:
        raise ValueError("its manifest is not spelled as we spell it")
    for problem in (*member_problems(manifest.members), *_own_problems(manifest)):
        raise ValueError(problem)
    return manifest


def may_travel(path: str) -> bool:
    """Whether a path of a project may be in a bundle, be it on the way out or in.

    Variables and their secrets stay, and so does what belongs to one machine: the private folder,
    backups, the records of builds other than the list of what was built, and those of git.

    >>> [may_travel(path) for path in ("config.yml", ".env", "a/.env.prod", ".container-manager/x")]
    [True, False, False, False]
    >>> [may_travel(path) for path in ("backups/x", "build/.manager/manifest.json", ".git/config")]
    [False, True, False]
    """
    parts = path.split("/")
    if not is_plain(path) or parts[0] == "backups" or {STATE_DIR, ".git"} & set(parts):
        return False
    if MANAGER_DIR in parts and parts[-2:] != [MANAGER_DIR, MANIFEST]:
        return False
    return not any(part == ".env" or part.startswith(".env.") for part in parts)


def is_plain(path: str) -> bool:
    """Whether a path leads down and nowhere else.

    >>> [is_plain(path) for path in ("a/b", "/a", "a/../b", "a//b", "./a", "a/")]
    [True, False, False, False, False, False]
    """
    if path.encode(errors="replace").decode() != path or "\0" in path:
        return False
    return not {"", ".", ".."} & set(path.split("/"))


def leads_out(path: str, target: str) -> bool:
    """Whether a link in the project's folder points out of it.

    >>> [leads_out("a/b", target) for target in ("c", "../c", "../../c", "/etc")]
    [False, False, True, True]
    """
    where = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return target.startswith("/") or where.split("/")[0] == ".." or not target or "\0" in target


def member_problems(members: Sequence[Member]) -> list[str]:
    """Why members cannot be those of a bundle; empty where they can."""
    found = []
    files: set[str] = set()
    for one in members:
        if not _has_a_place(one.path):
            found.append(f"{one.path!r} has no place in a bundle")
        if one.path in files:
            found.append(f"{one.path!r} is in it twice")
        files.add(one.path)
        if one.link:
            inside = one.path.removeprefix(PROJECT)
            if not one.path.startswith(PROJECT) or leads_out(inside, one.link):
                found.append(f"the link {one.path!r} leads out of the project")
            if one.size or one.sha256:
                found.append(f"the link {one.path!r} claims to have content")
        elif one.size < 0 or not _HEX.fullmatch(one.sha256) or one.mode & ~_MODES:
            found.append(f"what it says of {one.path!r} makes no sense")
    for one in members:
        parts = one.path.split("/")
        above = ("/".join(parts[:end]) for end in range(1, len(parts)))
        if any(folder in files for folder in above):
            found.append(f"{one.path!r} lies below a file or a link")
    return found


def _has_a_place(path: str) -> bool:
    if path in (INSTALL, IMAGES):
        return True
    if path.startswith(WHEELS):
        return is_plain(path) and path.count("/") == 1 and path.endswith(".whl")
    return path.startswith(PROJECT) and may_travel(path.removeprefix(PROJECT))


def _own_problems(manifest: Manifest) -> list[str]:
    found = []
    inside = {one.path for one in manifest.members}
    for name in (manifest.project, manifest.folder or manifest.project):
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
            found.append(f"{name!r} is no name of a project")
    if PROJECT + manifest.config not in inside:
        found.append("its configuration is missing")
    if bool(manifest.images) != (IMAGES in inside):
        found.append("its images are missing")
    for image in manifest.images:
        if not _HEX.fullmatch(image.id) or not image.reference or image.reference.startswith("-"):
            found.append(f"{image.reference!r} is no image")
    return found


def _image(said: Mapping[str, Any]) -> Image:
    return Image(**{**said, "digests": tuple(said["digests"]), "tags": tuple(said["tags"])})


def _check_types(manifest: Manifest) -> None:
    """JSON has few types; what is another one than ours is refused.

    Raises:
        TypeError: something is.
    """
    texts = [manifest.project, manifest.folder, manifest.config, manifest.architecture]
    texts += [*manifest.services, *manifest.variables, *manifest.made_with.values()]
    for image in manifest.images:
        texts += [image.reference, image.id, image.architecture, *image.digests, *image.tags]
    for one in manifest.members:
        texts += [one.path, one.sha256, one.link]
        if type(one.size) is not int or type(one.mode) is not int:
            raise TypeError
    if not all(isinstance(text, str) for text in texts):
        raise TypeError
    records = manifest.built
    if not isinstance(records, dict) or not all(isinstance(r, dict) for r in records.values()):
        raise TypeError
