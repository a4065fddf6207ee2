"""Reads the stack: all compose files merged, interpolated, checked.

Providers read the files themselves; this view exists to say what is wrong before they are asked, to
know what a change is, and to wait for the right things.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from container_manager.compose.declaring import SHARED, Declarations, children
from container_manager.compose.defaults import Defaults, read_defaults, with_defaults
from container_manager.compose.graph import check_uses, mark_one_shots
from container_manager.compose.interpolate import Reader, provider_view
from container_manager.compose.model import ComposeService, Stack
from container_manager.compose.overrides import Override, Overrides, read_overrides
from container_manager.compose.service import ServiceReader
from container_manager.compose.shape import check_shape
from container_manager.config.environment import Environment
from container_manager.errors import Problem, RenderError, did_you_mean, raise_all
from container_manager.model import ComposeFile, Node, Service

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def read_stack(
    files: Sequence[ComposeFile],
    services: Mapping[str, Service],
    environment: Environment,
    *,
    project_name: str,
    planned: Mapping[Path, str | Path] | None = None,
    told: Collection[str] = (),
    defaults: Node | None = None,
    overrides: Sequence[Override] = (),
) -> Stack:
    """Merge, interpolate and check the generated compose files.

    Args:
        files: the root file first.
        services: our deployed services by canonical name.
        environment: the variables.
        project_name: the compose project.
        planned: files that a build is about to write: path -> text, or what it is copied from.
        told: variables whose absence was reported already.
        defaults: compose keys for services whose files are silent about them, spelled as there.
        overrides: the user's own compose files, laid over all others.

    Raises:
        RenderError: with every problem found.
    """
    reader = Reader(
        environment=provider_view(environment, project_name), planned=planned or {}, told=set(told)
    )
    to_give = read_defaults(defaults, reader)
    declared = Declarations(reader=reader, project=project_name, base=files[0].path.parent)
    over = read_overrides(overrides, reader)
    read = _read_files(files, services, declared, over)
    over.check_names(read.services, reader)
    return _checked(read, reader, to_give)


def read_some(
    files: Sequence[ComposeFile],
    services: Mapping[str, Service],
    environment: Environment,
    *,
    project_name: str,
    base: Path,
    planned: Mapping[Path, str | Path],
    defaults: Node | None,
    overrides: Sequence[Override],
) -> Stack:
    """What some compose files say, without a look at the others that they belong together with.

    Args:
        files: the files.
        services: whose they are.
        environment: the variables.
        project_name: the compose project.
        base: the folder of the root file.
        planned: files that a build is about to write.
        defaults: compose keys for services that are silent about them.
        overrides: the user's own compose files, which may be about other services, too.

    Raises:
        RenderError: with every problem found in them.
    """
    reader = Reader(environment=provider_view(environment, project_name), planned=planned)
    to_give = read_defaults(defaults, reader)
    declared = Declarations(reader=reader, project=project_name, base=base)
    stack = _read_files(files, services, declared, read_overrides(overrides, reader))
    raise_all(RenderError, reader.problems)
    return with_defaults(mark_one_shots(stack), to_give)


def _interface(document: Node, services: Sequence[ComposeService]) -> str:
    """A digest of all that a compose file says and other files may rely on, or clash with.

    While it stays, a change of the file cannot make anything wrong between the files: what
    :func:`_checked` compares is in it.
    """
    told = {
        "services": [
            [
                *(one.name, one.image, repr(one.build), one.depends_on, one.implied),
                *(one.volumes, one.networks, one.secrets, "network_mode" in one.definition),
            ]
            for one in services
        ],
        "shared": [
            [kind, name, node.plain()] for kind in SHARED for name, node in children(document, kind)
        ],
    }
    text = json.dumps(told, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _read_files(
    files: Sequence[ComposeFile],
    services: Mapping[str, Service],
    declared: Declarations,
    overrides: Overrides,
) -> Stack:
    reader, project, base = declared.reader, declared.project, declared.base
    found: dict[str, ComposeService] = {}
    interfaces: dict[str, str] = {}
    named: list[str] = []
    no_yaml: list[Problem] = []
    for file in files:
        try:
            document = file.load()
        except RenderError as error:
            no_yaml.extend(error.problems)
            continue
        if not check_shape(document, reader):
            continue
        named += _named(document, reader)
        document = overrides.laid_over(document, reader)
        ours = services.get(file.service or "")
        settings = ours.settings if ours else {}
        own = _read_services(
            document, ServiceReader(reader, base, project, file.service, settings), found
        )
        if ours is not None:
            _check_one_shots(ours, document, reader)
            interfaces[ours.name] = _interface(document, own)
        declared.add(document)
    raise_all(RenderError, no_yaml)
    declared.lay_over(overrides)
    return Stack(
        project=project,
        base=base,
        services=found,
        volumes=declared.found["volumes"],
        networks=declared.found["networks"],
        secrets=declared.found["secrets"],
        referenced=reader.referenced,
        environment=reader.environment,
        interfaces=interfaces,
        named=tuple(named),
        warnings=tuple(dict.fromkeys(reader.warnings)),
    )


def _named(document: Node, reader: Reader) -> list[str]:
    """What a file's own ``name`` calls the project, where it says one."""
    node = document.find(("name",))
    if node is None or not isinstance(node.value, str):
        return []
    return [reader.text(node.value, node.where, ("name",))]


def _read_services(
    document: Node, read: ServiceReader, found: dict[str, ComposeService]
) -> list[ComposeService]:
    """Add the services of a file to those that were found; returns its own."""
    reader, own = read.reader, []
    for name, node in children(document, "services"):
        if not _NAME.fullmatch(name):
            reader.problem(
                node.where,
                f"'{name}' cannot be the name of a compose service.",
                "Use letters, digits, '.', '_' and '-', and begin with a letter or digit.",
            )
        elif name in found:
            reader.problem(
                node.where,
                f"The compose service '{name}' is defined twice.",
                f"It is defined first at {found[name].where}; rename one of the two.",
            )
        elif service := read.service(name, node):
            found[name] = service
            own.append(service)
    return own


def _checked(stack: Stack, reader: Reader, to_give: Defaults) -> Stack:
    check_uses(stack, reader)
    _check_builds(stack, reader)
    raise_all(RenderError, reader.problems)
    return with_defaults(mark_one_shots(stack), to_give)


def _check_builds(stack: Stack, reader: Reader) -> None:
    """Services may share an image; who builds it must not matter."""
    builders = stack.builders
    for service in stack.services.values():
        first = builders.get(service.image)
        if service.build and first and first.build and first.build != service.build:
            reader.problem(
                service.where,
                f"The services '{first.name}' and '{service.name}' build the image "
                f"{service.image} in different ways.",
                "Give one of them another 'image', or build both alike.",
            )


def _check_one_shots(service: Service, document: Node, reader: Reader) -> None:
    """``one_shot`` names compose services of the service's own template."""
    own = [name for name, _ in children(document, "services")]
    for name in service.settings.get("one_shot") or []:
        if name not in own:
            reader.problem(
                service.where or document.where,
                f"'one_shot' of {service.name} names '{name}', which its template does not define.",
                did_you_mean(name, own) or f"It defines: {', '.join(own) or 'nothing'}.",
            )
