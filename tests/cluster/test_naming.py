"""Which namespace is meant, and how a cluster's refusals and Ctrl-C are told."""

from __future__ import annotations

import contextlib

import pytest
from tests.conftest import Project

from container_manager.cluster.api import Refused
from container_manager.cluster.naming import namespace_of
from container_manager.errors import InterruptedByUser, ManagerError, RuntimeFailure, UsageError
from container_manager.verbs import at_cluster as module
from container_manager.verbs.at_cluster import at_cluster


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
    monkeypatch.setattr(module, "kubectl_here", lambda: "kubectl")
    monkeypatch.setattr(module, "contexts", lambda *_: ["prod"])
    monkeypatch.setattr(module, "connected", lambda *_: contextlib.nullcontext())

    def work() -> None:
        with (
            at_cluster(project.config(), "prod", None) as there,
            there.changing() if changed else contextlib.nullcontext(),
        ):
            raise ended

    with pytest.raises(error, match=told):
        work()
