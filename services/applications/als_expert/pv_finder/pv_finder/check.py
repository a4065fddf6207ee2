"""``python -m pv_finder.check``: ask the running server whether it is well; exit 0 or 1."""

from __future__ import annotations

import http.client
import sys

from pv_finder.settings import PORT


def healthy(port: int = PORT) -> bool:
    """Whether the server on this machine says that it is well."""
    # Not urllib, which would go through a proxy where one is set.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if healthy() else 1)
