"""``graph``: the stack as a picture, from the configuration alone or with what runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from container_manager.build import pipeline
from container_manager.build.preparing import Prepared
from container_manager.config.loader import Config, load
from container_manager.discovery import select
from container_manager.errors import UsageError, did_you_mean, display_path
from container_manager.picture.markdown import BEGIN, END, with_diagram
from container_manager.picture.mermaid import graph_mermaid
from container_manager.picture.model import WORST_FIRST, Picture, State, state_of
from container_manager.picture.partly import part_of
from container_manager.picture.reading import Wording, picture_of
from container_manager.picture.svg import graph_svg
from container_manager.places import ConfigPath
from container_manager.progress import Redactor
from container_manager.report import warn_all
from container_manager.verbs.saving import present, save
from container_manager.verbs.seeing import observer

SVG, MERMAID = "svg", "mermaid"
FORMATS = {SVG: graph_svg, MERMAID: graph_mermaid}
_PAGES = (".md", ".markdown")
_SUFFIXES = {".svg": SVG, ".mmd": MERMAID, ".mermaid": MERMAID, **dict.fromkeys(_PAGES, MERMAID)}


def graph(
    config: ConfigPath = None,
    *,
    service: Iterable[str] = (),
    format: str = SVG,  # noqa: A002 - as people type it
    live: bool = False,
) -> str:
    """The stack as a picture; nothing is written.

    Args:
        config: the configuration.
        service: names of services; with them is shown what they wait for, and nothing else.
        format: ``svg`` or ``mermaid``.
        live: whether it shows what the containers do, and the ports that were chosen for ``auto``.
            Without it, the same configuration gives the same bytes on every machine.

    Returns:
        The text of a file.

    Raises:
        ManagerError: the configuration cannot be built, or Podman cannot be asked.
    """
    write = FORMATS.get(format)
    if write is None:
        raise UsageError(
            f"There is no format {format!r}.",
            remedy=did_you_mean(format, FORMATS) or f"There are: {', '.join(FORMATS)}.",
        )
    loaded = load(config)
    prepared = pipeline.prepare(loaded)
    warn_all(prepared.warnings)
    picture = stack_picture(prepared, live=live)
    if names := tuple(service):
        chosen = [one.name for one in select(prepared.services, loaded, names)]
        picture = part_of(picture, prepared.stack.owned_by(chosen))
    states = states_of(_observed(config), picture) if live else None
    return write(picture, states)


def _observed(config: ConfigPath) -> Iterable[Observed]:
    """The containers at this moment; health that is too old to be shown is checked again."""
    with observer(config) as observed:
        observed.check_stale()
        return observed.look().rows


def stack_picture(prepared: Prepared, *, live: bool = False) -> Picture:
    """What the picture of a stack shows.

    Args:
        prepared: what was rendered and checked.
        live: whether ports that were chosen for ``auto`` are shown.
    """
    loaded = prepared.config
    wording = Wording(
        title=_title(loaded),
        chosen_ports=() if live else frozenset(loaded.ports.chosen.values()),
        images=_images(loaded),
        hide=Redactor(lambda: loaded.environment.secret_values(loaded.referenced).values()),
    )
    return picture_of(prepared.stack, wording)


def _title(loaded: Config) -> str | None:
    """The project's name where the configuration says it; else it is that of a folder."""
    said = loaded.tree.find(("project_name",))
    return loaded.project_name if said is not None and said.value is not None else None


def _images(loaded: Config) -> Mapping[str, str]:
    """What stands for an image that depends on the machine."""
    said = loaded.tree.find(("images", "python"))
    resolved = loaded.values.get("images")
    if said is None or said.value != "auto" or not isinstance(resolved, Mapping):
        return {}
    return {str(resolved.get("python")): "images.python: auto"}


class Observed(Protocol):
    """What is told about a container, by ``ps`` or ``status``."""

    @property
    def service(self) -> str:
        """The compose service."""

    @property
    def state(self) -> str:
        """Podman's word."""

    @property
    def health(self) -> str | None:
        """What its health check says."""

    @property
    def exit_code(self) -> int | None:
        """What it ended with."""

    @property
    def one_off(self) -> bool:
        """Whether it is a container of ``run``."""


def states_of(rows: Iterable[Observed], picture: Picture) -> dict[str, State]:
    """The state of each service of a picture.

    Args:
        rows: what is observed.
        picture: a service of it without a container is missing.
    """
    found: dict[str, list[State]] = {card.name: [] for card in picture.cards}
    one_shots = {card.name for card in picture.cards if card.one_shot}
    for row in rows:
        if row.service in found and not row.one_off:
            found[row.service].append(
                state_of(row.state, row.health, row.exit_code, one_shot=row.service in one_shots)
            )
    return {
        name: min(states, key=WORST_FIRST.index) if states else State.MISSING
        for name, states in found.items()
    }


def format_of(path: Path | None, said: str) -> str:
    """The format of a file.

    Args:
        path: where it goes; None: to standard output.
        said: what people say it is; empty: its name tells.

    Raises:
        UsageError: its name does not tell.
    """
    if said or path is None:
        return said or SVG
    known = _SUFFIXES.get(path.suffix.lower())
    if known is None and path.is_dir():
        raise UsageError(
            f"{display_path(path)} is a folder.",
            remedy=f"Name a file in it: graph --output {display_path(path / 'stack.svg')}",
        )
    if known is None:
        raise UsageError(
            f"The name of {display_path(path)} does not say which format it is to have.",
            remedy=f"End it in {', '.join(_SUFFIXES)}, or add --format svg or --format mermaid.",
        )
    return known


def save_graph(path: Path, text: str) -> bool:
    """Write a picture; a page of Markdown gets it between two remarks that mark its place.

    Returns:
        Whether the file changed.

    Raises:
        UsageError: it cannot be written, or is a page that does not say where the picture goes.
    """
    there = present(path)
    wanted: str | None = text
    if path.suffix.lower() in _PAGES:
        wanted = with_diagram(there, text)
    if wanted is None:
        raise UsageError(
            f"{display_path(path)} does not say where the diagram goes; it was left as it is.",
            remedy=f"Add these two lines where it is to stand:\n  {BEGIN}\n  {END}",
        )
    return save(path, wanted)
