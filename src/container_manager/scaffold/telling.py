"""What people and programs see of an update; the diff on stdout, all else on stderr."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator

from container_manager.errors import display_path
from container_manager.report import print_json
from container_manager.scaffold.update import Preview, TargetUpdate

_LOOK = (
    "Look with 'git diff' and 'git status' (new files are in the latter), then 'git add -A' and "
    "commit."
)
_WORDS = {"A": "added", "D": "removed", "M": "changed", "R": "renamed"}


def show_preview(seen: Preview) -> None:
    """What an update changes, before it does."""
    for name, version in seen.current.items():
        _say(f"{name}: nothing newer ({version})")
    for target in seen.targets:
        step = f"{target.name}: {target.old} -> {target.new}"
        if target.notes_version:
            _say(f"{step}: only this version is noted, nothing else changes")
        else:
            _say(step)
            print(target.diff, flush=True)
        for line in _lines(seen, target):
            _say(line)


def show_outcome(seen: Preview, *, check: bool) -> None:
    """What became of an update, and what to do next."""
    if not seen.targets:
        return
    if check:
        _say("Nothing was changed. Without --check, the update is made.")
    elif not seen.conflicts:
        _say(f"Updated. {_LOOK} {_way_back(seen)}")
    if not seen.conflicts:
        return
    _say("Conflicts that would remain:" if check else "Conflicts that remain:")
    for conflict in seen.conflicts:
        _say(f"- {conflict.told(display_path(seen.top / conflict.path))}")
    if not check:
        _say(
            "Edit these files: keep the lines you want and remove the markers ('git rm' drops a "
            f"file). {_LOOK} Not before: 'git commit -a' takes markers, too.\n{_way_back(seen)}"
        )


def show_json(seen: Preview, *, check: bool) -> None:
    """The same for programs."""
    value = {
        "applied": bool(seen.targets) and not check,
        "current": dict(seen.current),
        "targets": [
            {
                "name": target.name,
                "from": target.old,
                "to": target.new,
                "files": [
                    {"change": _WORDS.get(kind, "changed"), "path": paths[-1]}
                    | ({"from": paths[0]} if len(paths) > 1 else {})
                    for kind, *paths in target.files
                ],
                "conflicts": [
                    {"path": c.path, "lines": list(c.lines), "deleted_in_template": c.deleted}
                    for c in target.conflicts
                ],
                "stay_deleted": list(target.stay_deleted),
                "new_questions": dict(target.asked),
                "diff": target.diff,
            }
            for target in seen.targets
        ],
    }
    print_json(value, default=str)


def _lines(seen: Preview, target: TargetUpdate) -> Iterator[str]:
    for kind, *paths in () if target.notes_version else target.files:
        shown = " -> ".join(display_path(seen.top / path) for path in paths)
        yield f"  {_WORDS.get(kind, 'changed'):<8} {shown}"
    for path in target.stay_deleted:
        yield (
            f"  {'deleted':<8} {display_path(seen.top / path)} (changed in the template; you "
            "deleted it, so it stays away)"
        )
    for question, answer in target.asked.items():
        yield f"  new question '{question}': {answer!r} (--data {question}=VALUE says another)"


def _way_back(seen: Preview) -> str:
    all_of = {target.folder for target in seen.targets}
    outermost = [
        target.folder for target in seen.targets if all_of.isdisjoint(target.folder.parents)
    ]
    folders = " ".join(shlex.quote(display_path(folder)) for folder in outermost)
    reset = f"git reset --quiet -- {folders} && " if seen.conflicts else ""
    return f"To get back: {reset}git stash --include-untracked -- {folders}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
