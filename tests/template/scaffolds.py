"""The template of this checkout as a repository of its own, for tests that use it as users do."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from copier import Settings, run_copy
from plumbum import local

ROOT = Path(__file__).parents[2]
IDENTITY = {
    "GIT_AUTHOR_NAME": "Tests",
    "GIT_AUTHOR_EMAIL": "tests@example.org",
    "GIT_COMMITTER_NAME": "Tests",
    "GIT_COMMITTER_EMAIL": "tests@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


TEMPLATE = ("copier.yml", "pyproject.toml", "template")
"""What Copier needs of this checkout; the rest takes it longer to clone than all else."""


def checkout_copy(folder: Path, *, tag: str | None, only: Sequence[str] = ()) -> Path:
    """Commit what this checkout holds now, changes that are not committed included.

    Args:
        folder: where to; it must not exist yet.
        tag: of the one commit; None leaves it without.
        only: files and folders that are enough; none for all.

    Returns:
        The folder, a repository.
    """
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *only)
    for name in filter(None, git(ROOT, *listing).split("\0")):
        if (ROOT / name).is_file():  # what is deleted is still listed
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--message=The checkout as it is")
    if tag:
        git(folder, "tag", tag)
    return folder


def git(folder: Path, *arguments: str) -> str:
    """What git says, which must succeed; nobody's settings take part."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**environ, **IDENTITY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


PROJECT = {
    "config.yml": """
        import:
          - services/*/service.yml
          - services/framework/*/service.yml
          - services/applications/*/*/service.yml
        project_name: lab
        network: stack
        images: {python: auto}
        """,
    "services/docker-compose.yml.j2": "networks: { {{ network }}: {} }\n",
}
"""As small as a project can be that services are put into."""


def put_service(template: Path, root: Path, place: str, **answers: object) -> Path:
    """What ``copier copy TEMPLATE PLACE`` does, with these answers and else the defaults.

    Args:
        template: a repository, or a folder without history.
        root: the project's folder.
        place: such as ``services/framework/web``.
        answers: by question.

    Returns:
        The service's folder.

    Raises:
        ValueError: an answer is refused.
    """
    with contextlib.ExitStack() as stack:
        if not (template / ".git").exists():
            # Copier asks git about each file that it makes, and has nothing to find out.
            stack.enter_context(local.env(PATH="/nonexistent"))
        run_copy(
            str(template),
            root / place,
            answers,
            defaults=True,
            quiet=True,
            settings=Settings(),  # nobody's own
        )
    return root / place
