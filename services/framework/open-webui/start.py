"""Starts upstream's server, unless a setting would let strangers in.

Upstream makes the administrator's account only if it is given a name and a password that it can
use; and while there is no account, it lets anybody sign up, as administrator.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from collections.abc import Iterator, Mapping

LONGEST_PASSWORD = 72
_ADDRESS = re.compile(
    r"https?://([a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[(?P<ipv6>[^]]+)\])(:(?P<port>[0-9]{1,5}))?"
)


def problems(environ: Mapping[str, str]) -> Iterator[str]:
    """What is wrong, a sentence each; a password is never repeated."""
    if not environ.get("WEBUI_ADMIN_EMAIL", "").strip():
        yield "admin_email is empty: the first stranger to sign up would be the administrator."
    length = len(os.fsencode(environ.get("WEBUI_ADMIN_PASSWORD", "")))
    if not length:
        yield "WEBUI_ADMIN_PASSWORD is empty: the first stranger would be the administrator."
    if length > LONGEST_PASSWORD:
        yield f"WEBUI_ADMIN_PASSWORD has more than {LONGEST_PASSWORD} bytes: upstream refuses it."
    url = environ.get("WEBUI_URL", "")
    if not is_address(url):
        yield f"public_url is {url!r}: it must be like https://chat.example.org, without a path."


def is_address(url: str) -> bool:
    """Whether it names a host, perhaps a port, and nothing else."""
    found = _ADDRESS.fullmatch(url)
    if not found:
        return False
    try:
        ipaddress.IPv6Address(found["ipv6"] or "::1")
    except ValueError:
        return False
    return 0 < int(found["port"] or 1) < 2**16


if __name__ == "__main__":
    if wrong := list(problems(os.environ)):
        sys.exit("\n".join(wrong))
    os.execvp("bash", ["bash", "start.sh"])  # noqa: S606 - upstream's own command
