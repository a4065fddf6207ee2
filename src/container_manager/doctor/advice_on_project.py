"""What can be wrong with the user, the clock, the project, and with what it needs."""

from __future__ import annotations

from collections.abc import Mapping

from container_manager.doctor.findings import Advice, Level

NOTE, WARNING, PROBLEM = Level.NOTE, Level.WARNING, Level.PROBLEM

ON_PROJECT: Mapping[str, Advice] = {
    # The user
    "ids-missing": Advice(
        PROBLEM,
        "The user has no subordinate user or group ids",
        "Run as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user} "
        "(a range that nobody in /etc/subuid has), then as the user: podman system migrate",
    ),
    "ids-few": Advice(
        WARNING,
        "The user has fewer than 65536 subordinate ids",
        "Images with higher ids cannot be unpacked. Give {user} 65536 in /etc/subuid and "
        "/etc/subgid, then run 'podman system migrate'.",
    ),
    "id-maps-missing": Advice(
        PROBLEM,
        "newuidmap or newgidmap is absent, without which Podman cannot work for an ordinary user",
        "Install it ('apt-get install uidmap', 'dnf install shadow-utils').",
    ),
    "namespaces-forbidden": Advice(
        PROBLEM,
        "The kernel forbids user namespaces to ordinary users",
        "Run 'sysctl {setting}' as root (and put it into /etc/sysctl.d).",
    ),
    "linger-off": Advice(
        WARNING,
        "Containers end when the user logs out",
        "Run 'loginctl enable-linger {user}'.",
    ),
    "boot-without-linger": Advice(
        WARNING,
        "A stack that is to start with the machine starts when its user logs in",
        "Run 'loginctl enable-linger {user}'.",
    ),
    "boot-gone": Advice(
        WARNING,
        "The unit that starts a stack with the machine needs what is not there",
        "Run 'boot' where the project is now, or 'boot --remove --config {config}'.",
    ),
    "runtime-folder-missing": Advice(
        WARNING,
        "XDG_RUNTIME_DIR is not set, or no folder of the user's",
        "Log in through systemd (ssh, 'machinectl shell'; not 'su'), or export "
        "XDG_RUNTIME_DIR=/run/user/{uid}.",
    ),
    "network-program-missing": Advice(
        PROBLEM,
        "Neither pasta nor slirp4netns is there, which carry an ordinary user's network",
        "Install passt (Podman 5) or slirp4netns.",
    ),
    "tun-missing": Advice(
        PROBLEM,
        "/dev/net/tun is absent or not to be opened by this user",
        "As root: modprobe tun; chmod 666 /dev/net/tun",
    ),
    "selinux": Advice(
        NOTE,
        "SELinux is enforcing",
        "Nothing has to be done for the project's own files, which get ':z' by themselves; after a "
        "mount from elsewhere write ':z' (shared) or ':Z' (one container's).",
    ),
    # Devices
    "device-file-broken": Advice(
        WARNING,
        "A file that should describe devices cannot be read",
        "Make it anew, or remove it: {path}",
    ),
    # Clock
    "clock-wrong": Advice(
        PROBLEM,
        "The clock stands before the day that this program was installed",
        "Set it ('timedatectl set-ntp true'): certificates and builds go by it.",
    ),
    "clock-of-files": Advice(
        WARNING,
        "The project's file system has another time than this machine",
        "Set the clocks of both, by NTP: a build knows by times what has changed.",
    ),
    "stamps-coarse": Advice(
        NOTE,
        "The project's file system keeps times in whole seconds",
        "Nothing has to be done: builds then read more files again.",
    ),
    "clock-of-containers": Advice(
        WARNING,
        "Containers have another time than this machine",
        "Set the clock of the machine that Podman runs on ('podman machine stop', then 'start').",
    ),
    "clock-of-registry": Advice(
        WARNING,
        "A registry has another time than this machine",
        "Set the clock ('timedatectl set-ntp true').",
    ),
    # The project
    "no-configuration": Advice(
        NOTE,
        "There is no configuration: only the machine was looked at",
        "Run it in a project's folder, or with --config PATH.",
    ),
    "configuration-broken": Advice(
        PROBLEM,
        "The configuration or a template cannot be used",
        "Mend what 'plan' says.",
    ),
    "start-refused": Advice(
        PROBLEM,
        "'up' would refuse: a port, name, volume, network or mounted path",
        "What is said with it.",
    ),
    "start-doubtful": Advice(
        WARNING,
        "'up' would warn",
        "What is said with it.",
    ),
    "folder-read-only": Advice(
        PROBLEM,
        "A folder of the project cannot be written",
        "Give it to the user who runs this: chown -R {user} {path}",
    ),
    "env-open": Advice(
        WARNING,
        "Others may read .env",
        "chmod 600 {path}",
    ),
    "env-in-git": Advice(
        WARNING,
        "git knows .env, or would take it along",
        "Put it into .gitignore; if it was committed: 'git rm --cached', and replace its secrets.",
    ),
    "state-open": Advice(
        WARNING,
        "Others may read the project's private folder",
        "chmod 700 {path}",
    ),
    # Registries
    "registry-silent": Advice(
        PROBLEM,
        "A registry cannot be reached, and an image of it is not here",
        "Look at network, proxy (HTTPS_PROXY, NO_PROXY) and its certificate (ca_certificates); or "
        "bring the image with 'podman save' and 'podman load'.",
    ),
    "registry-not-needed": Advice(
        NOTE,
        "A registry cannot be reached, and all its images are here",
        "Nothing has to be done until an image is to be renewed.",
    ),
    "registry-odd": Advice(
        WARNING,
        "What answers does not behave like a registry",
        "Look at the name in the image's reference, and at the proxy.",
    ),
    "registries-not-asked": Advice(
        NOTE,
        "Registries were not asked (--offline)",
        "Leave --offline out.",
    ),
    # The provider
    "provider-missing": Advice(
        PROBLEM,
        "The compose provider of the configuration is not there",
        "What is said with it; or take 'compose_provider' out of the configuration.",
    ),
    "provider-differs": Advice(
        NOTE,
        "The provider does otherwise than the compose specification says",
        "Nothing has to be done: we do this ourselves. It matters to whoever calls it by hand.",
    ),
    "provider-untested": Advice(
        NOTE,
        "The provider does otherwise than the versions that are tested",
        "Nothing has to be done: we rely on none of this. Tell it with its version, please.",
    ),
    "provider-fails": Advice(
        PROBLEM,
        "The provider does not make a container of a compose file",
        "Mend what it says; 'compose_provider' names another one.",
    ),
    # The measuring itself
    "not-measured": Advice(
        NOTE,
        "A check could not be made, since another one failed",
        "Mend what else is said, and look again.",
    ),
    "check-failed": Advice(
        WARNING,
        "A check failed by itself, or took too long",
        "Look again when the machine has less to do; if it stays, run what is named by hand.",
    ),
    "left-behind": Advice(
        WARNING,
        "What was made to measure could not be removed",
        "podman rm -f, podman network rm, podman rmi: what is named; the next 'doctor' tries, too.",
    ),
}
"""Code -> what it means and what to do."""
