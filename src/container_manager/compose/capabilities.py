"""What each compose provider does, as data: decided upon, shown in the docs, measured by a test.

A cell says ``yes`` or ``no``, or names what was seen. What a provider cannot do is done by us, or
by the podman-compose that is installed next to us, as the last column says. There are two programs;
``podman compose`` is whichever of them it runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["podman-compose", "compose-v2"]
"""The program behind a provider."""

PODMAN_COMPOSE: Kind = "podman-compose"
COMPOSE_V2: Kind = "compose-v2"

YES = "yes"
NO = "no"

_BUNDLED = "the bundled podman-compose makes that container"
_BUNDLED_BUILD = "the bundled podman-compose builds all images"
_WE_WAIT = "we start services in waves and watch; no provider waits or starts"
_WE_LOOK = "exit codes come from what Podman reports afterwards"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One row of the table.

    Attributes:
        key: its name in code and tests.
        meaning: what is done, for the documentation.
        podman_compose: what podman-compose does.
        compose_v2: what Docker Compose v2 does, on Podman's socket.
        ours: what is done about a difference.
    """

    key: str
    meaning: str
    podman_compose: str
    compose_v2: str
    ours: str = ""

    def of(self, kind: Kind) -> str:
        """The cell of a program."""
        return self.podman_compose if kind == PODMAN_COMPOSE else self.compose_v2


def _row(
    key: str, meaning: str, podman_compose: str, compose_v2: str, ours: str = ""
) -> Capability:
    return Capability(
        key=key,
        meaning=meaning,
        podman_compose=podman_compose,
        compose_v2=compose_v2,
        ours=ours,
    )


_ROWS = (
    _row("create_only", "makes containers without starting them", YES, YES),
    _row("no_recreate", "keeps a container whose settings changed, when told to", YES, YES),
    _row("no_deps", "makes the named services alone, when told to", YES, YES),
    _row("env_file_option", "reads no stray `.env` when `--env-file` names an empty one", YES, YES),
    _row("reset", "honours `!reset` in a later file", YES, YES),
    _row(
        "conditions",
        "does not start what waits for a job that failed",
        NO,
        YES,
        _WE_WAIT,
    ),
    _row("failed_start", "exit code when a container cannot start", "125", "1", _WE_LOOK),
    _row("failed_build", "exit code when a build ends with 3", "3", "1", _WE_LOOK),
    _row("missing_image", "exit code when an image is missing", "125", "1", _WE_LOOK),
    _row(
        "unknown_keys",
        "refuses keys that it does not know",
        NO,
        YES,
        "it is asked before anything is touched (exit code 2)",
    ),
    _row(
        "names",
        "names the container of `web` in `lab`",
        "lab_web_1",
        "lab-web-1",
        "our compose file names it `lab_web_1`",
    ),
    _row(
        "labels",
        "labels containers with `com.docker.compose.project` and `.service`",
        YES,
        YES,
    ),
    _row("default_network", "names the network of `lab`", "lab_default", "lab_default"),
    _row(
        "only_network",
        "a silent service joins the only declared network",
        YES,
        NO,
        "our compose file says so",
    ),
    _row(
        "open_networks",
        "networks reach each other's published ports",
        YES,
        NO,
        "we make networks and volumes, and call them external",
    ),
    _row(
        "stop_timeout",
        "gives a container its `stop_grace_period`, for who stops it by hand",
        NO,
        YES,
        "we stop containers, with the period of the template",
    ),
    _row(
        "anonymous_volumes",
        "a volume without a name is found again after `down`",
        YES,
        NO,
        "our compose file names it as podman-compose does",
    ),
    _row("env_secrets", "delivers secrets of Podman as variables", YES, NO, _BUNDLED),
    _row("external_secrets", "mounts secrets that Podman keeps", YES, NO, _BUNDLED),
    _row("literal_env_file", "leaves `$NAME` in an `env_file` as it is", YES, NO, _BUNDLED),
    _row("foreign_namespaces", "shares a namespace with a container made otherwise", YES, NO,
         _BUNDLED),
    _row("annotations", "honours `annotations` (on Podman 4)", YES, NO, _BUNDLED),
    _row("tmpfs_mode", "lets everybody use a `tmpfs` whose size is given", YES, NO, _BUNDLED),
    _row("health_words", "keeps the words of a `CMD` health check, blanks and all", YES, NO,
         _BUNDLED),
    _row("podman_keys", "honours `x-podman` keys", YES, NO, _BUNDLED),
    _row("cdi_devices", "gives devices of the Container Device Interface", YES, NO, _BUNDLED),
    _row("plain_images", "puts nothing of its own into images", YES, NO, _BUNDLED_BUILD),
    _row("containerfile", "builds from a `Containerfile`", YES, NO, _BUNDLED_BUILD),
    _row("inline_dockerfile", "honours `dockerfile_inline`", YES, NO, _BUNDLED_BUILD),
)  # fmt: skip

CAPABILITIES: Mapping[str, Capability] = {row.key: row for row in _ROWS}
"""Key -> row, in the order of the documentation."""


def can(kind: Kind, key: str) -> bool:
    """Whether a program does what a row says.

    >>> can(PODMAN_COMPOSE, "env_secrets"), can(COMPOSE_V2, "env_secrets")
    (True, False)
    """
    return CAPABILITIES[key].of(kind) == YES


def as_markdown() -> str:
    """The table as it stands in docs/providers.md."""
    head = ("What", "podman-compose", "Docker Compose v2", "Done about it")
    body = [(r.meaning, r.podman_compose, r.compose_v2, r.ours) for r in CAPABILITIES.values()]
    lines = [head, ("---",) * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
