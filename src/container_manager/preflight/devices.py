"""Devices that services ask for: whether this machine has them.

What one of the Container Device Interface is, a file in one of a few folders says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container_manager.compose.devices import GRAPHICS, devices_of, is_cdi
from container_manager.compose.model import ComposeService
from container_manager.errors import Problem, did_you_mean
from container_manager.podman import containers_conf
from container_manager.podman.host import PodmanHost

FOLDERS = (Path("/etc/cdi"), Path("/var/run/cdi"))
"""Where specifications lie, unless ``cdi_spec_dirs`` of containers.conf says otherwise."""

CDI_SINCE = (4, 1)
"""The oldest Podman that knows them."""

_NVIDIA = (
    "Install the NVIDIA Container Toolkit, then as root: nvidia-ctk cdi generate "
    "--output=/etc/cdi/nvidia.yaml"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Specified:
    """What the specifications of this machine say.

    Attributes:
        names: the devices: ``VENDOR/CLASS=NAME``.
        broken: files that say nothing, and why.
        folders: where they were looked for.
    """

    names: tuple[str, ...]
    broken: Mapping[Path, str]
    folders: tuple[Path, ...]


def device_problems(
    host: PodmanHost, services: Iterable[ComposeService], environ: Mapping[str, str]
) -> list[Problem]:
    """Every device that is asked for and is not on this machine.

    Args:
        host: Podman; of one on another machine nothing can be said.
        services: those that are to run.
        environ: the environment of Podman.
    """
    wanted = [(service, device) for service in services for device in devices_of(service)]
    if host.remote or not wanted:
        return []
    specified: Specified | None = None
    problems = []
    for service, device in wanted:
        if not is_cdi(device):
            problems += _missing_path(service, device)
        elif host.version < CDI_SINCE:
            problems.append(_too_old(host, service, device))
        else:
            specified = specified or read_specified(spec_folders(host, environ))
            problems += _unnamed(service, device, specified)
    return problems


def spec_folders(host: PodmanHost, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The folders in which Podman looks for specifications."""
    files = containers_conf.files(environ, rootless=host.rootless, version=host.version)
    engine = containers_conf.read(files).get("engine", {})
    given = engine.get("cdi_spec_dirs")
    return tuple(Path(one) for one in given if isinstance(one, str)) if given else FOLDERS


def read_specified(folders: Sequence[Path]) -> Specified:
    """Read all specifications."""
    names: dict[str, None] = {}
    broken = {}
    for folder in folders:
        for file in sorted(folder.glob("*")) if folder.is_dir() else ():
            if file.suffix not in (".json", ".yaml", ".yml"):
                continue
            try:
                names.update(dict.fromkeys(_names_in(file)))
            except (OSError, ValueError, TypeError, KeyError) as error:
                broken[file] = f"{type(error).__name__}: {error}".splitlines()[0]
    return Specified(names=tuple(names), broken=broken, folders=tuple(folders))


def _names_in(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8")
    content: Any
    if file.suffix == ".json":
        content = json.loads(text)
    else:
        import yaml  # only where somebody asks for such a device

        try:
            content = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(str(error)) from error
    return [f"{content['kind']}={one['name']}" for one in content["devices"]]


def _missing_path(service: ComposeService, device: str) -> list[Problem]:
    path = device.partition(":")[0]
    if not path.startswith("/") or Path(path).exists():
        return []
    return [
        Problem(
            message=f"The service '{service.name}' asks for the device {path}, which is not there.",
            where=service.where,
            remedy="Load its driver, or take it out of 'devices' of the template or of 'defaults'.",
        )
    ]


def _too_old(host: PodmanHost, service: ComposeService, device: str) -> Problem:
    version = ".".join(map(str, host.version))
    return Problem(
        message=f"The service '{service.name}' asks for the device {device}, and Podman {version} "
        "does not know the Container Device Interface.",
        where=service.where,
        remedy="Use Podman 4.3 or later.",
    )


def _unnamed(service: ComposeService, device: str, specified: Specified) -> list[Problem]:
    if device in specified.names:
        return []
    folders = " or ".join(map(str, specified.folders))
    said = f"The service '{service.name}' asks for the device {device}, which no file in {folders} "
    said += "describes."
    said += "".join(f" {file} cannot be read: {why}." for file, why in specified.broken.items())
    known = f"Known: {', '.join(specified.names)}." if specified.names else "None is known here."
    if device.startswith(GRAPHICS) and not specified.names:
        known = _NVIDIA
    return [
        Problem(
            message=said,
            where=service.where,
            remedy=did_you_mean(device, specified.names) or known,
        )
    ]
