"""Which namespace is meant, and how a cluster's refusals and Ctrl-C are told."""

from __future__ import annotations

import contextlib
import sys

import pytest
from tests.conftest import Project

from container_manager.cluster.api import Refused
from container_manager.cluster.naming import namespace_of
from container_manager.errors import InterruptedByUser, ManagerError, RuntimeFailure, UsageError
from container_manager.verbs.at_cluster import at_cluster

KUBECTL = f"""\
#!{sys.executable} -IS
# A kubectl with one context, whose proxy lets in and does not answer.
import socket, sys, time

if sys.argv[1] == "config":
    sys.exit(print("prod"))
(path,) = [word for word in sys.argv if word.startswith("--unix-socket=")]
with socket.socket(socket.AF_UNIX) as listening:
    listening.bind(path.partition("=")[2])
    listening.listen()
    time.sleep(60)
"""


@pytest.mark.parametrize("said", ["My_Lab", "-lab", "x" * 64])
def test_a_name_that_no_namespace_can_have(said: str) -> None:
    with pytest.raises(UsageError, match=f"No namespace can be called '{said}': nothing was done"):
        namespace_of(said, None, "lab")


@pytest.mark.parametrize(
    ("ended", "changed", "error", "told"),
    [
        (KeyboardInterrupt(), False, InterruptedByUser, "Nothing in the cluster was changed."),
        (KeyboardInterrupt(), True, InterruptedByUser, "What was applied stays, and the cluster"),
        (Refused(403, "Forbidden", "no", ()), False, RuntimeFailure,
         "The cluster of the context 'prod' refuses: "),
        (Refused(403, "Forbidden", "no", ()), True, RuntimeFailure,
         "What was done until then stays."),
    ],
)  # fmt: skip
def test_what_stops_a_change_says_what_stays(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    ended: BaseException,
    changed: bool,
    error: type[ManagerError],
    told: str,
) -> None:
    project.deploy()
    project.write("../bin/kubectl", KUBECTL, mode=0o755)
    monkeypatch.setenv("PATH", str(project.root.parent / "bin"), prepend=":")

    def work() -> None:
        with (
            at_cluster(project.config(), "prod", None) as there,
            there.changing() if changed else contextlib.nullcontext(),
        ):
            raise ended

    with pytest.raises(error, match=told):
        work()
