"""What has to fit together inside of an object whose shape is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_LARGEST = 2**20
_LARGEST_NOTES = 2**18


def meaning(one: Mapping[str, Any]) -> Iterator[str]:
    """What does not fit together in an object."""
    kind = one["kind"]
    notes = one["metadata"].get("annotations", {})
    if sum(len(f"{key}{value}".encode()) for key, value in notes.items()) > _LARGEST_NOTES:
        yield "its annotations are larger than 256 KiB."
    if kind in ("Deployment", "StatefulSet", "Job"):
        yield from _workload(one)
    elif kind == "Service":
        yield from _service(one["spec"])
    elif kind in ("ConfigMap", "Secret"):
        data = {**one.get("data", {}), **one.get("binaryData", {})}
        if sum(len(key) + len(value.encode()) for key, value in data.items()) > _LARGEST:
            yield "it is larger than 1 MiB."


def _workload(one: Mapping[str, Any]) -> Iterator[str]:
    spec, pod = one["spec"], one["spec"]["template"]["spec"]
    labels = spec["template"]["metadata"]["labels"]
    wanted = spec.get("selector", {}).get("matchLabels", {})
    if one["kind"] != "Job":
        if not wanted or any(labels.get(key) != value for key, value in wanted.items()):
            yield "its selector does not find its pods."
        if pod.get("restartPolicy", "Always") != "Always":
            yield "its pods have to be restarted always."
    elif pod.get("restartPolicy", "Always") == "Always":
        yield "the pods of a Job end: their restartPolicy is OnFailure or Never."
    yield from _pod(pod, [c["metadata"]["name"] for c in spec.get("volumeClaimTemplates", ())])


def _pod(pod: Mapping[str, Any], claimed: list[str]) -> Iterator[str]:
    volumes = [volume["name"] for volume in pod.get("volumes", ())] + claimed
    yield from _twice("volume", volumes)
    containers = [*pod.get("initContainers", ()), *pod["containers"]]
    yield from _twice("container", [container["name"] for container in containers])
    for container in containers:
        name = container["name"]
        mounts = container.get("volumeMounts", ())
        yield from _twice(f"mount of {name} at", [mount["mountPath"] for mount in mounts])
        for mount in mounts:
            if mount["name"] not in volumes:
                yield f"{name} mounts '{mount['name']}', which is no volume of the pod."
        yield from _twice(f"variable of {name}", [e["name"] for e in container.get("env", ())])
        ports = container.get("ports", ())
        numbers = [(p["containerPort"], p.get("protocol", "TCP")) for p in ports]
        yield from _twice(f"port of {name}", numbers)
        yield from _twice(f"port of {name}", [p["name"] for p in ports if "name" in p])
        yield from _amounts(container)


def _amounts(container: Mapping[str, Any]) -> Iterator[str]:
    resources = container.get("resources", {})
    limits = resources.get("limits", {})
    for key, amount in resources.get("requests", {}).items():
        if key in limits and amount_of(amount) > amount_of(limits[key]):
            yield f"{container['name']} asks for more {key} than its limit allows."


def _service(spec: Mapping[str, Any]) -> Iterator[str]:
    ports = spec.get("ports", ())
    if not ports and spec.get("clusterIP") != "None":
        yield "it has no ports."
    if len(ports) > 1 and any("name" not in port for port in ports):
        yield "several ports need names."
    yield from _twice("port", [(port["port"], port["protocol"]) for port in ports])
    yield from _twice("port", [port["name"] for port in ports if "name" in port])


def _twice(what: str, names: Iterable[Any]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            shown = "/".join(map(str, name)) if isinstance(name, tuple) else name
            yield f"the {what} {shown} is there twice."


_UNITS = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}


def amount_of(quantity: str) -> float:
    """A quantity as a number.

    >>> amount_of("250m"), amount_of("1Ki"), amount_of("1e3")
    (0.25, 1024.0, 1000.0)
    """
    for unit, factor in {**_BINARY, **_UNITS}.items():
        if quantity.endswith(unit):
            return float(quantity.removesuffix(unit)) * factor
    return float(quantity)
