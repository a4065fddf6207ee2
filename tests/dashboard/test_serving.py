"""The port of the page."""

from __future__ import annotations

import socket
from typing import Any, cast

import pytest

from container_manager.dashboard.serving import serve
from container_manager.errors import PreconditionError, UsageError


def refused(port: int) -> None:
    """Serve where it cannot be; nothing is asked of what would be shown."""
    nothing = cast("Any", None)
    serve(nothing, nothing, port=port, ready=lambda _: None)


def test_a_port_that_somebody_has_is_told() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(PreconditionError, match="cannot be used: Address already in use"):
            refused(holder.getsockname()[1])


def test_a_port_that_does_not_exist_is_told() -> None:
    with pytest.raises(UsageError, match="There is no port 70000"):
        refused(70000)
