"""What manifests are made from beside the services themselves, and what must not come along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from container_manager.build.preparing import Prepared
from container_manager.compose.model import ComposeService
from container_manager.config.environment import MIN_SCANNED
from container_manager.errors import Location, Problem
from container_manager.export.kubernetes.files import Files


class Places:
    """Where the keys of compose files are written; they are read only where something is told."""

    def __init__(self, prepared: Prepared) -> None:
        self._files = {file.service: file for file in prepared.compose_files}

    def of(self, service: ComposeService) -> Any:
        """What finds the place of a key of a service."""

        def place(*path: str | int) -> Location:
            if path[:1] == ("environment",) and len(path) > 1:
                return service.entry_places.get(str(path[1]), service.where)
            file = self._files.get(service.owner)
            node = file.load().find(("services", service.name)) if file and path else None
            found = node.nearest(path).where if node is not None else service.where
            # What the user's own compose files say is not written in the template.
            return found if file is None or service.where.file == found.file else service.where

        return place


def env_files(service: ComposeService, prepared: Prepared) -> dict[str, str]:
    """What ``env_file`` says; secrets in it were refused when it was read.

    Variables are filled in as podman-compose does it: ``${NAME}`` alone, by what the same file says
    above, else by the environment (https://saurabh-kumar.com/python-dotenv/#variable-expansion).
    """
    if not service.env_files:
        return {}
    from dotenv import dotenv_values  # only here: few templates use env_file
    from dotenv.variables import Variable, parse_variables

    files, environment = (
        Files(prepared.config.build_dir, prepared.outputs),
        prepared.stack.environment,
    )
    found: dict[str, str] = {}
    for path in service.env_files:
        above: dict[str, str] = {}
        values = dotenv_values(stream=StringIO(files.text(path)), interpolate=False)
        for name, value in values.items():
            if value is None:
                continue
            atoms = list(parse_variables(value))
            around = {
                one.name: environment.get(one.name) for one in atoms if isinstance(one, Variable)
            }
            known = {key: text for key, text in around.items() if text is not None} | above
            above[name] = "".join(one.resolve(known) for one in atoms)
        found |= above
    return found


def leaks(prepared: Prepared, objects: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Secrets that came along, in a file that is mounted say; values are shown nowhere."""
    config, stack = prepared.config, prepared.stack
    referenced = {*config.referenced, *stack.referenced}
    values = config.environment.secret_values(referenced)
    text = "\n".join(_texts(objects))
    return [
        Problem(
            message=f"The value of the secret {name} would be written into a manifest.",
            remedy="Put it under the service's 'environment' as NAME: ${NAME}.",
        )
        for name, value in values.items()
        if len(value) >= MIN_SCANNED and value in text
    ]


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [one for child in value.values() for one in _texts(child)]
    if isinstance(value, (list, tuple)):
        return [one for child in value for one in _texts(child)]
    return [value] if isinstance(value, str) else []
