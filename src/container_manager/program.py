"""Invoke's program for our tasks: usage errors end with 2, and help fits the terminal."""

from __future__ import annotations

import inspect
import sys
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

    def _strictly(self, parse: Any, *args: Any) -> None:
        try:
            parse(*args)
        except ParseError as error:
            print(error, file=sys.stderr)
            print("See --list for all tasks, TASK --help for one.", file=sys.stderr)
            raise Exit(code=2) from error

    def print_task_help(self, name: str) -> None:
        """What a task does, examples and options; as wide as the terminal."""
        options = self.parser.contexts[name].help_tuples()
        print(f"Usage: {self.binary} {name} {'[options] ' if options else ''}[other tasks ...]\n")
        told = inspect.getdoc(self.collection[name]) or ""
        print("\n".join(_wrapped(told, pty_size()[0] - 1)))
        print("\nOptions:")
        self.print_columns(options)


def _wrapped(text: str, width: int) -> Iterator[str]:
    """The lines of a text; what is indented, as examples are, stays as it is."""
    for line in text.splitlines():
        yield from [line] if line.startswith(" ") else textwrap.wrap(line, width) or [""]
