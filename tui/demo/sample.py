"""The sample application's database: made from `sample.sql`, the same rows every time."""

from __future__ import annotations

from pathlib import Path

from tui.demo.server import Server

DATABASE = "app"


def create(server: Server, database: str = DATABASE) -> None:
    """Create `database` on the running server with the sample in it; about a second. Errors are psycopg's."""
    import psycopg
    from psycopg import sql

    text = (Path(__file__).parent / "sample.sql").read_text(encoding="utf-8")
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    # Slow statements are logged whole; this one would fill the log before anything has happened.
    with psycopg.connect(server.dsn(database), options="-c log_min_duration_statement=-1") as connection:
        connection.execute(text.encode())
