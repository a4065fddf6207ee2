"""Who is held still while volumes are copied, and which volumes are copied at one moment."""

from __future__ import annotations

import pytest

from container_manager.config.quiesce import Quiesce
from container_manager.errors import PreconditionError
from container_manager.lifecycle.data.notes import listed
from container_manager.lifecycle.data.quiescing import grouped, stillness
from container_manager.podman.answers import container_state
from container_manager.podman.state import ContainerState

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
