"""How services are reached: under the names that others use, and from outside where asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from container_manager.compose.model import Stack
from container_manager.export.kubernetes.asked import Exposure
from container_manager.export.kubernetes.names import is_host_name, metadata, object_name, selector
from container_manager.export.kubernetes.subject import Subject
from container_manager.export.kubernetes.values import listed, pairs, texts, words

_MENTIONED = re.compile(r"(?<![\w.-])([A-Za-z0-9][\w.-]*):([0-9]{1,5})(?!\w)")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_HERE = ("127.", "::1", "[::1]", "localhost")
_LARGEST_PORT = 65535

Ports = list[tuple[int, str]]
"""Numbers with their protocols, as Kubernetes writes these."""


def mentions(subject: Subject) -> dict[str, set[int]]:
    """What a service says of others: name -> ports that it asks for there."""
    service = subject.service
    said = [*filter(None, service.environment.values()), *subject.env_files.values()]
    said += [entry.text for entry in service.secret_entries]
    for key in ("command", "entrypoint"):
        try:
            said += words(service.definition.get(key))
        except ValueError:  # told where it is used
            continue
    found: dict[str, set[int]] = {}
    for text in said:
        if _NAME.fullmatch(text):
            found.setdefault(text, set())
        for name, port in _MENTIONED.findall(text):
            if 0 < int(port) <= _LARGEST_PORT:
                found.setdefault(name, set()).add(int(port))
    return found


def ports_of(subject: Subject, mentioned: Mapping[str, set[int]]) -> Ports:
    """The ports of a container, which are those of its Service: published, exposed, asked for.

    Args:
        subject: the service.
        mentioned: name -> ports that other services ask for there.
    """
    found: Ports = [(p.container_port, p.protocol.upper()) for p in subject.service.ports]
    for entry in texts(subject.service.definition.get("expose")):
        numbers, _, protocol = entry.partition("/")
        first, _, last = numbers.partition("-")
        fine = first.isdecimal() and (last or first).isdecimal()
        several = range(int(first), int(last or first) + 1) if fine else range(0)
        if not several or several[0] < 1 or several[-1] > _LARGEST_PORT:
            subject.refuse(
                f"exposes '{entry}', which is no port and no range of ports.",
                "Ports are numbers from 1 to 65535, with '/udp' say.",
                "expose",
            )
            continue
        found += [(number, (protocol or "tcp").upper()) for number in several]
    found += [(port, "TCP") for port in subject.asked.ports]
    found += [
        (port, "TCP") for name in hosts_of(subject) for port in sorted(mentioned.get(name, ()))
    ]
    return list(dict.fromkeys(found))


def hosts_of(subject: Subject) -> list[str]:
    """The names under which others reach it, as they are written."""
    service, definition = subject.service, subject.service.definition
    found = [service.name]
    if service.container_name:
        found.append(service.container_name)
    networks = definition.get("networks")
    for attached in networks.values() if isinstance(networks, Mapping) else ():
        if isinstance(attached, Mapping):
            found += texts(attached.get("aliases"))
    return list(dict.fromkeys([*found, *subject.linked_as]))


def link_names(stack: Stack) -> dict[str, list[str]]:
    """Service -> the names that ``links`` of others give it."""
    found: dict[str, list[str]] = {}
    for service in stack.services.values():
        for link in texts(service.definition.get("links")):
            name, _, alias = link.partition(":")
            if alias:
                found.setdefault(name, []).append(alias)
    return found


def services(subject: Subject, ports: Ports, *, mentioned: bool) -> Iterator[dict[str, Any]]:
    """Its Services: one a name. Without known ports, the name leads to the pod itself.

    Args:
        subject: the service.
        ports: of its container.
        mentioned: whether others speak of it.
    """
    for host in hosts_of(subject):
        own = host == subject.service.name
        if not is_host_name(host) and (mentioned or not own):
            subject.lose(
                "container_name" if host == subject.service.container_name else "networks",
                f"in a cluster nothing can be called '{host}'"
                + (f"; it is reached as '{subject.host}'." if own else "."),
                "Use a name of lower-case letters, digits and dashes that begins with a letter.",
                *(() if own else ("networks",)),
            )
        if own or is_host_name(host):
            yield _service(subject, subject.host if own else host, ports, exposed=own)


def _service(subject: Subject, name: str, ports: Ports, *, exposed: bool) -> dict[str, Any]:
    project, service = subject.stack.project, subject.service.name
    spec: dict[str, Any] = {"selector": selector(project, service)}
    kind = subject.asked.exposure.type if subject.asked.exposure and exposed else "none"
    if not ports:
        spec["clusterIP"] = "None"
    else:
        spec["type"] = kind if kind in ("NodePort", "LoadBalancer") else "ClusterIP"
        spec["ports"] = [_port(number, protocol) for number, protocol in ports]
        if kind == "NodePort" and subject.asked.exposure and subject.asked.exposure.node_port:
            chosen = subject.asked.exposure.port or ports[0][0]
            for one in spec["ports"]:
                if one["port"] == chosen:
                    one["nodePort"] = subject.asked.exposure.node_port
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(project, service, name),
        "spec": spec,
    }


def _port(number: int, protocol: str) -> dict[str, Any]:
    return {
        "name": port_name(number, protocol),
        "port": number,
        "targetPort": number,
        "protocol": protocol,
    }


def port_name(number: int, protocol: str) -> str:
    """The name of a port, 15 characters at most."""
    return f"{protocol.lower()}-{number}"


def look_at_exposure(subject: Subject, ports: Ports) -> Iterator[dict[str, Any]]:
    """The Ingress that is asked for; what is published and led to by nothing is told."""
    asked = subject.asked.exposure
    if asked is None:
        outside = [p for p in subject.service.ports if not p.host_ip.startswith(_HERE)]
        if outside:
            shown = ", ".join(str(port.host_port or port.container_port) for port in outside)
            subject.lose(
                "ports",
                f"port {shown} of this machine has no counterpart; pods reach it by its Service.",
                "Say how it is reached: kubernetes: {exposure: {type: Ingress, host: …}}, NodePort "
                "or LoadBalancer; or that it is not: kubernetes: {exposure: none}.",
            )
        return
    if asked.type == "none":
        return
    fitting = _reached(asked, ports)
    if not ports:
        subject.refuse(
            "is to be reached from outside, and no port of it is known.",
            "Publish one under 'ports', or say kubernetes: {ports: [NUMBER]}.",
        )
    elif not fitting:
        known = ", ".join(f"{number}/{protocol.lower()}" for number, protocol in ports)
        what = f"at its port {asked.port}" if asked.port else "by HTTP"
        subject.refuse(
            f"is to be reached from outside {what}, and it listens at {known}.",
            "Say which of them: kubernetes: {exposure: {port: …}}; or name further ones: "
            "kubernetes: {ports: [NUMBER]}.",
        )
    elif asked.type == "Ingress":
        yield _ingress(subject, asked, fitting[0][0])


def _reached(asked: Exposure, ports: Ports) -> Ports:
    """The ports that are led to from outside; an Ingress speaks HTTP, which is TCP."""
    return [
        (number, protocol)
        for number, protocol in ports
        if asked.port in (None, number) and (asked.type != "Ingress" or protocol == "TCP")
    ]


def _ingress(subject: Subject, asked: Exposure, port: int) -> dict[str, Any]:
    backend = {"service": {"name": subject.host, "port": {"number": port}}}
    paths = [{"path": asked.path, "pathType": "Prefix", "backend": backend}]
    rule: dict[str, Any] = {"http": {"paths": paths}}
    spec: dict[str, Any] = {}
    if asked.ingress_class:
        spec["ingressClassName"] = asked.ingress_class
    if asked.host:
        rule = {"host": asked.host, **rule}
    if asked.tls_secret:
        hosts = {"hosts": [asked.host]} if asked.host else {}
        spec["tls"] = [{**hosts, "secretName": asked.tls_secret}]
    spec["rules"] = [rule]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata(subject.stack.project, subject.service.name, subject.name),
        "spec": spec,
    }


def policy(subject: Subject, members: Mapping[str, list[str]], ports: Ports) -> dict[str, Any]:
    """Who may reach it: what shares a network with it, and everybody where it is exposed.

    Args:
        subject: the service.
        members: network -> the compose services in it.
        ports: of its container.
    """
    project = subject.stack.project
    near = {name for network in networks_of(subject) for name in members[network]}
    rules: list[dict[str, Any]] = [
        {"from": [{"podSelector": {"matchLabels": selector(project, n)}} for n in sorted(near)]}
    ]
    exposure = subject.asked.exposure
    if exposure is not None and exposure.type != "none":
        chosen = _reached(exposure, ports)
        if chosen:  # a rule without ports would let everybody in at all of them
            rules.append({"ports": [{"port": n, "protocol": p} for n, p in chosen]})
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(project, subject.service.name, subject.name),
        "spec": {
            "podSelector": {"matchLabels": selector(project, subject.service.name)},
            "policyTypes": ["Ingress"],
            "ingress": rules,
        },
    }


def networks_of(subject: Subject) -> tuple[str, ...]:
    """The networks that it joins."""
    alone = tuple(subject.stack.networks)
    return subject.service.networks or (alone if len(alone) == 1 else ("default",))


def host_aliases(subject: Subject) -> list[dict[str, Any]]:
    """``extra_hosts``, by address."""
    given = subject.service.definition.get("extra_hosts")
    entries = (
        pairs(given) if isinstance(given, dict) else dict(_host(str(one)) for one in listed(given))
    )
    found: dict[str, list[str]] = {}
    for name, address in entries.items():
        if not re.fullmatch(r"[0-9a-fA-F.:]+", address):
            subject.refuse(
                f"knows '{name}' as {address}: pods have no such host.",
                "Name an address under 'extra_hosts', or the Service that it is to reach.",
                "extra_hosts",
            )
        elif is_host_name(object_name(name)):
            found.setdefault(address, []).append(name)
    return [{"ip": ip, "hostnames": names} for ip, names in found.items()]


def _host(text: str) -> tuple[str, str]:
    name, _, address = text.partition("=" if "=" in text else ":")
    return name, address.strip("[]")
