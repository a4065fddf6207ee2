"""Invoke's program for our tasks: usage errors end with 2, and help fits the terminal."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from invoke import Collection, Exit, ParseError, Program
from invoke.terminals import pty_size

from container_manager import __version__


def program(namespace: Collection) -> Program:
    """The program whose tasks are those of a collection."""
    return TaskProgram(version=__version__, namespace=namespace, name="container-manager")


class TaskProgram(Program):
    """Invoke's program, a little stricter, and with another look of ``TASK --help``."""

    def parse_core(self, argv: list[str] | None) -> None:
        """See invoke; a mistake ends with 2."""
        self._strictly(super().parse_core, argv)

    def parse_tasks(self) -> None:
        """See invoke; a mistake ends with 2."""
        self._strictly(super().parse_tasks)

    def parse_cleanup(self) -> None:
        """See invoke; a list of what there is not ends with 2."""
        try:
            super().parse_cleanup()
        except Exit as error:
            if not error.message:
                raise
            _tell(error.message)
            raise Exit(code=2) from error

    def _strictly(self, parse: Any, *args: Any) -> None:
        try:
            parse(*args)
        except ParseError as error:
            _tell(str(error))
            raise Exit(code=2) from error

    def print_task_help(self, name: str) -> None:
        """What a task does, examples and options; as wide as the terminal."""
        from container_manager.usage import line_of, options_of

        task, context = self.collection[name], self.parser.contexts[name]
        print(f"Usage: {line_of(self.binary, name, context)}\n")
        print("\n".join(_wrapped(inspect.getdoc(task) or "", pty_size()[0] - 1)))
        print("\nOptions:")
        self.print_columns(options_of(name, task, context))


def _tell(mistake: str) -> None:
    from container_manager.errors import UsageError
    from container_manager.report import tell

    tell(UsageError(mistake, remedy="See --list for all tasks, TASK --help for one."))


def _wrapped(text: str, width: int) -> Iterator[str]:
    """The lines of a text; what is indented, as examples are, stays as it is."""
    for line in text.splitlines():
        yield from [line] if line.startswith(" ") else textwrap.wrap(line, width) or [""]
