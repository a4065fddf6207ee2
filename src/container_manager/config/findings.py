"""What a person should know about a configuration although it can be used."""

from __future__ import annotations

from dataclasses import replace

from container_manager.config import credentials
from container_manager.config.environment import (
    MIN_SCANNED,
    Environment,
    Report,
    expand_value,
    unset_secret,
    unset_variable,
)
from container_manager.config.interpolation import InterpolationError, tokens
from container_manager.config.schema import service_nodes
from container_manager.config.secret_names import looks_secret
from container_manager.config.service_keys import SERVICE
from container_manager.config.supplied import NOTHING
from container_manager.errors import Problem
from container_manager.model import Node, dotted
from container_manager.names import Match, resolve


def unset_variables(report: Report, tree: Node, environment: Environment) -> list[Problem]:
    """Variables without a value: told once each, with the first place that asks for them."""
    # A credential is told where a container is to get it: 'up' generates what is deployed.
    names = report.unset - environment.generated
    if not names:
        return []
    warnings = []
    for path, node in tree.walk():
        if not isinstance(node.value, str) or "$" not in node.value:
            continue
        if path == ("project_root",):
            continue  # has a default of its own
        own = Report()
        expand_value(node.value, node.where, environment, own, [])
        for name in sorted(own.unset & names):
            names.discard(name)
            if environment.is_secret(name):
                warnings.append(unset_secret(name, node.where, environment))
            else:
                warnings.append(unset_variable(name, node.where, environment))
    return warnings


def literal_secrets(tree: Node) -> list[Problem]:
    """Secrets that stand in the configuration itself; the value is never shown."""
    warnings = []
    for path, node in tree.walk():
        key = path[-1] if path else ""
        if (
            isinstance(key, str)
            and isinstance(node.value, str)
            and node.value
            and looks_secret(key)
            and key not in SERVICE  # 'credentials' names some, and has no value of one
            and not _refers(node.value)
        ):
            warnings.append(
                Problem(
                    message=f"'{dotted(path)}' looks like a secret that is written out.",
                    where=node.where,
                    remedy=f"Put the value into .env and write ${{{key.upper()}}} here.",
                )
            )
    return warnings


def _refers(text: str) -> bool:
    """Whether a text takes anything from a variable."""
    try:
        return any(not isinstance(token, str) for token in tokens(text))
    except InterpolationError:
        return True  # told as an error already


def short_secrets(environment: Environment, report: Report) -> list[Problem]:
    """Secrets that are too short to be looked for; named, never shown."""
    if not environment.supplied.asked:  # nor is it for this
        environment = replace(environment, supplied=NOTHING)
    values = environment.secret_values(report.referenced)
    return [
        Problem(
            message=f"The value of {name} is shorter than {MIN_SCANNED} characters: "
            "the leak scan cannot look for it.",
            remedy="Use a longer secret.",
        )
        for name, value in values.items()
        if len(value) < MIN_SCANNED
    ]


def declared_credentials(tree: Node) -> frozenset[str]:
    """The variables that deployed services declare under ``credentials``."""
    plain = tree.plain()
    names = plain.get("deployed_services")
    found = [resolve(plain, str(name)) for name in names] if isinstance(names, list) else []
    deployed = {match.key_path for match in found if isinstance(match, Match)}
    return frozenset(
        credentials.name_of(entry)
        for path, service in service_nodes(tree, [])
        if path in deployed
        for entry in credentials.entries(service)
        if credentials.is_entry(entry)
    )


def credential_problems(tree: Node, environment: Environment) -> list[Problem]:
    """Entries whose names do not say that they are secret."""
    by_name = replace(environment, process={}, dotenv={}, supplied=NOTHING)
    problems = []
    for _, service in service_nodes(tree, []):
        for entry in filter(credentials.is_entry, credentials.entries(service)):
            name = credentials.name_of(entry)
            if not by_name.is_secret(name):
                message = f"The credential {name} would not be kept secret by its name."
                remedy = f"List {name} under 'secrets:', or call it {name}_PASSWORD, say."
                problems.append(Problem(message=message, where=entry.where, remedy=remedy))
    return problems
