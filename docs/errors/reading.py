"""Every message that the package can give: where, with which error, and what to do about it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from docs.errors.saying import Saying
from docs.errors.scopes import Scope, Site, arguments
from docs.errors.source import Package
from docs.errors.texts import Frame, Hole, Piece, Text

PROBLEMS = ("Problem", "Miss")
"""Classes whose keyword ``message`` is told as it is."""

REASON = "reason"
"""What stands for the class of an error that others quote: ``{error}`` in a message."""

REASONS = ("ValueError", "TypeError", "NotAWheel", "TemplateError")
"""Exceptions whose texts are quoted in messages."""

ELSEWHERE = {
    "build.spelled: message": "a problem that was kept, word for word",
    "errors: problems": "the constructor itself",
    "render.missing: self._undefined_hint.rstrip('.')": "Jinja's own words",
    "scaffold.faults: ' '.join(found['why'].split())": "the words of a template's validator",
}
"""Messages that stand in no source of ours, and why."""

_ROOT = "ManagerError"
_LONGEST_CHAIN = 4
_WORDS = 2


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        module: the module that writes it, without the package's name.
        line: where in it.
        error: the error's class; None where it is a problem that others raise.
        pieces: its text.
        call: what makes it.
        remedies: what to do about it, each a text.
        through: the functions that it comes from: the one that has it, and who calls that.
    """

    module: str
    line: int
    error: str | None
    call: ast.Call
    pieces: tuple[Piece, ...]
    remedies: tuple[tuple[Piece, ...], ...]
    through: tuple[Scope, ...]


def errors_of(package: Package) -> set[str]:
    """The names of our errors' classes."""
    found = {_ROOT}
    grown = True
    while grown:
        new = {
            name for (_, name), bases in package.found.bases.items() if found & set(bases)
        } - found
        grown = bool(new)
        found |= new
    return found


class Reading:
    """Reads a package."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.saying = Saying(package)
        self.errors = errors_of(package)
        self.unclear: list[str] = []

    def messages(self) -> Iterator[Message]:
        """All messages."""
        for site in self.package.found.sites:
            told = self._told(site)
            if told is not None:
                yield from self._read(site, *told)
        for site in self.package.found.raised:
            if self.error_of(site) is None and self._gives_reason(site):
                yield from self._read(site, REASON, site.call.args[0], None)

    def _gives_reason(self, site: Site) -> bool:
        name = getattr(site.call.func, "id", getattr(site.call.func, "attr", ""))
        known = name in REASONS or "ValueError" in self.package.found.bases.get(
            (site.scope.module, name), []
        )
        return known and bool(site.call.args)

    def error_of(self, site: Site) -> str | None:
        """The error's class that a call makes, if it makes one."""
        function = site.call.func
        if not isinstance(function, ast.Name):
            return None
        _, name = self.package.imported(site.scope.module, function.id)
        if name in self.errors:
            return name
        if site.scope.node is not None:
            for arg in site.scope.parameters:
                if arg.arg == name and arg.annotation is not None:
                    written = ast.unparse(arg.annotation)
                    if written.startswith("type[") and written[5:-1] in self.errors:
                        return written[5:-1]
        return None

    def _told(self, site: Site) -> tuple[str | None, ast.expr, ast.expr | None] | None:
        """Error, message and remedy of a call, if it is about any."""
        words = {word.arg: word.value for word in site.call.keywords if word.arg is not None}
        error = self.error_of(site)
        if error is not None and site.call.args:
            return error, site.call.args[0], words.get("remedy")
        name = getattr(site.call.func, "id", "")
        if "message" in words and (name in PROBLEMS or name == "replace"):
            return None, words["message"], words.get("remedy")
        return None

    def _read(
        self, site: Site, error: str | None, message: ast.expr, remedy: ast.expr | None
    ) -> Iterator[Message]:
        for frame in self._frames(message, Frame(site.scope)):
            for text in self.saying.texts(message, frame):
                if self._is_handed_on(text):
                    continue
                yield Message(
                    module=site.scope.module,
                    line=site.call.lineno,
                    error=error,
                    call=site.call,
                    pieces=text.pieces,
                    remedies=self._remedies(remedy, text, frame),
                    through=tuple(_scopes(frame)),
                )

    def _frames(self, message: ast.expr, frame: Frame, depth: int = 0) -> Iterator[Frame]:
        """The frames in which the message is known: callers, where a parameter is most of it."""
        texts = self.saying.texts(message, frame)
        waits = any(self._waits(text, frame.outermost) for text in texts)
        callers = self.package.callers.get(frame.outermost.scope, [])
        if not waits or not callers or depth > _LONGEST_CHAIN:
            yield frame
            return
        for site in callers:
            yield from self._frames(message, frame.called_by(site), depth + 1)

    def _waits(self, text: Text, frame: Frame) -> bool:
        """Whether what it says depends on the caller: on words that are given as a parameter."""
        parameters = {arg.arg for arg in frame.scope.parameters}
        given = {
            hole.value.id
            for hole in text.holes
            if hole.frame.scope is frame.scope
            and isinstance(hole.value, ast.Name)
            and hole.value.id in parameters
        }
        return bool(given) and (not text.tells or any(self._is_said(one, frame) for one in given))

    def _is_said(self, parameter: str, frame: Frame) -> bool:
        """Whether callers give words for a parameter, not names."""
        return any(
            text.words >= _WORDS
            for site in self.package.callers.get(frame.scope, [])
            if (value := arguments(frame.scope, site.call).get(parameter)) is not None
            for text in self.saying.texts(value, Frame(site.scope))
        )

    def _is_handed_on(self, text: Text) -> bool:
        """Whether it is what something else has said: other problems, or a caught exception."""
        if text.tells:
            return False
        values = [(hole.value, hole.frame.scope) for hole in text.holes]
        if any(_is_said_elsewhere(value, scope) for value, scope in values):
            return True
        if not text.words:
            self.unclear += [f"{s.module}: {ast.unparse(value)[:90]}" for value, s in values]
        return not text.words

    def _remedies(
        self, remedy: ast.expr | None, message: Text, frame: Frame
    ) -> tuple[tuple[Piece, ...], ...]:
        if remedy is None:
            return ()
        texts = self.saying.texts(remedy, frame)
        shared = max((len(text.branches & message.branches) for text in texts), default=0)
        nearest = [text for text in texts if len(text.branches & message.branches) == shared]
        found = [text for text in nearest if text.words] or [t for t in nearest if t.holes]
        return tuple(dict.fromkeys(text.pieces for text in found))


def _is_said_elsewhere(value: ast.expr, scope: Scope) -> bool:
    match value:
        case ast.Attribute(attr="message" | "problems" | "errors"):
            return True
        case ast.Name():
            return value.id in scope.caught
        case ast.Call(func=ast.Name(id="str"), args=[ast.Name() as inner]):
            return inner.id in scope.caught
        case ast.Call(func=ast.Name(id="Problem" | "tuple" | "to_templates")):
            return True
    return isinstance(value, ast.List | ast.ListComp | ast.GeneratorExp)


def _scopes(frame: Frame) -> Iterator[Scope]:
    current: Frame | None = frame
    while current is not None:
        yield current.scope
        current = current.caller


def shown(pieces: tuple[Piece, ...]) -> str:
    """A text with its holes in angle brackets."""
    return "".join(f"<{p.name}>" if isinstance(p, Hole) else p for p in pieces)
