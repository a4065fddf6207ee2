"""A program that people could take for kubectl, and that leads to a server of our choice.

``kubectl proxy --unix-socket=PATH`` serves answers from a file there: path of the API -> how often
which answer is given. So tests see what commands do about answers that no real server gives on
demand.
"""

from __future__ import annotations

import http.server
import json
import socketserver
import sys
from pathlib import Path
from typing import Any, ClassVar

CONTEXT = "odd one"

_SCRIPT = """\
#!/bin/sh
case "$1 $2" in
"config get-contexts") printf '%s\\n' "{context}" ;;
*) exec {python} {here} "$@" {answers} ;;
esac
"""

_KINDS = {
    "v1": ("Namespace", "Service", "Pod", "Secret", "ConfigMap", "PersistentVolumeClaim", "Event"),
    "apps/v1": ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"),
    "batch/v1": ("Job",),
}


def kubectl(folder: Path, answers: dict[str, Any]) -> Path:
    """Write the program.

    Args:
        folder: where it is to be found.
        answers: how a request ends, ``"GET /api/v1/…"`` without its query -> a list of
            ``{code, body, headers}``, given in turn, the last one ever after; ``"*"`` for all
            others. What nothing is said of is answered as an empty cluster does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    said = folder / "answers.json"
    said.write_text(json.dumps(answers))
    path = folder / "kubectl"
    path.write_text(
        _SCRIPT.format(context=CONTEXT, python=sys.executable, here=__file__, answers=said)
    )
    path.chmod(0o755)
    return path


def answer(body: Any, code: int = 200, **headers: str) -> dict[str, Any]:
    """One answer; a body that is no text is JSON."""
    text = body if isinstance(body, str) else json.dumps(body)
    return {"code": code, "body": text, "headers": headers}


def status(code: int, reason: str, message: str, **headers: str) -> dict[str, Any]:
    """A refusal as Kubernetes words it."""
    body = {"kind": "Status", "code": code, "reason": reason, "message": message}
    return answer(body, code, **headers)


def _usual(method: str, path: str) -> dict[str, Any]:
    """What a cluster with nothing in it answers."""
    for version, kinds in _KINDS.items():
        if path in (f"/api/{version}", f"/apis/{version}"):
            found = [
                {"name": f"{k.lower()}s", "kind": k, "namespaced": k != "Namespace"} for k in kinds
            ]
            return answer({"kind": "APIResourceList", "resources": found})
    if path.startswith("/apis/") and path.count("/") == 3:
        return answer("404 page not found", 404)
    name = path.rpartition("/")[2]
    if path == f"/api/v1/namespaces/{name}":
        return answer({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    if method == "GET" and name.endswith("s"):
        return answer({"kind": "List", "metadata": {}, "items": []})
    return status(404, "NotFound", "not found")


class _Handler(http.server.BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, list[dict[str, Any]]]] = {}

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        given = self.answers.get(f"{self.command} {path}") or self.answers.get("*")
        one = (given.pop(0) if len(given) > 1 else given[0]) if given else None
        if one is None and self.command == "PATCH":
            one = answer(json.loads(body))
        one = one or _usual(self.command, path)
        content = one["body"].encode("utf-8", "surrogateescape")
        self.send_response(one["code"])
        for name, value in {"Content-Length": str(len(content)), **one["headers"]}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    do_GET = do_PATCH = do_DELETE = _answer  # noqa: N815 - so the base class calls them

    def address_string(self) -> str:
        return "a socket"

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def main(argv: list[str]) -> None:
    """Serve what a file says, at the socket that the arguments name."""
    at = next(one for one in argv if one.startswith("--unix-socket=")).partition("=")[2]
    _Handler.answers = json.loads(Path(argv[-1]).read_text())
    with _Server(at, _Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
