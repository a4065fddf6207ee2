"""What tells that something is a secret: its name, or the form of a text."""

from __future__ import annotations

import re

_SECRET_WORDS = frozenset(("CREDENTIAL", "CREDENTIALS", "DSN")).union(
    ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASS", "PASSPHRASE")
)
_URL_WITH_CREDENTIALS = re.compile(
    r"[a-z][0-9+.-]*://(?:"  # a scheme from its last letter on: searched in linear time
    r"[^/\s:@]*:(?!\d+/)[^\s@]+@"  # user:password, in which people forget to encode a slash
    r"|[^/\s:@]{12,}@"  # a token in the user's place
    r"|\S*[?&](?:pass|passwd|password|token|secret|api_?key)=[^&\s]+)",
    re.IGNORECASE,
)


def looks_secret(name: str) -> bool:
    """Whether a name says that its value is a secret.

    >>> [looks_secret(name) for name in ("API_KEY", "MAX_TOKENS", "PWD", "db-pwd")]
    [True, False, False, True]
    """
    words = re.split(r"[^A-Z0-9]+", name.upper())
    return any(w in _SECRET_WORDS for w in words) or ("PWD" in words and len(words) > 1)


def holds_credentials(text: str) -> bool:
    """Whether a URL with credentials stands in a text."""
    return bool(_URL_WITH_CREDENTIALS.search(text))
