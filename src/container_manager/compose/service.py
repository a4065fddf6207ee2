"""One service of a compose file, read into what decisions need."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from container_manager.compose import values
from container_manager.compose.attached import read_networks
from container_manager.compose.env_entries import read_env_files, read_environment
from container_manager.compose.interpolate import Reader
from container_manager.compose.limits import check_limits
from container_manager.compose.model import (
    CONDITIONS,
    STARTED,
    Bind,
    ComposeService,
    HealthCheck,
    ImageBuild,
    Port,
)
from container_manager.compose.ports import PortSpec, ports
from container_manager.errors import did_you_mean
from container_manager.model import Key, KeyPath, Node

STOP_GRACE = 10.0
"""Seconds that a container gets to end, where its template does not say."""

_T = TypeVar("_T")
_REPOSITORY = ("http://", "https://", "git://", "ssh://", "git@", "github.com/")
_SHARED_NAMESPACES = ("network_mode", "pid", "ipc")


class ServiceReader:
    """Reads the services of one compose file.

    Args:
        reader: fills in variables and keeps the findings.
        base: the folder that relative paths start from.
        project: the compose project's name.
        owner: the canonical name of the service of ours whose file it is.
        settings: that service's definition in the configuration.
    """

    def __init__(
        self,
        reader: Reader,
        base: Path,
        project: str,
        owner: str | None,
        settings: Mapping[str, Any],
    ) -> None:
        self.reader = reader
        self._base = base
        self._project = project
        self._owner = owner
        self._settings = settings

    def service(self, name: str, node: Node) -> ComposeService | None:
        """Read one service; None when it is none."""
        if not isinstance(node.value, dict):
            self.reader.problem(node.where, f"The service '{name}' must be a mapping.")
            return None
        if not node.value.keys() & {"image", "build"}:
            self.reader.problem(
                node.where,
                f"The service '{name}' has neither 'image' nor 'build'.",
                "Name an image, or the folder to build one from.",
            )
        return self._read(name, node, node.value)

    def _read(self, name: str, node: Node, given: Mapping[Key, Node]) -> ComposeService:
        path: KeyPath = ("services", name)
        rest = {key: child for key, child in given.items() if key != "environment"}
        definition = self.reader.plain(Node(value=rest, where=node.where), path)
        entries = read_environment(self.reader, given.get("environment"), path)
        definition["environment"] = {**entries.texts}
        check_limits(node, definition, path, self.reader)
        mounts = self._mounts(node, definition)
        image, container = definition.get("image"), definition.get("container_name")
        return ComposeService(
            name=name,
            owner=self._owner,
            where=node.where,
            image=str(image or f"localhost/{self._project}_{name}"),
            named_image=bool(image),
            build=self._build(node, definition),
            depends_on=self._depends_on(node, definition),
            implied=self._implied(name, definition),
            healthcheck=self._healthcheck(node, definition),
            environment=entries.public,
            secret_entries=entries.secret,
            entry_places=entries.places,
            env_files=read_env_files(self.reader, given.get("env_file"), path, self._base),
            binds=tuple(self._bind(*each) for each in mounts if each[0].kind == "bind"),
            volumes=tuple(m.source for m, _, _ in mounts if m.kind == "volume" and m.source),
            anonymous=tuple(m.target for m, _, _ in mounts if m.kind == "volume" and not m.source),
            networks=read_networks(node, definition, path, self.reader),
            secrets=self._secrets(definition),
            ports=self._ports(node, definition),
            one_shot=name in (self._settings.get("one_shot") or ()),
            start_timeout=self._settings.get("start_timeout"),
            stop_grace_period=self._value(
                node, definition, "stop_grace_period", values.duration, STOP_GRACE
            ),
            restart=self._value(node, definition, "restart", values.restart, ""),
            container_name=str(container) if container else None,
            definition=definition,
        )

    def _try(
        self, node: Node, what: str, read: Callable[[Any], _T], value: Any, otherwise: _T
    ) -> _T:
        try:
            return read(value)
        except ValueError as error:
            if "${" not in str(value):  # a reference that was left has a problem of its own
                self.reader.problem(node.where, f"{what}: {error}.")
            return otherwise

    def _build(self, node: Node, definition: dict[str, Any]) -> ImageBuild | None:
        if "build" not in definition:
            return None
        build = definition["build"]
        if isinstance(build, str):
            build = {"context": build}
        if not isinstance(build, dict):
            self.reader.problem(
                node.nearest(("build",)).where, "'build' must be a folder or a mapping."
            )
            return None
        text = str(build.get("context") or ".")
        remote = text.startswith(_REPOSITORY)
        context = None if remote else self._path(text)
        dockerfile = build.get("dockerfile")
        return ImageBuild(
            context=context,
            dockerfile=context / str(dockerfile) if context and dockerfile else None,
            labels_as_list=isinstance(build.get("labels"), list),
            definition=build,
        )

    def _depends_on(self, node: Node, definition: dict[str, Any]) -> dict[str, str]:
        given = definition.get("depends_on") or {}
        where = node.nearest(("depends_on",)).where
        if isinstance(given, str):
            given = [given]
        if isinstance(given, list):
            return {str(name): STARTED for name in given}
        if not isinstance(given, dict):
            self.reader.problem(where, "'depends_on' must be a list of services or a mapping.")
            return {}
        result = {}
        for name, options in given.items():
            condition = options.get("condition", STARTED) if isinstance(options, dict) else options
            condition = STARTED if options is None else condition
            if condition not in CONDITIONS:
                near = did_you_mean(str(condition), CONDITIONS)
                self.reader.problem(
                    node.nearest(("depends_on", name)).where,
                    f"'{condition}' is no condition of 'depends_on'.",
                    near or "Conditions are " + ", ".join(CONDITIONS) + ".",
                )
                condition = STARTED
            result[str(name)] = str(condition)
        return result

    def _implied(self, name: str, definition: Mapping[str, Any]) -> tuple[str, ...]:
        """Services whose namespaces or links it shares: they have to run first."""
        shared = [str(definition.get(key) or "") for key in _SHARED_NAMESPACES]
        found = [text.partition(":")[2] for text in shared if text.startswith("service:")]
        links = definition.get("links") or []
        links = links if isinstance(links, list) else [links]
        found += [str(link).partition(":")[0] for link in links]
        return tuple(dict.fromkeys(other for other in found if other != name))

    def _healthcheck(self, node: Node, definition: dict[str, Any]) -> HealthCheck | None:
        given = definition.get("healthcheck")
        if given is None:
            return None
        at = node.nearest(("healthcheck",))
        if not isinstance(given, dict):
            self.reader.problem(at.where, "'healthcheck' must be a mapping.")
            return None
        test = given.get("test") or ()
        words = tuple(map(str, test)) if isinstance(test, (list, tuple)) else ("CMD-SHELL", test)
        if words and words[0] not in ("CMD", "CMD-SHELL", "NONE"):
            self.reader.problem(
                at.where,
                f"'healthcheck.test' begins with '{words[0]}'.",
                "Begin the list with CMD, CMD-SHELL or NONE, or write a text.",
            )
        times = {}
        for key in ("interval", "timeout", "start_period", "start_interval"):
            if key in given:
                what = f"'healthcheck.{key}'"
                value = given[key]
                times[key] = self._try(at.nearest((key,)), what, values.duration, value, 1.0)
        times.pop("start_interval", None)
        retries = str(given.get("retries", 3))
        if not retries.isdecimal():
            self.reader.problem(at.where, "'healthcheck.retries' must be a whole number.")
            retries = "3"
        disabled = given.get("disable") is True or words[:1] == ("NONE",)
        return HealthCheck(test=words, retries=max(int(retries), 1), disabled=disabled, **times)

    def _mounts(
        self, node: Node, definition: dict[str, Any]
    ) -> list[tuple[values.Mount, Node, int]]:
        given = definition.get("volumes") or []
        at = node.nearest(("volumes",))
        if not isinstance(given, list):
            self.reader.problem(at.where, "'volumes' must be a list.")
            return []
        found = []
        for index, value in enumerate(given):
            place = at.nearest((index,))
            mount: values.Mount | None = self._try(place, "'volumes'", values.mount, value, None)
            if mount is not None:
                found.append((mount, place, index))
        return found

    def _bind(self, mount: values.Mount, at: Node, index: int) -> Bind:
        return Bind(
            source=self._path(mount.source),
            target=mount.target,
            create=mount.create,
            where=at.where,
            index=index,
            options=mount.options,
        )

    def _ports(self, node: Node, definition: dict[str, Any]) -> tuple[Port, ...]:
        given = definition.get("ports") or []
        at = node.nearest(("ports",))
        if not isinstance(given, list):
            self.reader.problem(at.where, "'ports' must be a list.")
            return ()
        found = []
        for index, value in enumerate(given):
            place = at.nearest((index,))
            specs: list[PortSpec] = self._try(place, "'ports'", ports, value, [])
            found += [
                Port(
                    host_ip=spec.host_ip,
                    host_port=spec.host_port,
                    container_port=spec.container_port,
                    protocol=spec.protocol,
                    where=place.where,
                )
                for spec in specs
            ]
        return tuple(found)

    def _value(
        self,
        node: Node,
        definition: dict[str, Any],
        key: str,
        read: Callable[[Any], _T],
        otherwise: _T,
    ) -> _T:
        given = definition.get(key)
        if given is None:
            return otherwise
        return self._try(node.nearest((key,)), f"'{key}'", read, given, otherwise)

    def _secrets(self, definition: Mapping[str, Any]) -> tuple[str, ...]:
        given = definition.get("secrets")
        given = given if isinstance(given, list) else []
        found = [one.get("source") if isinstance(one, dict) else one for one in given]
        return tuple(str(name) for name in found if name)

    def _path(self, text: str) -> Path:
        # normpath, not resolve: what is a symlink today may be a folder when it is mounted.
        # expanduser of os.path: the other one raises for an unknown user.
        return Path(os.path.normpath(self._base / os.path.expanduser(text)))  # noqa: PTH111
