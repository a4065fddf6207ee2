"""The installed program, and the original module's command line."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from container_manager.errors import ManagerError, UsageError

if TYPE_CHECKING:
    from invoke.parser import ParserContext

_COMMANDS = ("up", "down", "clean", "rebuild")
_ALONE = frozenset({"clean", "down", "rebuild", "restore"})
"""Tasks that never follow another one that takes names of services."""

_ANYWHERE = frozenset({"--dry", "-R", "--help", "-h", "--echo", "-e"})
"""Options of invoke that mean the same before and after a task."""

_VALUE_OPTIONAL = frozenset({"--list", "-l", "--help", "-h"})

_OF_WORDS = ("--key", "--service", "--name")
"""What a word after a task may mean: the first of these that the task has."""

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
    from container_manager import verbs
    from container_manager.report import nobody_reads, refused_by_system, tell
    from container_manager.report.running import show_removed, show_up

    try:
        match arguments.command:
            case None:
                for compose_file in verbs.build(arguments.config).compose_files:
                    print(f" - {_shown(compose_file.path)}")
            case "down":
                show_removed(verbs.down(arguments.config), json=False)
            case "clean":
                show_removed(verbs.clean(arguments.config), json=False)
            case command:
                start = verbs.up if command == "up" else verbs.rebuild
                running = start(arguments.config, attached=not arguments.detached)
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
        tell(refused_by_system(error))
        return UsageError.exit_code
    except KeyboardInterrupt:
        print("Interrupted. What was started goes on running; 'down' stops it.", file=sys.stderr)
        return 130
    return 0


def run(argv: Sequence[str] | None = None) -> NoReturn:
    """The installed program: the original command line for a file, every task otherwise."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    gc.set_threshold(5000, 10, 100)
    try:
        try:
            if arguments and _names_a_file(arguments[0]):
                sys.exit(main(arguments))
            _run_tasks(arguments)
        finally:
            sys.stdout.flush()  # now, while a reader who is gone can be dealt with
    except BrokenPipeError:
        from container_manager.report import nobody_reads

        sys.exit(nobody_reads())


def _names_a_file(argument: str) -> bool:
    return argument.endswith(_YAML_SUFFIXES) or ("/" in argument and Path(argument).is_file())


def _run_tasks(arguments: list[str]) -> NoReturn:
    from invoke import Exit, ParseError, Program
    from invoke.exceptions import UnknownFileType

    from container_manager import __version__
    from container_manager.report import tell
    from container_manager.tasks import namespace

    class TaskProgram(Program):
        """Invoke's program with usage errors as exit code 2."""

        def parse_core(self, argv: list[str] | None) -> None:
            self._strictly(super().parse_core, argv)

        def parse_tasks(self) -> None:
            self._strictly(super().parse_tasks)

        def _strictly(self, parse: Any, *args: Any) -> None:
            try:
                parse(*args)
            except ParseError as error:
                print(error, file=sys.stderr)
                print("See --list for all tasks, TASK --help for one.", file=sys.stderr)
                raise Exit(code=2) from error

    program = TaskProgram(version=__version__, namespace=namespace, name="container-manager")
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


def with_trailing_services(
    arguments: Sequence[str], contexts: Sequence[ParserContext], core: Mapping[str, bool]
) -> list[str]:
    """Turn words after a task that are no tasks into the option that they mean.

    That is ``--service``, ``--name`` for ``new`` and ``restore``, or ``--key`` for ``explain``.

    Args:
        arguments: what was typed.
        contexts: what invoke knows of the tasks and their options.
        core: invoke's own options, and whether each takes a value.

    Returns:
        What invoke understands.

    Raises:
        UsageError: something would mean other than it seems to.
    """
    tasks = {name: context for context in contexts for name in (context.name, *context.aliases)}
    words: list[str] = []
    current: ParserContext | None = None
    waiting: str | None = None
    for argument in arguments:
        if waiting is not None:
            waiting = None
        elif argument in tasks:
            _refuse_ambiguous(argument, current)
            current = tasks[argument]
        elif argument.startswith("-"):
            waiting = argument if _takes_value(argument, current, core) else None
        elif current is not None:
            option = next((o for o in _OF_WORDS if o in current.flags), None)
            _refuse_second_name(current, option, words)
            words.extend([option] if option else [])
        words.append(argument)
    if waiting is not None and waiting not in _VALUE_OPTIONAL:
        raise UsageError(f"{waiting} needs a value.")
    return words


def _refuse_ambiguous(task: str, current: ParserContext | None) -> None:
    """A service may be called like a task that destroys something; a new one like any."""
    if current is None:
        return
    option = "--name" if current.name == "new" else "--service"
    if option in current.flags and (task in _ALONE or current.name == "new"):
        raise UsageError(
            f"'{task}' after '{current.name}' could be a service or the command: nothing was done.",
            remedy=f"Run them one after the other, or write {option} {task}.",
        )


def _refuse_second_name(current: ParserContext, option: str | None, words: Sequence[str]) -> None:
    """Invoke would take the last name, and drop the others in silence."""
    said = words[words.index(str(current.name)) :] if current.name in words else ()
    if option in ("--name", "--key") and any(w.partition("=")[0] == option for w in said):
        raise UsageError(f"'{current.name}' takes one {option[2:]}: nothing was done.")


def _takes_value(flag: str, current: ParserContext | None, core: Mapping[str, bool]) -> bool:
    name, equals, _ = flag.partition("=")
    if current is not None and name in current.flags:
        return current.flags[name].takes_value and not equals
    if name in ("-f", "--config"):
        # Left to the task, which refuses it with the right spelling.
        return not equals
    if current is not None and name in core and name not in _ANYWHERE:
        raise UsageError(f"'{current.name}' has no option {name}.", remedy="See TASK --help.")
    return core.get(name, False) and not equals


def _shown(path: Path) -> str:
    """A path as the original printed it: relative to the current directory, where it can be."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
