"""Builds a project as it was built before, but for what changed.

Nothing changed: the memory of the last build answers; no configuration is read and no template
rendered. Only files of some services changed, and nothing that they say to other services: those
are built alone. Whatever else changed: all is prepared anew, with digests and compiled templates
from before. All three give the same, and tests compare them.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from container_manager.build import memory as memories
from container_manager.build.memory import Memory
from container_manager.build.program import installation, program
from container_manager.build.seen import Seen
from container_manager.errors import show_as, shown_as
from container_manager.inputs import Inputs, Stamp, noting
from container_manager.model import Build, BuildPlan, ComposeFile, Node

if TYPE_CHECKING:
    from container_manager.build.pipeline import Prepared
    from container_manager.config.loader import Config

RunHooks = Callable[["Config", str], bool]
"""Runs the commands of one hook of a configuration; whether there were any."""


BEFORE, AFTER = "before_build", "after_build"


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A project, and what changed since it was built last.

    Attributes:
        config_path: the configuration, absolute.
        environ: the process environment.
        memory: of the last build; None where there is none.
        changed: the services whose files changed; None where more than that did.
        at: since when it was looked at (ns since 1970).
    """

    config_path: Path
    environ: Mapping[str, str]
    memory: Memory | None
    changed: frozenset[str] | None
    at: int


def plan_again(config_path: Path, environ: Mapping[str, str]) -> Build:
    """What :func:`build_again` would do now; nothing is written.

    Args:
        config_path: the configuration, absolute.
        environ: the process environment.

    Raises:
        ManagerError: the project cannot be built.
    """
    again = _look(config_path, environ)
    if again.memory is not None and again.changed == frozenset():
        return _as_it_is(again.memory)
    from container_manager.build import pipeline
    from container_manager.build.causes import explained

    prepared, _, part, _ = _prepared(again)
    built = pipeline.build_of(prepared, explained(prepared, pipeline.plan(prepared)))
    return _completed(built, again.memory) if part and again.memory else built


def build_again(
    config_path: Path, environ: Mapping[str, str], hooks: RunHooks = lambda _config, _name: False
) -> Build:
    """Generate the build directory of a whole project; does nothing where nothing changed.

    Args:
        config_path: the configuration, absolute.
        environ: the process environment.
        hooks: runs the user's own commands around the build, also where nothing changed.

    Raises:
        ManagerError: the project cannot be built, or a hook failed.
    """
    again = _look(config_path, environ)
    if again.memory is None or again.changed is None:
        built, config = _built(again, hooks)
        hooks(config, AFTER)
        return built
    if not again.memory.hooks:
        return _built_or_not(again)
    from container_manager.config.loader import load

    config = load(config_path, environ)
    hooks(config, BEFORE)
    built = _built_or_not(_look(config_path, environ))
    hooks(config, AFTER)
    return built


def _built_or_not(again: Again) -> Build:
    if again.memory is not None and again.changed == frozenset():
        return _as_it_is(again.memory)
    return _built(again, lambda _config, _name: False)[0]


def _built(again: Again, hooks: RunHooks) -> tuple[Build, Config]:
    """A build of what changed, and the configuration it was made of."""
    from container_manager.build import pipeline
    from container_manager.build.ports import note_remembered

    prepared, inputs, part, before = _prepared(again, hooks)

    def prepare_again() -> Prepared:
        nonlocal again, prepared, inputs, part
        again = replace(again, changed=None, at=time.time_ns())
        prepared, inputs, part, _ = _prepared(again)
        return prepared

    built = pipeline.execute(prepared, prepare_again, before)
    if part and again.memory is not None:
        memory = _renewed(again, again.memory, prepared, built)
        built = _completed(built, memory)
    else:
        note_remembered(prepared.config, prepared.reading, inputs)
        memory = _made(again, prepared, built, inputs)
    memories.remember(again.config_path, memory)
    prepared.renderer.remember()
    return built, prepared.config


def _look(config_path: Path, environ: Mapping[str, str]) -> Again:
    """Compare what there is now with what the last build saw and left; nothing else is read."""
    at = time.time_ns()
    memory = memories.recall(config_path)
    changed = None
    if memory is not None and memory.fits(config_path, environ):
        for folder, name in memory.shown_as.items():
            show_as(Path(folder), name)
        if memory.is_as_built():
            changed = memory.touched()
    return Again(config_path=config_path, environ=environ, memory=memory, changed=changed, at=at)


def _prepared(
    again: Again, hooks: RunHooks = lambda _config, _name: False
) -> tuple[Prepared, Inputs, bool, Stamp | None]:
    """What has to be built, what was read, whether it is only a part, and what was there before."""
    from container_manager.build.partly import prepare_some
    from container_manager.build.preparing import prepare
    from container_manager.config.loader import load
    from container_manager.render.compiled import CompiledTemplates

    memory = again.memory
    compiled = CompiledTemplates(memories.compiled(again.config_path))
    with noting() as inputs:
        config = load(again.config_path, again.environ)
        if hooks(config, BEFORE):  # it may have made what is read
            return _prepared(again)
        before = memories.manifest_stamp(config.build_dir)
        if memory is not None and again.changed:
            some = prepare_some(config, again.changed, memory, compiled)
            if some is not None:
                return some, inputs, True, before
        known = memory.known() if memory is not None else None
        return prepare(config, known=known, compiled=compiled), inputs, False, before


def _made(again: Again, prepared: Prepared, built: Build, inputs: Inputs) -> Memory:
    """The memory of a build of everything."""
    parts = prepared.inputs.values()
    common = {**inputs.stamps, **program().stamps}
    stamps = dict(common)
    for one in parts:
        stamps.update((path, stamp) for path, stamp in one.stamps.items() if path not in common)
    places = {path: place for place, path in enumerate(stamps)}
    variables = dict(inputs.variables)
    for one in parts:
        variables.update(one.variables)
    key, supplied = memories.new_key(), prepared.config.environment.supplied
    return Memory(
        config_path=str(again.config_path),
        program=installation(),
        build_dir=str(built.build_dir),
        key=key,
        variables=memories.hashed_variables(key, variables),
        inputs=Seen.since(again.at, stamps, _digests(prepared, stamps)),
        common=range(len(common)),
        services={n: [places[p] for p in one.stamps] for n, one in prepared.inputs.items()},
        interfaces=prepared.interfaces,
        outputs=memories.seen_built(built),
        manifest=built.recorded,
        compose_files=tuple(
            (str(file.path), str(file.template), file.service) for file in built.compose_files
        ),
        warnings=prepared.warnings,
        shown_as=shown_as(),
        hooks=prepared.config.hooks,
        command=supplied.argv,
        printed=memories.keyed(key, supplied.text) if supplied.asked else None,
    )


def _renewed(again: Again, memory: Memory, prepared: Prepared, built: Build) -> Memory:
    """The memory after some services were built alone."""
    new = {path: stamp for one in prepared.inputs.values() for path, stamp in one.stamps.items()}
    stamps = {**memory.inputs.stamps, **new}  # the places of what was known stay
    places = {path: place for place, path in enumerate(stamps)}
    read = _digests(prepared, new)
    digests = {path: d for path, d in memory.inputs.digests.items() if path not in new}
    services = dict(memory.services)
    for name, one in prepared.inputs.items():
        services[name] = [places[path] for path in one.stamps]
    gone = {change.path for change in built.plan.changes if not change.digest}
    renewed = memories.seen_built(built)
    kept = {p: s for p, s in memory.outputs.stamps.items() if p not in gone}
    return replace(
        memory,
        inputs=Seen.since(again.at, stamps, {**digests, **read}),
        services=services,
        outputs=replace(renewed, stamps={**kept, **renewed.stamps}),
        manifest=built.recorded,
    )


def _digests(prepared: Prepared, stamps: Mapping[str, Stamp | None]) -> dict[str, str]:
    """The digests of what was read, where it still was what had been noted before."""
    return {
        path: digest
        for path, (stamp, digest) in prepared.reading.seen.items()
        if path in stamps and stamps[path] == stamp
    }


def _as_it_is(memory: Memory) -> Build:
    """The build that is there."""
    build_dir = Path(memory.build_dir)
    return _completed(
        Build(
            build_dir=build_dir,
            compose_files=(),
            digests={},
            plan=BuildPlan(build_dir=build_dir, outputs={}, changes=(), hooks=memory.hooks),
            warnings=memory.warnings,
        ),
        memory,
    )


def _completed(built: Build, memory: Memory) -> Build:
    """A build of a part, with all that was there before."""
    files = tuple(
        ComposeFile(
            path=Path(path),
            template=Path(template),
            service=service,
            load=functools.partial(_load, Path(path)),
        )
        for path, template, service in memory.compose_files
    )
    return replace(built, compose_files=files, shown=files, digests=_Recorded(built.build_dir))


class _Recorded(Mapping[str, str]):
    """Absolute path -> digest of everything that we wrote, read when somebody asks."""

    def __init__(self, build_dir: Path) -> None:
        self._build_dir = build_dir

    @functools.cached_property
    def _digests(self) -> dict[str, str]:
        from container_manager.build import manifest

        files = manifest.read(self._build_dir).files
        return {f"{self._build_dir}/{p}": manifest.digest_of(e) for p, e in files.items()}

    def __getitem__(self, path: str) -> str:
        return self._digests[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._digests)

    def __len__(self) -> int:
        return len(self._digests)


def _load(path: Path) -> Node:
    from container_manager.build.generated import load_compose

    return load_compose(path)
