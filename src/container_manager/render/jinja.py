"""The one strict, sandboxed Jinja environment in which every template is rendered.

A key that does not exist is recorded, with its line, and rendering goes on, so that one run tells
all of them; nothing that was recorded is ever written. Values cannot be changed by a template.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.filters import FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment

from container_manager.config.environment import Environment
from container_manager.config.interpolation import Text
from container_manager.errors import Location, Problem, RenderError, did_you_mean, raise_all
from container_manager.model import KeyPath
from container_manager.render.includes import ProjectLoader, included_name, template_name
from container_manager.render.missing import Missing, mappings_in
from container_manager.render.noticed import (
    RenderingState,
    current,
    misused,
    refuse_methods,
    written,
)
from container_manager.render.tracking import USED, TrackingContext, tracked
from container_manager.render.values import (
    Secret,
    is_set,
    join_texts,
    template_values,
    to_json,
    to_nice_yaml,
    to_string,
)

if TYPE_CHECKING:
    from container_manager.render.compiled import CompiledTemplates

_COMPILED_AT_ONCE = 64
"""Compiled templates in memory: what the files of one service include, and then some."""

_SAFE_FILTERS = frozenset({"to_json", "tojson", "to_nice_yaml", "join", "default", "d", "string"})
_SAFE_TESTS = frozenset({"defined", "undefined"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The text of a template, and the secret variables whose placeholders it wrote."""

    text: str
    secrets: frozenset[str]


class Renderer:
    """Renders the templates of one project with one configuration.

    Args:
        root: the project; ``include`` and ``import`` never leave it, nor find what is private.
        values: the configuration, plain or as :attr:`Config.values`.
        environment: tells which secrets are set; without one, none is.
        compiled: templates that were compiled before.
    """

    def __init__(
        self,
        root: Path,
        values: Mapping[str, Any],
        environment: Environment | None = None,
        compiled: CompiledTemplates | None = None,
    ) -> None:
        self._compiled = compiled
        self._environment = environment or Environment(process={})
        self._values = values
        self._absent: list[tuple[Any, str]] = []
        build_dir = root / str(values.get("build_dir") or "build")
        dotenv = self._environment.dotenv_path
        self._loader = ProjectLoader(root, Path(os.path.normpath(build_dir)), dotenv)
        self._jinja = _Jinja(self._loader, compiled)

    def render(self, template: Path, *, service_dir: Path, compose: bool) -> Rendered:
        """Render one template.

        Args:
            template: its absolute path.
            service_dir: where ``include`` looks besides the project's root.
            compose: whether literal dollars of values are doubled, as compose files need it.

        Raises:
            RenderError: with every problem of this template, each with its line.
        """
        context = self._compose_context if compose else self._plain_context
        noticed = RenderingState(context=context)
        token = current.set(noticed)
        text = ""
        try:
            text = self._jinja.load(template, service_dir).render(context)
        except RenderError as error:
            noticed.problems.extend(error.problems)
        except Exception as error:  # a template can raise anything
            if not noticed.problems:  # after a missing key, what follows is its consequence
                noticed.problems.append(_problem_of(error, template))
        finally:
            current.reset(token)
            self._absent.extend(noticed.absent)
        placed = (replace(p, where=p.where or Location(template)) for p in noticed.problems)
        raise_all(RenderError, placed)
        return Rendered(text=text, secrets=frozenset(noticed.secrets))

    def used_keys(self, template: Path, *, service_dir: Path) -> set[KeyPath]:
        """The configuration keys that a template uses; it was rendered before without problems.

        Args:
            template: its absolute path.
            service_dir: where ``include`` looks besides the project's root.

        Returns:
            Paths of keys; the path of a mapping means all that is in it.
        """
        used: set[KeyPath] = set()
        context = {k: tracked(v, (k,), used) for k, v in self._plain_context.items()}
        token = current.set(RenderingState(context=context))
        try:
            self._tracking.load(template, service_dir).render({**context, USED: used})
        finally:
            current.reset(token)
        return used

    def absent_keys(self) -> set[KeyPath]:
        """The keys that templates asked for so far and that the configuration does not have."""
        if not self._absent:
            return set()
        places: dict[int, KeyPath] = {id(jinja2.utils.missing): ()}
        for context in (self._plain_context, self._compose_context):
            places.update(mappings_in(context))
        return {
            (*places[id(within)], name) for within, name in self._absent if id(within) in places
        }

    def remember(self) -> None:
        """Keep what was compiled for the next command."""
        if self._compiled is not None:
            self._compiled.store()

    @functools.cached_property
    def _tracking(self) -> _Jinja:
        environment = _Jinja(self._loader, self._compiled)
        environment.context_class = TrackingContext
        return environment

    @functools.cached_property
    def _compose_context(self) -> dict[str, Any]:
        return self._context(escaped=True)

    @functools.cached_property
    def _plain_context(self) -> dict[str, Any]:
        return self._context(escaped=False)

    def _context(self, *, escaped: bool) -> dict[str, Any]:
        def convert(text: Text) -> Any:
            if text.secrets:
                return Secret(
                    text,
                    is_set=is_set(text, self._environment),
                    escaped=escaped,
                    misused=misused,
                    written=written,
                )
            return text.escaped if escaped else str(text)

        context = template_values(self._values, convert)
        assert isinstance(context, dict)
        return context


class _CodeGenerator(CodeGenerator):
    """Jinja's own, but for ``~``: a text that holds a secret stays one."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        self.write("environment.join_texts((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class _Jinja(ImmutableSandboxedEnvironment):
    """Jinja with our undefined, our filters, and the project as the only place for includes."""

    code_generator_class = _CodeGenerator
    join_texts = staticmethod(join_texts)

    def __init__(self, loader: ProjectLoader, compiled: CompiledTemplates | None) -> None:
        super().__init__(
            bytecode_cache=compiled,
            undefined=Missing,
            finalize=refuse_methods,
            keep_trailing_newline=True,
            autoescape=False,
            auto_reload=False,
            cache_size=_COMPILED_AT_ONCE,
            loader=loader,
        )
        self.filters.update(to_json=to_json, to_nice_yaml=to_nice_yaml, string=to_string)
        # The same input gives the same bytes: nothing random.
        del self.filters["random"], self.globals["lipsum"]
        self.policies["json.dumps_function"] = lambda value, **_: to_json(value)
        for kind, functions, safe in (
            ("filter", self.filters, _SAFE_FILTERS),
            ("test", self.tests, _SAFE_TESTS),
        ):
            for name in functions.keys() - safe:
                functions[name] = _guarded(kind, name, functions[name])  # type: ignore[arg-type]

    def load(self, template: Path, service_dir: Path) -> jinja2.Template:
        """Compile a template; its name says which service's folder its includes may use."""
        return self.get_template(template_name(service_dir, template))

    def join_path(self, template: str, parent: str) -> str:
        """An included template keeps the service of the template that includes it."""
        return included_name(template, parent)


def _guarded(kind: str, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter or test that reports being given a secret."""

    @functools.wraps(function)
    def guard(*args: Any, **kwargs: Any) -> Any:
        for argument in (*args, *kwargs.values()):
            if isinstance(argument, Secret):
                argument.misuse(f"the {kind} '{name}'")
                return argument if kind == "filter" else False
        return function(*args, **kwargs)

    return guard


def _problem_of(error: Exception, template: Path) -> Problem:
    """Any exception of a rendering as a problem with the template's line."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        where = Location(Path(error.filename or template), error.lineno)
        message = f"The template's syntax is wrong: {error.message}"
        return Problem(message=message, where=where, remedy=_syntax_advice(str(error.message)))
    where = _traceback_line(error.__traceback__) or Location(template)
    if isinstance(error, jinja2.TemplateNotFound):
        return Problem(
            message=f"The included template {error.name!r} does not exist.",
            where=where,
            remedy="Paths are looked for from the project's folder, then from the service's.",
        )
    if isinstance(error, RecursionError):
        return Problem(
            message="The templates include each other without end.",
            where=where,
            remedy="Take one of their includes out.",
        )
    said = str(error) or type(error).__name__
    return Problem(message=f"The template cannot be rendered: {said}", where=where)


def _syntax_advice(said: str) -> str | None:
    """What most often is behind one of the complaints of Jinja's lexer, parser and compiler."""
    if said.startswith(("unexpected ", "expected token ")):
        return "See whether each '{{' and '{%' before this place is closed, and each quote in it."
    filter_ = re.match("No filter named '(.+?)'", said)
    if filter_ is not None:
        near = did_you_mean(filter_[1], [*FILTERS, "to_json", "to_nice_yaml"])
        return near or "There are the filters of Jinja, to_json and to_nice_yaml."
    return None


def _traceback_line(traceback: TracebackType | None) -> Location | None:
    """Jinja rewrites tracebacks so that their frames name the template's file and line."""
    found: Location | None = None
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if "__jinja_exception__" in traceback.tb_frame.f_globals:
            found = Location(Path(name), traceback.tb_lineno)
        traceback = traceback.tb_next
    return found
