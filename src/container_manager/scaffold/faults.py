"""Says errors of Copier as people want to read them: what, in which template, and what to do.

Copier raises errors of many kinds, some without a word about where, and a template's own code can
raise any.
"""

from __future__ import annotations

import contextlib
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from container_manager.errors import (
    ConfigError,
    InterruptedByUser,
    ManagerError,
    Problem,
    UsageError,
    did_you_mean,
)

if TYPE_CHECKING:
    from yaml import YAMLError

_INVALID = re.compile(r"Validation error for question '(?P<name>[^']*)': (?P<why>.*)", re.DOTALL)
_CHOICE = re.compile(
    r"Invalid choice for '(?P<name>[^']*)': (?:'(?P<given>.*)' is not in \[(?P<valid>.*)\])?"
    r"(?P<why>.*)",
    re.DOTALL,
)
_REQUIRED = re.compile(r'Question "(?P<name>[^"]*)" is required')
_CLONE = re.compile(r"[^\s'\"]*/copier\._vcs\.clone\.[^/\s'\"]+/")
"""Where Copier has a template while it works: a path that is gone when people read of it."""

_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_GIVE = "Give the answer: --data QUESTION=VALUE."


@contextlib.contextmanager
def told(source: str, ref: str | None = None) -> Iterator[None]:
    """A block whose errors, which are Copier's, become ours.

    Args:
        source: the template, for messages.
        ref: its version, for messages.

    Raises:
        ManagerError: the same, in one line.
    """
    version = ref[:12] if ref and _COMMIT.fullmatch(ref) else ref
    try:
        yield
    except ManagerError:
        raise
    except KeyboardInterrupt as error:  # Copier's own kind of it is one, too
        raise InterruptedByUser("Interrupted: nothing was made.") from error
    except Exception as error:  # a template can do anything that an expression can
        raise _ours(f"{source} ({version})" if version else source, error) from error


def is_of_git(error: ManagerError) -> bool:
    """Whether a git of Copier's failed, as it may where several fill its one cache at once."""
    from plumbum import ProcessExecutionError

    return isinstance(error.__cause__, ProcessExecutionError)


def is_of_kinds(error: ManagerError) -> bool:
    """Whether Copier stood before a file where it needed a folder, or the reverse."""
    kinds = (FileExistsError, IsADirectoryError, NotADirectoryError, AssertionError)
    return isinstance(error.__cause__, kinds)


def _ours(template: str, error: Exception) -> ManagerError:
    """An error of Copier, of what it uses, or of a template's code."""
    from copier.errors import InteractiveSessionError, UnsafeTemplateError
    from plumbum import ProcessExecutionError

    text = str(error).strip()
    if isinstance(error, UnsafeTemplateError):
        wants = re.sub(r"^.*unsafe features?: |\..*", "", text.replace("\n", " "))
        return ConfigError(
            f"The template {template} wants to run code of its own on this machine: {wants}.",
            remedy="container-manager runs none. If you trust it, run Copier yourself: "
            "copier copy --trust.",
        )
    if isinstance(error, InteractiveSessionError):
        return UsageError("The template asks, and nobody is there to answer.", remedy=_GIVE)
    if isinstance(error, ProcessExecutionError):
        said = [line for line in str(error.stderr).splitlines() if line.strip()]
        return ConfigError(
            f"git could not fetch the template {template}: {_sentence(said[-1] if said else text)}",
            remedy="See whether the address is right and you may read it: git ls-remote URL.",
        )
    if why := _unrendered(error, text):
        return ConfigError(f"The template {template} cannot be rendered: {_sentence(why)}")
    if isinstance(error, OSError) and not _CLONE.search(str(error.filename)):
        place = f" '{error.filename}'" if error.filename else ""
        return ConfigError(
            f"The system refused{place}: {_sentence(error.strerror or type(error).__name__)}"
        )
    return _wrong_answer(text) or ConfigError(
        f"The template {template} cannot be used: {_sentence(_unusable(error, text))}"
    )


def _unrendered(error: Exception, text: str) -> str:
    """What is wrong with a template's code; empty where it is something else."""
    from jinja2 import TemplateError, TemplateNotFound

    place = _place(error)
    if isinstance(error, TemplateNotFound):
        return f"there is no file '{error.name}' in it{place}"
    if isinstance(error, TemplateError):
        return _first(text).rstrip(". ") + place
    # Of Copier's own filters comes a sentence; of an expression, what only its kind explains.
    return f"{type(error).__name__}: {_first(text).rstrip('. ')}{place}" if place else ""


def _unusable(error: Exception, text: str) -> str:
    """What is wrong with a template's ``copier.yml`` or its files."""
    from copier.errors import MultipleConfigFilesError
    from yaml import YAMLError

    cause = error if isinstance(error, YAMLError) else error.__cause__
    if isinstance(cause, YAMLError):
        return _no_yaml(cause)
    if isinstance(error, MultipleConfigFilesError):
        return "it has both a copier.yml and a copier.yaml"
    if isinstance(error, OSError):
        return f"'{error.filename}': {error.strerror or type(error).__name__}"
    wrong = _misshapen(error, text) if isinstance(error, (AttributeError, TypeError)) else None
    return wrong or _first(text) or type(error).__name__


def _no_yaml(error: YAMLError) -> str:
    from yaml import MarkedYAMLError

    if isinstance(error, MarkedYAMLError) and (mark := error.problem_mark or error.context_mark):
        why = error.problem or error.context
        return f"{Path(mark.name).name}:{mark.line + 1} is not valid YAML: {why}"
    return f"its copier.yml is not valid YAML: {_first(str(error))}"


def _misshapen(error: Exception, text: str) -> str | None:
    """What Copier did with a ``copier.yml`` whose parts are not what they have to be."""
    reading = [
        frame.name
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.endswith("_template.py")
    ]
    if {"load_template_config", "filter_config"} & set(reading):
        return "its copier.yml must be a mapping, and each of its keys text"
    if reading:
        return f"a setting of its copier.yml has the wrong form ({reading[-1]}): {_first(text)}"
    return None


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
    return f"{_CLONE.sub('', _first(text)).rstrip('. ')}."


def _place(error: Exception) -> str:
    """The line of the template that an error is about; Jinja itself names only some."""
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if code.co_name in ("top-level template code", "template") or code.co_name.startswith(
            "block "
        ):
            place = f" ({Path(code.co_filename).name}:{line})"
    return place
