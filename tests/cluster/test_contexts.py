"""Which cluster is meant: no command goes to one that nobody has named."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.test_cli import outcome

from container_manager.cluster.connection import connected
from container_manager.cluster.contexts import Target, choose, contexts, kubectl_here
from container_manager.errors import PreconditionError, UsageError
from container_manager.run import ProcessRunner


def test_what_is_said_goes_over_what_is_configured() -> None:
    assert choose(["one", "two"], "two", "one") == "two"
    assert choose(["one", "two"], None, "one") == "one"


@pytest.mark.parametrize("known", [["only"], ["one", "two"]])
def test_a_context_is_never_guessed_be_it_the_only_one(known: list[str]) -> None:
    with pytest.raises(UsageError, match="none is guessed") as caught:
        choose(known, None, None)
    assert ", ".join(known) in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_context_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(UsageError, match="no context 'prot'") as caught:
        choose(["prod", "lab"], "prot", None)
    assert "There are: prod, lab." in str(caught.value)
    assert "Did you mean 'prod'?" in str(caught.value)


def test_no_contexts_at_all_are_told() -> None:
    with pytest.raises(UsageError, match="kubectl knows none"):
        choose([], "prod", None)
    with pytest.raises(UsageError, match=r"none is guessed: nothing was done\. kubectl knows none"):
        choose([], None, None)


def test_without_kubectl_it_is_said_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PreconditionError, match="'kubectl' is not on PATH"):
        kubectl_here()


def _script(folder: Path, text: str) -> str:
    path = folder / "kubectl"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_the_contexts_are_those_that_kubectl_names(tmp_path: Path) -> None:
    kubectl = _script(tmp_path, 'echo prod; echo "my lab"')
    assert contexts(ProcessRunner(), kubectl, {}) == ["prod", "my lab"]


def test_a_name_with_blanks_is_quoted_where_it_is_to_be_typed() -> None:
    target = Target(context="my lab", namespace="web")
    assert target.kubectl == "kubectl --context='my lab' -n web"


def test_a_kubectl_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    kubectl = _script(tmp_path, "")
    Path(kubectl).write_bytes(b"\x7fELF of another machine")
    with pytest.raises(PreconditionError, match="kubectl does not work here"):
        contexts(ProcessRunner(), kubectl, {})


def test_a_configuration_that_kubectl_cannot_read_is_told_in_its_words(tmp_path: Path) -> None:
    kubectl = _script(tmp_path, "echo 'error: yaml: line 3' >&2; exit 1")
    with pytest.raises(PreconditionError, match="line 3"):
        contexts(ProcessRunner(), kubectl, {})


def test_a_kubectl_that_ends_at_once_is_told_in_its_words(tmp_path: Path) -> None:
    kubectl = _script(tmp_path, "echo 'error: context gone' >&2; exit 1")
    target = Target(context="gone", namespace="lab")
    with (
        pytest.raises(PreconditionError, match="context gone"),
        connected(ProcessRunner(), kubectl, target, {}),
    ):
        pass


def test_nobody_is_let_in_any_more_once_we_were_killed(tmp_path: Path) -> None:
    listens = "import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1])"
    listens = f"{sys.executable} -c '{listens}; s.listen(); time.sleep(300)'"
    kubectl = _script(tmp_path, f'echo $$ > {tmp_path}/pid; exec {listens} "${{2#*=}}"')
    program = (
        "import os, signal\n"
        "from container_manager.cluster.connection import connected\n"
        "from container_manager.cluster.contexts import Target\n"
        "from container_manager.run import ProcessRunner\n"
        "target = Target(context='lab', namespace='lab')\n"
        f"with connected(ProcessRunner(), {kubectl!r}, target, dict(os.environ)):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=environ, check=False, timeout=60)
    pid = int((tmp_path / "pid").read_text())
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("kubectl is still there")


@pytest.mark.parametrize("command", ["kube.plan", "kube.up", "kube.status", "kube.down"])
def test_without_kubectl_all_that_needs_none_works(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    project.deploy("web", more={"kubernetes": {"registry": "registry.example.org/lab"}})
    monkeypatch.setenv("PATH", str(project.root))
    assert outcome("kube.build") == 0
    capsys.readouterr()
    assert outcome(command, "--context=prod") == 2
    assert "Install it: https://kubernetes.io/docs/tasks/tools/" in capsys.readouterr().err
