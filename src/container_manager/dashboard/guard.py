"""Who may ask the page's server: decided from the headers of a request alone.

A page of any other origin can make a browser send requests here. It cannot set the header that
carries the token, and a name of its own that it leads to this machine (DNS rebinding) stands in the
header ``Host``.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

_BYTES = 32
_SCHEME = "Bearer "
_SAME = ("same-origin", "none")
"""Values of ``Sec-Fetch-Site`` with which this page itself asks, or somebody types the address."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""Sent with every answer: nothing but the page's own files runs, and nobody may embed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request is refused: an HTTP status, and a sentence."""

    status: int
    reason: str


def new_token() -> str:
    """A token that nobody guesses, for one run of the server."""
    return secrets.token_urlsafe(_BYTES)


def refusal(
    method: str, headers: Mapping[str, str], *, port: int, token: str | None
) -> Refusal | None:
    """Why a request is refused; None where it is answered.

    Args:
        method: of HTTP.
        headers: by their names in lower case.
        port: of the server.
        token: what has to be shown; None for the page's own files, which hold nothing of the stack.
    """
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
    if headers.get("host", "").lower() not in hosts:
        return Refusal(status=403, reason="This server is called 127.0.0.1, and by no other name.")
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in {f"http://{host}" for host in hosts}:
        return Refusal(status=403, reason="Pages of other servers may not ask this one.")
    if headers.get("sec-fetch-site", "none") not in _SAME and token is not None:
        return Refusal(status=403, reason="Pages of other servers may not ask this one.")
    if method not in ("GET", "HEAD"):
        return Refusal(status=405, reason="This server only shows: it changes nothing.")
    if token is not None and not _shows(headers.get("authorization", ""), token):
        return Refusal(
            status=403, reason="The token is missing or wrong: open the printed address."
        )
    return None


def _shows(authorization: str, token: str) -> bool:
    """Whether a header shows the token; how long that takes tells nothing about it."""
    given = authorization.removeprefix(_SCHEME)
    bearer = authorization.startswith(_SCHEME)
    return hmac.compare_digest(given.encode(), token.encode()) and bearer
