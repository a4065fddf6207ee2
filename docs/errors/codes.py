"""With which exit code a message is told: found by walking from it to who raises it."""

from __future__ import annotations

from collections.abc import Iterable

from container_manager import errors
from container_manager.errors import ManagerError
from docs.errors.reading import REASON, Message, Reading
from docs.errors.scopes import Scope, Site

WARNING = 0
"""The code of what is told and stops nothing."""

_RAISERS = ("raise_all",)


class Codes:
    """Finds exit codes.

    Args:
        reading: the package, read.
        messages: all its messages.
    """

    def __init__(self, reading: Reading, messages: Iterable[Message]) -> None:
        self._reading = reading
        self._package = reading.package
        told = {id(message.call) for message in messages}
        self._direct: dict[Scope, set[int]] = {}
        for site in self._package.found.sites:
            code = None if id(site.call) in told else self._told_by(site)
            if code is not None:
                self._direct.setdefault(site.scope, set()).add(code)

    def of(self, message: Message) -> frozenset[int]:
        """The exit codes, :data:`WARNING` among them; empty for a reason that others quote."""
        if message.error == REASON:
            return frozenset()
        if message.error is not None:
            return frozenset({_code(message.error)})
        if id(message.call) in self._package.found.warned:
            return frozenset({WARNING})
        # What nobody is seen to raise goes through tables of steps and checks, all before a start.
        return frozenset(self._above(message) or {ManagerError.exit_code})

    def _above(self, message: Message) -> set[int]:
        """The codes of the nearest functions that raise, among all that a message comes through."""
        found: set[int] = set()
        seen: set[Scope] = set()
        ways = list(message.through)
        while ways and not found - {WARNING}:
            farther: list[Scope] = []
            for scope in ways:
                if scope in seen:
                    continue
                seen.add(scope)
                if scope in self._direct:
                    found |= self._direct[scope]
                    continue
                callers = self._package.callers.get(scope, [])
                warned = [one for one in callers if id(one.call) in self._package.found.warned]
                found |= {WARNING} if warned else set()
                farther += [site.scope for site in callers if site not in warned]
                farther += [scope.outer] if scope.outer and scope.outer.node else []
            ways = farther
        return found

    def _told_by(self, site: Site) -> int | None:
        """The code of the error that a call makes of problems."""
        error = self._reading.error_of(site)
        if error is not None:
            return _code(error)
        name = getattr(site.call.func, "id", "")
        if name == "warn_all":
            return WARNING
        if name in _RAISERS and site.call.args:
            raised = getattr(site.call.args[0], "id", "")
            return _code(raised) if raised in self._reading.errors else None
        return None


def _code(name: str) -> int:
    kind = getattr(errors, name, errors.RuntimeFailure)
    return int(kind.exit_code)
