"""What can be wrong with Podman, its store, its limits and its networks."""

from __future__ import annotations

from collections.abc import Mapping

from container_manager.doctor.findings import Advice, Level

NOTE, WARNING, PROBLEM = Level.NOTE, Level.WARNING, Level.PROBLEM

ON_PODMAN: Mapping[str, Advice] = {
    # Podman itself
    "podman-unusable": Advice(
        PROBLEM,
        "Podman is absent, does not answer, or cannot start a container",
        "Install it ('apt-get install podman', 'dnf install podman', 'brew install podman'), and "
        "see that 'podman info' and 'podman run' work; what is known about the reason is said.",
    ),
    "podman-old": Advice(
        WARNING,
        "Podman is older than 4.3",
        "Use Podman 4.3 or later: older ones are not tested.",
    ),
    "podman-settings": Advice(
        NOTE,
        "Podman gets settings of ours, or no container would start",
        "Nothing has to be done; 'explain-podman' says which, and how to make them your own.",
    ),
    "podman-shows-secrets": Advice(
        NOTE,
        "'podman inspect' shows the secrets of running containers",
        "Podman 5.3 and later mask them.",
    ),
    "podman-remote": Advice(
        NOTE,
        "Podman runs on another machine, or in a virtual one",
        "Ports and limits are those of that machine; unset CONTAINER_HOST and CONTAINER_CONNECTION "
        "for the local one.",
    ),
    "podman-apart": Advice(
        PROBLEM,
        "A remote Podman does not see this project's folders",
        "Run where Podman runs, or share the project's folder with its machine under the same path "
        "('podman machine init --volume').",
    ),
    "container-refused": Advice(
        PROBLEM,
        "A container of a local image does not start",
        "Mend what Podman says; 'podman run' has to work.",
    ),
    "no-trial-program": Advice(
        WARNING,
        "There is no static busybox to try containers with",
        "Install it ('apt-get install busybox-static'): network, health checks, limits and "
        "provider are measured with it.",
    ),
    # Storage
    "store-vfs": Advice(
        WARNING,
        "Images are stored with vfs",
        'vfs copies every layer whole. Set driver = "overlay" under [storage] in storage.conf; '
        "images made before have to be made again ('podman system reset' removes ALL images, "
        "containers and volumes: save them first).",
    ),
    "store-fuse": Advice(
        NOTE,
        "Overlays are mounted by a program, not by the kernel",
        "With kernel 5.13 or later, take mount_program out of storage.conf: native overlays are "
        "faster.",
    ),
    "store-on-network": Advice(
        WARNING,
        "Podman's store lies on a network file system",
        "Set graphroot in storage.conf to a local disk: other users' files cannot be made there.",
    ),
    "disk-full": Advice(
        PROBLEM,
        "Less than 100 MiB or no file is free",
        "Make room: 'podman image prune' removes images without a name, 'podman system df' shows "
        "what takes it.",
    ),
    "disk-low": Advice(
        WARNING,
        "Less than 2 GiB are free for images and volumes, 500 MiB elsewhere",
        "Make room before images are pulled or built: an image lies there twice meanwhile.",
    ),
    # Limits
    "cgroups-old": Advice(
        NOTE,
        "The machine uses cgroups v1",
        "Nothing has to be done while limits work; newer Podman asks for v2 (boot with "
        "systemd.unified_cgroup_hierarchy=1).",
    ),
    "limits-ignored": Advice(
        WARNING,
        "Limits of memory, processes or CPU do not take effect",
        "Ordinary users have limits with cgroups v2 alone, where systemd delegates the controllers "
        "(Delegate=cpu cpuset io memory pids in user@.service); some kernels need "
        "cgroup_enable=memory on their command line.",
    ),
    # Network
    "network-cni": Advice(
        NOTE,
        "Networks are made by CNI",
        "Podman 5 has no CNI any more: install netavark and aardvark-dns, and set "
        'network_backend = "netavark" under [network] in containers.conf.',
    ),
    "names-unresolved": Advice(
        PROBLEM,
        "A container does not find another one by its name",
        "Install aardvark-dns (CNI: the dnsname plugin), and let the firewall pass port 53 between "
        "containers and this machine.",
    ),
    "containers-apart": Advice(
        PROBLEM,
        "A container does not reach another one on the same network",
        "Let the firewall forward between containers (see 'nft list ruleset', and after a change "
        "of the firewall 'podman network reload --all').",
    ),
    "network-refused": Advice(
        PROBLEM,
        "A network cannot be made or used",
        "Mend what Podman says. Root needs netavark (or CNI) and iptables or nftables, an ordinary "
        "user pasta or slirp4netns, and /dev/net/tun.",
    ),
    "port-silent": Advice(
        PROBLEM,
        "A published port does not answer on this machine",
        "See to the firewall's rules for loopback, and as an ordinary user to rootlessport, pasta "
        "or slirp4netns ('podman network reload --all' after a change of the firewall).",
    ),
    "low-ports": Advice(
        NOTE,
        "Ports below a number need root",
        "Publish higher ports, or run 'sysctl net.ipv4.ip_unprivileged_port_start=80' as root "
        "(and put it into /etc/sysctl.d).",
    ),
    # Health checks
    "health-not-by-itself": Advice(
        NOTE,
        "Nobody runs health checks here",
        "Nothing has to be done: 'up', 'start' and 'restart' run them while they wait. With "
        "systemd (of the user, as an ordinary one) Podman runs them all the time.",
    ),
}
"""Code -> what it means and what to do."""
