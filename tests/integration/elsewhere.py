"""Another machine: no network, an empty image store, an empty home, and no Container Manager."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def another_machine() -> Iterator[Elsewhere]:
    """A machine for the time of a block.

    Its folder has a short name: Podman waits ten seconds for each container whose sockets have
    paths that are too long for the system.
    """
    with tempfile.TemporaryDirectory(prefix="cmt-") as folder:
        try:
            yield Elsewhere(Path(folder))
        finally:
            # Podman mounts a store onto itself, for as long as it is in use.
            store = f"{folder}/graph/overlay"
            subprocess.run(["umount", "--lazy", store], capture_output=True, check=False)


class Elsewhere:
    """What a bundle is carried to.

    Args:
        root: a folder of its own.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.said = ""
        (root / "home").mkdir(parents=True)
        (root / "networks").mkdir()
        storage = root / "storage.conf"
        storage.write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{root}/graph"\nrunroot = "{root}/run"\n'
        )
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self.environ = {
            **kept,
            "HOME": str(root / "home"),
            "CONTAINERS_STORAGE_CONF": str(storage),
            "PYTHON": sys.executable,
        }

    @property
    def _apart(self) -> str:
        """Loopback alone, since without a route nothing else can be reached; and no name server of
        this machine's Podman, which keeps all of root's in one folder, whatever the store.
        """
        return (
            "ip link set lo up 2>/dev/null || :\n"
            "mkdir -p /run/containers/networks\n"
            f"mount --bind '{self.root}/networks' /run/containers/networks\n"
        )

    def sh(self, script: str, *, code: int = 0) -> str:
        """What a shell script prints there; ``said`` has what it says besides."""
        finished = subprocess.run(
            ["unshare", "--net", "--mount", "sh", "-euc", f"{self._apart}{script}"],
            cwd=self.root,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        self.said = finished.stderr
        assert finished.returncode == code, f"{script}\n{finished.stdout}{finished.stderr}"
        assert "Traceback" not in finished.stderr
        return finished.stdout

    def images(self) -> dict[str, str]:
        """Name -> id of every image in the store."""
        lines = self.sh("podman images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}'")
        pairs = (line.split() for line in lines.splitlines())
        return {name: identity.removeprefix("sha256:") for name, identity in pairs}
