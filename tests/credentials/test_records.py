"""What is remembered of the credentials that volumes were initialised with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from container_manager.compose.model import Declared
from container_manager.config.environment import Environment
from container_manager.credentials.needed import Needed
from container_manager.credentials.records import FILE, Hashed, Records
from container_manager.credentials.volumes import confirm, locked_out, remember
from container_manager.errors import Location
from container_manager.podman.state import VolumeState

FIRST, SECOND = "the first value", "the second value"


def volume(created_at: float | None = 1.5, name: str = "lab_data") -> VolumeState:
    return VolumeState(
        name=name, driver="local", labels={}, options={}, mountpoint="", created_at=created_at
    )


def credential(*, external: bool = False) -> Needed:
    declared = Declared(
        name="data",
        actual="lab_data",
        external=external,
        definition={},
        where=Location(Path("compose.yml")),
    )
    return Needed(name="DB_PASSWORD", service="framework.db", volumes=(declared,))


class Lab:
    """One credential, one volume."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def environment(self, value: str | None) -> Environment:
        dotenv = {} if value is None else {"DB_PASSWORD": value}
        return Environment(process={}, dotenv=dotenv, dotenv_path=self.folder / ".env")

    def remember(self, value: str, *volumes: VolumeState, accept: bool = False) -> list[str]:
        there = {one.name: one for one in volumes}
        wanted, records = [credential()], Records(self.folder)
        return remember(wanted, self.environment(value), there, records, accept=accept)

    def locked(self, value: str | None, *volumes: VolumeState, external: bool = False) -> list[str]:
        found = locked_out(
            [credential(external=external)],
            self.environment(value),
            {one.name: one for one in volumes},
            Records(self.folder),
        )
        return [str(problem) for problem in found]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_a_new_volume_is_remembered_before_and_after_it_is_made(lab: Lab) -> None:
    assert lab.remember(FIRST) == ["lab_data"]
    # Whoever is interrupted here has made the volume with the value that was noted.
    assert lab.locked(FIRST, volume()) == []
    assert len(lab.locked(SECOND, volume())) == 1
    confirm([volume()], Records(lab.folder))
    assert lab.locked(FIRST, volume()) == []
    (problem,) = lab.locked(SECOND, volume())
    assert "The value of DB_PASSWORD is not the one that the volume lab_data was" in problem
    for way in (f"back into {lab.folder / '.env'}", "--accept-credentials", "rebuild --volumes"):
        assert way in problem


def test_what_was_noted_is_not_replaced_unless_it_is_accepted(lab: Lab) -> None:
    lab.remember(FIRST, volume())
    assert lab.remember(SECOND, volume()) == []
    assert lab.locked(FIRST, volume()) == []
    lab.remember(SECOND, volume(), accept=True)
    assert len(lab.locked(FIRST, volume())) == 1
    assert lab.locked(SECOND, volume()) == []


def test_a_volume_that_is_not_there_yet_gets_the_present_value(lab: Lab) -> None:
    lab.remember(FIRST)
    lab.remember(SECOND)
    assert lab.locked(SECOND, volume()) == []
    assert len(lab.locked(FIRST, volume())) == 1


def test_another_volume_of_the_same_name_is_another(lab: Lab) -> None:
    lab.remember(FIRST, volume(1.5))
    assert lab.locked(SECOND, volume(2.5)) == []
    lab.remember(SECOND, volume(2.5))
    assert len(lab.locked(FIRST, volume(2.5))) == 1


def test_a_lost_value_is_told_whether_it_was_noted_or_not(lab: Lab) -> None:
    assert lab.locked(None) == []
    for _ in range(2):
        (problem,) = lab.locked(None, volume())
        assert "DB_PASSWORD is not set, but the volume lab_data was initialised with it" in problem
        lab.remember(FIRST, volume())


def test_an_external_volume_may_be_empty_unless_it_was_noted(lab: Lab) -> None:
    assert lab.locked(None, volume(), external=True) == []
    lab.remember(FIRST, volume())
    assert len(lab.locked(None, volume(), external=True)) == 1
    (problem,) = lab.locked(SECOND, volume(), external=True)
    assert "rebuild --volumes" not in problem  # that would empty none


def test_hashes_are_salted_private_and_tell_nothing(lab: Lab) -> None:
    lab.remember(FIRST, volume())
    file = lab.folder / FILE
    assert file.stat().st_mode & 0o777 == 0o600
    assert FIRST not in file.read_text()
    assert Hashed.of(FIRST) != Hashed.of(FIRST)
    assert Hashed.of(FIRST).fits(FIRST)
    assert not Hashed.of(FIRST).fits(SECOND)


@pytest.mark.parametrize(
    "content",
    ["", "no json", "[" * 100_000, "[]", '{"lab_data": []}', '{"lab_data": {"created": 1.5}}',
     '{"lab_data": {"created": 1.5, "credentials": {"DB_PASSWORD": {"salt": "zz", "hash": "a"}}}}',
     '{"lab_data": {"created": 1.5, "credentials": {"DB_PASSWORD": "a"}}}'],
)  # fmt: skip
def test_a_damaged_file_means_that_nothing_is_known(lab: Lab, content: str) -> None:
    (lab.folder / FILE).write_text(content)
    assert lab.locked(SECOND, volume()) == []
    lab.remember(FIRST, volume())
    known: dict[str, Any] = json.loads((lab.folder / FILE).read_text())
    assert known["lab_data"]["created"] == 1.5
    assert len(lab.locked(SECOND, volume())) == 1


def test_another_value_in_the_shell_is_told_as_such(lab: Lab) -> None:
    lab.remember(FIRST)
    records, there = Records(lab.folder), {"lab_data": volume()}
    shell = Environment(process={"DB_PASSWORD": SECOND}, dotenv={}, dotenv_path=lab.folder / ".env")
    (problem,) = locked_out([credential()], shell, there, records)
    assert problem.message == (
        "The value of DB_PASSWORD in the process environment is not the one that the volume "
        "lab_data was initialised with."
    )
    assert "Put the former value back into the environment." in str(problem.remedy)


@pytest.mark.parametrize(
    ("stored", "why"),
    [
        ({"salt": "00"}, "a credential is not a salt and a hash"),
        ({"salt": "00", "hash": 7}, "a salt or a hash is not a text"),
        ({"salt": "00", "hash": ""}, "a salt or a hash is not a text"),
        ({"salt": "00", "hash": "words"}, "non-hexadecimal"),
    ],
)
def test_what_is_no_salt_and_hash_is_refused_with_the_reason(stored: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Hashed.read(stored)
