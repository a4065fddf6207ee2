"""The installed program, and the original module's command line."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from container_manager.errors import ManagerError, UsageError
from container_manager.once import once
from container_manager.streams import make_usable

_COMMANDS = ("up", "down", "clean", "rebuild")

_YAML_SUFFIXES = (".yml", ".yaml")


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the original command line: ``CONFIG [up|down|clean|rebuild] [-d|--detached]``.

    Args:
        argv: the arguments without the program's name; None takes the process's.

    Returns:
        A namespace with ``config``, ``command`` (or None) and ``detached``.

    Raises:
        SystemExit: with code 2, after a message, where the arguments do not fit together.

    Examples:
        >>> parse_args(['config.yml', 'up', '-d'])
        Namespace(config='config.yml', command='up', detached=True)
        >>> parse_args(['config.yml']).command is None
        True
    """
    parser = argparse.ArgumentParser(
        prog="container_manager",
        description="Generate the build directory of a stack of services, and run it on Podman.",
        epilog="Without a command, the compose files are generated and listed.",
    )
    parser.add_argument("config", metavar="CONFIG", help="the configuration file")
    parser.add_argument("command", nargs="?", choices=_COMMANDS, help="what to do after the build")
    parser.add_argument(
        "-d", "--detached", action="store_true", help="return when all is up (up and rebuild)"
    )
    arguments = parser.parse_args(argv)
    if arguments.detached and arguments.command not in ("up", "rebuild"):
        parser.error("-d/--detached goes with 'up' and 'rebuild' only")
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Run the original command line.

    Args:
        argv: the arguments without the program's name; None takes the process's.

    Returns:
        The exit code: 0 done, 1 something failed at run time, 2 a mistake in what was given,
        130 interrupted.
    """
    arguments = parse_args(argv)
    with once():
        return _main(arguments)


def _main(arguments: argparse.Namespace) -> int:
    from container_manager import verbs
    from container_manager.careful import interruptible
    from container_manager.report import nobody_reads, system_refused, tell
    from container_manager.report.removing import confirmer
    from container_manager.report.running import show_removed, show_up

    confirm = confirmer(yes=False)

    try:
        interruptible()
        match arguments.command:
            case None:
                for compose_file in verbs.build(arguments.config).compose_files:
                    print(f" - {_shown(compose_file.path)}")
            case "down":
                show_removed(verbs.down(arguments.config, confirm=confirm), json=False)
            case "clean":
                show_removed(verbs.clean(arguments.config, confirm=confirm), json=False)
            case command:
                attached = not arguments.detached
                running = (
                    verbs.up(arguments.config, attached=attached)
                    if command == "up"
                    else verbs.rebuild(arguments.config, attached=attached, confirm=confirm)
                )
                show_up(running, json=False)
                if not arguments.detached:
                    verbs.follow(running)
        sys.stdout.flush()
    except ManagerError as error:
        tell(error)
        return error.exit_code
    except BrokenPipeError:
        return nobody_reads()
    except OSError as error:
        return system_refused(error)
    except KeyboardInterrupt:
        print("Interrupted. What was started goes on running; 'down' stops it.", file=sys.stderr)
        return 130
    return 0


def run(argv: Sequence[str] | None = None) -> NoReturn:
    """The installed program: the original command line for a file, every task otherwise."""
    make_usable()
    arguments = list(sys.argv[1:] if argv is None else argv)
    gc.set_threshold(5000, 10, 100)
    try:
        try:
            if arguments[:1] == ["--complete"]:
                from container_manager.completing import answer

                answer(arguments[1:])
                sys.exit(0)
            if arguments and _names_a_file(arguments[0]):
                sys.exit(main(arguments))
            _run_tasks(_asking_for_help(arguments))
        finally:
            sys.stdout.flush()  # now, while a reader who is gone can be dealt with
    except BrokenPipeError:
        from container_manager.report import nobody_reads

        sys.exit(nobody_reads())
    except OSError as error:  # invoke prints lists and help itself
        from container_manager.report import system_refused

        sys.exit(system_refused(error))


def _asking_for_help(arguments: list[str]) -> list[str]:
    """``help`` and ``help TASK`` are what many programs understand; no task is called so."""
    return [*arguments[1:], "--help"] if arguments[:1] == ["help"] else arguments


def _names_a_file(argument: str) -> bool:
    return argument.endswith(_YAML_SUFFIXES) or ("/" in argument and Path(argument).is_file())


def _run_tasks(arguments: list[str]) -> NoReturn:
    from invoke.exceptions import UnknownFileType

    from container_manager.careful import typed
    from container_manager.program import program as task_program
    from container_manager.report import tell
    from container_manager.tasks import namespace
    from container_manager.words import with_trailing_services

    program = task_program(namespace)
    core = {
        f"-{name}" if len(name) == 1 else f"--{name}": argument.takes_value
        for argument in program.core_args()
        for name in argument.names
    }
    try:
        words = with_trailing_services(arguments, namespace.to_contexts(), core)
    except UsageError as error:
        tell(error)
        sys.exit(error.exit_code)
    try:
        with typed(words):
            program.run(["container-manager", *(words or ["--list"])])
    except UnknownFileType:
        tell(
            UsageError(
                "-f, and --config before a task, are invoke's own: nothing was done.",
                remedy="Write --config PATH after the task's name.",
            )
        )
        sys.exit(UsageError.exit_code)
    sys.exit(0)


def _shown(path: Path) -> str:
    """A path as the original printed it: relative to the current directory, where it can be."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
