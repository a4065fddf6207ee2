"""Networks and volumes as arguments for Podman, where no provider makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from container_manager.compose.model import Declared
from container_manager.identity import COMPOSE_PROJECTS


def network_arguments(
    name: str, declared: Declared | None, *, project: str, labels: Mapping[str, str]
) -> list[str]:
    """What follows ``podman network``, to make one as podman-compose would.

    Args:
        name: Podman's name for it.
        declared: what the compose files say; None for the default network.
        project: the compose project.
        labels: ours.
    """
    given = declared.definition if declared else {}
    ipam = given.get("ipam") or {}
    words = ["create", *_labelled(given, project, labels)]
    words += ["--internal"] if given.get("internal") else []
    words += ["--driver", str(given["driver"])] if given.get("driver") else []
    words += _options(given)
    if ipam.get("driver", "default") != "default":
        words += ["--ipam-driver", str(ipam["driver"])]
    words += ["--ipv6"] if given.get("enable_ipv6") else []
    words += ["--disable-dns"] if given.get("x-podman.disable_dns") else []
    servers = given.get("x-podman.dns") or ()
    servers = [servers] if isinstance(servers, str) else servers
    words += ["--dns", ",".join(map(str, servers))] if servers else []
    for route in given.get("x-podman.routes") or ():
        words += ["--route", str(route)]
    configs = ipam.get("config") or ()
    for config in [configs] if isinstance(configs, Mapping) else configs:
        for key, option in (
            ("subnet", "--subnet"),
            ("ip_range", "--ip-range"),
            ("gateway", "--gateway"),
        ):
            words += [option, str(config[key])] if config.get(key) else []
    return [*words, name]


def volume_arguments(
    name: str, declared: Declared | None, *, project: str, labels: Mapping[str, str]
) -> list[str]:
    """The same for ``podman volume``; ``declared`` is None for a volume without a name."""
    given = declared.definition if declared else {}
    words = ["create", *_labelled(given, project, labels if declared else {})]
    words += ["--driver", str(given["driver"])] if given.get("driver") else []
    return [*words, *_options(given), name]


def _labelled(given: Mapping[str, Any], project: str, ours: Mapping[str, str]) -> Sequence[str]:
    theirs = given.get("labels") or {}
    listed = theirs if isinstance(theirs, list) else [f"{k}={v}" for k, v in theirs.items()]
    all_of_them = [
        *(f"{label}={project}" for label in COMPOSE_PROJECTS),
        *map(str, listed),
        *(f"{key}={value}" for key, value in ours.items()),
    ]
    return [f"--label={one}" for one in all_of_them]


def _options(given: Mapping[str, Any]) -> list[str]:
    return [f"--opt={key}={value}" for key, value in (given.get("driver_opts") or {}).items()]
