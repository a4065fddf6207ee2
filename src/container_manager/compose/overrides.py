"""``compose_overrides``: compose files of the user's own, laid over all others.

Providers merge the files themselves. Here the same is done with places, so that checks, digests and
messages see what a container really gets. What providers merge differently is refused.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from container_manager.compose.interpolate import Reader
from container_manager.compose.laying import TAGS, laid_over, refuse_tags
from container_manager.compose.shape import check_shape
from container_manager.config.environment import MIN_SCANNED
from container_manager.config.source import parse_yaml
from container_manager.config.text import read_text
from container_manager.errors import Location, RenderError, did_you_mean
from container_manager.inputs import note
from container_manager.model import KeyPath, Node, dotted

if TYPE_CHECKING:
    from container_manager.config.loader import Config

KEY = "compose_overrides"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One such file, and the place of the configuration that names it."""

    path: Path
    where: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What such files say, in their order."""

    documents: tuple[Node, ...] = ()

    def laid_over(self, document: Node, reader: Reader) -> Node:
        """A compose file whose services have what the overrides say of them."""
        services = document.find(("services",))
        if services is None or not isinstance(services.value, dict) or not self.documents:
            return document
        assert isinstance(document.value, dict)
        merged = dict(services.value)
        for name, node in self.declared("services"):
            if name in merged:
                merged[name] = laid_over(merged[name], node, ("services", name), reader)
        return replace(
            document, value={**document.value, "services": replace(services, value=merged)}
        )

    def declared(self, kind: str) -> Iterator[tuple[str, Node]]:
        """Everything under a key of the top level: name and what is said of it."""
        for document in self.documents:
            node = document.find((kind,))
            if node is not None and isinstance(node.value, dict):
                yield from ((str(name), child) for name, child in node.value.items())

    def check_names(self, known: Collection[str], reader: Reader) -> None:
        """Report services that no template defines: an override adds none."""
        for name, node in self.declared("services"):
            if name not in known:
                reader.problem(
                    node.where,
                    f"'{KEY}' changes the service '{name}', which no deployed template defines.",
                    did_you_mean(name, known) or f"Services: {', '.join(known) or 'none'}.",
                )

    def place(self, path: KeyPath) -> Location | None:
        """The place of the last file that says something at a path; None where none does."""
        found = (document.find(path) for document in reversed(self.documents))
        return next((node.where for node in found if node is not None), None)


def overrides_of(config: Config) -> tuple[Override, ...]:
    """The files that a configuration names; relative paths start at the project."""
    listed = config.values.get(KEY) or ()
    return tuple(
        Override(
            path=Path(os.path.normpath(config.root / os.path.expanduser(str(text)))),  # noqa: PTH111
            where=config.nearest_origin((KEY, index)),
        )
        for index, text in enumerate(listed)
    )


def read_overrides(files: Sequence[Override], reader: Reader) -> Overrides:
    """Read and check such files.

    Args:
        files: the files.
        reader: keeps the findings.

    Raises:
        RenderError: with what is no YAML.
    """
    documents = []
    for file in files:
        note(file.path)
        if not file.path.is_file():
            reader.problem(
                file.where,
                f"There is no file {file.path}, which '{KEY}' names.",
                "Relative paths start at the project's folder.",
            )
            continue
        document = documented(file.path)
        if check_shape(document, reader):
            _refuse_values(document, reader)
            refuse_tags(document, reader)
            documents.append(document)
    return Overrides(documents=tuple(documents))


def placed(files: Iterable[Override]) -> Overrides:
    """The same of files that were checked before, for the places in them."""
    return Overrides(documents=tuple(documented(file.path) for file in files))


def documented(path: Path) -> Node:
    """What a file says.

    Raises:
        RenderError: it cannot be read, or is no YAML.
    """
    text = read_text(path, RenderError)
    document = parse_yaml(text, path, compose=True, tags=TAGS, error=RenderError)
    return document or Node(value={}, where=Location(path))


def _refuse_values(document: Node, reader: Reader) -> None:
    """Report the values of secrets: what a build writes is searched, this file is not written."""
    known = _long_secrets(reader)
    for path, node in document.walk():
        if isinstance(node.value, str):
            for name, value in known.items():
                if value in node.value:
                    reader.problem(
                        node.where,
                        f"The value of the secret {name} is written out in '{dotted(path)}'.",
                        f"Write ${{{name}}} under the service's 'environment'.",
                    )


def _long_secrets(reader: Reader) -> dict[str, str]:
    values = reader.environment.secret_values(())
    return {name: value for name, value in values.items() if len(value) >= MIN_SCANNED}
