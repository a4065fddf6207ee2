"""Checks of the compose provider, by what it does in tiny projects.

We rely on little of it (it makes containers, from paths that start where they should), and do the
rest ourselves; whoever calls it by hand, or compares, is told the rest.
"""

from __future__ import annotations

import os
from typing import Any

from container_manager.compose.capabilities import CAPABILITIES, NO, YES
from container_manager.compose.finding import CHOICE, Finder
from container_manager.compose.providers import DEFAULT
from container_manager.doctor.catalogue import fine, found
from container_manager.doctor.findings import Finding
from container_manager.doctor.provider_trials import (
    FROM_FILE,
    FROM_SHELL,
    HANG,
    Behaviour,
    Ended,
    measure_provider,
)
from container_manager.doctor.subject import Subject
from container_manager.errors import ManagerError


def provider(subject: Subject) -> list[Finding]:
    """What the configured provider does; the bundled one where nothing is configured."""
    assert subject.laboratory is not None
    values = subject.config.values if subject.config else {}
    engine = subject.laboratory.engine
    finder = Finder(
        runner=subject.runner,
        host=engine.host,
        environ=engine.environ,
        choice=os.environ.get(CHOICE, ""),
        state_dir=subject.folder,
    )
    try:
        chosen = finder.find(str(values.get("compose_provider") or DEFAULT))
    except ManagerError as error:
        return [found("provider-missing", one.message, remedy=one.remedy) for one in error.problems]
    return judge_provider(measure_provider(subject, subject.laboratory, chosen))


def judge_provider(seen: Behaviour) -> list[Finding]:
    """The findings about a provider: what we rely on, and what breaks compose's rules."""
    facts = _facts(seen)
    if not seen.base:
        said = f"{seen.name} made no container of a compose file ({_ending(seen.made)}):"
        return [found("provider-fails", f"{said}\n{seen.made.said}", **facts)]
    if seen.base != "first":
        said = (
            f"{seen.name} does not resolve relative paths from the folder of the first file, but "
            f"from another one ({seen.base})."
        )
        return [found("provider-fails", said, **facts)]
    title = seen.title[0].upper() + seen.title[1:]
    said = f"{title} makes containers; relative paths start from the first file's folder."
    differing = [f"- {what} {ours}" for differs, what, ours in _rules(seen) if differs]
    findings = [fine("provider", said, **facts)]
    if differing:
        said = f"{seen.name} does otherwise than compose's rules say, which we do not rely on:"
        findings.append(found("provider-differs", "\n".join([said, *differing]), **facts))
    return [*findings, *_unlike_tested(seen)]


def _unlike_tested(seen: Behaviour) -> list[Finding]:
    """Where it does otherwise than those versions did that the tests run with."""
    measured = {
        "conditions": NO if seen.after_failed_job else YES,
        "failed_start": str(seen.failed_start.code),
        "missing_image": str(seen.missing_image.code),
    }
    unlike = [
        f"- {CAPABILITIES[key].meaning}: {value}, not {CAPABILITIES[key].of(seen.kind)}"
        for key, value in measured.items()
        if CAPABILITIES[key].of(seen.kind) != value
    ]
    if not unlike:
        return []
    said = f"{seen.title} is not like the versions that are tested:"
    return [found("provider-untested", "\n".join([said, *unlike]), provider=seen.title)]


def _rules(seen: Behaviour) -> list[tuple[bool, str, str]]:
    """Each rule of compose: whether it is broken, how, and why that does not matter to us."""
    variables = "We read '.env' ourselves, and hand every variable on."
    looking = "We look at the containers, whatever the provider says."
    waiting = "We start services ourselves, in waves, and watch."
    both, one = seen.environment.get("CM_BOTH"), seen.environment.get("CM_ONE")
    return [
        (one != FROM_FILE, "does not read the file that '--env-file' names.", variables),
        (
            one == FROM_FILE and both != FROM_SHELL,
            "prefers variables of '--env-file' to those of the shell.",
            variables,
        ),
        (
            seen.failed_start.code in (0, None),
            f"says nothing of a container that cannot start ({_ending(seen.failed_start)}).",
            looking,
        ),
        (
            seen.missing_image.code in (0, None),
            f"says nothing of an image that is missing ({_ending(seen.missing_image)}).",
            looking,
        ),
        (
            seen.after_failed_job or seen.failed_job.code in (0, None),
            _condition("service_completed_successfully", seen.after_failed_job, seen.failed_job),
            waiting,
        ),
        (
            seen.after_unhealthy or seen.unhealthy.code in (0, None),
            _condition("service_healthy", seen.after_unhealthy, seen.unhealthy),
            waiting,
        ),
    ]


def _ending(ended: Ended) -> str:
    return f"it hung for {HANG:.0f} s" if ended.code is None else f"exit code {ended.code}"


def _condition(name: str, started: bool, ended: Ended) -> str:
    """How a condition was broken that cannot come true."""
    if started:
        return f"starts what waits for '{name}', though it cannot come true ({_ending(ended)})."
    if ended.code is None:
        return f"waits without end for '{name}' where it cannot come true."
    return f"says nothing of '{name}' that cannot come true ({_ending(ended)})."


def _facts(seen: Behaviour) -> dict[str, Any]:
    return {
        "provider": seen.title,
        "base_of_relative_paths": seen.base,
        "env_file_read": seen.environment.get("CM_ONE") == FROM_FILE,
        "shell_wins": seen.environment.get("CM_BOTH") == FROM_SHELL,
        "exit_codes": {
            "failed_start": seen.failed_start.code,
            "missing_image": seen.missing_image.code,
            "failed_job": seen.failed_job.code,
            "unhealthy": seen.unhealthy.code,
        },
        "started_after_failed_job": seen.after_failed_job,
        "started_after_unhealthy": seen.after_unhealthy,
    }
