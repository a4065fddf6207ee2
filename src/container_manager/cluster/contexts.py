"""Which cluster, and which namespace in it: said or configured, never guessed."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from container_manager.errors import PreconditionError, RuntimeFailure, UsageError, did_you_mean
from container_manager.run import Runner

PROGRAM = "kubectl"

_WITHIN = 30.0
"""Seconds that it may take to read its own files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to.

    Attributes:
        context: the name of a context of kubectl.
        namespace: the one that everything lies in.
    """

    context: str
    namespace: str

    def __str__(self) -> str:
        return f"context {self.context}, namespace {self.namespace}"

    @property
    def kubectl(self) -> str:
        """How a command of kubectl begins that goes to the same place."""
        return f"{self.login} -n {self.namespace}"

    @property
    def login(self) -> str:
        """How a command of kubectl begins that goes to the same cluster."""
        return f"kubectl --context={shlex.quote(self.context)}"


def kubectl_here() -> str:
    """The program that knows how to log in to clusters.

    Raises:
        PreconditionError: it is not on PATH.
    """
    found = shutil.which(PROGRAM)
    if found is None:
        raise PreconditionError(
            "'kubectl' is not on PATH, and it is what logs in to a cluster: nothing was done.",
            remedy="Install it: https://kubernetes.io/docs/tasks/tools/. "
            "'kube.build' writes manifests without it.",
        )
    return found


def contexts(runner: Runner, kubectl: str, environ: Mapping[str, str]) -> list[str]:
    """The names of all contexts that kubectl knows.

    Raises:
        PreconditionError: its configuration cannot be read.
    """
    argv = (kubectl, "config", "get-contexts", "--output=name")
    try:
        finished = runner.run(argv, env=environ, timeout=_WITHIN)
    except RuntimeFailure as error:
        raise PreconditionError(
            f"kubectl does not work here: {error}", remedy=f"It is {kubectl}."
        ) from error
    if not finished.ok:
        raise PreconditionError(
            f"kubectl cannot read its configuration: {finished.last_lines}",
            remedy="It is in the files that KUBECONFIG names, else in ~/.kube/config.",
        )
    return [line for line in finished.stdout.splitlines() if line.strip()]


def choose(known: Sequence[str], said: str | None, configured: str | None) -> str:
    """The context that is meant.

    Args:
        known: those that exist.
        said: what ``--context`` says.
        configured: what the configuration says.

    Raises:
        UsageError: none is named, or one that does not exist. That there is only one does not
            make it the one that is meant: tomorrow there may be two.
    """
    named = said or configured
    exist = f"There are: {', '.join(known)}." if known else "kubectl knows none (see KUBECONFIG)."
    if not named:
        raise UsageError(
            f"No context is named, and none is guessed: nothing was done. {exist}",
            remedy="Say --context NAME, or 'kubernetes: {context: NAME}' in the configuration.",
        )
    if named not in known:
        raise UsageError(
            f"kubectl knows no context '{named}': nothing was done. {exist}",
            remedy=did_you_mean(named, known),
        )
    return named
