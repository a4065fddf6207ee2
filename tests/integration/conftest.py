"""Real Podman for the integration tests: images, unique names, free ports, and tidying up.

Where Podman is missing these fixtures fail and never skip: a green run has run containers. The two
images stay in the store, for the next run; everything named after a project goes.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tomli_w
from tests.integration import leftovers

from container_manager import base_image, debian_tree
from container_manager.errors import ManagerError
from container_manager.identity import COMPOSE_PROJECT, PROJECT, private_folder
from container_manager.places import STATE_DIR
from container_manager.podman import containers_conf, probe
from container_manager.podman.host import CACHE, PodmanHost, connect
from container_manager.run import Finished, ProcessRunner
from container_manager.testing.ports import Ports

SH_IMAGE = "localhost/cm-test-sh:latest"
PREFIX = "cmt-"
LAYERS = "localhost/cm-test-layers"
AT_ONCE = 8
"""Of so many tests the volumes, networks, secrets and images are removed together."""

CA_BUNDLE = os.environ.get("SSL_CERT_FILE", "")
"""What this machine's own programs trust, read before tests clear the environment."""

_SLEEPER = '["sh", "-c", "trap \'exit 0\' TERM INT; while :; do sleep 3600 & wait $!; done"]'


class Podman:
    """Calls Podman as the product does: same executable, same settings."""

    def __init__(self, host: PodmanHost, found: Path) -> None:
        self.host = host
        self.runner = ProcessRunner()
        self._found = found
        self._waiting: list[str] = []

    @property
    def env(self) -> dict[str, str]:
        """The environment of its calls."""
        return self.host.environment(os.environ)

    def __call__(
        self, *arguments: str, check: bool = True, stdin: bytes | None = None, timeout: float = 120
    ) -> Finished:
        """Run ``podman ARGUMENTS``; without ``check``, failures are the caller's to look at."""
        argv = (self.host.executable, *arguments)
        finished = self.runner.run(argv, env=self.env, stdin=stdin, timeout=timeout)
        if check and not finished.ok:
            pytest.fail(f"'podman {' '.join(arguments)}' failed:\n{finished.last_lines}")
        return finished

    def lines(self, *arguments: str) -> list[str]:
        """The lines that ``podman ARGUMENTS`` prints."""
        for _ in range(20):
            # A listing fails when another worker removes something while it is made.
            finished = self(*arguments, check=False)
            if finished.ok:
                return finished.stdout.splitlines()
            time.sleep(0.1)
        pytest.fail(f"'podman {' '.join(arguments)}' failed:\n{finished.last_lines}")

    def introduce(self, root: Path) -> None:
        """Tell a project how Podman is called here: each would find it out anew, by trying.

        Not for tests that say what a first command does. Where the environment is another than at
        the beginning of all tests, the project finds it out nevertheless.

        Args:
            root: the project's folder, in which nothing has run yet.
        """
        state_dir = root / STATE_DIR
        private_folder(state_dir)
        shutil.copy2(self._found / CACHE, state_dir / CACHE)

    def keep_layers(self, image: str, key: str) -> None:
        """Keep what an image was built from for the next test, or run, that builds the same.

        Such a build is Podman's own affair: it uses what is there as long as base, instructions and
        files are the same.

        Args:
            image: one that a test has built; it may remove it.
            key: of the one image that is kept.
        """
        kept = f"{LAYERS}:{key}"
        with one_at_a_time():
            show = ("image", "inspect", "--format={{.Id}}")
            former, new = (self(*show, one, check=False).stdout.strip() for one in (kept, image))
            self("tag", image, kept)
            if former not in ("", new):
                self("rmi", former, check=False)  # it stays where it is in use

    def remove_all(self, *names: str) -> None:
        """Remove every container, pod, volume, network, secret and image named after ``names``."""
        self.remove_containers(*names)
        for kind, remove in (
            ("network", ("network", "rm", "--force")),
            ("volume", ("volume", "rm", "--force")),
            ("secret", ("secret", "rm")),
        ):
            found = self.lines(kind, "ls", "--format={{.Name}}")
            self._remove(remove, {each for each in found if each.startswith(names)})
        self._remove_images(names)

    def remove_soon(self, name: str) -> None:
        """Remove containers now, and the rest together with that of the next tests.

        Each listing takes Podman as long as a test needs for a command.
        """
        self.remove_containers(name)
        self._waiting.append(name)
        if len(self._waiting) >= AT_ONCE:
            self.remove_what_waits()

    def remove_what_waits(self) -> None:
        """Remove all that :meth:`remove_soon` has left."""
        if self._waiting:
            self.remove_all(*self._waiting)
            self._waiting.clear()

    def remove_containers(self, *names: str) -> None:
        """Remove containers of projects, or called after them, and the pods that they are in."""
        ours = [
            one
            for one in json.loads("\n".join(self.lines("ps", "--all", "--format=json")))
            if one["Names"][0].startswith(names)
            or (one["Labels"] or {}).get(COMPOSE_PROJECT) in names
        ]
        remove = ("rm", "--force", "--depend", "--time=0", "--volumes")
        self._remove(remove, {one["Id"] for one in ours})
        self._remove(("pod", "rm", "--force"), {one["Pod"] for one in ours if one["Pod"]})

    def _remove_images(self, names: tuple[str, ...]) -> None:
        # One listing: Podman thinks long about each image, and there are hundreds.
        tags, nameless = set(), set()
        for one in json.loads("\n".join(self.lines("images", "--format=json"))):
            called = one.get("Names") or []
            tags |= {tag for tag in called if tag.removeprefix("localhost/").startswith(names)}
            # Those that were replaced have no name any more.
            if not called and (one["Labels"] or {}).get(PROJECT) in names:
                nameless.add(one["Id"])
        self._remove(("rmi", "--force"), tags)
        self._remove(("rmi",), nameless)

    def _remove(self, command: tuple[str, ...], names: set[str]) -> None:
        if names:
            self(*command, *sorted(names), check=False)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold a lock that all workers and all test runs of this user share."""
    path = Path(tempfile.gettempdir()) / f"container-manager-tests-{os.getuid()}.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """The Podman of this machine, ready to start containers."""
    found = tmp_path_factory.mktemp("podman-state")
    try:
        host = connect(ProcessRunner(), found, os.environ)
    except ManagerError as error:
        pytest.fail(f"These tests need a working Podman.\n{error}", pytrace=False)
    made = Podman(host, found)
    with one_at_a_time():
        leftovers.remove(made, PREFIX)
    yield made
    made.remove_what_waits()


@pytest.fixture(scope="session")
def sh_image(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image of 2 MB with busybox alone; by default it sleeps, and stops at once when told."""
    with one_at_a_time():
        if not podman("image", "exists", SH_IMAGE, check=False).ok:
            archive = tmp_path_factory.mktemp("sh-image") / "root.tar"
            podman(*import_of_sh_image(archive))
    return SH_IMAGE


def import_of_sh_image(archive: Path) -> tuple[str, ...]:
    """Write the archive of the small image; what to tell Podman so that it makes the image."""
    debian_tree.write(archive, _busybox_tree())
    return ("import", "--quiet", f"--change=CMD {_SLEEPER}", str(archive), SH_IMAGE)


@pytest.fixture(scope="session")
def python_image(podman: Podman) -> str:
    """The local Python base image."""
    with one_at_a_time():
        try:
            return base_image.ensure(podman.runner, podman.host.executable, podman.env)
        except ManagerError as error:
            pytest.fail(f"These tests need the local base image.\n{error}", pytrace=False)


def trusting_settings(podman: Podman, folder: Path) -> dict[str, str]:
    """The variables with which image builds reach a package index, wherever they need any.

    Where a proxy signs with a certificate of its own, ``SSL_CERT_FILE`` names the bundle that this
    machine trusts; it is mounted into builds and containers, and becomes part of no image.
    """
    if not Path(CA_BUNDLE).is_file():
        return {}
    files = containers_conf.files(
        os.environ, rootless=os.geteuid() != 0, version=podman.host.version
    )
    mount = f"{CA_BUNDLE}:/etc/ssl/certs/ca-certificates.crt:ro"
    settings = containers_conf.merge(
        containers_conf.read(files), {"containers": {"volumes": [mount]}}
    )
    file = folder / "trusting-containers.conf"
    file.write_text(tomli_w.dumps(settings), encoding="utf-8")
    return {"CONTAINERS_CONF": str(file)}


@pytest.fixture
def trusting_builds(
    podman: Podman, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> dict[str, str]:
    """Sets :func:`trusting_settings` for the test, and returns them."""
    variables = trusting_settings(podman, tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def project_name(podman: Podman) -> Iterator[str]:
    """A name that nobody else uses; everything called after it is removed afterwards."""
    name = f"{PREFIX}{uuid.uuid4().hex[:10]}"
    yield name
    podman.remove_soon(name)


@pytest.fixture
def free_port() -> Iterator[Callable[[], int]]:
    """Gives loopback ports that are free, each once among all tests that run at this time."""
    with contextlib.closing(Ports()) as ports:
        yield ports.take


def _busybox_tree() -> dict[str, debian_tree.Entry]:
    program = probe.static_program()
    if program is None or not program.path.name.startswith("busybox"):
        pytest.fail(
            "These tests need a static busybox ('apt-get install busybox-static').", pytrace=False
        )
    folder = debian_tree.Entry()
    tree = {
        "bin": folder,
        "etc": folder,
        "tmp": debian_tree.Entry(mode=0o1777),
        "bin/busybox": debian_tree.Entry(source=program.path),
        "etc/passwd": debian_tree.Entry(content=b"root:x:0:0:root:/:/bin/sh\n", mode=0o644),
        "etc/group": debian_tree.Entry(content=b"root:x:0:\n", mode=0o644),
    }
    names = ProcessRunner().run((str(program.path), "--list")).stdout.split()
    return {f"bin/{name}": debian_tree.Entry(link="busybox") for name in names} | tree
