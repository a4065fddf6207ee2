"""Runs Copier for templates of people: the one module of this room that imports it.

Copier raises errors of many kinds, some without a word about where. Whatever happens, people get
one line and what to do.
"""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from container_manager.errors import (
    ConfigError,
    InterruptedByUser,
    ManagerError,
    Problem,
    UsageError,
    did_you_mean,
)
from container_manager.scaffold import answers

_GIT_CONTEXT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git sets for its hooks: Copier's git would work in the wrong repository."""

_INVALID = re.compile(r"Validation error for question '(?P<name>[^']*)': (?P<why>.*)", re.DOTALL)
_CHOICE = re.compile(
    r"Invalid choice for '(?P<name>[^']*)': (?:'(?P<given>.*)' is not in \[(?P<valid>.*)\])?"
    r"(?P<why>.*)",
    re.DOTALL,
)
_REQUIRED = re.compile(r'Question "(?P<name>[^"]*)" is required')


def copy(
    source: str,
    destination: Path,
    *,
    ref: str | None,
    data: Mapping[str, Any],
    user_defaults: Mapping[str, Any],
    ask: bool,
) -> None:
    """Make what a template makes, in a folder that does not exist.

    Args:
        source: the template, as Copier takes it.
        destination: the folder.
        ref: the version of a template with history.
        data: answers that were given; what no question asks for is context, and not remembered.
        user_defaults: what stands in for the template's own defaults.
        ask: whether Copier asks on the terminal for what was not given.

    Raises:
        ManagerError: nothing was made.
    """
    with told(source), quiet():
        from copier import Settings, run_copy

        run_copy(
            source,
            destination,
            data=dict(data),
            user_defaults=dict(user_defaults),
            vcs_ref=ref,
            defaults=not ask,
            quiet=True,
            settings=Settings(),  # not the user's own: the same answers make the same service
        )


def recreate(
    source: str, destination: Path, *, ref: str, data: Mapping[str, Any], env: Mapping[str, str]
) -> None:
    """Make what a version of a template made of some answers, once more, in an empty folder.

    Args:
        source: the template, as Copier takes it.
        destination: the folder.
        ref: the version.
        data: the answers.
        env: variables for Copier's git.

    Raises:
        ManagerError: it cannot be made.
    """
    with told(source), quiet(env):
        from copier import Settings, run_copy

        run_copy(
            source,
            destination,
            data=dict(data),
            vcs_ref=ref,
            answers_file=answers.NAME,
            defaults=True,
            overwrite=True,
            quiet=True,
            skip_tasks=True,  # the update that follows refuses a template that wants them
            settings=Settings(),
        )


def bring_forward(
    source: str,
    destination: Path,
    *,
    ref: str,
    data: Mapping[str, Any],
    ask: bool,
    env: Mapping[str, str],
) -> None:
    """Update what Copier made, in a repository where all of it is committed.

    Args:
        source: the template, for messages: Copier knows it from the answers file.
        destination: the folder that holds the answers file.
        ref: the version to bring it to.
        data: answers that were given; the recorded ones stay, and new questions take defaults.
        ask: whether Copier asks new questions on the terminal.
        env: variables for Copier's git.

    Raises:
        ManagerError: the update failed.
    """
    with told(source), quiet(env):
        from copier import Settings, run_update

        run_update(
            destination,
            data=dict(data),
            vcs_ref=ref,
            answers_file=answers.NAME,
            defaults=not ask,
            skip_answered=True,
            overwrite=True,
            quiet=True,
            settings=Settings(),
        )


@contextlib.contextmanager
def quiet(env: Mapping[str, str] | None = None) -> Iterator[None]:
    """A block in which Copier's git never asks for a password, and its warnings stay unsaid.

    Args:
        env: further variables for Copier's git.
    """
    from plumbum import local

    fixed = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8", **(env or {})}
    with warnings.catch_warnings(), local.env(**fixed):
        warnings.simplefilter("ignore")
        # Copier starts git in two ways: with the environment that it keeps, and with the process's.
        there = {name: os.environ.pop(name) for name in _GIT_CONTEXT if name in os.environ}
        for name in _GIT_CONTEXT:
            if name in local.env:
                del local.env[name]
        try:
            yield
        finally:
            os.environ.update(there)


@contextlib.contextmanager
def told(source: str) -> Iterator[None]:
    """A block whose errors, which are Copier's, become ours.

    Args:
        source: the template, for messages.

    Raises:
        ManagerError: the same, in one line.
    """
    from copier.errors import CopierError
    from jinja2 import TemplateError
    from yaml import YAMLError

    try:
        yield
    except ManagerError:
        raise
    except KeyboardInterrupt as error:  # Copier's own kind of it is one, too
        raise InterruptedByUser("Interrupted: nothing was made.") from error
    except (
        CopierError,
        TemplateError,
        YAMLError,
        ValueError,
        TypeError,
        KeyError,
        AssertionError,
        OSError,
    ) as error:
        raise _ours(source, error) from error


def _ours(source: str, error: Exception) -> ManagerError:
    """An error of Copier, or of what it uses, as a person wants to read it."""
    from copier.errors import InteractiveSessionError, UnsafeTemplateError
    from jinja2 import TemplateError
    from plumbum import ProcessExecutionError

    text = str(error).strip()
    if isinstance(error, UnsafeTemplateError):
        wants = re.sub(r"^.*unsafe features?: |\..*", "", text.replace("\n", " "))
        return ConfigError(
            f"The template {source} wants to run code of its own on this machine: {wants}.",
            remedy="container-manager runs none. If you trust it, run Copier yourself: "
            "copier copy --trust.",
        )
    if isinstance(error, InteractiveSessionError):
        return UsageError("The template asks, and nobody is there to answer.", remedy=_GIVE)
    if isinstance(error, TemplateError):
        what = _first(text).rstrip(". ") + _place(error)
        return ConfigError(f"The template {source} cannot be rendered: {_sentence(what)}")
    if isinstance(error, ProcessExecutionError):
        said = [line for line in str(error.stderr).splitlines() if line.strip()]
        return ConfigError(
            f"git could not fetch the template {source}: {_sentence(said[-1] if said else text)}",
            remedy="See whether the address is right and you may read it: git ls-remote URL.",
        )
    if isinstance(error, OSError):
        place = f" '{error.filename}'" if error.filename else ""
        return ConfigError(
            f"The system refused{place}: {_sentence(error.strerror or type(error).__name__)}"
        )
    return _wrong_answer(text) or ConfigError(
        f"The template {source} cannot be used: {_sentence(_first(text) or type(error).__name__)}"
    )


_GIVE = "Give the answer: --data QUESTION=VALUE."


def _wrong_answer(text: str) -> ManagerError | None:
    """What Copier says of an answer that a question does not take."""
    if found := _REQUIRED.match(text):
        name = found["name"]
        return UsageError(
            f"The template asks for '{name}', which has no default.",
            remedy=f"Give it: --data {name}=VALUE.",
        )
    if found := _INVALID.match(text):
        why = " ".join(found["why"].split())
        return UsageError(Problem(message=why, remedy=f"Give another '{found['name']}'."))
    if found := _CHOICE.match(text):
        name, why = found["name"], " ".join(found["why"].split())
        if found["given"] is None:
            return UsageError(f"'{name}' cannot be that: {_sentence(why)}")
        valid = re.findall(r"'([^']*)'", found["valid"] or "")
        near = did_you_mean(found["given"], valid)
        listed = ", ".join(valid) or "none"
        return UsageError(
            f"'{name}' cannot be {found['given']!r}.", remedy=near or f"There are: {listed}."
        )
    return None


def _first(text: str) -> str:
    return text.splitlines()[0] if text else ""


def _sentence(text: str) -> str:
    return f"{_first(text).rstrip('. ')}."


def _place(error: Exception) -> str:
    """The line of the template that an error of Jinja is about; Jinja itself names only some."""
    traceback, place = error.__traceback__, ""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_name in ("top-level template code", "template") or code.co_name.startswith(
            "block "
        ):
            place = f" ({Path(code.co_filename).name}:{traceback.tb_lineno})"
        traceback = traceback.tb_next
    return place
