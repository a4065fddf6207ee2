"""Writes rendered texts as files through Copier: the one module of a build that imports it.

What a file says was decided and checked before, by the strict environment; Copier generates it
from a staged template root that holds nothing else, so a user's project needs no ``copier.yml``.
One run generates all files: a template for each set of permission bits, whose name yields one
number a text. Git is hidden, since Copier would ask it several questions a file (measured: half of
the time), and what is compiled is compiled once (:mod:`container_manager.render.memo`).
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

_SUFFIX = ".j2"
_COPIER_YML = f"""\
_templates_suffix: {_SUFFIX}
_envops: {{undefined: jinja2.StrictUndefined, keep_trailing_newline: true}}
_exclude: [copier.yml]
"""


def generate(texts: Sequence[tuple[str, int]], folder: Path) -> None:
    """Generate files that are named by their place in the list, from ``0`` on.

    Args:
        texts: content and permission bits of each.
        folder: an existing, empty folder.

    Raises:
        OSError: a file cannot be written.
    """
    from copier import Settings, run_copy  # half a second: only where much is generated
    from plumbum import local

    from container_manager.render.memo import compiled_once

    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="copier-") as name:
        template = Path(os.path.realpath(name))
        files = _template_root(template, texts)
        with compiled_once(), local.env(PATH="/nonexistent"):
            run_copy(
                str(template),
                folder,
                data={"files": files},
                defaults=True,
                overwrite=True,
                quiet=True,
                skip_tasks=True,
                settings=Settings(),
            )
    for number, (_, mode) in enumerate(texts):
        if not mode & stat.S_IRUSR:  # Copier has to read what it copies the mode from
            (folder / str(number)).chmod(mode)


def _template_root(
    folder: Path, texts: Sequence[tuple[str, int]]
) -> dict[str, list[tuple[str, str]]]:
    """Stage one template for each set of permission bits; returns what they yield."""
    (folder / "copier.yml").write_text(_COPIER_YML, encoding="utf-8")
    files: dict[str, list[tuple[str, str]]] = {}
    for number, (text, mode) in enumerate(texts):
        files.setdefault(f"{mode:o}", []).append((str(number), text))
    for bits in files:
        name = f"{{% yield file from files['{bits}'] %}}{{{{ file[0] }}}}{{% endyield %}}{_SUFFIX}"
        template = folder / name
        template.write_text("{{ file[1] }}", encoding="utf-8")
        template.chmod(int(bits, 8) | stat.S_IRUSR)
    return files
