"""``logs`` without following: what Podman does not give is no line of a container."""

from __future__ import annotations

import pytest
from tests.conftest import Project
from tests.lifecycle.containers import inspected
from tests.puppet import Puppet
from tests.test_cli import outcome

from container_manager.errors import UsageError
from container_manager.option_values import count_of, number_of

STAMP = "2026-11-26T12:00:00.000000001Z"


def test_what_podman_does_not_give_is_told_after_the_lines_of_others(
    project: Project, puppet: Puppet, capsys: pytest.CaptureFixture[str]
) -> None:
    project.deploy()
    project.write(".env", "API_TOKEN=hunter-4711\n")
    puppet.has_containers(inspected("db"), inspected("web"))
    puppet.says("logs-id-db", f"{STAMP} hello\n")
    puppet.fails("logs-id-web", "Error: the file hunter-4711 is gone")
    assert outcome("logs") == 1
    told = capsys.readouterr()
    assert told.out == "db  | hello\n"
    assert "Podman does not give the logs of lab_web_1: Error: the file *** is gone" in told.err


def test_a_podman_that_goes_meanwhile_is_told(
    project: Project, puppet: Puppet, capsys: pytest.CaptureFixture[str]
) -> None:
    project.deploy()
    puppet.has_containers(inspected("web"))
    puppet.goes_at("container-inspect")
    assert outcome("logs") == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "Podman does not give the logs of lab_web_1: " in told
    assert "No such file or directory" in told


@pytest.mark.parametrize("text", ["1" + "0" * 9, "9" * 5000, "-1", "many", "1.5"])
def test_numbers_that_podman_cannot_read_are_refused_before_it_is_asked(text: str) -> None:
    with pytest.raises(UsageError, match="--tail takes a"):
        count_of(text, "--tail")
    with pytest.raises(UsageError, match="A build has a number"):
        number_of(text)


def test_numbers_and_none() -> None:
    assert [count_of(text, "--tail") for text in ("", "0", "999999999")] == [None, 0, 999_999_999]
