"""Writes rendered texts as files through Copier: the one module that imports it.

What a file says was decided and checked before, by the strict environment; Copier generates it
from a staged template root that holds nothing else, so a user's project needs no ``copier.yml``.
Staged names are numbers: Copier renders each part of a path, and a user's name may look like Jinja.
Git is hidden, since Copier would ask it several questions a file (measured: half of the time).
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

_SUFFIX = ".j2"
_COPIER_YML = f"""\
_templates_suffix: {_SUFFIX}
_envops: {{undefined: jinja2.StrictUndefined, keep_trailing_newline: true}}
_exclude: [copier.yml]
"""


def write_texts(texts: Mapping[Path, tuple[str, int]], workspace: Path) -> None:
    """Generate files.

    Args:
        texts: absolute path -> (content, permission bits).
        workspace: an existing folder on the same file system, for what is staged.

    Raises:
        OSError: a file cannot be written.
    """
    if not texts:
        return
    from copier import Settings, run_copy  # half a second: only where something is generated
    from plumbum import local

    with tempfile.TemporaryDirectory(dir=workspace, prefix="copier-") as folder:
        template, generated = Path(folder, "template"), Path(folder, "generated")
        template.mkdir()
        (template / "copier.yml").write_text(_COPIER_YML, encoding="utf-8")
        contents: dict[str, str] = {}
        for number, (text, mode) in enumerate(texts.values()):
            staged = template / f"{number}{_SUFFIX}"
            staged.write_text(f'{{{{ contents["{number}"] }}}}', encoding="utf-8")
            staged.chmod(mode | 0o400)
            contents[str(number)] = text
        with local.env(PATH="/nonexistent"):
            run_copy(
                str(template),
                generated,
                data={"contents": contents},
                defaults=True,
                overwrite=True,
                quiet=True,
                skip_tasks=True,
                settings=Settings(),
            )
        for number, (path, (_, mode)) in enumerate(texts.items()):
            path.parent.mkdir(parents=True, exist_ok=True)
            written = generated / str(number)
            written.chmod(mode)
            written.replace(path)
