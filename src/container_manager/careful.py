"""What makes an invoke task one of ours: errors become exit codes, invoke's traps are closed."""

from __future__ import annotations

import contextlib
import functools
import inspect
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from invoke import Context, Exit, Task

from container_manager.errors import ManagerError, UsageError
from container_manager.once import once
from container_manager.streams import make_usable

_HELP = {
    "config": "the configuration file (default: config.yml, found upwards)",
    "env": "an environment: NAME reads config.NAME.yml, and .env.NAME over .env",
    "service": "only this service; may be given several times",
    "json": "machine-readable output on stdout",
    "detached": "return when everything is up, instead of following the logs",
    "timeout": "seconds that each service may take to become ready",
    "yes": "answer yes to what would be asked on a terminal",
    "context": "the context of kubectl (default: what the configuration says; none is guessed)",
    "namespace": "the namespace (default: what the configuration says, else the project's name)",
    "force-conflicts": "take over fields that somebody else has set",
    "adopt": "take over a stack of this name that another checkout started",
    "data": "an answer to a question of the template; may be given several times",
    "defaults": "ask nothing: what --data does not say is as the template has it",
}

_PROGRAM = "container-manager"

_REPEATABLE = ("service", "data", "setenv", "path")

_LEFT_HERE = "What was started goes on running; 'down' stops it."
_LEFT_IN_CLUSTER = "What the cluster was given stays there; 'kube.down' takes it away."

_STARTING = frozenset({"up", "rebuild", "plan"})
"""Tasks that do more than write files."""

_SHORT = frozenset({"config", "detached", "follow", "json", "service"})
"""Parameters with a short flag."""


class CarefulTask(Task[Any]):
    """A task whose short flags are only those that mean the same everywhere.

    Invoke would give each option its first free letter, so that ``clean -d`` could mean
    ``--adopt`` where ``up -d`` means ``--detached``.
    """

    examples: Mapping[str, str] | None = None
    """Words after the program's name -> what they are for; None until they are given."""

    dry = False
    """Whether it can show what it would do."""

    def with_examples(self, examples: Mapping[str, str]) -> CarefulTask:
        """The task itself, from now on with examples; they stand at the end of its help."""
        self.examples = examples
        if examples:
            lines = [f"  {_PROGRAM} {words}\n      {what}" for words, what in examples.items()]
            told = inspect.getdoc(self) or ""
            self.__doc__ = "\n".join([told, "", "Examples:", *lines])
        return self

    def arg_opts(self, name: str, default: Any, taken_names: set[str]) -> dict[str, Any]:
        """What invoke makes of one parameter."""
        options = super().arg_opts(name, default, taken_names)
        if name not in _SHORT:
            options["names"] = options["names"][:1]
        return options

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Any]:
        """The arguments; unlike invoke's, they keep their help when they are asked for twice."""
        kept = dict(self.help)
        try:
            return super().get_arguments(ignore_unknown_help)
        finally:
            self.help = kept


TAKE_COMMANDS = frozenset({"exec", "run"})
"""Tasks whose words after ``--`` are a command for a container."""

CLUSTER_TASKS = frozenset(
    {"kube.build", "kube.down", "kube.images", "kube.plan", "kube.status", "kube.up"}
)
"""Tasks about a cluster, as they are typed."""

_typed: list[str] | None = None
"""What was typed, where that is not what the process was started with."""


@contextlib.contextmanager
def typed(words: Sequence[str]) -> Iterator[None]:
    """Within the block, this is what was typed: invoke keeps of a command only its text."""
    global _typed  # noqa: PLW0603 - as sys.argv is
    before, _typed = _typed, list(words)
    try:
        yield
    finally:
        _typed = before


def _argv() -> list[str]:
    return sys.argv[1:] if _typed is None else _typed


def command_of(context: Context) -> list[str]:
    """The words after ``--``, as they were typed: invoke joins them, and quotes nothing."""
    words = _argv()
    command = words[words.index("--") + 1 :] if "--" in words else []
    if " ".join(command) != context.remainder:
        command = shlex.split(context.remainder)  # somebody calls the task, or invoke, from within
    return command


def verb(
    *,
    dry: bool | Callable[[dict[str, Any]], None] = False,
    cluster: bool = False,
    examples: Mapping[str, str] | None = None,
    **options: Any,
) -> Callable[[Callable[..., None]], Any]:
    """A task whose errors become messages and exit codes, in the one place where they do.

    Args:
        dry: whether the task can show what it would do instead of doing it, as ``plan`` does; or
            what shows it, given the task's arguments by name.
        cluster: whether it is about a cluster, and never about what runs here.
        examples: words after the program's name -> what they are for; ``--help`` shows them.
        options: further options of invoke's ``task``.
    """

    def decorate(function: Callable[..., None]) -> Any:
        name = options.get("name") or function.__name__.replace("_", "-")

        own = inspect.signature(function)
        signature = _with_environment(own)

        @functools.wraps(function)
        @once()
        def guarded(context: Context, /, *args: Any, **kwargs: Any) -> None:
            _keep_compiled()
            make_usable()
            with _errors_as_exit_codes(cluster=cluster):
                interruptible()
                _refuse_invokes_own_options(context)
                _refuse_detached(function, name)
                _refuse_mixed(name, cluster=cluster)
                _refuse_command(context, name)
                given = signature.bind(context, *args, **kwargs)
                given.apply_defaults()
                arguments = _in_environment(given.arguments, own)
                if context.config.run.dry:
                    _dry(name, arguments, dry)
                    return
                function(**arguments)
                sys.stdout.flush()

        if dry:
            told = inspect.getdoc(function) or ""
            guarded.__doc__ = f"{told}\n\nWith --dry it shows what it would do, and does nothing."
        guarded.__signature__ = signature  # type: ignore[attr-defined]
        parameters = list(signature.parameters)[1:]  # the first is invoke's
        shown = {name: text for name, text in _HELP.items() if name.replace("-", "_") in parameters}
        shown.update(options.pop("help", {}))
        iterable = [name for name in _REPEATABLE if name in parameters]
        task = CarefulTask(guarded, help=shown, iterable=iterable, **options)
        task.dry = bool(dry)
        return task.with_examples(examples or {})

    return decorate


@contextlib.contextmanager
def _errors_as_exit_codes(*, cluster: bool) -> Iterator[None]:
    """Within the block, what goes wrong is told, and becomes the exit code that it stands for."""
    from container_manager.report import nobody_reads, system_refused, tell

    try:
        yield
    except BrokenPipeError as error:
        raise Exit(code=nobody_reads()) from error
    except ManagerError as error:
        tell(error)
        raise Exit(code=error.exit_code) from error
    except OSError as error:
        raise Exit(code=system_refused(error)) from error
    except KeyboardInterrupt as interrupt:
        left = _LEFT_IN_CLUSTER if cluster else _LEFT_HERE
        print(f"Interrupted. {left}", file=sys.stderr)
        raise Exit(code=130) from interrupt


def interruptible() -> None:
    """From here on Ctrl-C raises again, since somebody says what it has left; see ``entry``."""
    if (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    ):
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _with_environment(own: inspect.Signature) -> inspect.Signature:
    """The signature of a task that takes ``--config``, with ``--env`` beside it; else as it is."""
    if "config" not in own.parameters:
        return own
    env = inspect.Parameter("env", inspect.Parameter.KEYWORD_ONLY, default=None)
    return own.replace(parameters=[*own.parameters.values(), env])


def _in_environment(given: dict[str, Any], own: inspect.Signature) -> dict[str, Any]:
    """The arguments of a task itself: the configuration is that of the environment, if any."""
    arguments = {name: value for name, value in given.items() if name in own.parameters}
    if given.get("env") is not None and "config" in arguments:
        from container_manager.environments import config_of

        arguments["config"] = config_of(arguments["config"], given["env"])
    return arguments


def _keep_compiled() -> None:
    """Invoke forbids Python to keep what it compiled; a checkout would compile us each time."""
    sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)


def _refuse_invokes_own_options(context: Context) -> None:
    """Invoke's own ``-f``/``--config`` names a settings file of invoke, never ours."""
    path = getattr(context.config, "_runtime_path", None)
    if path:
        raise UsageError(
            f"'{path}' was given to invoke itself, not to the task: nothing was done.",
            remedy=f"Write --config {path} after the task's name.",
        )


def _refuse_command(context: Context, name: str) -> None:
    """What follows ``--`` would be dropped in silence."""
    if context.remainder and name not in TAKE_COMMANDS:
        raise UsageError(
            f"'{name}' takes no command, and '{context.remainder}' after -- is one: "
            "nothing was done.",
            remedy="Names of services and options stand before --.",
        )


def _refuse_mixed(name: str, *, cluster: bool) -> None:
    """Whoever writes ``kube.plan up`` means the cluster, and would start what runs here."""
    argv = _argv()
    argv = argv[: argv.index("--")] if "--" in argv else argv
    of_clusters = [word for word in argv if word in CLUSTER_TASKS]
    if of_clusters and not cluster:
        raise UsageError(
            f"'{of_clusters[0]}' is about a cluster, and '{name}' about what runs here: "
            f"'{name}' was not done.",
            remedy="Run them one after the other.",
        )


def _refuse_detached(function: Callable[..., None], name: str) -> None:
    """Stock invoke would take ``-d`` after a task without it for its own ``--debug``."""
    argv = _argv()
    argv = argv[: argv.index("--")] if "--" in argv else argv
    if "detached" in inspect.signature(function).parameters or {"up", "rebuild"} & set(argv):
        return
    at = next((i for i, word in enumerate(argv) if word.rpartition(".")[2] == name), None)
    if at is not None and {"-d", "--detached"} & set(argv[at:]):
        raise UsageError(f"-d/--detached goes with 'up' and 'rebuild' only, not with '{argv[at]}'.")


def _dry(name: str, given: dict[str, Any], dry: bool | Callable[[dict[str, Any]], None]) -> None:
    if callable(dry):
        dry(given)
        return
    if not dry:
        raise UsageError(
            f"'{name}' cannot be tried with --dry: nothing was done.",
            remedy="--dry shows what adopt, boot, build, up, rebuild, down, clean and restore "
            "would do.",
        )
    config, service = given.get("config"), given.get("service") or ()
    json = bool(given.get("json"))
    if name in _STARTING:
        from container_manager import verbs
        from container_manager.report.planning import show_whole_plan

        show_whole_plan(verbs.plan(config, service=service), json=json)
    else:
        from container_manager import building
        from container_manager.report.building import show_plan

        show_plan(building.plan(config, service=service).plan, json=json)
