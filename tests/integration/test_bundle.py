"""``bundle`` and ``unbundle``: a project on a machine without network and with an empty store."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import tarfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import snapshot
from tests.integration.conftest import PREFIX, Podman
from tests.integration.elsewhere import Elsewhere, another_machine
from tests.integration.ordinary import ordinary_user
from tests.integration.registry import Registry
from tests.integration.sites import Site

from container_manager.bundling import archive
from container_manager.bundling.archive import Content, Damaged, Reader
from container_manager.bundling.manifest import Manifest, Member
from container_manager.bundling.receiving import unbundle
from container_manager.errors import ManagerError, PreconditionError, RuntimeFailure, UsageError

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a network namespace"),
    pytest.mark.podman,
    pytest.mark.xdist_group("bundle"),
    pytest.mark.timeout(600),
]

TOKEN = "7hQ-a-token-that-nobody-else-has"

FILES = {
    "config.yml": """
        import: parts/services.yml
        project_name: NAME
        deployed_services: [web, side]
        images: {python: auto}
        """,
    "parts/services.yml": """
        framework:
          services:
            web:
              path: services/framework/web
              greeting: "${GREETING:-hello}"
              credentials: [WEB_TOKEN]
            side: {path: services/framework/side}
        """,
    "services/docker-compose.yml.j2": "networks: {default: {}}\n",
    "services/framework/web/docker-compose.yml.j2": """
        services:
          web:
            build: ./framework/web
            init: true
            command: [python3, /serve.py]
            stop_grace_period: 1s
            environment: {WEB_TOKEN: "${WEB_TOKEN}"}
        """,
    "services/framework/web/Dockerfile.j2": "FROM {{ images.python }}\nCOPY serve.py page /\n",
    # The flattened configuration names the project's folder, and would count as part of the image.
    "services/framework/web/.containerignore": "config.yml\n",
    "services/framework/web/serve.py": "import time\ntime.sleep(3600)\n",
    "services/framework/web/page.j2": "{{ framework.services.web.greeting }}\n",
    "services/framework/side/docker-compose.yml.j2": """
        services:
          side:
            image: PULLED
            pull_policy: always
            stop_grace_period: 1s
            volumes: ["./framework/side/note:/note:ro"]
        """,
    "services/framework/side/note": "from the project\n",
    ".env": f"WEB_TOKEN={TOKEN}\n",
    "backups/old/volume.tar": f"{TOKEN}\n",
    "keys/private.pem": f"{TOKEN}\n",
    ".git/config": f"[remote]\nurl = https://me:{TOKEN}@example.org\n",
}


@dataclass(frozen=True)
class Made:
    """A project and its bundle."""

    site: Site
    file: Path
    sha256: str
    told: dict[str, Any]
    pulled: str

    @property
    def manifest(self) -> Manifest:
        """What the bundle says of itself."""
        with self.file.open("rb") as stream:
            return Reader(stream, "bundle").manifest


@pytest.fixture(scope="module")
def made(
    podman: Podman,
    sh_image: str,
    python_image: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Made]:
    assert python_image
    name = f"{PREFIX}{uuid.uuid4().hex[:10]}"
    folder = tmp_path_factory.mktemp("here")
    registry = Registry(folder, podman)
    registry.offer(sh_image)
    pulled = f"{registry.host}/lab/{name}:stable"
    files = {path: text.replace("PULLED", pulled) for path, text in FILES.items()}
    site = Site(folder, name, podman, files, image=sh_image)
    file = folder / "lab.bundle.tar"
    try:
        with registry.serving(), pytest.MonkeyPatch.context() as patch:
            for variable, value in registry.environ.items():
                patch.setenv(variable, value)
            told = json.loads(site.run("bundle", "--output", str(file), "--json"))
            yield Made(site=site, file=file, sha256=told["sha256"], told=told, pulled=pulled)
    finally:
        podman.remove_all(name)
        podman("rmi", "--force", pulled, check=False)


@pytest.fixture(scope="module")
def installed(made: Made) -> Iterator[Elsewhere]:
    """Another machine, where somebody did what INSTALL.txt says up to 'unbundle'."""
    with another_machine() as there:
        install(made, there)
        yield there
        with contextlib.suppress(AssertionError):
            there.sh("podman rm --all --force --time=0; podman rmi --all --force")


def install(made: Made, there: Elsewhere) -> None:
    manual = there.sh(f"tar xOf {made.file} INSTALL.txt")
    steps = [line.strip() for line in manual.splitlines() if line.startswith("  ")]
    assert [step.split()[0] for step in steps] == [
        "sha256sum", "tar", "python3", "manager/bin/pip", "manager/bin/container-manager",
    ]  # fmt: skip
    script = "\n".join(steps[:-1]).replace("BUNDLE", str(made.file))
    assert there.sh("sed 1d /proc/net/route") == ""
    assert made.sha256 in there.sh(script.replace("python3 ", '"$PYTHON" ', 1))


def test_it_runs_where_there_is_no_network(made: Made, installed: Elsewhere) -> None:
    there, name = installed, made.site.name
    manager = "../manager/bin/container-manager"
    out = there.sh(f"manager/bin/container-manager unbundle {made.file} --sha256 {made.sha256}")
    assert out.strip() == name
    assert "It set: WEB_TOKEN." in there.said
    assert f"Next: cd {name} && container-manager up --detached --as-built" in there.said
    assert there.images().keys() >= {f"localhost/{name}_web:latest"}
    for image in made.manifest.images:
        assert image.id in there.images().values()

    there.sh(f"cd {name}; {manager} up --detached --as-built")
    assert "Building" not in there.said
    inside = "podman exec {name}_{service}_1 {command}"
    page = there.sh(inside.format(name=name, service="web", command="cat /page"))
    note = there.sh(inside.format(name=name, service="side", command="cat /note"))
    assert (page, note) == ("hello\n", "from the project\n")
    token = there.sh(inside.format(name=name, service="web", command="sh -c 'echo $WEB_TOKEN'"))
    assert token.strip() not in ("", TOKEN)

    # From its sources: the same files, and so the same images and containers.
    before = there.sh("podman ps --quiet")
    there.sh(f"cd {name}; {manager} up --detached")
    assert "Building" not in there.said
    assert there.sh("podman ps --quiet") == before
    there.sh(f"cd {name}; {manager} down")

    # A second time, it must not be written over.
    tree = snapshot(there.root / name)
    there.sh(f"manager/bin/container-manager unbundle {made.file}", code=2)
    assert "is there already and not empty" in there.said
    assert snapshot(there.root / name) == tree


def test_an_ordinary_user_can_unpack_and_run_it(made: Made) -> None:
    name = made.site.name
    with ordinary_user() as user:
        file = Path(shutil.copy(made.file, user.home))
        os.chown(file, user.uid, user.gid)
        user.manager(user.home, "unbundle", file.name)
        user.manager(user.home / name, "up", "--detached", "--as-built")
        assert user.podman("exec", f"{name}_side_1", "cat", "/note") == "from the project\n"
        assert {path.stat().st_uid for path in (user.home / name).rglob("*")} == {user.uid}
        user.manager(user.home / name, "down")


def test_no_secret_is_in_it_and_nothing_that_no_build_reads(made: Made) -> None:
    assert TOKEN.encode() not in made.file.read_bytes()
    paths = {one.path for one in made.manifest.members if one.path.startswith("project/")}
    sources = {path for path in paths if not path.startswith("project/build/")}
    kept_back = {".env", "backups/old/volume.tar", "keys/private.pem", ".git/config"}
    assert sources == {
        f"project/{path}" for path in (FILES.keys() - kept_back) | {"provider.yml"}
    } - {"project/provider.yml"}
    assert made.told["variables"] == ["WEB_TOKEN"]


def test_the_same_project_gives_the_same_bytes(made: Made) -> None:
    again = made.file.with_name("again.tar")
    made.site.run("bundle", "--output", str(again))
    assert replace(made, file=again).manifest == made.manifest
    assert again.read_bytes() == made.file.read_bytes()
    assert not list(again.parent.glob(".*"))
    again.unlink()


def test_an_existing_file_stays(made: Made) -> None:
    before = made.file.read_bytes()
    made.site.run("bundle", "--output", str(made.file), code=2)
    assert "--force" in made.site.said
    assert made.file.read_bytes() == before


def test_a_bundle_that_is_stopped_leaves_nothing(made: Made) -> None:
    before = snapshot(made.file.parent)
    process = made.site.start("bundle", "--output", str(made.file.with_name("stopped.tar")))
    assert process.stderr is not None
    for line in process.stderr:
        if "wheels" in line:
            process.terminate()
            break
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Interrupted: nothing was written." in said
    after = snapshot(made.file.parent)
    assert after.keys() == before.keys()


def test_some_services_bring_their_images_alone(made: Made, python_image: str) -> None:
    file = made.file.with_name("side.tar")
    told = json.loads(made.site.run("bundle", "--service", "side", "--output", str(file), "--json"))
    try:
        assert {one["reference"] for one in told["images"]} == {made.pulled, python_image}
    finally:
        file.unlink()


# What is refused


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    """Another machine, in which this process stands; its image store is empty."""
    with another_machine() as place:
        monkeypatch.setenv("CONTAINERS_STORAGE_CONF", place.environ["CONTAINERS_STORAGE_CONF"])
        (place.root / "work").mkdir()
        with contextlib.chdir(place.root / "work"):
            yield place


@contextlib.contextmanager
def refused(
    there: Elsewhere, error: type[ManagerError], match: str | None = None
) -> Iterator[None]:
    """The block is refused: nothing is loaded, nothing written."""
    before = snapshot(there.root / "work")
    with pytest.raises(error, match=match):
        yield
    assert snapshot(there.root / "work") == before
    assert there.images() == {}


def places(whole: bytes, manifest: Manifest) -> list[int]:
    """Positions in a bundle: first and last bytes, and some of each kind of member."""
    found = [0, 511, 600, 1200, len(whole) // 2, len(whole) - 1024, len(whole) - 1]
    for name in ("INSTALL.txt", "wheels/container_manager", "project/config.yml", "images.tar"):
        member = next(one for one in manifest.members if one.path.startswith(name))
        header = whole.index(member.path.encode() + b"\0")
        found += [header, header + 156, header + 512, header + 511 + member.size]
        found += [header + 512 + member.size // 2, header + 512 + member.size]
    return found


def test_a_changed_byte_is_refused(made: Made, there: Elsewhere) -> None:
    slim = rewritten(made, there.root / "slim.tar")
    whole = bytearray(slim.read_bytes())
    changed = there.root / "changed.tar"
    for place in places(bytes(whole), replace(made, file=slim).manifest):
        whole[place] ^= 1
        changed.write_bytes(whole)
        with pytest.raises(Damaged):
            unbundle(changed)
        whole[place] ^= 1
    with refused(there, Damaged):
        changed.write_bytes(whole[:-1])
        unbundle(changed)
    with refused(there, Damaged):
        changed.write_bytes(whole + b"\0")
        unbundle(changed)


def test_another_bundle_than_was_meant_is_refused(made: Made, there: Elsewhere) -> None:
    with refused(there, Damaged, "another file than you expect"):
        unbundle(made.file, sha256="0" * 64)
    with refused(there, UsageError, "64 hexadecimal digits"):
        unbundle(made.file, sha256="abc")
    with refused(there, UsageError, "cannot be read"):
        unbundle("missing.tar")
    with refused(there, UsageError, "cannot be read"):
        unbundle(there.root / "no" / "such")
    with refused(there, UsageError, "is no file"):
        unbundle(there.root)
    os.mkfifo(there.root / "pipe")
    with refused(there, UsageError, "is no file"):
        unbundle(there.root / "pipe")


def rewritten(
    made: Made, file: Path, change: Callable[[Manifest], Manifest] = lambda said: said
) -> Path:
    """A bundle that is whole in itself, but says something else, and whose images are none."""
    contents: dict[str, bytes] = {}

    def take(member: Member, content: Content) -> None:
        contents[member.path] = b"".join(content)

    with made.file.open("rb") as stream:
        reader = Reader(stream, "bundle")
        reader.read(take)
    contents["images.tar"] = no_images()
    members = tuple(
        replace(
            one,
            size=len(contents[one.path]),
            sha256=hashlib.sha256(contents[one.path]).hexdigest(),
        )
        for one in reader.manifest.members
    )
    said = change(replace(reader.manifest, members=members))
    with file.open("wb") as target:
        archive.write(target, said, lambda one: io.BytesIO(contents[one.path]))
    return file


def no_images() -> bytes:
    """An archive as Podman writes it, of no image."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as listing:
        info = tarfile.TarInfo("manifest.json")
        info.size = 2
        listing.addfile(info, io.BytesIO(b"[]"))
    return stream.getvalue()


def test_a_machine_of_another_kind_is_refused_with_both_names(made: Made, there: Elsewhere) -> None:
    other = rewritten(
        made, there.root / "other.tar", lambda said: replace(said, architecture="s390x")
    )
    with refused(there, PreconditionError, f"made for s390x.*{made.told['architecture']} here"):
        unbundle(other)


def test_other_images_than_were_announced_are_refused(made: Made, there: Elsewhere) -> None:
    with refused(there, RuntimeFailure, "holds other images"):
        unbundle(rewritten(made, there.root / "other.tar"))


def test_a_folder_that_would_rename_the_project_is_refused(made: Made, there: Elsewhere) -> None:
    unnamed = rewritten(made, there.root / "x.tar", lambda said: replace(said, folder="lab"))
    with refused(there, UsageError, "The folder's name is the project's"):
        unbundle(unnamed, into="elsewhere")


def test_what_cannot_travel_is_told_before_anything_is_written(
    made: Made, podman: Podman, sh_image: str, tmp_path: Path
) -> None:
    name = f"{made.site.name}x"
    index = json.loads((made.file.parent / "layout/index.json").read_bytes())
    pinned = f"{made.pulled.removesuffix(':stable')}@{index['manifests'][0]['digest']}"
    assert pinned in {one for image in made.told["images"] for one in image["digests"]}
    files = {path: text.replace("PULLED", pinned) for path, text in FILES.items()}
    site = Site(tmp_path, name, podman, files, image=sh_image)
    try:
        remark = f"{{# the token is {TOKEN} #}}"  # no build writes it
        site.edit("services/docker-compose.yml.j2", "networks", f"{remark}networks")
        site.run("bundle", code=2)
        assert "docker-compose.yml.j2: This file holds the value of the secret WEB_" in site.said
        assert TOKEN not in site.said
        site.edit("services/docker-compose.yml.j2", remark, "")

        (site.root.parent / "shared.yml").write_text("greeting: hi\n")
        site.edit("config.yml", "parts/services.yml", "[parts/services.yml, ../shared.yml]")
        site.run("bundle", code=2)
        assert "shared.yml lies outside of the project" in site.said
        site.edit("config.yml", "[parts/services.yml, ../shared.yml]", "parts/services.yml")

        site.run("bundle", code=2)
        assert f"The image {pinned} is named by its digest" in site.said
        assert not list(site.root.glob("*bundle.tar"))
    finally:
        podman.remove_all(name)
        podman("rmi", "--force", pinned, check=False)
