"""Remembers the ports that were chosen for ``auto``, so that the next command has the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from container_manager.build.lock import hold
from container_manager.config.auto_ports import AutoPort, AutoPorts, read
from container_manager.config.loader import Config
from container_manager.errors import BuildError, Location, PreconditionError
from container_manager.identity import private_folder
from container_manager.inputs import Inputs
from container_manager.podman.containers_conf import write_private
from container_manager.progress import PlainProgress

if TYPE_CHECKING:
    from container_manager.build.reading import Reading


def remember(ports: AutoPorts, reading: Reading) -> bool:
    """Write down the ports that are not yet, and say which they are.

    Args:
        ports: what was chosen.
        reading: gains what was written, as if it had been read.

    Returns:
        Whether these are the ports that are remembered; another command may have chosen others
        meanwhile.

    Raises:
        BuildError: they cannot be written.
    """
    if not ports.fresh:
        return True
    state_dir = ports.path.parent
    try:
        private_folder(state_dir)
        with hold(state_dir / "ports.lock", "Ports are being chosen"):
            known = read(ports.path)
            own = known.get(ports.config, {})
            if any(_is_another(key, own, ports) for key in ports.chosen):
                return False
            known[ports.config] = {**own, **ports.chosen}
            write_private(ports.path, json.dumps(known, indent=1, sort_keys=True) + "\n")
            reading.present(str(ports.path))
    except OSError as error:
        raise BuildError(
            f"The chosen ports cannot be remembered: {error.strerror or error}.",
            where=Location(ports.path),
            remedy="See to space and permissions there.",
        ) from error
    _tell(ports)
    return True


def remember_plain(values: Mapping[str, Any], reading: Reading) -> None:
    """The same for a configuration as plain dicts, whose ports know where they came from.

    Raises:
        BuildError: they cannot be written.
        PreconditionError: another command has chosen others meanwhile.
    """
    found = list(_in(values))
    for path, config in dict.fromkeys((one.path, one.config) for one in found):
        known = read(path).get(config, {})
        chosen = {one.key: int(one) for one in found if (one.path, one.config) == (path, config)}
        ports = AutoPorts(
            path=path, config=config, chosen=chosen, fresh=frozenset(chosen.keys() - known.keys())
        )
        if not remember(ports, reading):
            raise chosen_by_another(path)


def chosen_by_another(path: Path) -> PreconditionError:
    """What is said where another command was faster, and its ports cannot be taken over."""
    return PreconditionError(
        "Another command has just chosen other ports for this project.",
        where=Location(path),
        remedy="Say the same again.",
    )


def _in(value: Any) -> Iterator[AutoPort]:
    if isinstance(value, AutoPort):
        yield value
    elif isinstance(value, Mapping):
        for child in value.values():
            yield from _in(child)
    elif isinstance(value, (list, tuple)):
        for child in value:
            yield from _in(child)


def note_remembered(config: Config, reading: Reading, inputs: Inputs) -> None:
    """Note what was written as what was read: it says nothing new to the next build."""
    path = str(config.ports.path)
    if config.ports.fresh and path in reading.seen:
        inputs.stamps[path] = reading.seen[path][0]


def _is_another(key: str, remembered: dict[str, int], ports: AutoPorts) -> bool:
    """Whether something else is remembered for a key than was, or than was chosen."""
    before = ports.given_up[key][0] if key in ports.given_up else ports.chosen[key]
    return remembered.get(key, before) not in (before, ports.chosen[key])


def _tell(ports: AutoPorts) -> None:
    progress = PlainProgress()
    for key in ports.chosen:
        if key in ports.given_up:
            port, who = ports.given_up[key]
            progress.step(
                f"Port {port} of {key} is taken by {who}: it is {ports.chosen[key]} from now on."
            )
        elif key in ports.fresh:
            progress.step(f"Port {ports.chosen[key]} was chosen for {key}.")
