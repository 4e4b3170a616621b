"""What can go wrong between us and a server: a few typed errors, whatever the driver calls them."""

from __future__ import annotations

from tui.said import Said


class PostgresError(Exception):
    """The family. `message` is the server's own text, or a `Coded`; `sqlstate` is five characters or None."""

    def __init__(self, message: str | Said, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate


class ConnectFailed(PostgresError):
    """No session could be opened, or the one that was opened may not be used. Nothing was executed."""


class UnusableTarget(ConnectFailed):
    """Nobody but a person changes that no session can be had, or used: waiting is of no use."""


class OtherServer(ConnectFailed):
    """Somebody answered, and it is not the server (or not the database) that this run is about."""


class ConnectionLost(PostgresError):
    """The session ended while it was needed. What became of a statement on its way is NOT known.

    `postmaster_start`: since when the server ran that it was on (UTC text), as far as that is known.
    """

    def __init__(self, message: str | Said, sqlstate: str | None = None, postmaster_start: str | None = None) -> None:
        super().__init__(message, sqlstate)
        self.postmaster_start = postmaster_start


class OutOfMemory(ConnectionLost):
    """There was no room here for what the server answered: a value, a row, an error. What became of the statement is
    not known, but for one whose transaction has not been ended."""

    def __init__(self, message: str = "out of memory") -> None:
        super().__init__(message)


class StatementFailed(PostgresError):
    """The server refused a statement and said why; the session lives on, but for a COPY of the client's.

    `position`: 1-based character in the statement, or None. `statement_line`: the 1-based line of that
    character.
    """

    def __init__(
        self,
        sqlstate: str | None,
        message: str | Said,
        *,
        detail: str | None = None,
        hint: str | None = None,
        context: str | None = None,
        position: int | None = None,
        statement_line: int | None = None,
    ) -> None:
        super().__init__(message, sqlstate)
        self.detail = detail
        self.hint = hint
        self.context = context
        self.position = position
        self.statement_line = statement_line


class LockNotAvailable(StatementFailed):
    """SQLSTATE 55P03: lock_timeout ran out, or NOWAIT found the lock taken. Nothing was changed; may be
    retried.
    """
