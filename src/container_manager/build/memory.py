"""What the last build saw and did, so that the next one can tell what has changed.

It lies in the project's private folder, says nothing about contents but their digests, and holds
keyed hashes in the place of variables. It may be lost at any time: the next build then reads all.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container_manager.build import manifest as record
from container_manager.build.manifest import needs_recovery
from container_manager.build.program import installation
from container_manager.build.reading import Known, Reading
from container_manager.build.seen import TICK, Seen
from container_manager.build.spelled import dump_hook, dump_problem, parse_hook, parse_problem
from container_manager.errors import ManagerError, Problem
from container_manager.inputs import Stamp, look, value_now
from container_manager.model import Build, Hook
from container_manager.places import STATE_DIR, leads_away

_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The last build.

    Attributes:
        config_path: the configuration; a copy of the project has another one.
        program: which installation of ours built.
        build_dir: its build directory.
        key: of the hashes of variables.
        variables: variable -> keyed hash of its value; None where it was not set.
        inputs: everything that was read.
        common: what counts for all services: the configuration, the program itself; places in
            ``inputs`` too.
        services: canonical name -> what that service was made from: places in ``inputs``.
        interfaces: canonical name -> a digest of what other services may rely on.
        outputs: what was built, by path below the build directory; digests are in its record.
        manifest: the stamp of the build's record.
        compose_files: path, template and service of each, root first.
        warnings: what people were told.
        shown_as: folders of packages, and how people are shown what lies in them.
        hooks: the user's own commands.
        command: the program that printed further variables; empty where there is none.
        printed: a keyed hash of what it printed; None where it was not asked.
    """

    config_path: str
    program: str
    build_dir: str
    key: bytes
    variables: Mapping[str, str | None]
    inputs: Seen
    common: Sequence[int]
    services: Mapping[str, Sequence[int]]
    interfaces: Mapping[str, str]
    outputs: Seen
    manifest: Stamp | None
    compose_files: tuple[tuple[str, str, str | None], ...]
    warnings: tuple[Problem, ...]
    shown_as: Mapping[str, str]
    hooks: tuple[Hook, ...]
    command: tuple[str, ...]
    printed: str | None

    def fits(self, config_path: Path, environ: Mapping[str, str]) -> bool:
        """Whether the project, the program and the variables are what they were."""
        if (self.config_path, self.program) != (str(config_path), installation()):
            return False
        return all(
            hashed == keyed(self.key, value_now(name, environ))
            for name, hashed in self.variables.items()
        ) and (self.printed is None or self._prints_the_same(config_path, environ))

    def _prints_the_same(self, config_path: Path, environ: Mapping[str, str]) -> bool:
        from container_manager.config.staged import variables_of
        from container_manager.config.supplied import Supplied
        from container_manager.environments import environment_of

        root = config_path.parent
        try:
            others = variables_of(root, environment_of(config_path), environ)
            around = {**others.dotenv, **others.process}
            text = Supplied(argv=self.command, root=root, environ=around).text
        except ManagerError:
            return False  # whoever reads all tells why
        return keyed(self.key, text) == self.printed

    def touched(self) -> frozenset[str] | None:
        """The services whose files are others now; None where more than that is."""
        changed = set(self.inputs.changed())
        places = {place for place, path in enumerate(self.inputs.stamps) if path in changed}
        if not places.isdisjoint(self.common):
            return None
        return frozenset(n for n, own in self.services.items() if not places.isdisjoint(own))

    def is_as_built(self) -> bool:
        """Whether the build directory is what the build left."""
        build_dir = Path(self.build_dir)
        if needs_recovery(build_dir) or manifest_stamp(build_dir) != self.manifest:
            return False
        doubtful = self.outputs.changed(f"{self.build_dir}/")
        if not doubtful:
            return True
        files = record.read(build_dir).files
        return all(path in files and _is_recorded(build_dir, path, files) for path in doubtful)

    def known(self) -> Known:
        """Digests of sources and of what was built, while it is what the record says."""
        built: dict[str, tuple[Stamp, str]] = {}
        if manifest_stamp(Path(self.build_dir)) == self.manifest:
            files = record.read(Path(self.build_dir)).files
            for path, stamp in self.outputs.stamps.items():
                if stamp is not None and path in files and path not in self.outputs.young:
                    built[f"{self.build_dir}/{path}"] = (stamp, record.digest_of(files[path]))
        return {**self.inputs.known(), **built}


def _is_recorded(build_dir: Path, path: str, files: Mapping[str, str]) -> bool:
    """Whether a file that was touched, or might have been, holds what the record says."""
    if leads_away(str(build_dir), path, {}):
        return False
    present = Reading().present(f"{build_dir}/{path}")
    if present is None or present.digest != record.digest_of(files[path]):
        return False
    return present.digest.startswith("link:") or present.mode == record.mode_of(files[path])


def place(config_path: Path) -> Path:
    """Where the memory of a configuration's builds is."""
    return config_path.parent / STATE_DIR / "builds" / f"{config_path.name}.json"


def compiled(config_path: Path) -> Path:
    """Where compiled templates are kept beside it."""
    return place(config_path).with_name("templates.sqlite")


def manifest_stamp(build_dir: Path) -> Stamp | None:
    """By which one sees whether another build was made since."""
    return look(str(record.place(build_dir)))


def recall(config_path: Path) -> Memory | None:
    """What is remembered of the last build; None where nothing of use is."""
    try:
        return _parse(json.loads(place(config_path).read_bytes()))
    except (*record.UNREADABLE, IndexError):
        return None


def remember(config_path: Path, memory: Memory) -> None:
    """Write it down; where that is not possible, the next build reads all."""
    from container_manager.identity import private_folder

    path = place(config_path)
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        private_folder(path.parent.parent)
        path.parent.mkdir(exist_ok=True)
        with temporary.open("w", encoding="utf-8") as stream:
            stream.writelines(_dump(memory))
        temporary.replace(path)
    except (OSError, OverflowError, ManagerError):
        forget(config_path)


def forget(config_path: Path) -> None:
    """Nothing is known of the next build."""
    try:
        place(config_path).unlink(missing_ok=True)
    except OSError:
        return


def hashed_variables(key: bytes, variables: Mapping[str, str | None]) -> dict[str, str | None]:
    """Variables as they are remembered."""
    return {name: keyed(key, value) for name, value in sorted(variables.items())}


def new_key() -> bytes:
    """A key for the hashes of variables."""
    import secrets

    return secrets.token_bytes(16)


def seen_built(built: Build) -> Seen:
    """What a build has left; digests are kept of those files alone whose times prove nothing.

    What stayed is what the comparison saw. What was placed has the times of its staging: where
    they are later, somebody has changed it since.
    """
    left = {change.path: change for change in built.plan.changes if change.digest}
    kept = {path: one.stamp for path, one in left.items() if one.action == "keep"}
    at = time.time_ns()
    placed = {p: look(f"{built.build_dir}/{p}") for p in left if p not in kept}
    stayed = Seen.since(at, kept, {})
    new = Seen.since(at, placed, {})
    late = {p for p, s in placed.items() if s is None or s[1] >= built.staged_by - TICK}
    young = stayed.young | new.young | late
    digests = {path: left[path].digest for path in young}
    return Seen(stamps={**kept, **placed}, digests=digests, young=young)


def keyed(key: bytes, value: str | None) -> str | None:
    """A hash of a value that says nothing about it to who has not the key; None for None."""
    if value is None:
        return None
    import hmac

    return hmac.digest(key, os.fsencode(value), "sha256").hex()


def _dump(memory: Memory) -> Iterator[str]:
    """The memory as JSON, in pieces."""
    data: dict[str, Callable[[], Any]] = {
        "version": lambda: _VERSION,
        "config_path": lambda: memory.config_path,
        "program": lambda: memory.program,
        "build_dir": lambda: memory.build_dir,
        "key": memory.key.hex,
        "variables": lambda: memory.variables,
        "inputs": memory.inputs.dump,
        "common": lambda: list(memory.common),
        "services": lambda: memory.services,
        "interfaces": lambda: memory.interfaces,
        "outputs": memory.outputs.dump,
        "manifest": lambda: memory.manifest,
        "compose_files": lambda: memory.compose_files,
        "shown_as": lambda: memory.shown_as,
        "warnings": lambda: [dump_problem(problem) for problem in memory.warnings],
        "hooks": lambda: [dump_hook(hook) for hook in memory.hooks],
        "command": lambda: memory.command,
        "printed": lambda: memory.printed,
    }
    before = "{"
    for key, value in data.items():
        yield f"{before}{json.dumps(key)}:{json.dumps(value(), separators=(',', ':'))}"
        before = ","
    yield "}"


def _parse(data: Any) -> Memory | None:
    if data["version"] != _VERSION or not _has_its_shape(data):
        return None
    return Memory(
        config_path=data["config_path"],
        program=data["program"],
        build_dir=data["build_dir"],
        key=bytes.fromhex(data["key"]),
        variables=data["variables"],
        inputs=Seen.parse(data["inputs"]),
        common=data["common"],
        services=data["services"],
        interfaces=data["interfaces"],
        outputs=Seen.parse(data["outputs"]),
        manifest=tuple(data["manifest"]) if data["manifest"] else None,
        compose_files=tuple((path, text, owner) for path, text, owner in data["compose_files"]),
        shown_as=data["shown_as"],
        warnings=tuple(parse_problem(problem) for problem in data["warnings"]),
        hooks=tuple(parse_hook(hook) for hook in data["hooks"]),
        command=tuple(map(str, data["command"])),
        printed=data["printed"],
    )


_SHAPE: Mapping[str, type] = {
    **dict.fromkeys(("config_path", "program", "build_dir", "key"), str),
    **dict.fromkeys(("variables", "services", "interfaces", "shown_as"), dict),
    **dict.fromkeys(("common", "compose_files", "warnings", "hooks", "command"), list),
    **dict.fromkeys(("inputs", "outputs"), dict),
}


def _has_its_shape(data: Any) -> bool:
    """Whether everything is of the type that is used; a memory is no more than a file."""
    if not all(isinstance(data[key], kind) for key, kind in _SHAPE.items()):
        return False
    groups = (data["common"], *data["services"].values())
    seen = (*data["inputs"]["paths"], *data["outputs"]["paths"])
    texts = [text for path, template, _ in data["compose_files"] for text in (path, template)]
    texts += [text for pair in data["shown_as"].items() for text in pair]
    return (
        all(isinstance(group, list) and set(map(type, group)) <= {int} for group in groups)
        and set(map(type, seen)) <= {str}
        and set(map(type, texts)) <= {str}
    )
