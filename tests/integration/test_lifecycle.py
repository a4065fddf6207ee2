"""The verbs on real containers: what is promised about starting, failing, secrets and data."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import Podman
from tests.integration.stacks import HandMade

from container_manager.compose.podman_compose import PodmanCompose
from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.lifecycle import backup, clean, down, follow, rebuild, restore, up
from container_manager.lifecycle.data.backups import sums_text

pytestmark = pytest.mark.podman

SECRET = "p$a$$ \"double\" 'single' and spaces \\ #"


def runs(first: str = "true", last: str = "true") -> str:
    """A command that does something, then stays until it is told to end."""
    return json.dumps(
        ["sh", "-c", f"{first}; trap '{last}; exit 0' TERM; while :; do sleep 0.1; done"]
    )


SLEEPS = runs()


@pytest.fixture
def stack(tmp_path: Path, project_name: str, sh_image: str, podman: Podman) -> Iterator[HandMade]:
    """A project without anything running."""
    made = HandMade(tmp_path / "project", project_name)
    podman.introduce(made.root)
    yield made
    shutil.rmtree(tmp_path / "project", ignore_errors=True)


def service(name: str, image: str, command: str = SLEEPS, more: str = "") -> str:
    """One service of a compose file; ``more`` is indented by four spaces."""
    return f"  {name}:\n    image: {image}\n    command: {command}\n{more}"


def failure(action: Callable[[], object], kind: type[Exception] = RuntimeFailure) -> str:
    with pytest.raises(kind) as caught:
        action()
    return str(caught.value)


def test_a_short_dependency_on_a_job_that_ends_at_once(stack: HandMade, sh_image: str) -> None:
    text = "services:\n" + service("job", sh_image, '["true"]')
    text += service("web", sh_image, more="    depends_on: [job]\n")
    message = failure(lambda: up(stack.project(), stack.build(text)))
    assert "job failed: it ended with exit code 0" in message
    assert "one_shot: [job]" in message
    assert "web was" not in message

    stack.settings["one_shot"] = ["job"]
    outcome = up(stack.project(), stack.build(text))
    assert {one.name: one.phase for one in outcome.services} == {"job": "done", "web": "up"}


def test_a_container_that_cannot_start_holds_its_dependants_back(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    text = "services:\n" + service("bad", sh_image, '["/no/such/program"]')
    text += service("web", sh_image, more="    depends_on: [bad]\n")
    text += service("top", sh_image, more="    depends_on: [web]\n")
    text += service("other", sh_image)
    message = failure(lambda: up(stack.project(), stack.build(text)))
    assert "bad failed: it could not be started" in message
    assert "/no/such/program" in message
    assert "web was not started, because bad failed" in message
    assert "top was not started, because web was not started" in message
    running = podman.lines("ps", "--format={{.Names}}", f"--filter=name=^{stack.name}_")
    assert running == [f"{stack.name}_other_1"]


def test_healthy_is_waited_for_and_found_out_by_ourselves(stack: HandMade, sh_image: str) -> None:
    text = "services:\n" + service(
        "db",
        sh_image,
        runs("sleep 1; touch /tmp/ok"),
        "    healthcheck: {test: 'test -e /tmp/ok', interval: 60s, retries: 3}\n",
    )
    text += service("web", sh_image, more="    depends_on: {db: {condition: service_healthy}}\n")
    started = time.monotonic()
    outcome = up(stack.project(), stack.build(text))
    assert time.monotonic() - started < 30
    assert {one.name: one.reason for one in outcome.services} == {"db": "healthy", "web": "running"}


def test_what_ends_or_never_becomes_healthy_is_told_with_its_last_words(
    stack: HandMade, sh_image: str
) -> None:
    text = "services:\n" + service("dies", sh_image, '["sh", "-c", "echo last words; exit 7"]')
    text += service(
        "sick",
        sh_image,
        more="    healthcheck: {test: 'echo no luck; exit 1', interval: 1s, retries: 1}\n",
    )
    text += service(
        "after", sh_image, more="    depends_on: {sick: {condition: service_healthy}}\n"
    )
    text += service("loops", sh_image, '["false"]', "    restart: always\n")
    message = failure(lambda: up(stack.project(), stack.build(text), timeout=20))
    assert "dies failed: it ended with exit code 7" in message
    assert "last words" in message
    assert "sick failed: its health check fails: no luck" in message
    assert "after was not started, because sick failed" in message
    assert "loops failed: it ends and is restarted again and again" in message


def test_the_deadline_is_kept(stack: HandMade, sh_image: str) -> None:
    check = "    healthcheck: {test: 'false', interval: 60s, retries: 3}\n"
    text = "services:\n" + service("slow", sh_image, more=check)
    stack.settings["start_timeout"] = 2
    message = failure(lambda: up(stack.project(), stack.build(text)))
    assert "slow failed: it is not ready after 2 s: its health check has not succeeded" in message


def test_secrets_arrive_intact_and_stand_nowhere(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    stack.environ |= {"API_TOKEN": SECRET, "DB_PASSWORD": "second-secret-value"}
    command = runs("env > /out/env")
    more = """    environment:
      URL: "mongo://app:${DB_PASSWORD:?}@mongo"
      API_TOKEN: null
      UNSET_KEY: "${UNSET_KEY}"
    volumes: ["./out:/out"]
    healthcheck: {test: 'test -n "$$URL"', interval: 1s}
"""
    up(stack.project(), stack.build("services:\n" + service("web", sh_image, command, more)))
    seen = (stack.base / "out" / "env").read_text().splitlines()
    assert f"API_TOKEN={SECRET}" in seen
    assert "URL=mongo://app:second-secret-value@mongo" in seen
    assert "UNSET_KEY=" in seen
    (inspected,) = json.loads(podman("container", "inspect", f"{stack.name}_web_1").stdout)
    if podman.host.version < (5, 3):
        del inspected["Config"]["Env"]  # older Podman shows there what a started process got
    (stack.base / "out" / "env").unlink()
    state = [path for path in stack.root.rglob("*") if path.is_file()]
    places = [json.dumps(inspected), stack.output.getvalue()]
    places += [path.read_text(encoding="utf-8", errors="replace") for path in state]
    for place in places:
        assert SECRET not in place
        assert "second-secret-value" not in place
    assert podman.lines("secret", "ls", f"--filter=name={stack.name}", "--quiet") != []
    down(stack.project())
    assert podman.lines("secret", "ls", f"--filter=name={stack.name}", "--quiet") == []


def test_what_did_not_change_is_kept_and_a_changed_file_or_secret_is_noticed(
    stack: HandMade, sh_image: str
) -> None:
    stack.environ["API_TOKEN"] = "first-value"
    text = "services:\n" + service(
        "web",
        sh_image,
        more="    environment: {API_TOKEN: '${API_TOKEN}'}\n"
        "    volumes: ['./web/app.conf:/app.conf']\n",
    )
    text += service("other", sh_image)
    conf = stack.base / "web" / "app.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text("one")
    assert up(stack.project(), stack.build(text)).created == ("web", "other")
    assert up(stack.project(), stack.build(text)).created == ()
    conf.write_text("two")
    assert up(stack.project(), stack.build(text)).created == ("web",)
    stack.environ["API_TOKEN"] = "second-value"
    assert up(stack.project(), stack.build(text)).created == ("web",)
    only_other = "services:\n" + service("other", sh_image)
    outcome = up(stack.project(), stack.build(only_other))
    assert outcome.removed == (f"{stack.name}_web_1",)
    assert down(stack.project()).removed == (f"{stack.name}_other_1", f"{stack.name}_default")


def test_a_taken_port_and_a_missing_mount_are_told_together(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        more = f"    ports: ['127.0.0.1:{port}:80']\n    volumes: ['/no/such/folder:/data']\n"
        text = "services:\n" + service("web", sh_image, more=more)
        message = failure(lambda: up(stack.project(), stack.build(text)), PreconditionError)
    assert f"Port 127.0.0.1:{port}/tcp, which the service 'web' publishes, is taken" in message
    assert "compose.yml:5" in message
    assert "/no/such/folder, which does not exist" in message
    assert podman.lines("ps", "-a", "-q", f"--filter=name=^{stack.name}_") == []


def test_another_checkouts_stack_is_refused_unless_adopted(
    stack: HandMade, sh_image: str, tmp_path: Path
) -> None:
    text = "services:\n" + service("web", sh_image)
    up(stack.project(), stack.build(text))
    shutil.copytree(stack.root, tmp_path / "copy")
    other = HandMade(tmp_path / "copy", stack.name)
    for verb in (
        lambda: up(other.project(), other.build(text)),
        lambda: down(other.project()),
        lambda: clean(other.project()),
    ):
        message = failure(verb, PreconditionError)
        assert f"belongs to {stack.root / 'config.yml'}" in message
        assert "--adopt" in message
    shutil.rmtree(stack.root)
    assert up(other.project(), other.build(text)).services[0].phase == "up"


def test_an_adopted_stack_stays_ours_with_its_volumes(
    stack: HandMade, sh_image: str, tmp_path: Path
) -> None:
    """Volumes keep the labels that they were made with; the adoption is remembered."""
    mounts = "    volumes: ['data:/data']\n"
    text = "services:\n" + service("web", sh_image, runs("echo kept > /data/kept"), mounts)
    root = "services: {}\nvolumes: {data: {}}\n"
    up(stack.project(), stack.build(text, root))
    other = HandMade(tmp_path / "copy", stack.name)
    up(other.project(adopt=True), other.build(text, root))
    assert up(other.project(), other.build(text, root)).created == ()
    down(other.project())
    assert (backup(other.project()) / "manifest.json").is_file()
    up(other.project(), other.build(text, root))
    clean(other.project(), save=False)


def test_a_handmade_stack_of_the_same_name_is_refused(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    label = f"--label=com.docker.compose.project={stack.name}"
    podman("run", "-d", label, f"--name={stack.name}-mine", sh_image)
    text = "services:\n" + service("web", sh_image)
    message = failure(lambda: up(stack.project(), stack.build(text)), PreconditionError)
    assert f"the container {stack.name}-mine" in message
    up(stack.project(adopt=True), stack.build(text))
    assert podman.lines("ps", "-a", "-q", f"--filter=name=^{stack.name}-mine") == []


def test_an_image_that_cannot_be_had_leaves_running_containers_alone(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    up(stack.project(), stack.build("services:\n" + service("web", sh_image)))
    before = podman.lines("ps", "-q", "--no-trunc", f"--filter=name=^{stack.name}_")
    text = "services:\n" + service("web", sh_image, '["sleep", "99"]')
    text += service("new", "localhost/no-such-image:1")
    text += service("far", "registry.invalid/no/such:1")
    message = failure(lambda: up(stack.project(), stack.build(text)))
    assert "localhost/no-such-image:1" in message
    assert "registry.invalid/no/such:1" in message
    assert podman.lines("ps", "-q", "--no-trunc", f"--filter=name=^{stack.name}_") == before


def test_clean_saves_what_restore_brings_back(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    write = runs("echo precious > /data/file")
    volumes = "volumes: {data: {}}\n"
    mount = "    volumes: ['data:/data']\n"
    text = "services:\n" + service("web", sh_image, write, mount)
    up(stack.project(), stack.build(text, "services: {}\n" + volumes))
    outcome = clean(stack.project())
    assert outcome.backup is not None
    saved = Path(outcome.backup)
    assert (saved.parent.stat().st_mode & 0o777, saved.stat().st_mode & 0o777) == (0o700, 0o700)
    assert podman.lines("volume", "ls", "-q", f"--filter=name={stack.name}") == []
    assert podman.lines("network", "ls", "-q", f"--filter=name={stack.name}") == []

    restore(stack.project())
    read = "services:\n" + service("web", sh_image, more=mount)
    up(stack.project(), stack.build(read, "services: {}\n" + volumes))
    assert podman("exec", f"{stack.name}_web_1", "cat", "/data/file").stdout == "precious\n"
    down(stack.project())
    message = failure(lambda: restore(stack.project(), saved.name), PreconditionError)
    assert f"The volume {stack.name}_data holds data" in message
    (saved / f"{stack.name}_data.tar").write_bytes(b"damaged")
    message = failure(lambda: restore(stack.project(), saved.name, force=True))
    assert "is damaged: it has 7 bytes" in message
    assert podman.lines("volume", "ls", "-q", f"--filter=name={stack.name}") != []
    assert "has no volumes" not in stack.output.getvalue()


MOUNT = "    volumes: ['data:/data']\n"
ROOT = "services: {}\nvolumes: {data: {}}\n"


def sign(folder: Path, manifest: dict[str, Any]) -> None:
    """Write a manifest as somebody would who wants it believed: with the sums to it."""
    text = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(text)
    sums = [one for one in manifest["volumes"] if isinstance(one, dict) and "sha256" in one]
    named = {one["file"]: one["sha256"] for one in sums}
    (folder / "SHA256SUMS").write_text(sums_text(text, named))


def test_restore_takes_nothing_for_ours_because_a_manifest_says_so(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    up(stack.project(), stack.build("services:\n" + service("web", sh_image, more=MOUNT), ROOT))
    saved = Path(clean(stack.project()).backup or "")
    good = json.loads((saved / "manifest.json").read_text())
    foreign = f"{stack.name}-foreign"
    podman("volume", "create", foreign)

    def refused(kind: type[Exception] = RuntimeFailure, **changes: object) -> str:
        sign(saved, good | changes)
        return failure(lambda: restore(stack.project(), force=True), kind)

    try:
        (entry,) = good["volumes"]
        message = refused(PreconditionError, volumes=[entry | {"name": foreign}])
        assert f"The volume {foreign} does not belong to the project" in message
        assert "is of another project: 'other'" in refused(PreconditionError, project="other")
        assert "it lists no volumes" in refused(volumes=[])
        assert "not a mapping" in refused(volumes=["text"])
        assert "has no name" in refused(volumes=[{"file": "a"}])
        assert "not a plain file name" in refused(volumes=[entry | {"file": "../a"}])
        assert "no volume can have" in refused(volumes=[entry | {"name": "--all"}])
        assert podman.lines("volume", "ls", "-q", f"--filter=name={stack.name}") == [foreign]
    finally:
        podman("volume", "rm", foreign)
    for name in ("..", "a/b", ""):
        message = failure(partial(restore, stack.project(), name), PreconditionError)
        assert "is not the name of a backup" in message
    message = failure(lambda: restore(stack.project(), "x"), PreconditionError)
    assert f"Backups: {saved.name}." in message
    shutil.rmtree(saved)
    message = failure(lambda: restore(stack.project(), "x"), PreconditionError)
    assert message.count("There") == 1


def test_a_volume_that_others_use_is_neither_removed_nor_replaced(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    build = stack.build("services:\n" + service("web", sh_image, more=MOUNT), ROOT)
    up(stack.project(), build)
    volume, other = f"{stack.name}_data", f"{stack.name}-other"
    podman("create", f"--name={other}", f"--volume={volume}:/data", sh_image)
    running = ("ps", "-q", f"--filter=name=^{stack.name}_web")
    before = podman.lines(*running)
    try:
        for verb in (clean, partial(rebuild, build=build, volumes=True)):
            message = failure(partial(verb, stack.project()), PreconditionError)
            assert f"The volume {volume}, which is to be removed, is used by: {other}" in message
        assert before == podman.lines(*running) != []
        podman("stop", f"{stack.name}_web_1")
        backup(stack.project())
        down(stack.project())
        message = failure(lambda: restore(stack.project(), force=True), PreconditionError)
        assert f"The volume {volume} is used by: {other}" in message
    finally:
        podman("rm", "--force", other)
    restore(stack.project(), force=True)


def test_a_removed_container_and_a_former_name_are_told(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    name = stack.name
    check = "    healthcheck: {test: 'false', interval: 60s, retries: 3}\n"
    build = stack.build("services:\n" + service("web", sh_image, more=check))

    def remove() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if podman.lines("ps", "-q", f"--filter=name=^{name}_web_1"):
                podman("rm", "-f", f"{name}_web_1")
                return

    remover = threading.Thread(target=remove)
    remover.start()
    message = failure(lambda: up(stack.project(), build, timeout=60))
    remover.join()
    assert "web failed: its container has disappeared" in message

    build = stack.build("services:\n" + service("web", sh_image))
    up(stack.project(), build)
    assert "former" not in stack.output.getvalue()
    stack.config_text = f"project_name: {name}-new\n"
    try:
        up(stack.project(), build)
        assert f"'podman rm -f {name}_web_1'" in stack.output.getvalue()
        for verb in (down, clean):  # what is left is told, not passed over
            stack.output.truncate(stack.output.seek(0))
            verb(stack.project())
            assert f"'podman rm -f {name}_web_1'" in stack.output.getvalue()
    finally:
        down(stack.project())


def test_what_lives_in_the_network_of_another_goes_before_it(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    """Podman removes no container whose network another one uses."""
    name = stack.name
    text = "services:\n" + service("web", sh_image)
    text += service("side", sh_image, more="    network_mode: 'service:web'\n")
    text += service("third", sh_image, more="    network_mode: 'service:side'\n")
    # No label tells that this one goes before the third.
    named = f"    network_mode: 'container:{name}_third_1'\n    depends_on: [side]\n"
    text += service("fourth", sh_image, more=named)
    for verb in (down, clean):
        up(stack.project(), stack.build(text))
        verb(stack.project())
        assert podman.lines("ps", "-aq", f"--filter=name=^{name}_") == []
    up(stack.project(), stack.build(text))
    rebuild(stack.project(), stack.build(text))
    assert len(podman.lines("ps", "-q", f"--filter=name=^{name}_")) == 4


def test_a_full_disk_is_told_while_all_still_runs(
    stack: HandMade, sh_image: str, podman: Podman, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = stack.build("services:\n" + service("web", sh_image, more=MOUNT), ROOT)
    up(stack.project(), build)
    podman("exec", f"{stack.name}_web_1", "sh", "-c", "echo data > /data/file")
    states = ("ps", "--format={{.ID}} {{.StartedAt}}", f"--filter=name=^{stack.name}_")
    before = podman.lines(*states)
    monkeypatch.setattr("container_manager.lifecycle.data.saving.free_space", lambda _: 0)
    for verb in (clean, partial(rebuild, build=build, volumes=True)):
        message = failure(partial(verb, stack.project()), PreconditionError)
        assert "has room for 0 MiB: nothing was saved or removed" in message
    assert podman.lines(*states) == before != []
    assert "Building" not in stack.output.getvalue()


def test_a_failed_save_removes_nothing(stack: HandMade, sh_image: str, podman: Podman) -> None:
    text = "services:\n" + service("web", sh_image, more="    volumes: ['data:/data']\n")
    up(stack.project(), stack.build(text, "services: {}\nvolumes: {data: {}}\n"))
    (stack.root / "backups").write_text("in the way")
    message = failure(lambda: clean(stack.project()), PreconditionError)
    assert "it is not a folder" in message
    failure(lambda: restore(stack.project()), PreconditionError)
    assert len(podman.lines("ps", "-q", f"--filter=name=^{stack.name}_")) == 1
    assert len(podman.lines("volume", "ls", "-q", f"--filter=name={stack.name}")) == 1
    clean(stack.project(), save=False)
    assert podman.lines("volume", "ls", "-q", f"--filter=name={stack.name}") == []


def test_built_images_are_built_once_and_cleaned_and_rebuild_keeps_data(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    context = stack.base / "web" / "app"
    context.mkdir(parents=True)
    (context / "Dockerfile").write_text(f"FROM {sh_image}\nCOPY hello /hello\n")
    (context / "hello").write_text("one\n")
    text = "services:\n  web:\n    build: ./web/app\n    volumes: ['data:/data']\n"
    text += f"    command: {runs('cat /hello >> /data/log')}\n"
    root = "services: {}\nvolumes: {data: {}}\n"
    up(stack.project(), stack.build(text, root))
    assert up(stack.project(), stack.build(text, root)).created == ()
    (context / "hello").write_text("two\n")
    assert up(stack.project(), stack.build(text, root)).created == ("web",)
    rebuild(stack.project(), stack.build(text, root))
    log = podman("exec", f"{stack.name}_web_1", "cat", "/data/log").stdout
    assert log == "one\ntwo\ntwo\n"
    label = f"--filter=label=io.container-manager.project={stack.name}"
    assert len(podman.lines("images", "-q", label)) == 1
    clean(stack.project())
    assert podman.lines("images", "-q", label) == []
    (context / "Dockerfile").write_text(f"FROM {sh_image}\nRUN echo oh no; exit 3\n")
    message = failure(lambda: up(stack.project(), stack.build(text, root)))
    assert "The image of the service 'web' could not be built" in message


def test_what_an_ignore_file_leaves_out_builds_no_image(stack: HandMade, sh_image: str) -> None:
    context = stack.base / "web" / "app"
    context.mkdir(parents=True)
    (context / "Dockerfile").write_text(f"FROM {sh_image}\nCOPY . /app\n")
    (context / ".dockerignore").write_text("*.md\n!kept.md\nDockerfile\n")
    text = "services:\n  web:\n    build: ./web/app\n" + f"    command: {runs('true')}\n"

    def builds() -> bool:
        before = len(stack.output.getvalue())
        up(stack.project(), stack.build(text))
        return "Building" in stack.output.getvalue()[before:]

    assert builds()
    (context / "notes.md").write_text("Changed.\n")
    (context / "tests").mkdir()
    (context / "tests" / ".keep.md").write_text("A new file.\n")
    assert builds(), "*.md is what lies beside the Dockerfile: nothing below a folder"
    (context / "notes.md").write_text("Changed again.\n")
    assert not builds()
    (context / "kept.md").write_text("Wanted.\n")
    assert builds()
    with (context / "Dockerfile").open("a") as file:
        file.write("LABEL is=another\n")
    assert builds(), "the Dockerfile counts, though the list leaves it out"


def test_services_share_an_image_that_one_of_them_builds(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    context = stack.base / "web" / "app"
    context.mkdir(parents=True)
    (context / "Dockerfile").write_text(f"FROM {sh_image}\nRUN echo one > /hello\n")
    image = f"localhost/{stack.name}_shared"
    text = "services:\n" + service("read", image) + service("write", image)
    text += "    build: ./web/app\n"
    assert set(up(stack.project(), stack.build(text)).created) == {"read", "write"}
    assert up(stack.project(), stack.build(text)).created == ()
    images = {
        podman("inspect", "--format={{.Image}}", f"{stack.name}_{name}_1").stdout.strip()
        for name in ("read", "write")
    }
    assert len(images) == 1
    (context / "Dockerfile").write_text(f"FROM {sh_image}\nRUN echo two > /hello\n")
    assert set(up(stack.project(), stack.build(text)).created) == {"read", "write"}


def press(
    stack: HandMade, image: str, command: str, tmp_path: Path, gaps: Sequence[float], more: str = ""
) -> tuple[int, str, float]:
    """Follow a service in a process, press Ctrl-C after each gap; exit code, output, seconds."""
    stack.build("services:\n" + service("web", image, command, more))
    script = tmp_path / "attached.py"
    script.write_text(
        f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.integration.stacks import HandMade
from container_manager.errors import ManagerError
from container_manager.lifecycle import follow, up
made = HandMade(Path({str(stack.root)!r}), {stack.name!r})
text = (made.base / "web/compose.yml").read_text()
project = made.project()
try:
    follow(project, up(project, made.build(text)).services)
except ManagerError as error:
    print(error)
    sys.exit(error.exit_code)
"""
    )
    argv = [sys.executable, str(script)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        assert process.stdout.readline() == "web | hello\n"
        started = time.monotonic()
        for gap in gaps:
            time.sleep(gap)
            process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        watchdog.cancel()
    return process.returncode, rest, time.monotonic() - started


@pytest.mark.parametrize("gaps", [[0], [0] + [0.03] * 4, [0, 0.005], [0, 0.1]])
def test_ctrl_c_stops_what_is_followed_and_keeps_it(
    stack: HandMade, sh_image: str, podman: Podman, tmp_path: Path, gaps: list[float]
) -> None:
    command = runs("echo hello", "sleep 1; echo bye")
    code, rest, _ = press(stack, sh_image, command, tmp_path, gaps)
    assert code == 130
    assert "stopped and kept" in rest
    states = podman.lines("ps", "-a", "--format={{.Status}}", f"--filter=name=^{stack.name}_")
    assert [state[:10] for state in states] == ["Exited (0)"]


def test_a_second_ctrl_c_kills_what_does_not_listen(
    stack: HandMade, sh_image: str, podman: Podman, tmp_path: Path
) -> None:
    command = json.dumps(["sh", "-c", "trap '' TERM; echo hello; while :; do sleep 0.1; done"])
    more = "    stop_grace_period: 50s\n    restart: always\n"
    code, rest, seconds = press(stack, sh_image, command, tmp_path, [0, 1], more)
    assert (code, seconds < 25) == (130, True)
    assert "stopped and kept" in rest
    states = podman.lines("ps", "-a", "--format={{.Status}}", f"--filter=name=^{stack.name}_")
    assert [state[:12] for state in states] == ["Exited (137)"]


class Killed(PodmanCompose):
    """A provider that is killed while it works."""

    def create(self, base: Sequence[str], services: Sequence[str]) -> list[str]:
        return ["sh", "-c", "echo working; kill -9 $$"]


class Mute(Killed):
    """A provider that is killed before it says anything."""

    def create(self, base: Sequence[str], services: Sequence[str]) -> list[str]:
        return ["sh", "-c", "kill -9 $$"]


class Liar(Killed):
    """A provider that does nothing and says that all is well."""

    def create(self, base: Sequence[str], services: Sequence[str]) -> list[str]:
        return ["sh", "-c", "echo all is well"]


@pytest.mark.parametrize(
    ("provider", "said"), [(Killed, "working"), (Mute, "signal 9"), (Liar, "all is well")]
)
def test_a_provider_that_is_killed_or_lies_is_a_failure(
    stack: HandMade, sh_image: str, provider: type[PodmanCompose], said: str
) -> None:
    project = replace(stack.project(), find_provider=provider)
    message = failure(lambda: up(project, stack.build("services:\n" + service("web", sh_image))))
    assert "web failed: podman-compose made no container for it" in message
    assert said in message


def test_what_somebody_else_was_making_is_made_again(stack: HandMade, sh_image: str) -> None:
    """As the provider does of a command that was killed: it goes on, and has the name."""

    class Late(PodmanCompose):
        def create(self, base: Sequence[str], services: Sequence[str]) -> list[str]:
            asked.append(tuple(services))
            if len(asked) == 1:
                return ["sh", "-c", "echo 'the name is already in use by 1234' >&2; exit 125"]
            return super().create(base, services)

    asked: list[tuple[str, ...]] = []
    project = replace(stack.project(), find_provider=Late)
    running = up(project, stack.build("services:\n" + service("web", sh_image)))
    assert (running.created, asked) == (("web",), [("web",), ("web",)])


def test_attached_it_ends_by_itself_with_what_the_containers_say(
    stack: HandMade, sh_image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for code in (0, 3):
        command = json.dumps(["sh", "-c", f"sleep 3; echo leaving; exit {code}"])
        project = stack.project()
        running = up(project, stack.build("services:\n" + service("web", sh_image, command)))
        if code:
            assert "web with 3" in failure(partial(follow, project, running.services))
        else:
            follow(project, running.services)
        assert capsys.readouterr().out == "web | leaving\n"
