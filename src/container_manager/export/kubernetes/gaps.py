"""Every key of a compose service: carried over, lost with a reason, or refused.

The three tables hold all keys of the Compose specification between them; a test compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from container_manager.export.kubernetes.subject import Subject

CARRIED = frozenset(
    """
    annotations build cap_add cap_drop command container_name cpus depends_on deploy dns dns_opt
    dns_search entrypoint env_file environment expose extra_hosts group_add healthcheck hostname
    image labels links mem_limit mem_reservation networks platform ports pull_policy read_only
    restart scale secrets security_opt shm_size stdin_open stop_grace_period sysctls tmpfs tty
    user volumes working_dir
    """.split()  # noqa: SIM905 - as a list of literals it would fill a screen
)
"""Keys that other modules of this package read; what they cannot use of them, they tell."""

_NODE = "the nodes of a cluster decide that."
_ADMIN = "Ask the administrators of the cluster, or accept it: kubernetes: {accept: [%s]}."

_SHARES = (
    "Kubernetes shares a node out by requests and limits alone.",
    "Say 'kubernetes: {resources: …}' of the service instead.",
)
_OF_CGROUPS = """
    blkio_config cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares
    cpuset mem_swappiness memswap_limit oom_kill_disable oom_score_adj
"""

LOST: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(_OF_CGROUPS.split(), _SHARES),
    **{key: (_NODE, _ADMIN % key) for key in ("pids_limit", "runtime", "storage_opt", "ulimits")},
    "attach": ("it is about the terminal of 'up'.", "Remove it, or accept it."),
    "develop": ("it is about work on this machine.", "Accept it: kubernetes: {accept: [develop]}."),
    "domainname": ("a pod's domain is its namespace's.", "Remove it, or accept it."),
    "external_links": (
        "there are no containers of others beside it.",
        "Let an external name be resolved by the cluster's DNS.",
    ),
    "init": (
        "Kubernetes starts no process of its own in a container.",
        "Let the image begin with tini or dumb-init where it leaves processes behind.",
    ),
    "label_file": ("its labels are not read.", "Write them under 'labels'."),
    "logging": ("the cluster collects what containers print.", "Remove it, or accept it."),
    "mac_address": ("a pod's address is given by the cluster.", "Remove it, or accept it."),
    "stop_signal": (
        "the signal is that of the image.",
        "Say STOPSIGNAL in the image's Dockerfile.",
    ),
    "uts": ("a pod has a host name of its own.", "Remove it, or accept it."),
}
"""Keys with no counterpart: why, and what to do."""

_HOST = "A pod is to run on any node: let the program do without, or keep it on this machine."


def _set(value: Any) -> bool:
    return bool(value)


def _is_host(value: Any) -> bool:
    return str(value) == "host"


def _any_mode(value: Any) -> bool:
    return str(value) not in ("", "private", "bridge", "None")


REFUSED: Mapping[str, tuple[Callable[[Any], bool], str, str]] = {
    "privileged": (
        _set,
        "is privileged: it would own the node that it runs on.",
        "Give it the capabilities that it needs under 'cap_add'.",
    ),
    "devices": (_set, "needs devices of this machine.", _HOST),
    "device_cgroup_rules": (_set, "needs devices of this machine.", _HOST),
    "gpus": (
        _set,
        "needs GPUs, which clusters hand out in ways of their own.",
        "Keep it on this machine, or add the vendor's resource in an overlay of yours.",
    ),
    "network_mode": (
        _any_mode,
        "has a 'network_mode': pods are reached through Services alone.",
        "Let it join a network, and publish its ports.",
    ),
    "pid": (_set, "sees the processes of others.", _HOST),
    "ipc": (_any_mode, "shares memory with others.", _HOST),
    "userns_mode": (_is_host, "runs in the host's user namespace.", _HOST),
    "cgroup": (_is_host, "runs in the host's cgroup.", _HOST),
    "cgroup_parent": (_set, "names a cgroup of this machine.", "Remove 'cgroup_parent'."),
    "credential_spec": (_set, "needs a credential of Windows.", "Keep it on this machine."),
    "isolation": (_set, "asks for an isolation of Windows.", "Remove 'isolation'."),
    "use_api_socket": (
        _set,
        "talks to the engine of this machine.",
        "Keep it on this machine: a cluster has no such engine.",
    ),
    "models": (_set, "needs models of Docker's.", "Run the model as a service of its own."),
    "provider": (_set, "is made by a program of Docker's.", "Say an image instead."),
    **{
        key: (
            _set,
            f"has '{key}', commands around its start and stop.",
            "Let the image run them, or keep the service on this machine.",
        )
        for key in ("post_start", "pre_stop")
    },
    **{
        key: (_set, f"has '{key}', which no build of ours takes.", "Remove it.")
        for key in ("configs", "extends", "profiles", "volumes_from")
    },
}
"""Keys that would break what they are for if they were left out: when, why, and what to do."""

_PAIRS = (list, tuple, Mapping)
_SEVERAL = (list, tuple, str)
_FORMS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("annotations", "extra_hosts", "labels", "sysctls"), _PAIRS),
    **dict.fromkeys(("dns", "dns_opt", "dns_search", "tmpfs"), _SEVERAL),
    **dict.fromkeys(("cap_add", "cap_drop", "group_add", "security_opt"), (list, tuple)),
    **dict.fromkeys(("expose", "links", "secrets"), (list, tuple)),
}
"""What a key has to be for its content to be read; nobody before has to look at all of it."""

_DEPLOY = frozenset({"replicas", "resources", "labels"})
_LIMITS = frozenset({"cpus", "memory"})


def look_for_gaps(subject: Subject) -> None:
    """Note what of a service's keys is lost, or cannot be."""
    for key, value in subject.service.definition.items():
        if key in _FORMS and value is not None and not isinstance(value, _FORMS[key]):
            subject.refuse(
                f"has '{key}' that nobody can read: {str(value)[:80]!r}.",
                "Write a list." if Mapping not in _FORMS[key] else "Write a list, or a mapping.",
                key,
            )
        if key in CARRIED or value is None or key.startswith("x-"):
            continue
        if key in REFUSED:
            applies, why, remedy = REFUSED[key]
            if applies(value):
                subject.refuse(why, remedy, key)
            continue
        reason, remedy = LOST.get(key, ("Kubernetes has nothing like it.", _ADMIN % key))
        subject.lose(key, reason, remedy)
    _look_at_deploy(subject)


def _look_at_deploy(subject: Subject) -> None:
    deploy = subject.service.definition.get("deploy")
    if not isinstance(deploy, Mapping):
        return
    for key in sorted(set(deploy) - _DEPLOY):
        subject.lose(
            f"deploy.{key}",
            "it is about a swarm.",
            f"Say it in an overlay of yours, or accept it: kubernetes: {{accept: [deploy.{key}]}}.",
            "deploy",
            key,
        )
    resources = deploy.get("resources")
    for side, given in (resources if isinstance(resources, Mapping) else {}).items():
        for key in sorted(set(given or ()) - _LIMITS):
            subject.lose(
                f"deploy.resources.{side}.{key}",
                "pods share a node by memory and processors alone.",
                "Say it in an overlay of yours, or accept it.",
                *("deploy", "resources", side, key),
            )
