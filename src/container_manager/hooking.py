"""Runs ``hooks``: the user's own commands around building, starting and stopping."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from container_manager.config.environment import Environment
from container_manager.config.loader import Config
from container_manager.errors import Problem, RuntimeFailure
from container_manager.model import Hook
from container_manager.once import forget
from container_manager.progress import PlainProgress, Progress, Redactor
from container_manager.report.hooks import hook_text
from container_manager.run import ProcessRunner, Runner

if TYPE_CHECKING:
    from container_manager.lifecycle.project import Project

INSIDE = "CONTAINER_MANAGER_HOOK"
"""The variable that tells a command which hook it is; whoever has it runs no hooks."""

_AFTERWARDS = {
    "before_build": "Nothing was built.",
    "after_build": "The build directory is up to date; no container was touched.",
    "before_up": "No container was touched.",
    "after_up": "The stack runs.",
    "before_down": "Nothing was stopped.",
}


def run_build_hooks(config: Config, name: str) -> bool:
    """Run the commands of one hook of a configuration; whether there were any.

    Raises:
        RuntimeFailure: one failed.
    """
    return run_hooks(
        config.hooks,
        name,
        root=config.root,
        config=config.path,
        environment=config.environment,
        progress=PlainProgress(),
    )


def run_project_hooks(project: Project, name: str) -> None:
    """Run the commands of one hook of a project that is run.

    Raises:
        RuntimeFailure: one failed.
    """
    run_hooks(
        project.hooks,
        name,
        root=project.root,
        config=project.config_path,
        environment=project.environment,
        progress=project.progress,
        runner=project.engine.runner,
    )


def run_hooks(
    hooks: Iterable[Hook],
    name: str,
    *,
    root: Path,
    config: Path,
    environment: Environment,
    progress: Progress,
    runner: Runner | None = None,
) -> bool:
    """Run the commands of one hook, one after the other, in the project's folder.

    They get the variables that the project sees, secrets too, and what they print is shown.

    Args:
        hooks: the commands of all hooks.
        name: which to run.
        root: the project's folder.
        config: the configuration.
        environment: the variables.
        progress: where it is told.
        runner: starts the processes.

    Returns:
        Whether there were any.

    Raises:
        RuntimeFailure: one failed; none after it was run.
    """
    wanted = [one for one in hooks if one.name == name]
    if not wanted or INSIDE in environment.process:
        return False
    names = environment.process
    redact = Redactor(environment.secret_values(names).values())
    variables = {
        **environment.supplied,
        **environment.dotenv,
        **environment.process,
        INSIDE: name,
        "CONTAINER_MANAGER_CONFIG": str(config),
    }
    for hook in wanted:
        shown = redact(hook_text(hook))
        progress.step(f"{name}: {shown}")
        try:
            finished = (runner or ProcessRunner()).run(
                hook.argv,
                env=variables,
                cwd=root,
                timeout=hook.timeout,
                on_line=lambda line: progress.step(f"  {redact(line)}"),
            )
        except RuntimeFailure as error:
            raise _failed(hook, f"{redact(str(error).rstrip('.'))}: {shown}") from error
        if not finished.ok:
            raise _failed(hook, f"it ended with exit code {finished.returncode}: {shown}")
    forget()  # it may have changed what 'secrets_command' prints
    return True


def _failed(hook: Hook, why: str) -> RuntimeFailure:
    return RuntimeFailure(
        Problem(
            message=f"The hook '{hook.name}' failed: {why}",
            where=hook.where,
            remedy=_AFTERWARDS[hook.name],
        )
    )
