"""The keys that compose files may hold; what is none of them is worth a warning.

podman-compose takes any key in silence, so that ``prots:`` publishes nothing and ``helthcheck:``
checks nothing.
Source: the Compose specification, chapters on top-level elements, services and builds.
"""

from __future__ import annotations

from container_manager.compose.interpolate import Reader
from container_manager.errors import did_you_mean
from container_manager.model import KeyPath, Node, dotted

TOP = frozenset(
    {"version", "name", "include", "services", "networks", "volumes", "configs", "secrets"}
)

SERVICE = frozenset(
    """
    annotations attach build blkio_config cap_add cap_drop cgroup cgroup_parent command configs
    container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime
    cpu_shares cpus cpuset credential_spec depends_on deploy develop device_cgroup_rules devices
    dns dns_opt dns_search domainname entrypoint env_file environment expose extends
    external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation
    label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness
    memswap_limit models network_mode networks oom_kill_disable oom_score_adj pid pids_limit
    platform ports post_start pre_stop privileged profiles provider pull_policy read_only restart
    runtime scale secrets security_opt shm_size stdin_open stop_grace_period stop_signal
    storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volumes
    volumes_from working_dir
    """.split()  # noqa: SIM905 - as a list of literals it would fill a screen
)


def check_keys(document: Node, reader: Reader) -> None:
    """Warn of keys that no provider acts on."""
    _check(document, TOP, (), reader)
    services = document.find(("services",))
    if services is not None and isinstance(services.value, dict):
        for name, node in services.value.items():
            _check(node, SERVICE, ("services", name), reader)


def _check(node: Node, known: frozenset[str], path: KeyPath, reader: Reader) -> None:
    if not isinstance(node.value, dict):
        return
    for key, child in node.value.items():
        name = str(key)
        if name in known or name.startswith("x-"):
            continue
        near = did_you_mean(name, sorted(known))
        reader.warn(
            child.where,
            f"'{dotted((*path, name))}' is no key of a compose file: it has no effect.",
            near or "Keys of your own begin with 'x-'.",
        )
