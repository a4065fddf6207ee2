"""The tasks that look and change nothing."""

from __future__ import annotations

from typing import Any

from invoke import Context, Exit

from container_manager.careful import verb


@verb(
    examples={
        "explain jupyter.port_host": "where the value of one key comes from",
        "explain --service jupyter": "everything that its templates used",
    },
    help={
        "key": "the key: framework.services.web.port_host, or shorter web.port_host",
        "service": "everything that the templates of this service used",
    },
)
def explain(
    context: Context,
    key: str = "",
    config: str | None = None,
    service: Any = None,
    json: bool = False,
) -> None:
    """Say what a key is: its value, file, line, import and variable, and what it overrode."""
    from container_manager import verbs
    from container_manager.errors import UsageError
    from container_manager.report.looking import show_explanation, show_service

    if bool(key) == bool(service):
        raise UsageError("Say what to explain: a KEY, or --service NAME.")
    if key:
        show_explanation(verbs.explain(config, key), json=json)
        return
    show_service([verbs.explain_service(config, name) for name in service], json=json)


@verb(
    examples={
        "graph --output stack.svg": "a picture in a file",
        "graph --format mermaid": "for a page of Markdown",
        "graph --live --output now.svg": "with what the containers do",
    },
    help={
        "output": "the file to write: .svg, .mmd, or .md for a diagram in a page of Markdown "
        "(default, and -: standard output)",
        "format": "svg or mermaid (default: as the name of the file says, else svg)",
        "service": "only this service and what it waits for; may be given several times",
        "live": "show what the containers do, too (default: the configuration alone)",
    },
)
def graph(
    context: Context,
    config: str | None = None,
    service: Any = None,
    output: str = "",
    format: str = "",  # noqa: A002 - as people type it
    live: bool = False,
) -> None:
    """Draw the stack: services, what they wait for, ports, volumes and networks."""
    from container_manager import verbs
    from container_manager.option_values import text_file
    from container_manager.report.looking import refuse_drawing, show_drawing, show_written

    path = text_file(output, "--output")
    kind = verbs.format_of(path, format)
    if path is None:
        refuse_drawing(kind)
    text = verbs.graph(config, service=service or (), format=kind, live=live)
    if path is None:
        show_drawing(text)
    else:
        show_written(path, changed=verbs.save_graph(path, text))


@verb(
    examples={
        "lint": "before a commit",
        "lint --format github": "in continuous integration",
    },
    help={"format": "text (default), or github for annotations beside the lines"},
)
def lint(
    context: Context,
    config: str | None = None,
    format: str = "",  # noqa: A002 - as people type it
    json: bool = False,
) -> None:
    """Check all that a build checks, and write nothing; exit with 2 where something is wrong."""
    from container_manager import verbs
    from container_manager.errors import ConfigError
    from container_manager.report.linting import refuse_format, show_linted

    refuse_format(format, json=json)
    found = verbs.lint(config)
    show_linted(found, form=format, json=json)
    if found.errors:
        raise Exit(code=ConfigError.exit_code)


@verb(
    examples={
        "schema --output .config.schema.json": "the file that a new project's config.yml names",
        "schema": "print it",
    },
    help={"output": "the file to write (default, and -: standard output)"},
)
def schema(context: Context, output: str = "") -> None:
    """Write the JSON Schema of config.yml, with which editors complete and check it."""
    from container_manager import verbs
    from container_manager.option_values import text_file
    from container_manager.report.looking import show_written

    if path := text_file(output, "--output"):
        show_written(path, changed=verbs.save_schema(path))
    else:
        print(verbs.schema(), end="")


TASKS = (explain, graph, lint, schema)
