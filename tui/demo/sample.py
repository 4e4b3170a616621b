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
    with psycopg.connect(server.dsn(database)) as connection:
        connection.execute(text.encode())
