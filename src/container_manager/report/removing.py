"""What a command is about to remove: told beforehand, and asked about where somebody can answer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from container_manager.errors import InterruptedByUser, PreconditionError
from container_manager.report import print_json
from container_manager.report.hooks import hook_text, hooks_data

if TYPE_CHECKING:
    from container_manager.lifecycle.previews import Preview, VolumeRow

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024
_DIGITS = 64
"""Of an image's id."""
_SHOWN = 12
"""Of these, what Podman shows."""
_UNTOUCHED = "nothing was removed, and no container was touched."


def confirmer(*, yes: bool) -> Callable[[Preview], None]:
    """What tells a preview on stderr, and asks where data goes and a person sits there.

    Args:
        yes: whether everything is answered already.

    Returns:
        A function that raises :class:`PreconditionError` where the answer is no.
    """

    def confirm(preview: Preview) -> None:
        print(preview_text(preview), file=sys.stderr, flush=True)
        if preview.volumes and not yes and sys.stdin.isatty() and sys.stderr.isatty():
            _ask(preview)

    return confirm


def show_preview(preview: Preview, *, json: bool) -> None:
    """A preview as the result of a command that was only tried."""
    if json:
        print_json(preview_data(preview))
    else:
        print(preview_text(preview))


def preview_data(preview: Preview) -> dict[str, object]:
    """A preview for programs."""
    return {
        "command": preview.verb,
        "project": preview.project,
        "configuration": str(preview.config),
        "containers": list(preview.containers),
        "networks": list(preview.networks),
        "secrets": preview.secrets,
        "images": list(preview.images),
        "volumes": [
            {"name": one.name, "size": one.size, "saved": one.saved} for one in preview.volumes
        ],
        "restored": list(preview.made),
        "backup": str(preview.source) if preview.source else None,
        "keeps": list(preview.keeps),
        "starts": preview.starts,
        "hooks": hooks_data(preview.hooks),
    }


def preview_text(preview: Preview) -> str:
    """A preview for people."""
    does = "replaces" if preview.starts else "removes"
    head = f"'{preview.verb}' {does}, of the project '{preview.project}' ({preview.config}):"
    if preview.source is not None:
        head = f"'{preview.verb}' brings back, from {preview.source}: {', '.join(preview.made)}"
    rows = [
        *(("runs first", hook_text(one)) for one in preview.hooks),
        ("containers", ", ".join(preview.containers)),
        ("networks", ", ".join(preview.networks)),
        ("secrets", str(preview.secrets) if preview.secrets else ""),
        ("images", ", ".join(map(named, preview.images))),
        *(("volume", _volume(one, preview)) for one in preview.volumes),
    ]
    lines = [f"  {name:<10}  {text}" for name, text in rows if text]
    if not lines and preview.source is None:
        lines = ["  nothing: there is nothing of it"]
    if preview.keeps:
        lines.append(f"  and keeps {_listed(preview.keeps)}")
    return "\n".join([head, *lines])


def named(name: str) -> str:
    """What is removed, for people: an image that has lost its name is shown as Podman shows it.

    >>> named("localhost/lab_web:latest"), named("d611fe5535ad" + 52 * "0")
    ('localhost/lab_web:latest', 'd611fe5535ad')
    """
    unnamed = len(name) == _DIGITS and not name.strip("0123456789abcdef")
    return name[:_SHOWN] if unnamed else name


def size_text(size: int) -> str:
    """Bytes for people.

    >>> size_text(0), size_text(1023), size_text(12_900_000)
    ('0 B', '1023 B', '12.3 MiB')
    """
    amount = float(size)
    for unit in _UNITS:
        if amount < _STEP or unit == _UNITS[-1]:
            break
        amount /= _STEP
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def _volume(one: VolumeRow, preview: Preview) -> str:
    done = "is replaced" if preview.source else "is emptied" if preview.starts else "goes"
    saved = f"saved in {preview.backups} first" if one.saved else "NOT SAVED"
    return f"{one.name} ({size_text(one.size)}) {done}, {saved}"


def _listed(texts: tuple[str, ...]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def ask_for_name(project: str, lost: int) -> None:
    """Ask for the project's name, where a person sits there who can be asked.

    Args:
        project: what is to be typed.
        lost: how many volumes go with their data.

    Raises:
        PreconditionError: something else was typed.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    question = (
        f"The data in {lost} of these volumes will be lost. To go on, type the "
        f"project's name, {project}: "
    )
    if answer(question) != project:
        raise _declined()


def _ask(preview: Preview) -> None:
    if preview.unsaved:
        ask_for_name(preview.project, len(preview.unsaved))
    elif answer("Go on? [y/N] ").lower() not in ("y", "yes"):
        raise _declined()


def _declined() -> PreconditionError:
    return PreconditionError(f"Declined: {_UNTOUCHED}", remedy="--yes answers without being asked.")


def answer(question: str) -> str:
    """What a person types; Ctrl-C says that nothing was done."""
    try:
        _write(question, sys.stderr)
        line = sys.stdin.readline()
    except KeyboardInterrupt:
        print(file=sys.stderr)
        raise InterruptedByUser(
            "Interrupted: nothing was removed, and no container was touched."
        ) from None
    if not line.endswith("\n"):
        print(file=sys.stderr)  # the end of input: the next line begins where the question ended
    return line.strip()


def _write(text: str, stream: TextIO) -> None:
    stream.write(text)
    stream.flush()
