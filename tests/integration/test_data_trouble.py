"""Saving, removing and restoring volumes when something goes wrong half-way, on real Podman."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.integration import postgres_image
from tests.integration.conftest import Podman
from tests.integration.stacks import HandMade

from container_manager.errors import ManagerError, PreconditionError, RuntimeFailure
from container_manager.lifecycle import (
    Project,
    backup,
    clean,
    down,
    list_backups,
    restore,
    up,
    wake_what_was_left,
)
from container_manager.lifecycle.data.saving import save
from container_manager.podman.engine import Engine
from container_manager.run import Finished, ProcessRunner

pytestmark = pytest.mark.podman

LOOP = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
ROOT = "services: {}\nvolumes: {data: {}, more: {}}\n"


def service(image: str, script: str, volumes: str) -> str:
    command = json.dumps(["sh", "-c", f"{script}; {LOOP}"])
    return (
        f"services:\n  web:\n    image: {image}\n    command: {command}\n"
        f"    volumes: {volumes}\n    stop_grace_period: 1s\n"
    )


@pytest.fixture
def stack(tmp_path: Path, project_name: str, podman: Podman) -> Iterator[HandMade]:
    """A project without anything running."""
    made = HandMade(tmp_path / "project", project_name)
    podman.introduce(made.root)
    yield made
    shutil.rmtree(tmp_path / "project", ignore_errors=True)


class Killed(BaseException):
    """Stands for a signal that nothing in us handles."""


class Struck(ProcessRunner):
    """The real thing, until a certain call of Podman."""

    def __init__(self, *words: str, strike: Callable[[tuple[str, ...]], Any]) -> None:
        self._words, self._strike = words, strike

    def run(self, argv: Sequence[str], **options: Any) -> Finished:
        if not all(word in argv for word in self._words):
            return super().run(argv, **options)
        changed = self._strike(tuple(argv))
        return changed if isinstance(changed, Finished) else super().run(changed, **options)


def struck(stack: HandMade, *words: str, strike: Callable[[tuple[str, ...]], Any]) -> Project:
    """The project, with a Podman that something happens to."""
    project = stack.project()
    runner = Struck(*words, strike=strike)
    return replace(project, engine=Engine(runner, project.engine.host, stack.environ))


def kill(_: tuple[str, ...]) -> Finished:
    raise Killed


def fail(argv: tuple[str, ...]) -> Finished:
    return Finished(argv=argv, returncode=125, stdout="", stderr="Error: the disk has gone")


def failure(action: Callable[[], object], kind: type[ManagerError] = RuntimeFailure) -> str:
    with pytest.raises(kind) as caught:
        action()
    return str(caught.value)


def volumes(stack: HandMade, podman: Podman) -> list[str]:
    found = podman.lines("volume", "ls", "-q", f"--filter=name=^{stack.name}_")
    return sorted(one.removeprefix(f"{stack.name}_") for one in found)


def mounted(stack: HandMade, podman: Podman) -> set[str]:
    """The volumes of the container, the one without a name too."""
    names = "--format={{range .Mounts}}{{.Name}} {{end}}"
    found = set(podman.lines("inspect", names, f"{stack.name}_web_1")[0].split())
    assert len(found) == 3
    return found


def content(stack: HandMade, podman: Podman, image: str, volume: str = "data") -> str:
    mount = f"--volume={stack.name}_{volume}:/data"
    return podman("run", "--rm", mount, image, "cat", "/data/file").stdout.strip()


def test_commands_around_a_backup_that_fail(stack: HandMade, sh_image: str, podman: Podman) -> None:
    stack.settings["quiesce"] = {
        "before": ["sh", "-c", "echo before >> /data/file; test ! -e /data/refuse"],
        "after": ["sh", "-c", "echo after >> /data/file; test ! -e /data/stuck"],
    }
    text = service(sh_image, "touch /data/refuse", '["data:/data"]')
    up(stack.project(), stack.build(text, ROOT))
    message = failure(lambda: backup(stack.project()))
    assert "The 'quiesce' command of framework.web failed" in message
    web = ("exec", f"{stack.name}_web_1")
    assert podman(*web, "cat", "/data/file").stdout == "before\nafter\n"

    podman(*web, "sh", "-c", "rm /data/refuse; touch /data/stuck")
    message = failure(lambda: backup(stack.project()))
    assert "The 'after' of quiesce failed" in message
    assert f"podman exec {stack.name}_web_1 sh -c echo after" in message
    podman(*web, "rm", "/data/stuck")
    wake_what_was_left(stack.project())  # as the next command does
    assert "had left this: ran 'podman exec" in stack.output.getvalue()
    assert not (stack.root / ".container-manager/stilled.json").exists()
    assert list_backups(stack.project()) == []
    assert not list((stack.root / "backups").iterdir())

    # Without commands it is paused; where that cannot be done, down is the remedy.
    del stack.settings["quiesce"]
    message = failure(lambda: backup(struck(stack, "pause", strike=fail)), PreconditionError)
    assert f"{stack.name}_web_1 cannot be paused: Error: the disk has gone" in message
    assert "Stop the stack with 'down'" in message

    # Somebody else who writes to the volume is neither paused nor passed over.
    other = f"{stack.name}-other"
    podman("run", "-d", f"--name={other}", f"--volume={stack.name}_data:/data", sh_image)
    message = failure(lambda: backup(stack.project()), PreconditionError)
    assert f"'podman stop {other}'" in message
    podman("stop", "-t", "0", other)
    assert (backup(stack.project()) / "manifest.json").is_file()
    podman("rm", "-f", other)
    clean(stack.project(), save=False)


def test_what_was_begun_is_told_and_gone_on_with(
    stack: HandMade, sh_image: str, podman: Podman
) -> None:
    script = "echo one > /data/file; echo two > /more/file; echo three > /anon/file"
    text = service(sh_image, script, '["data:/data", "more:/more", "/anon"]')
    build = stack.build(text, ROOT)
    up(stack.project(), build)
    own = mounted(stack, podman)

    # A save that fails: a file may only have so many bytes.
    def cut(argv: tuple[str, ...]) -> tuple[str, ...]:
        return ("prlimit", "--fsize=600", *argv)

    message = failure(lambda: clean(struck(stack, "volume", "export", strike=cut)))
    assert "could not be saved" in message
    assert f"These are stopped: {stack.name}_web_1." in message
    assert "Nothing was removed." in message
    assert own <= set(podman.lines("volume", "ls", "-q"))
    assert not list((stack.root / "backups").iterdir())

    # Removing one volume fails; it is removed by the next clean, which saves it once more.
    name = f"{stack.name}_data"
    message = failure(lambda: clean(struck(stack, "volume", "rm", name, strike=fail)))
    assert f"The volume {name} could not be removed: Error: the disk has gone" in message
    assert f"Still there: {name}." in message
    assert f"Gone: {stack.name}_web_1, {stack.name}_default, " in message
    assert volumes(stack, podman) == ["data"]
    (first,) = list_backups(stack.project())
    clean(stack.project())
    assert volumes(stack, podman) == []
    assert not own & set(podman.lines("volume", "ls", "-q"))

    # Killed when the containers are gone: the volume without a name is not forgotten.
    up(stack.project(), build)
    own = mounted(stack, podman)
    with pytest.raises(Killed):
        clean(struck(stack, "network", "rm", strike=kill))
    assert own <= set(podman.lines("volume", "ls", "-q"))
    clean(stack.project())
    assert not own & set(podman.lines("volume", "ls", "-q"))

    # A restore that is killed before the first volume is there, and when it is there and empty.
    for step in ("create", "import"):
        with pytest.raises(Killed):
            restore(struck(stack, "volume", step, strike=kill), first.name)
        message = failure(lambda: up(stack.project(), build), PreconditionError)
        assert f"{stack.name}_more" in message
        assert "was cut short: they are not whole." in message
        assert f"'restore {first.name}' again" in message
    restore(stack.project(), first.name)
    assert content(stack, podman, sh_image) == "one"
    assert content(stack, podman, sh_image, "more") == "two"

    # What comes back is not what was saved: a lying Podman is found out.
    def lose(argv: tuple[str, ...]) -> Finished:
        return Finished(argv=argv, returncode=0, stdout="", stderr="")

    lying = struck(stack, "volume", "import", strike=lose)
    message = failure(lambda: restore(lying, first.name, force=True))
    assert "does not hold what" in message
    assert "Restored: nothing. Not whole: " in message
    restore(stack.project(), first.name)
    up(stack.project(), build)
    assert content(stack, podman, sh_image) == "one"
    clean(stack.project(), save=False)


def test_only_automatic_backups_are_pruned(stack: HandMade, sh_image: str, podman: Podman) -> None:
    stack.config_text += "keep_backups: 2\n"
    up(
        stack.project(),
        stack.build(service(sh_image, "true", '["data:/data", "more:/more"]'), ROOT),
    )
    project = stack.project()
    data, more = (project.engine.volume(f"{stack.name}_{name}") for name in ("data", "more"))
    assert data is not None
    assert more is not None
    asked = backup(project)
    automatic = partial(save, project, made_by="clean", automatic=True)
    renamed = automatic([data]).rename(stack.root / "backups/before-the-upgrade")
    noted = automatic([data])
    (noted / "note.txt").write_text("why I keep this")
    last = automatic([data, more])
    down(project)
    podman("volume", "rm", more.name)
    asked_more = json.loads((asked / "manifest.json").read_text())["volumes"]
    assert more.name in {one["name"] for one in asked_more}
    shutil.rmtree(asked)  # so that only one backup of what is gone is left
    made = [automatic([data]) for _ in range(4)]
    assert {one.name for one in list_backups(project)} == {
        one.name for one in (renamed, noted, last, *made[-2:])
    }
    assert f"backups beyond the newest 2 (keep_backups): {made[0].name}" in stack.output.getvalue()
    # What is restored is not pruned by what is saved before.
    podman("run", "--rm", f"--volume={data.name}:/data", sh_image, "touch", "/data/file")
    restore(project, made[-2].name, force=True)
    names = {one.name for one in list_backups(project)}
    assert made[-2].name in names
    assert len(names) == 6
    clean(project, save=False)


def test_a_database_that_is_paused_loses_nothing_it_had_confirmed(
    stack: HandMade, podman: Podman, tmp_path: Path
) -> None:
    """What is copied from a paused PostgreSQL is what a power cut leaves; it starts from that."""
    (tmp_path / "image").mkdir()
    image = postgres_image.ensure_image(podman, tmp_path / "image")
    text = (
        f"services:\n  web:\n    image: {image}\n    user: '999:999'\n"
        "    environment: {POSTGRES_PASSWORD: only-a-test, PGPASSWORD: only-a-test}\n"
        "    volumes: ['data:/var/lib/postgresql/data']\n    stop_grace_period: 20s\n"
        "    healthcheck:\n      test: [CMD, pg_isready, --quiet, --host=127.0.0.1]\n"
        "      interval: 1s\n      retries: 60\n"
    )
    build = stack.build(text, ROOT)
    up(stack.project(), build)
    web = f"{stack.name}_web_1"
    psql = ("psql", "-h", "127.0.0.1", "-U", "postgres", "-qtA", "-v", "ON_ERROR_STOP=1", "-c")
    podman("exec", web, *psql, "CREATE TABLE n (i int PRIMARY KEY)")
    # A client writes without end, and notes what was confirmed, in the container's own /tmp.
    insert = f'{" ".join(psql)} "INSERT INTO n VALUES ($i)"'
    write = f"i=0; while :; do i=$((i+1)); {insert} && echo $i > /tmp/confirmed; done"
    podman("exec", "-d", web, "sh", "-c", write)
    deadline = time.monotonic() + 30
    while not podman("exec", web, "cat", "/tmp/confirmed", check=False).stdout.strip():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    confirmed = int(podman("exec", web, "cat", "/tmp/confirmed").stdout)
    saved = backup(stack.project())
    assert "Pausing web" in stack.output.getvalue()
    later = int(podman("exec", web, "cat", "/tmp/confirmed").stdout)
    clean(stack.project(), save=False)
    restore(stack.project(), saved.name)
    up(stack.project(), build)
    rows = podman("exec", web, *psql, "SELECT count(*), max(i) FROM n").stdout.strip().split("|")
    assert confirmed <= int(rows[0]) == int(rows[1]) <= later + 1
    clean(stack.project(), save=False)
