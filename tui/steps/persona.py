"""What steps may ask of the target as somebody of its application: a role with its claims."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from tui.steps.effects import Effect, SqlError


class AsPersona(Effect, frozen=True, kw_only=True):
    """Statements as a role with these settings, in one transaction that is always taken back -> Tried.

    `used`: names of settings that an earlier transaction of the same session had, which leaves them empty; None: the
    session is a fresh one. `reads`: the transaction only reads. `quiet`: triggers and what cascades are kept from
    firing; `must_be_quiet`: where that may not be, nothing is tried.
    """

    role: str
    settings: dict[str, str] = {}  # noqa: RUF012
    used: tuple[str, ...] | None = None
    statements: tuple[str, ...] = ()
    reads: bool = True
    quiet: bool = False
    must_be_quiet: bool = False
    timeout: float = 10.0


class StatementTried(Struct, frozen=True, kw_only=True):
    """What came of one statement: its first row, or the rows that it would have changed."""

    row: tuple[Any, ...] = ()
    changed: int = 0
    error: SqlError | None = None


class Tried(Struct, frozen=True, kw_only=True):
    """`error`: why nothing was tried. `quiet`: triggers did not fire. `fresh`: whether the session was surely one that
    nobody had before; behind a pooler that is not known."""

    answers: tuple[StatementTried, ...] = ()
    error: SqlError | None = None
    quiet: bool = False
    fresh: bool = True
