"""Which template, and from where.

Ours is looked for in this order, and the first that is there is used:

1. the entry ``container-manager`` of the configuration's ``templates``;
2. what the project itself was made from, if that was our template;
3. the repository from which the installed library came (PEP 610);
4. the copy that came with the library. It has no history, so nothing can be updated from it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from container_manager.config import answers
from container_manager.config.interpolation import Placeholder, Text
from container_manager.config.loader import Config
from container_manager.config.secret_names import holds_credentials
from container_manager.config.templates import template_nodes
from container_manager.errors import ConfigError, Location, UsageError, did_you_mean

OURS = "container-manager"
BUNDLED = Path(__file__).parent / "bundled"
"""Our template in an installed package; an editable installation has it in its checkout."""

_COPIER_YML = "copier.yml"
_SHORT = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
_GIT_SCHEME = re.compile(r"(https?|ssh|file)://")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(//)?")
_SCP = re.compile(r"[^/\s:@]+@[^/\s:@]+:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a template comes from: either a repository, or a folder without history.

    Attributes:
        name: how people call it.
        url: the repository, as Copier takes and records it.
        folder: the folder.
        where: the place that names it; None where nothing of the project does.
    """

    name: str
    url: str | None = None
    folder: Path | None = None
    where: Location | None = None

    @property
    def ours(self) -> bool:
        """Whether it is our template, whose questions we know."""
        return self.name == OURS

    @property
    def shown(self) -> str:
        """The repository or folder, as people know it."""
        return self.url or str(self.folder)

    @property
    def address(self) -> str:
        """The repository, as git takes it."""
        url = self.url or ""
        for short, long in _SHORT.items():
            if url.startswith(short):
                return f"{long}{url.removeprefix(short).strip('/').removesuffix('.git')}.git"
        return url.removeprefix("git+")


def choose(config: Config | None, name: str | None) -> Source:
    """The template that people mean.

    Args:
        config: the project's configuration; None outside of a project.
        name: a key of ``templates``; None, or ``container-manager``, for ours.

    Raises:
        UsageError: nothing has that name.
        ConfigError: what is configured cannot be used.
    """
    listed = template_nodes(config.tree) if config else {}
    wanted = name or OURS
    if config and wanted in listed:
        return _configured(config, wanted)
    if wanted == OURS:
        return ours(config.root if config else None)
    known = [OURS, *(other for other in listed if other != OURS)]
    raise UsageError(
        f"There is no template {wanted!r}.",
        remedy=did_you_mean(wanted, known) or f"There are: {', '.join(known)}.",
    )


def ours(root: Path | None) -> Source:
    """Our template, where the configuration names none.

    Args:
        root: the project's folder; None outside of one.

    Raises:
        ConfigError: the installation holds none.
    """
    return _of_project(root) or _of_installation() or _bundled()


def from_text(text: str, root: Path, *, name: str, where: Location | None = None) -> Source:
    """A template as people write it: an address of git, or a path.

    Args:
        text: the address, or a path of this machine.
        root: the folder that a relative path starts from.
        name: how it is called.
        where: the place that says it.

    Raises:
        ConfigError: it holds credentials, or there is no such folder.
    """
    if holds_credentials(text):
        raise ConfigError(
            f"The URL of the template '{name}' holds credentials.",
            where=where,
            remedy="Leave them to git's credential helper: the URL is recorded.",
        )
    if text.startswith(("git+", "git@", "git://", *_SHORT)):
        return Source(name=name, url=text, where=where)
    if _GIT_SCHEME.match(text) or _SCP.match(text):
        return Source(name=name, url=f"git+{text}", where=where)
    folder = root / Path(text).expanduser()
    if not folder.is_dir():
        raise ConfigError(
            f"The template '{name}' is neither an address of git nor a folder: {text}",
            where=where,
            remedy=None if _SCHEME.match(text) else f"It is looked for as {folder}.",
        )
    return _at(folder, name, where)


def _configured(config: Config, name: str) -> Source:
    node = template_nodes(config.tree)[name]
    templates = config.values["templates"]
    if isinstance(templates, dict):
        value = templates[name]
    else:
        value = next(entry["url"] for entry in templates if entry["name"] == name)
    if isinstance(value, Text) and any(isinstance(part, Placeholder) for part in value.parts):
        raise ConfigError(
            f"The URL of the template '{name}' holds a variable that is not set, or a secret.",
            where=node.where,
            remedy="The URL is recorded; leave credentials to git's credential helper.",
        )
    return from_text(str(value), config.root, name=name, where=node.where)


def _at(folder: Path, name: str, where: Location | None) -> Source:
    """A folder of this machine: its committed state, where it is a repository."""
    absolute = folder.resolve()
    if (absolute / ".git").exists() or (absolute / "HEAD").is_file():
        return Source(name=name, url=f"git+file://{quote(str(absolute))}", where=where)
    return Source(name=name, folder=absolute, where=where)


def _of_project(root: Path | None) -> Source | None:
    path = root / answers.NAME if root else None
    if path is None or not path.is_file():
        return None
    said = answers.read(path)
    if not said.is_project or said.source is None:
        return None
    return from_text(said.source, path.parent, name=OURS, where=said.where(answers.SOURCE))


def _of_installation() -> Source | None:
    """The repository that the installed library came from, if its template is committed there."""
    origin = _direct_url()
    url = str(origin.get("url", ""))
    if origin.get("vcs_info", {}).get("vcs") == "git":
        usable = "subdirectory" not in origin and not holds_credentials(url)
        return Source(name=OURS, url=f"git+{url.removeprefix('git+')}") if usable else None
    checkout = _checkout(origin)
    if checkout is None or not (checkout / ".git").exists():
        return None
    return _at(checkout, OURS, None) if (checkout / _COPIER_YML).is_file() else None


def _bundled() -> Source:
    for folder in (BUNDLED, _checkout(_direct_url())):
        if folder is not None and (folder / _COPIER_YML).is_file():
            return Source(name=OURS, folder=folder)
    raise ConfigError(
        "This installation of container-manager came without its template.",
        remedy="Install it again, or name a repository of it under 'templates' in config.yml: "
        f"{OURS}: URL.",
    )


def _direct_url() -> dict[str, Any]:
    """What the installer recorded about where the library came from; empty for an index."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        text = distribution(OURS).read_text("direct_url.json")
        origin = json.loads(text or "{}")
    except (PackageNotFoundError, ValueError):
        return {}
    return origin if isinstance(origin, dict) else {}


def _checkout(origin: dict[str, Any]) -> Path | None:
    url = urlsplit(str(origin.get("url", "")))
    is_folder = "dir_info" in origin and url.scheme == "file"
    return Path(unquote(url.path)) if is_folder else None
