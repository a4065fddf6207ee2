"""Who is held still while volumes are copied, and which volumes are copied at one moment."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from container_manager.config.quiesce import Quiesce
from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.lifecycle.data.notes import STILLED, listed
from container_manager.lifecycle.data.quiescing import grouped, held_still, stillness
from container_manager.lifecycle.project import Project
from container_manager.podman.answers import container_state
from container_manager.podman.state import ContainerState
from container_manager.run import Finished

RULE = Quiesce(before=("lock",), after=("unlock",))


def container(
    name: str, owner: str = "", status: str = "running", service: str = ""
) -> ContainerState:
    labels = {"com.docker.compose.service": service or name, "io.container-manager.service": owner}
    labels |= {"com.docker.compose.oneoff": "True"} if service else {}
    return container_state(
        {"Id": name, "Name": name, "State": {"Status": status}, "Config": {"Labels": labels}}
    )


def test_who_writes_is_paused_and_who_does_not_run_is_left_alone() -> None:
    web = container("web")
    others = [container(one, status=one) for one in ("exited", "created", "paused")]
    how = stillness([web, *others], [], {})
    assert (how.paused, how.quiesced) == ((web,), ())


def test_a_service_with_a_command_is_not_paused() -> None:
    db, web = container("db", "app.db"), container("web", "app.web")
    how = stillness([db, web], [db, web], {"app.db": RULE})
    assert how.paused == (web,)
    assert how.quiesced == ((db, RULE),)


def test_the_command_may_run_in_another_container_of_the_service() -> None:
    db, admin = container("db", "app.db"), container("admin", "app.db")
    rule = Quiesce(before=("lock",), after=(), container="admin")
    how = stillness([db], [db, admin], {"app.db": rule})
    assert (how.paused, how.quiesced) == ((), ((admin, rule),))


def test_a_command_of_its_own_is_paused_even_so() -> None:
    db, job = container("db", "app.db"), container("job", "app.db", service="db")
    for rule in (RULE, Quiesce(before=("lock",), after=(), container="db")):
        how = stillness([db, job], [db, job], {"app.db": rule})
        assert (how.paused, how.quiesced) == ((job,), ((db, rule),))
    assert stillness([job], [job], {"app.db": RULE}).paused == (job,)


def test_a_container_that_is_not_clear_is_asked_for() -> None:
    two = [container("a", "app.db"), container("b", "app.db")]
    with pytest.raises(PreconditionError, match="is not clear: a, b"):
        stillness(two, two, {"app.db": RULE})
    rule = Quiesce(before=("lock",), after=(), container="gone")
    with pytest.raises(PreconditionError, match="none that runs"):
        stillness(two, two, {"app.db": rule})


def test_volumes_of_one_container_are_copied_at_one_moment() -> None:
    a, b, c = container("a"), container("b"), container("c")
    groups = grouped({"one": [a], "two": [b], "shared": [a, b], "apart": [c], "idle": []}, ())
    assert sorted(map(sorted, groups)) == [["apart"], ["idle"], ["one", "shared", "two"]]


def test_volumes_of_a_service_that_holds_itself_still_are_too() -> None:
    a, b = container("a", "app.db"), container("b", "app.db")
    assert sorted(map(sorted, grouped({"one": [a], "two": [b]}, ()))) == [["one"], ["two"]]
    assert grouped({"one": [a], "two": [b]}, ["app.db"]) == [["one", "two"]]


@pytest.mark.parametrize("value", [None, 7, "text", {"a": 1}])
def test_a_list_of_a_note_that_is_none_is_empty(value: object) -> None:
    assert listed({"paused": value}, "paused") == listed({}, "paused") == []
    assert listed({"paused": ["a"]}, "paused") == ["a"]


class Podman:
    """Containers that may refuse to be unpaused, or to run commands."""

    def __init__(self, *states: ContainerState, refused: str) -> None:
        self.states, self.refused = {one.id: one for one in states}, refused

    def inspect(self, ids: list[str]) -> list[ContainerState]:
        return [self.states[one] for one in ids if one in self.states]

    def pause(self, ids: list[str]) -> Finished:
        self.states |= {one: replace(self.states[one], status="paused") for one in ids}
        return self._answer("pause")

    def unpause(self, ids: list[str]) -> Finished:
        return self._answer("unpause")

    def exec(self, _: str, argv: list[str], **__: object) -> Finished:
        return self._answer(argv[0])

    def _answer(self, order: str) -> Finished:
        code = 125 if order == self.refused else 0
        return Finished(argv=(order,), returncode=code, stdout="", stderr="hunter-4711 is wrong")


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        ("lock", "The 'quiesce' command of app.db failed in db: *** is wrong"),
        ("unlock", "The 'after' of quiesce failed in db: *** is wrong"),
        ("unpause", "web could not be unpaused: hunter-4711 is wrong"),
    ],
)
def test_what_is_not_held_still_or_let_go_is_told(tmp_path: Path, refused: str, told: str) -> None:
    db, web = container("db", "app.db"), container("web", "app.web")
    parts = SimpleNamespace(
        name="lab",
        engine=Podman(db, web, refused=refused),
        state_dir=tmp_path,
        redact=lambda text: text.replace("hunter-4711", "***"),
        progress=SimpleNamespace(step=lambda _: None),
    )
    project = cast(Project, parts)
    how = stillness([db, web], [db, web], {"app.db": RULE})
    with pytest.raises(RuntimeFailure, match=re.escape(told)), held_still(project, how):
        pass
    left = (tmp_path / STILLED).exists()
    assert left == (refused != "lock")
