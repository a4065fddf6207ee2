"""A small root filesystem from the files of this machine's own Debian packages, as a tar file.

Same packages, same bytes: entries are sorted, owners fixed, times are those of the host's files.
"""

from __future__ import annotations

import io
import re
import stat
import tarfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from container_manager.errors import PreconditionError

PACKAGE_FORMAT = "${binary:Package}\t${Package}\t${db:Status-Status}\t${Pre-Depends}, ${Depends}\n"
"""What ``dpkg-query -W`` is asked for, to be read by :func:`closure`."""

USER_ID = 1000
"""The ordinary user of the image, named ``app``."""

_UNWANTED = re.compile(
    r"/(\.|usr/share/(doc|man|locale|lintian|bug|i18n|info)(/|$))"
    r"|/usr/lib/[^/]+/gconv/|.*/EXTERNALLY-MANAGED$"
)
_MERGED = re.compile(r"/(bin|sbin|lib|lib32|lib64|libx32)/")
_LEFT_OUT = {"debconf", "dpkg", "install-info", "openssl", "perl", "perl-base"}
"""What packages need in order to be installed, not in order to work."""

_PASSWD = f"root:x:0:0:root:/root:/bin/sh\napp:x:{USER_ID}:{USER_ID}::/home/app:/bin/sh\n"
_TEXTS = {
    "etc/passwd": f"{_PASSWD}nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    "etc/group": f"root:x:0:\napp:x:{USER_ID}:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}
_FOLDERS = dict.fromkeys(("dev", "etc", "opt", "proc", "run", "sys", "usr/local/bin"), 0o755) | {
    "home/app": 0o755,
    "root": 0o700,
    "tmp": 0o1777,
    "var/tmp": 0o1777,
}
_PIP = (
    b"#!/usr/bin/python3\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One entry of the tar: a file of the host, bytes of ours, a link or, with none, a folder."""

    source: Path | None = None
    content: bytes | None = None
    link: str | None = None
    mode: int = 0o755
    owner: int = 0
    modified: int = 0


def closure(listing: str, roots: Sequence[str]) -> list[str]:
    r"""The installed packages among ``roots``, and what they need.

    >>> closure("a\ta\tinstalled\t, libb (>= 1) | c, dpkg\nlibb:amd64\tlibb\tinstalled\t, \n"
    ...     "dpkg\tdpkg\tinstalled\t, \n", ["a", "absent"])
    ['a', 'libb:amd64']
    """
    full: dict[str, str] = {}
    needs: dict[str, str] = {}
    for line in listing.splitlines():
        name, short, status, depends = line.split("\t")
        # The native architecture stands first where a package is installed for several.
        if status == "installed" and short not in full:
            full[short], needs[short] = name, depends
    found: dict[str, None] = {}
    waiting = [name for name in roots if name in full]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            named = re.findall(r"[a-z0-9][a-z0-9.+-]+", re.sub(r"\([^)]*\)|:\w+", "", needs[name]))
            waiting += [other for other in named if other in full and other not in _LEFT_OUT]
    return sorted(full[name] for name in found)


def inside(path: str) -> str | None:
    """Where a package's file goes: below ``usr`` as on merged systems; None to leave it out.

    >>> inside("/lib/x86_64-linux-gnu/libc.so.6"), inside("/usr/share/doc/libc6/copyright")
    ('usr/lib/x86_64-linux-gnu/libc.so.6', None)
    """
    if _UNWANTED.match(path):
        return None
    return _MERGED.sub(r"/usr/\1/", path, count=1).lstrip("/") if _MERGED.match(path) else path[1:]


def collect(paths: Iterable[str], applets: Iterable[str], python: str) -> dict[str, Entry]:
    """All entries of the tree.

    Args:
        paths: the files of the packages, as dpkg lists them.
        applets: the names that busybox answers to.
        python: the interpreter's name, such as ``python3.11``.

    Raises:
        PreconditionError: a program or library may not be read.
    """
    entries: dict[str, Entry] = {}
    for path in paths:
        name = inside(path)
        if name is not None and (entry := _from_host(Path(path))):
            entries[name] = entry
            if path.endswith(".py") and (cached := _compiled(Path(path), python)):
                entries[str(PurePosixPath(name).parent / "__pycache__" / cached.name)] = Entry(
                    source=cached, mode=0o644, modified=int(cached.stat().st_mtime)
                )
    entries |= {name: Entry(content=text.encode(), mode=0o644) for name, text in _TEXTS.items()}
    entries |= _pip(entries, python) | _certificates(entries)
    links = {f"usr/bin/{name}": "busybox" for name in applets}
    links |= {"usr/bin/python3": python, "usr/bin/python": "python3"}
    for name, target in links.items():
        entries.setdefault(name, Entry(link=target))
    busybox = entries.pop("usr/sbin/busybox", None)
    if busybox:
        entries["usr/bin/busybox"] = busybox
    for name in ("bin", "sbin", "lib", "lib64"):
        entries[name] = Entry(link=f"usr/{name}")
    return _with_folders(entries)


def write(target: Path, entries: Mapping[str, Entry]) -> None:
    """Write the entries to a tar file, sorted by name."""
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(entries):
            entry = entries[name]
            info = tarfile.TarInfo(name)
            info.mode, info.mtime = entry.mode, entry.modified
            info.uid = info.gid = entry.owner
            if entry.link is not None:
                info.type, info.linkname = tarfile.SYMTYPE, entry.link
                tar.addfile(info)
            elif entry.source is not None:
                with entry.source.open("rb") as file:
                    info.size = entry.source.stat().st_size
                    tar.addfile(info, file)
            elif entry.content is not None:
                info.size = len(entry.content)
                tar.addfile(info, io.BytesIO(entry.content))
            else:
                info.type = tarfile.DIRTYPE
                tar.addfile(info)


def _from_host(path: Path) -> Entry | None:
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return Entry(link=str(path.readlink()), modified=int(status.st_mtime))
        if not stat.S_ISREG(status.st_mode):
            return None
        with path.open("rb"):
            pass
    except FileNotFoundError:
        return None  # left out by this system's dpkg configuration, as documentation often is
    except OSError as error:
        if re.search(r"/s?bin/|/lib", str(path)):
            raise PreconditionError(
                f"The base image needs '{path}', which cannot be read: {error.strerror}.",
                remedy="Make it readable, or name another image in 'images.python'.",
            ) from error
        return None
    # Nothing in the image needs to run with its owner's rights.
    return Entry(source=path, mode=status.st_mode & 0o777, modified=int(status.st_mtime))


def _compiled(path: Path, python: str) -> Path | None:
    tag = python.replace("python", "cpython-").replace(".", "")
    cached = path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc"
    return cached if cached.is_file() else None


def _pip(entries: Mapping[str, Entry], python: str) -> dict[str, Entry]:
    """Pip, unpacked from the wheel that Debian keeps for virtual environments."""
    wheels = [
        entry.source
        for name, entry in entries.items()
        if name.startswith("usr/share/python-wheels/pip-") and entry.source
    ]
    if not wheels:
        return {}
    place = f"usr/local/lib/{python}/dist-packages"
    with zipfile.ZipFile(wheels[0]) as wheel:
        found = {
            f"{place}/{name}": Entry(content=wheel.read(name), mode=0o644)
            for name in wheel.namelist()
            if not name.endswith("/")
        }
    return found | {f"usr/local/bin/{name}": Entry(content=_PIP) for name in ("pip", "pip3")}


def _certificates(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """The distribution's certificate authorities; never those that this site has added."""
    sources = [
        entry.source
        for name, entry in sorted(entries.items())
        if name.startswith("usr/share/ca-certificates/") and entry.source
    ]
    if not sources:
        return {}
    bundle = b"".join(source.read_bytes() for source in sources)
    return {
        "etc/ssl/certs/ca-certificates.crt": Entry(content=bundle, mode=0o644),
        "usr/lib/ssl/cert.pem": Entry(link="/etc/ssl/certs/ca-certificates.crt"),
        "usr/lib/ssl/certs": Entry(link="/etc/ssl/certs"),
    }


def _with_folders(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    folders = {
        name: Entry(mode=mode, owner=USER_ID if name == "home/app" else 0)
        for name, mode in _FOLDERS.items()
    }
    for name in (*entries, *_FOLDERS, "usr/lib64/x", "usr/sbin/x"):
        for parent in PurePosixPath(name).parents[:-1]:
            folders.setdefault(str(parent), Entry())
    return folders | dict(entries)
