"""Runs Copier for templates of people: the one module of this room that does.

Whatever happens, people get one line and what to do.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache, wraps
from pathlib import Path
from typing import Any, ParamSpec

from container_manager.config import answers
from container_manager.errors import ManagerError
from container_manager.scaffold.faults import is_of_git, told

_GIT_CONTEXT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git sets for its hooks: Copier's git would work in the wrong repository."""

_P = ParamSpec("_P")


def _once_more(work: Callable[_P, None]) -> Callable[_P, None]:
    """Try again where git failed: several may fetch into Copier's one cache at the same time."""

    @wraps(work)
    def tried(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            work(*args, **kwargs)
        except ManagerError as error:
            if not is_of_git(error):
                raise
            work(*args, **kwargs)

    return tried


@_once_more
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
    with told(source, ref), quiet():
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


@_once_more
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
    with told(source, ref), quiet(env):
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
    afresh: bool = False,
) -> None:
    """Bring what Copier made to another version, in a repository where all of it is committed.

    Args:
        source: the template, for messages: Copier knows it from the answers file.
        destination: the folder that holds the answers file.
        ref: the version to bring it to.
        data: answers that were given; the recorded ones stay, and new questions take defaults.
        ask: whether Copier asks new questions on the terminal.
        env: variables for Copier's git.
        afresh: make the version anew, where nothing but the answers file is.

    Raises:
        ManagerError: the update failed.
    """
    with told(source, ref), quiet(env), _fetched_once():
        from copier import Settings, run_recopy, run_update

        bring = run_recopy if afresh else run_update
        bring(
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
def _fetched_once() -> Iterator[None]:
    """A block in which Copier fetches a repository once; for one update it would five times."""
    from copier import _vcs

    name = "_get_or_create_mirror"  # of Copier 9.19; without it, an update takes longer
    fetch = getattr(_vcs, name, None)
    if fetch is None:
        yield
        return
    setattr(_vcs, name, cache(fetch))
    try:
        yield
    finally:
        setattr(_vcs, name, fetch)


@contextlib.contextmanager
def quiet(env: Mapping[str, str] | None = None) -> Iterator[None]:
    """A block in which Copier's git never asks for a password, and its warnings stay unsaid.

    Args:
        env: further variables for Copier's git.
    """
    from copier import errors
    from plumbum import local

    from container_manager.render.memo import compiled_once

    fixed = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8", **(env or {})}
    with compiled_once(), warnings.catch_warnings(), local.env(**fixed):
        warnings.simplefilter("ignore")
        # Copier starts git in two ways: with the environment that it keeps, and with the process's.
        there = {name: os.environ.pop(name) for name in _GIT_CONTEXT if name in os.environ}
        for name in _GIT_CONTEXT:
            if name in local.env:
                del local.env[name]
        # Copier prints a broken copier.yml, and raises its path alone.
        printed = vars(errors).get("printf_exception")
        vars(errors)["printf_exception"] = lambda *_, **__: None
        try:
            yield
        finally:
            vars(errors)["printf_exception"] = printed
            os.environ.update(there)
