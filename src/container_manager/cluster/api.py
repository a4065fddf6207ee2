"""Questions and orders to the API server of a cluster, as JSON over HTTP."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from container_manager.cluster.answers import (
    Object,
    Silent,
    excerpt,
    items_of,
    kinds_of,
    object_of,
    parsed,
)

__all__ = ["MANAGER", "Api", "Cause", "Object", "Refused", "Silent"]

MANAGER = "container-manager"
"""What we are called among those who own fields of objects."""

_TIMEOUT = 60.0
_TRIES = 6
_LONGEST_PAUSE = 10.0
_CORE = "v1"
_NO_LOG = ("unable to retrieve container logs for", "failed to try resolving symlinks in path")
"""What a node writes instead of a log that it no longer has."""
_APPLY = "application/apply-patch+yaml"
_JSON = "application/json"
_NOT_FOUND = 404
_FORBIDDEN = 403
_BUSY = 429
_ELSEWHERE = 300
_OURS = 400
_THEIRS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One reason of a refusal: what kind, which field, in the server's words."""

    reason: str
    field: str
    message: str


class Refused(Exception):
    """The server says no.

    Attributes:
        code: the status of HTTP.
        reason: ``Conflict``, ``Invalid``, ``NotFound``, ``Forbidden`` and the like.
        causes: each with its field, where the server says so.
    """

    def __init__(self, code: int, reason: str, message: str, causes: tuple[Cause, ...]) -> None:
        super().__init__(message)
        self.code, self.reason, self.causes = code, reason, causes

    @property
    def forbidden(self) -> bool:
        """Whether whoever is logged in has no right to it."""
        return self.code == _FORBIDDEN

    @property
    def passing(self) -> bool:
        """Whether it may well be otherwise in a moment: the server is busy, or in trouble."""
        return self.code == _BUSY or self.code >= _THEIRS


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Api:
    """One cluster, in one namespace.

    Args:
        path: the socket at which somebody listens who is logged in.
        namespace: the namespace of all objects that have one.
    """

    def __init__(self, path: str, namespace: str) -> None:
        self._path = path
        self._namespace = namespace
        self._kinds: dict[str, dict[str, Object]] = {}

    def elsewhere(self, namespace: str) -> Api:
        """The same cluster, in another namespace."""
        return Api(self._path, namespace)

    def get(self, one: Object) -> Object | None:
        """The object of the same kind and name, as it is now.

        Raises:
            Refused: the server says no.
            Silent: it does not answer.
        """
        found = self._asked(self._place(one))
        return None if found is None else object_of(*found)

    def apply(self, one: Object, *, dry: bool = False, force: bool = False) -> Object:
        """Make an object what it should be, by server-side apply.

        Args:
            one: what it should be; fields that it does not name stay with whoever set them.
            dry: only say what would come of it.
            force: take over fields that others own.

        Returns:
            The object as it is then.

        Raises:
            Refused: the server says no; ``Conflict`` where another manager owns a field.
        """
        query = {"fieldManager": MANAGER, "force": "true" if force else "false"}
        if dry:
            query["dryRun"] = "All"
        # JSON is YAML, but for escapes of two halves of a character.
        body = json.dumps(one, ensure_ascii=False).encode()
        return object_of(*self._call("PATCH", self._place(one), query, body, _APPLY))

    def delete(self, one: Object) -> bool:
        """Delete an object, and in the background what it made; whether it was there."""
        body = json.dumps({"propagationPolicy": "Background"}).encode()
        try:
            self._call("DELETE", self._place(one), body=body)
        except Refused as refusal:
            if refusal.code == _NOT_FOUND:
                return False
            raise
        return True

    def listed(
        self, version: str, kind: str, *, labels: str = "", fields: str = ""
    ) -> list[Object]:
        """All objects of a kind in the namespace; none where the server does not know the kind."""
        info = self._kinds_of(version).get(kind)
        if info is None:
            return []
        asked = {"labelSelector": labels, "fieldSelector": fields}
        query = {name: value for name, value in asked.items() if value}
        found = self._asked(self._collection(version, info), query)
        return [] if found is None else items_of(found[0], version, kind, found[1])

    def log(self, pod: str, container: str, lines: int, *, previous: bool = False) -> list[str]:
        """The last lines that a container has said; none where it has said nothing."""
        path = f"/api/v1/namespaces/{self._namespace}/pods/{quote(pod)}/log"
        query = {"container": container, "tailLines": str(lines)}
        if previous:
            query["previous"] = "true"
        try:
            _, text = self._call("GET", path, query)
        except (Refused, Silent):
            return []  # what it is asked for has failed already, and that must be told
        return [] if text.startswith(_NO_LOG) else text.splitlines()

    def knows(self, one: Object) -> bool:
        """Whether the server has objects of this version and kind."""
        return str(one["kind"]) in self._kinds_of(str(one["apiVersion"]))

    def _place(self, one: Object) -> str:
        version, kind = str(one["apiVersion"]), str(one["kind"])
        info = self._kinds_of(version).get(kind)
        if info is None:
            message = f"this cluster has no {version} {kind}"
            raise Refused(_NOT_FOUND, "UnknownKind", message, ())
        return f"{self._collection(version, info)}/{quote(str(one['metadata']['name']))}"

    def _collection(self, version: str, info: Object) -> str:
        place = f"/namespaces/{self._namespace}" if info["namespaced"] else ""
        return f"{_root(version)}{place}/{info['name']}"

    def _kinds_of(self, version: str) -> dict[str, Object]:
        """What the server itself says of a version of its API: kind -> plural and scope."""
        if version not in self._kinds:
            found = self._asked(_root(version))
            kinds = {} if found is None else kinds_of(*found)
            if version == _CORE and not kinds:  # every cluster has it: what is this?
                raise Silent("what answers has no Kubernetes API")
            self._kinds[version] = kinds
        return self._kinds[version]

    def _asked(self, path: str, query: Mapping[str, str] | None = None) -> tuple[Any, str] | None:
        """What is at a path, as data and as text; None where there is nothing."""
        try:
            return self._call("GET", path, query)
        except Refused as refusal:
            if refusal.code == _NOT_FOUND:
                return None
            raise

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        kind: str = _JSON,
    ) -> tuple[Any, str]:
        target = f"{path}?{urlencode(query)}" if query else path
        for tries_left in reversed(range(_TRIES)):
            code, content, later = self._send(method, target, body, kind)
            if later is None or not tries_left:
                break
            time.sleep(later)
        said = parsed(content)
        if _ELSEWHERE <= code < _OURS:
            raise Silent(f"it leads elsewhere (HTTP {code}), to a login page say")
        if code < _OURS:
            return said, content
        if isinstance(said, dict):
            raise _refusal(code, said)
        if code == _NOT_FOUND:  # a whole version of the API that the server does not have
            raise Refused(code, "NotFound", excerpt(content), ())
        raise Silent(excerpt(content) or f"HTTP {code}")

    def _send(
        self, method: str, target: str, body: bytes | None, kind: str
    ) -> tuple[int, str, float | None]:
        """The code and text of an answer, and after how many seconds to ask once more.

        A server that is busy says when; kubectl, too, asks again only where it does.
        """
        connection = _Connection(self._path)
        try:
            connection.request(method, target, body, {"Content-Type": kind, "Accept": "*/*"})
            answer = connection.getresponse()
            code, content = answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise Silent(excerpt(str(error)) or type(error).__name__) from error
        finally:
            connection.close()
        after = answer.headers.get("Retry-After", "")
        again = (code == _BUSY or code >= _THEIRS) and after.isascii() and after.isdecimal()
        return code, content, min(float(after), _LONGEST_PAUSE) if again else None


def _root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def _refusal(code: int, said: Mapping[str, Any]) -> Refused:
    details = said.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    return Refused(
        code,
        str(said.get("reason") or ""),
        str(said.get("message") or f"HTTP {code}"),
        tuple(
            Cause(
                reason=str(one.get("reason") or ""),
                field=str(one.get("field") or ""),
                message=str(one.get("message") or ""),
            )
            for one in (causes if isinstance(causes, list) else ())
            if isinstance(one, dict)
        ),
    )
