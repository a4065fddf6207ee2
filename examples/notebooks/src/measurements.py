"""What notebooks of both servers import: ``from repo_src import measurements``.

Where the database is and who asks stands in the environment of the server; the database itself
refuses the read-only server's user to write.
"""

from __future__ import annotations

import psycopg


def add(name: str, value: float) -> None:
    """Write a measurement.

    Raises:
        psycopg.errors.InsufficientPrivilege: on the server that may only read.
    """
    with psycopg.connect() as database:
        database.execute("INSERT INTO measurements (name, value) VALUES (%s, %s)", [name, value])


def series(name: str) -> list[float]:
    """The values of a name, oldest first."""
    with psycopg.connect() as database:
        rows = database.execute(
            "SELECT value FROM measurements WHERE name = %s ORDER BY id", [name]
        ).fetchall()
    return [float(value) for (value,) in rows]
