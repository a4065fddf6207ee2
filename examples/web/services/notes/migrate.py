"""Brings the database to where the server needs it, then ends.

Each file of ``migrations/`` runs once, in the order of the names, in a transaction with the note
that it did. What stays the same between two starts costs one question.
"""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
from psycopg import sql

MIGRATIONS = Path(__file__).parent / "migrations"


def main() -> None:
    """Make the server's user, and run what has not run yet."""
    with psycopg.connect() as database:
        # Two at once would run the same file; the second waits here.
        database.execute("SELECT pg_advisory_xact_lock(1)")
        _make_user(database, os.environ["NOTES_PASSWORD"])
        database.execute("CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY)")
        done = {name for (name,) in database.execute("SELECT name FROM migrations")}
        for file in sorted(MIGRATIONS.glob("*.sql")):
            if file.name not in done:
                database.execute(file.read_bytes())
                database.execute("INSERT INTO migrations VALUES (%s)", [file.name])
                print(f"migrated: {file.name}")
    print("The database is up to date.")


def _make_user(database: psycopg.Connection, password: str) -> None:
    """Its password is the one that .env holds now: a new one there needs a new start alone."""
    # No password gets into the server's log, not even with a statement that fails.
    database.execute("SET LOCAL log_min_error_statement = panic")
    known = database.execute("SELECT FROM pg_roles WHERE rolname = 'notes'").fetchone()
    verb = sql.SQL("CREATE ROLE" if known is None else "ALTER ROLE")
    database.execute(sql.SQL("{} notes LOGIN PASSWORD {}").format(verb, sql.Literal(password)))


if __name__ == "__main__":
    main()
