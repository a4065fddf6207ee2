"""Which proxies containers use, and whom they reach without one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from container_manager.compose.digest import proxy_part
from container_manager.compose.giving import given, named
from container_manager.compose.model import ComposeService, SecretEntry, Stack
from container_manager.compose.overlay import container_name
from container_manager.config import proxies


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A variable for containers.

    Attributes:
        source: the variable that it comes from.
        value: what it says; None for a secret.
    """

    source: str
    value: str | None


def with_proxies(stack: Stack) -> Stack:
    """The stack whose containers use the proxies of the shell and of ``.env``.

    A service that names a variable, in whichever spelling, has it as it says, in both.

    Args:
        stack: with its defaults.
    """
    environment = stack.environment
    places = (environment.process, environment.dotenv, environment.supplied)
    found = proxies.sources(*places)
    if not found:
        return stack
    entries = {
        name: _Entry(source=source, value=None if environment.is_secret(source) else value)
        for name, (source, value) in found.items()
    }
    said = entries.pop(proxies.NONE, None)
    spared = (said.value if said else None) or ""
    direct = proxies.spared(spared, _direct(stack))
    services = {
        name: _spared(_proxied(one, entries), spared, direct)
        for name, one in stack.services.items()
    }
    return replace(stack, services=services)


def _direct(stack: Stack) -> Iterator[str]:
    """The hosts that containers reach by themselves: themselves, each other, this machine."""
    yield from proxies.HERE
    for name, one in stack.services.items():
        yield from (name, container_name(stack.project, one))
        if hostname := one.definition.get("hostname"):
            yield str(hostname)
        attached = one.definition.get("networks")
        for options in attached.values() if isinstance(attached, Mapping) else ():
            yield from map(str, (options or {}).get("aliases") or ())
    yield from proxies.HOSTS


def _proxied(service: ComposeService, entries: Mapping[str, _Entry]) -> ComposeService:
    taken = {name.lower() for name in named(service)}
    public: dict[str, str] = {}
    secret: list[SecretEntry] = []
    parts: dict[str, str] = {}
    for name, one in entries.items():
        if name in taken:
            continue
        for spelled in (name, name.upper()):
            if one.value is None:
                secret.append(_secret(spelled, one.source, service))
            else:
                public[spelled] = one.value
                parts[proxy_part(name)] = one.value
    return given(service, public, tuple(secret), parts=parts)


def _secret(name: str, source: str, service: ComposeService) -> SecretEntry:
    return SecretEntry(
        key=name,
        text=f"${{{source}}}",
        passed_through=False,
        variables=(source,),
        where=service.where,
    )


def _spared(service: ComposeService, said: str, direct: str) -> ComposeService:
    """The service that reaches some hosts by itself.

    Only what people say themselves makes it out of date: a further service is no reason to
    recreate all others.
    """
    name = proxies.NONE
    if name in {one.lower() for one in named(service)}:
        return service
    return given(service, {name: direct, name.upper(): direct}, parts={proxy_part(name): said})
