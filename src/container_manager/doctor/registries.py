"""Checks whether the registries answer that the project's images come from; no other is asked."""

from __future__ import annotations

import email.utils
import http.client
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from container_manager.config.certificates import certificates_file
from container_manager.config.proxies import proxy_variables
from container_manager.doctor.base_images import bases_of
from container_manager.doctor.catalogue import fine, found
from container_manager.doctor.findings import Finding
from container_manager.doctor.subject import Subject
from container_manager.doctor.trials import APART

TIMEOUT = 8.0
"""Seconds that a registry may take to answer."""

_DOCKER = "docker.io"
_DOCKERS_REGISTRY = "registry-1.docker.io"
_ANSWERS = (200, 401)
_TOO_FAR = 300.0 + APART
"""Seconds: proxies keep answers, and their dates, for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a registry did.

    Attributes:
        registry: as image references name it.
        status: of its HTTP answer; None where there was none.
        reason: why there was none.
        through: the proxy's host, or empty.
        date: its clock, in seconds since 1970; None where it does not tell.
        now: ours at that moment.
    """

    registry: str
    status: int | None = None
    reason: str = ""
    through: str = ""
    date: float | None = None
    now: float = 0.0


def registries(subject: Subject) -> list[Finding]:
    """Ask each registry that an image of the project names, all at once."""
    if subject.prepared is None:
        return []
    images: dict[str, list[str]] = {}
    for service in subject.prepared.stack.services.values():
        wanted = [service.image] if service.build is None else bases_of(subject.prepared, service)
        for image in wanted:
            if registry := registry_of(image):
                images.setdefault(registry, []).append(image)
    if not images:
        return [fine("registries", "No image of this project comes from a registry.")]
    if subject.offline:
        said = f"Not asked, since --offline was said: {', '.join(sorted(images))}."
        return [found("registries-not-asked", said, registries=sorted(images))]
    config = subject.config
    trusted = certificates_file(config.values, config.root) if config else None
    answers = ask_all(images, {**subject.environ, **_proxies(subject)}, str(trusted or ""))
    missing = {registry: _missing(subject, names) for registry, names in images.items()}
    return [finding for one in answers for finding in judge_registry(one, missing[one.registry])]


def _proxies(subject: Subject) -> dict[str, str]:
    """The proxies, with the credentials that :attr:`Subject.environ` is without."""
    if subject.config is None:
        return {}
    environment = subject.config.environment
    return proxy_variables(environment.process, environment.dotenv, environment.supplied)


def registry_of(image: str) -> str:
    """The registry that an image's reference names; empty where it names none, or this machine.

    >>> [registry_of(i) for i in ("quay.io/a/b:1", "redis", "localhost/x", "host:5000/x", "a/b")]
    ['quay.io', '', '', 'host:5000', '']
    """
    first, slash, _ = image.partition("/")
    if not slash or first == "localhost" or not ("." in first or ":" in first):
        return ""
    return first


def _missing(subject: Subject, images: Iterable[str]) -> list[str]:
    """Those images that are not on this machine."""
    engine = subject.engine
    names = dict.fromkeys(images)
    return [
        name
        for name in names
        if engine is None or not engine.call("image", "exists", name, stop=subject.stop).ok
    ]


def ask_all(names: Iterable[str], environ: Mapping[str, str], trusted: str) -> list[Answer]:
    """Ask registries at the same time; one that hangs keeps nobody waiting beyond its time."""
    answers: dict[str, Answer] = {}

    def ask_into(registry: str) -> None:
        answers[registry] = ask(registry, environ, trusted)

    threads = {
        name: threading.Thread(target=ask_into, args=(name,), daemon=True) for name in sorted(names)
    }
    for thread in threads.values():
        thread.start()
    until = time.monotonic() + 2 * TIMEOUT
    for thread in threads.values():
        thread.join(max(0.0, until - time.monotonic()))
    silent = "it did not answer in time"
    return [answers.get(name) or Answer(registry=name, reason=silent) for name in threads]


def ask(registry: str, environ: Mapping[str, str], trusted: str = "") -> Answer:
    """Ask one registry for its version, through the proxy that the environment names.

    Args:
        registry: as image references name it.
        environ: the variables, with those of a proxy.
        trusted: a file of certificates to trust besides the system's.
    """
    host = _DOCKERS_REGISTRY if registry == _DOCKER else registry
    proxies = proxies_for(host, environ)
    through = urllib.parse.urlsplit(proxies.get("https", "")).hostname or ""
    now = time.time()
    try:
        context = ssl.create_default_context(cafile=environ.get("SSL_CERT_FILE") or None)
        if trusted:
            context.load_verify_locations(trusted)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler(proxies), urllib.request.HTTPSHandler(context=context)
        )
        # The scheme is ours, and the host one that the configuration names.
        with opener.open(f"https://{host}/v2/", timeout=TIMEOUT) as answer:
            status, headers = answer.status, answer.headers
    except urllib.error.HTTPError as error:
        status, headers = error.code, error.headers
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = str(getattr(error, "reason", None) or error or type(error).__name__)
        return Answer(registry=registry, reason=reason, through=through, now=now)
    return Answer(
        registry=registry,
        status=status,
        through=through,
        date=_seconds(headers.get("Date")),
        now=now,
    )


def proxies_for(host: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The proxy for a host, as other programs read it from the environment.

    >>> proxies_for("quay.io", {"https_proxy": "http://p:3128"})
    {'https': 'http://p:3128'}
    >>> proxies_for("quay.io", {"HTTPS_PROXY": "http://p:3128", "NO_PROXY": ".local,quay.io"})
    {}
    """
    proxy = environ.get("https_proxy") or environ.get("HTTPS_PROXY") or ""
    spared = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if not proxy or _spares(spared, host):
        return {}
    return {"https": proxy}


def _spares(spared: str, host: str) -> bool:
    """Whether ``NO_PROXY`` names a host, or a domain that it lies in."""
    name = host.partition(":")[0].lower()
    listed = [one.strip().lower().lstrip("*.") for one in spared.split(",")]
    return (
        any(one == "*" or one in (name, host) or name.endswith(f".{one}") for one in listed if one)
        or spared.strip() == "*"
    )


def _seconds(date: str | None) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp() if date else None
    except (ValueError, TypeError):
        return None


def judge_registry(answer: Answer, missing: list[str]) -> list[Finding]:
    """The findings about one registry.

    Args:
        answer: what it did.
        missing: the images that have to come from it.
    """
    name = answer.registry
    through = f" through the proxy {answer.through}" if answer.through else ""
    facts: dict[str, Any] = {"registry": name, "status": answer.status, "missing": missing}
    if answer.status is None:
        said = f"{name} cannot be reached{through}: {answer.reason}."
        if missing:
            said += f" From there have to come: {', '.join(missing)}."
        return [found("registry-silent" if missing else "registry-not-needed", said, **facts)]
    if answer.status not in _ANSWERS:
        said = f"{name} answers{through} with status {answer.status}, as no registry does."
        return [found("registry-odd", said, **facts)]
    findings = [fine("registry", f"{name} answers{through}.", **facts)]
    apart = abs(answer.date - answer.now) if answer.date is not None else 0.0
    if apart > _TOO_FAR:
        said = f"{name} has another time than this machine, by {apart:.0f} s."
        findings.append(found("clock-of-registry", said, seconds=round(apart)))
    return findings
