"""What shells need to complete our commands: a script for each, which asks the program itself."""

from __future__ import annotations

from importlib.resources import files

from container_manager.errors import UsageError, did_you_mean

SHELLS = ("bash", "zsh", "fish")


def script_of(shell: str) -> str:
    """The script of a shell, to be evaluated by it.

    Raises:
        UsageError: there is none for that shell.
    """
    if shell not in SHELLS:
        near = did_you_mean(shell, SHELLS)
        raise UsageError(
            f"There is no completion for '{shell}'." if shell else "Which shell was not said.",
            remedy=f"{near or 'There are bash, zsh and fish.'} As in: completion bash",
        )
    return files(__name__).joinpath(f"completion.{shell}").read_text("utf-8")
