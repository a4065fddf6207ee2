"""Who a container runs as, and what it may do."""

from __future__ import annotations

from typing import Any

from container_manager.export.kubernetes.subject import Subject
from container_manager.export.kubernetes.values import pairs, texts

_NO_NEW = ("no-new-privileges", "no-new-privileges:true", "no-new-privileges=true")


def container_security(subject: Subject) -> dict[str, Any]:
    """The ``securityContext`` of its container."""
    definition = subject.service.definition
    found: dict[str, Any] = {}
    user, group = user_of(subject)
    if user is not None:
        found["runAsUser"] = user
    if group is not None:
        found["runAsGroup"] = group
    if definition.get("read_only") is True:
        found["readOnlyRootFilesystem"] = True
    capabilities = {
        side: [name.upper().removeprefix("CAP_") for name in texts(definition.get(key))]
        for side, key in (("add", "cap_add"), ("drop", "cap_drop"))
        if definition.get(key)
    }
    if capabilities:
        found["capabilities"] = capabilities
    for option in texts(definition.get("security_opt")):
        if option in _NO_NEW:
            found["allowPrivilegeEscalation"] = False
        else:
            subject.lose(
                "security_opt",
                f"'{option}' is Podman's.",
                "Say it in an overlay, or accept it: kubernetes: {accept: [security_opt]}.",
            )
    return found


def pod_security(subject: Subject, *, writes: bool) -> dict[str, Any]:
    """The ``securityContext`` of its pod.

    Args:
        subject: the service.
        writes: whether it has volumes: those of a cluster are root's unless a group is said.
    """
    definition = subject.service.definition
    found: dict[str, Any] = {}
    user, group = user_of(subject)
    owner = group if group else user
    if writes and owner:
        found["fsGroup"] = owner
        found["fsGroupChangePolicy"] = "OnRootMismatch"
    groups = texts(definition.get("group_add"))
    if groups and all(one.isdecimal() for one in groups):
        found["supplementalGroups"] = [int(one) for one in groups]
    elif groups:
        subject.refuse(
            f"is in the groups {', '.join(groups)}: a cluster knows numbers only.",
            "Write their numbers under 'group_add'.",
            "group_add",
        )
    if definition.get("sysctls"):
        given = pairs(definition["sysctls"])
        found["sysctls"] = [{"name": name, "value": given[name]} for name in sorted(given)]
    return found


def user_of(subject: Subject) -> tuple[int | None, int | None]:
    """The numbers of the user and the group; None: the image's."""
    given = str(subject.service.definition.get("user") or "")
    if not given:
        return None, None
    numbers = ["0" if one == "root" else one for one in given.split(":")]
    if len(numbers) > 2 or not all(one.isdecimal() and int(one) < 2**31 for one in numbers):  # noqa: PLR2004 - user and group
        subject.refuse(
            f"runs as '{given}': a cluster knows numbers only.",
            'Write the numbers of user and group that the image has: user: "1000:1000".',
            "user",
        )
        return None, None
    return int(numbers[0]), int(numbers[1]) if numbers[1:] else None
