"""The local Python base image: from this machine's own Debian packages, without any registry.

It stands in for the official Python image: root by default, ``python3`` and ``pip`` on PATH, and
besides an ordinary user ``app`` (1000) to run as.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from container_manager import debian_tree
from container_manager.config.images import PYTHON_FALLBACK, debian_python, local_python
from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.run import Finished, Runner

LABEL = "io.container-manager.base=true"

_IMPORT_TIMEOUT = 600.0
_BUSYBOX = ("busybox-static", "busybox")
_ALWAYS = ("python3-minimal", "libstdc++6", "media-types", "netbase", "base-files", "tzdata")
_WHERE_PRESENT = ("ca-certificates", "python3-pip-whl", "python3-setuptools-whl")


def is_local(reference: str) -> bool:
    """Whether ``reference`` is the image that :func:`ensure` makes."""
    return reference == local_python()


def ensure(
    runner: Runner,
    executable: str,
    env: Mapping[str, str],
    *,
    rebuild: bool = False,
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr),
) -> str:
    """Build the local image unless it is there; returns its name.

    Args:
        runner: starts the processes.
        executable: Podman.
        env: the whole environment for Podman.
        rebuild: build it even if it is there, after an update of the host, say.
        say: told one line before and one after a build.

    Raises:
        PreconditionError: this machine has no Debian Python, or a package is missing.
        RuntimeFailure: Podman refused the image.
    """
    python, reference = debian_python(), local_python()
    if python is None or reference is None:
        raise PreconditionError(
            "The local base image is made of Debian packages, and this is not a Debian machine.",
            remedy=f"Name an image in 'images.python', such as {PYTHON_FALLBACK}.",
        )
    if not rebuild and runner.run((executable, "image", "exists", reference), env=env).ok:
        return reference
    say(f"Building {reference} from this machine's packages …")
    old = runner.run((executable, "image", "inspect", "--format={{.Id}}", reference), env=env)
    with tempfile.TemporaryDirectory(prefix="container-manager-") as folder:
        archive = Path(folder) / "root.tar"
        debian_tree.write(archive, _entries(runner, env, python))
        _import(runner, executable, env, archive, reference)
    if old.ok:
        # Without --force: an image that containers or other images use stays.
        runner.run((executable, "image", "rm", old.stdout.strip()), env=env)
    say(f"Built {reference}.")
    return reference


def _entries(runner: Runner, env: Mapping[str, str], python: str) -> dict[str, debian_tree.Entry]:
    query = ("dpkg-query", "-W", f"--showformat={debian_tree.PACKAGE_FORMAT}")
    listing = _checked(runner.run(query, env=env)).stdout
    roots = (python, f"{python}-venv", *_ALWAYS, *_BUSYBOX, *_WHERE_PRESENT)
    packages = debian_tree.closure(listing, roots)
    busybox = shutil.which("busybox", path="/bin:/usr/bin:/usr/sbin")
    if busybox is None or not any(name in packages for name in _BUSYBOX):
        raise PreconditionError(
            "The local base image needs busybox for its shell and small commands.",
            remedy="Run 'apt-get install busybox-static', or name an image in 'images.python'.",
        )
    files = _checked(runner.run(("dpkg-query", "-L", *packages), env=env)).stdout
    applets = _checked(runner.run((busybox, "--list"), env=env)).stdout.split()
    return debian_tree.collect(files.splitlines(), applets, python)


def _import(
    runner: Runner, executable: str, env: Mapping[str, str], archive: Path, reference: str
) -> None:
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    changes = ('CMD ["python3"]', f"ENV PATH={path}", "ENV LANG=C.UTF-8", f"LABEL {LABEL}")
    options = [f"--change={change}" for change in changes]
    argv = (executable, "import", "--quiet", *options, str(archive), reference)
    _checked(runner.run(argv, env=env, timeout=_IMPORT_TIMEOUT))


def _checked(finished: Finished) -> Finished:
    if not finished.ok:
        command = " ".join(finished.argv[:2])
        raise RuntimeFailure(
            f"The local base image cannot be built: '{command}' failed:\n{finished.last_lines}",
            remedy="Mend what it says, or name another image in 'images.python'.",
        )
    return finished
