"""What a container mounts: files in ConfigMaps, claims of volumes, secrets, memory."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from container_manager.compose import values
from container_manager.compose.model import Bind
from container_manager.export.kubernetes.files import Files
from container_manager.export.kubernetes.model import SecretNeed
from container_manager.export.kubernetes.names import digest, metadata, object_name
from container_manager.export.kubernetes.subject import Subject
from container_manager.export.kubernetes.values import listed, size, texts

LARGEST = 2**20
"""Bytes of a ConfigMap (Kubernetes, "ConfigMaps")."""

_SPARED = 2**14
"""Bytes of it left to names and the like."""

_OPTIONS = frozenset({"ro", "rw", "z", "Z", "cached", "delegated", "consistent"})


@dataclass(slots=True, kw_only=True)
class Mounts:
    """What a container mounts.

    Attributes:
        volumes: of its pod.
        mounts: of the container.
        objects: ConfigMaps that have to be made.
        secrets: Secrets that have to be made.
        claims: named volumes: name -> whether it is mounted for reading only.
        bound: paths of the host that become volumes: claim -> path in the container.
    """

    volumes: list[dict[str, Any]] = field(default_factory=list)
    mounts: list[dict[str, Any]] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[SecretNeed] = field(default_factory=list)
    claims: dict[str, bool] = field(default_factory=dict)
    bound: dict[str, str] = field(default_factory=dict)

    def add(self, volume: Mapping[str, Any], mount: Mapping[str, Any]) -> None:
        """Mount a volume; it is named once a pod."""
        if not any(one["name"] == volume["name"] for one in self.volumes):
            self.volumes.append(dict(volume))
        if any(one["mountPath"] == mount["mountPath"] for one in self.mounts):
            return
        self.mounts.append({"name": volume["name"], **mount})


def claim_name(subject: Subject, volume: str) -> str:
    """The claim of a named volume; one that is not the stack's own keeps its name."""
    declared = subject.stack.volumes.get(volume)
    return object_name(declared.actual if declared and declared.external else volume)


def secret_name(subject: Subject, source: str) -> str | None:
    """The Secret of a compose secret; None where none is declared."""
    declared = subject.stack.secrets.get(source)
    if declared is None:
        return None
    return object_name(declared.actual if declared.external else source)


def mounts_of(subject: Subject, files: Files) -> Mounts:
    """All that a service mounts."""
    found = Mounts()
    binds = {bind.index: bind for bind in subject.service.binds}
    for index, entry in enumerate(subject.service.definition.get("volumes") or ()):
        try:
            mount = values.mount(entry)
        except ValueError:  # told where compose files are read
            continue
        if index in binds:
            _bind(subject, binds[index], files, found)
        elif mount.kind == "volume" and mount.source:
            _named(subject, mount, entry, index, found)
        elif mount.kind in ("volume", "tmpfs"):
            options = entry.get("tmpfs") if isinstance(entry, Mapping) else None
            limit = size(options.get("size")) if isinstance(options, Mapping) else None
            in_memory = mount.kind == "tmpfs"
            _memory(subject, mount.target, found, in_memory=in_memory, limit=limit)
        else:
            subject.refuse(
                f"mounts a volume of the kind '{mount.kind}'.",
                "Use a named volume, or a file of the build.",
                *("volumes", index),
            )
    _tmpfs(subject, found)
    _secrets(subject, files, found)
    return found


def _read_only(options: tuple[str, ...], entry: Any) -> bool:
    return "ro" in options or (isinstance(entry, Mapping) and entry.get("read_only") is True)


def _named(subject: Subject, mount: values.Mount, entry: Any, index: int, found: Mounts) -> None:
    name = claim_name(subject, mount.source)
    further = sorted(set(mount.options) - _OPTIONS)
    if further:
        subject.lose(
            "volumes",
            f"the options {', '.join(further)} of a mount are Podman's.",
            "Remove them, or accept it.",
            *("volumes", index),
        )
    options = entry.get("volume") if isinstance(entry, Mapping) else None
    below = options.get("subpath") if isinstance(options, Mapping) else None
    read_only = _read_only(mount.options, entry)
    found.claims[mount.source] = read_only and found.claims.get(mount.source, True)
    found.add(
        {"name": _unique(name, "claim"), "persistentVolumeClaim": {"claimName": name}},
        {
            "mountPath": mount.target,
            **({"subPath": str(below)} if below else {}),
            **({"readOnly": True} if read_only else {}),
        },
    )


def _bind(subject: Subject, bind: Bind, files: Files, found: Mounts) -> None:
    how = subject.asked.binds.get(bind.target)
    if how == "leave_out":
        return
    if how == "volume":
        name = object_name(f"{subject.name}-{bind.target.strip('/')}")
        first = found.bound.setdefault(name, bind.target)
        if first != bind.target:
            subject.refuse(
                f"has two volumes that would be called '{name}' on a cluster: of {first} and of "
                f"{bind.target}.",
                "Mount one of them elsewhere.",
                *("volumes", bind.index),
            )
        claim = {"name": _unique(name, "claim"), "persistentVolumeClaim": {"claimName": name}}
        found.add(claim, {"mountPath": bind.target})
        return
    content = files.below(bind.source)
    why = None if content is None else _unfit(content, files, bind, asked=how == "files")
    if content is None:
        why = f"mounts {bind.source}, which is no part of the build: nodes do not have it."
    if why is not None:
        subject.refuse(
            why,
            "Bake what it needs into its image with COPY, or say what becomes of it: "
            f"kubernetes: {{binds: {{{bind.target}: …}}}} with files (a ConfigMap), volume (an "
            "empty one of its own) or leave_out.",
            *("volumes", bind.index),
        )
        return
    assert content is not None
    _config_map(subject, bind, content, found)


def _unfit(content: Mapping[str, bytes], files: Files, bind: Bind, *, asked: bool) -> str | None:
    """Why files cannot be, or should not be, in a ConfigMap."""
    used = sum(len(data) * (1 if _is_text(data) else 4 / 3) for data in content.values())
    if used > LARGEST - _SPARED:
        return f"mounts {bind.target}: {used / 2**20:.1f} MiB, and a ConfigMap holds 1 MiB."
    if asked:
        return None
    if files.is_code(bind.source):
        return f"mounts code into {bind.target}, which nodes do not have."
    if "" not in content and "ro" not in bind.options:
        return f"may write to the folder of the build that it mounts into {bind.target}."
    return None


def _config_map(subject: Subject, bind: Bind, content: Mapping[str, bytes], found: Mounts) -> None:
    data: dict[str, str] = {}
    binary: dict[str, str] = {}
    items = []
    for number, (path, raw) in enumerate(sorted(content.items())):
        shown = re.sub(r"[^A-Za-z0-9._-]+", "_", path or bind.source.name)[-200:]
        key = shown if not path else f"{number}-{shown}"
        items.append({"key": key, "path": path or key})
        if _is_text(raw):
            data[key] = raw.decode()
        else:
            binary[key] = base64.b64encode(raw).decode()
    told = digest(repr(([*items], data, binary)))
    name = f"{object_name(f'{subject.name}-{PurePosixPath(bind.target).name}', longest=48)}-{told}"
    found.objects.append(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata(subject.stack.project, subject.service.name, name),
            **({"data": data} if data else {}),
            **({"binaryData": binary} if binary else {}),
        }
    )
    source: dict[str, Any] = {"name": name}
    if "" not in content:
        source["items"] = items
    mode = {"defaultMode": 0o555} if any(raw[:2] == b"#!" for raw in content.values()) else {}
    mount: dict[str, Any] = {"mountPath": bind.target, "readOnly": True}
    if "" in content:
        mount["subPath"] = items[0]["key"]
    found.add({"name": _unique(name, "files"), "configMap": {**source, **mode}}, mount)


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return all(char >= " " or char in "\t\n\r" for char in text) and "\x7f" not in text


def _memory(
    subject: Subject, target: str, found: Mounts, *, in_memory: bool, limit: str | None = None
) -> None:
    name = _unique(f"{subject.name}-{target.strip('/')}", "tmp")
    source: dict[str, Any] = {"medium": "Memory"} if in_memory else {}
    if limit:
        source["sizeLimit"] = limit
    found.add({"name": name, "emptyDir": source}, {"mountPath": target})


def _tmpfs(subject: Subject, found: Mounts) -> None:
    definition = subject.service.definition
    for entry in texts(definition.get("tmpfs")):
        target, _, options = entry.partition(":")
        said = dict(option.partition("=")[::2] for option in options.split(",") if option)
        _memory(subject, target, found, in_memory=True, limit=size(said.get("size", "")))
    if definition.get("shm_size"):
        limit = size(definition["shm_size"])
        _memory(subject, "/dev/shm", found, in_memory=True, limit=limit)  # noqa: S108


def _secrets(subject: Subject, files: Files, found: Mounts) -> None:
    """Compose's own secrets, which are files; they are read when manifests are applied."""
    for index, entry in enumerate(listed(subject.service.definition.get("secrets"))):
        said = entry if isinstance(entry, Mapping) else {"source": entry}
        source = str(said.get("source"))
        target = str(said.get("target") or source)
        target = target if target.startswith("/") else f"/run/secrets/{target}"
        declared, name = subject.stack.secrets.get(source), secret_name(subject, source)
        if declared is None or name is None:
            continue
        key = "value"
        if not declared.external:
            path = Path(os.path.expanduser(str(declared.definition.get("file"))))  # noqa: PTH111
            finder = _reader(subject.stack.base / path, files)
            found.secrets.append(SecretNeed(name=name, values={key: finder}))
        if set(said) & {"uid", "gid", "mode"}:
            subject.lose(
                "secrets",
                "who may read it is a matter of the whole pod.",
                "Remove uid, gid and mode, or accept it.",
                *("secrets", index),
            )
        found.add(
            {"name": _unique(name, "secret"), "secret": {"secretName": name}},
            {"mountPath": target, "subPath": key, "readOnly": True},
        )


def _reader(path: Path, files: Files) -> Callable[[], str]:
    def read() -> str:
        return files.text(path)

    return read


def _unique(text: str, kind: str) -> str:
    """A name of a volume that no other of the pod has; jobs may run there, too."""
    return f"{object_name(text, longest=40)}-{digest(text)[:6]}-{kind}"
