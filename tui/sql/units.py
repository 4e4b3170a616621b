"""A script as the transactions it consists of: what is executed together, and how its fate can be known.

Each transaction of a script gets evidence of its own, and so does each statement that stands alone. What changes
nothing but the session is no transaction: it is executed again wherever the session is a new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from tui.sql.classify import is_transaction_control, is_within_transaction, needs_no_transaction, opens_transaction
from tui.sql.code import body_of, pieces, plain
from tui.sql.lexer import tokens
from tui.sql.script import Statement
from tui.sql.session import only_session_state, prepares_transaction
from tui.sql.settings import settings

Ending = Literal["commit", "rollback", "prepare"]

_BEFORE_A_SNAPSHOT: Final = frozenset({"SET", "RESET", "SHOW", "LOCK"})
"""Statements for which the server takes no snapshot, so that what a transaction is can still be set after them."""
_TRUE: Final = frozenset({"on", "true", "yes", "1", "t", "y"})


class Unit(Struct, frozen=True, kw_only=True):
    """Statements `first` to `last` of a script (without its meta-commands, from 0).

    `session`: it changes the session alone. `outside`: the server takes it in no transaction block, or it may end
    transactions itself. `transaction`: between `begin` and `end`, which are the script's own where it has them, and
    then no part of `inner`; `evidence` of the inner statements come before its evidence is written, because they
    say what the transaction is or wait for a lock without looking at anything.

    A transaction that is `read_only` or rolled back (`ending`) leaves nothing behind and has no evidence.
    """

    kind: Literal["session", "outside", "transaction"]
    first: int
    last: int
    inner: tuple[Statement, ...]
    begin: str = "begin"
    end: str = "commit"
    ending: Ending = "commit"
    read_only: bool = False
    evidence: int = 0
    gid: str = ""

    @property
    def leaves_nothing(self) -> bool:
        """Whether the database is the same after it, so that it may be executed again."""
        return self.kind == "session" or (self.kind == "transaction" and (self.read_only or self.ending == "rollback"))


def units(statements: Sequence[Statement], transaction: Literal["per_statement", "script"]) -> tuple[Unit, ...]:
    """The units of these statements, which are no meta-commands, in their order."""
    return tuple(_Reader(statements, own=transaction == "script").read())


def resume_at(found: Sequence[Unit], done: int) -> int:
    """The first unit to execute when `done` statements of the script are proved to have been committed.

    What was open when a session ended is gone with it: such a transaction is begun again as a whole.
    """
    return next((at for at, unit in enumerate(found) if unit.last >= done), len(found))


def _alone(at: int, statement: Statement, *, own: bool) -> Unit:
    """A statement that stands in no transaction of the script's; `own`: the script would send it as it is."""
    kind: Literal["session", "outside", "transaction"] = "transaction"
    if only_session_state(statement) or (own and is_transaction_control(statement) and not _prepared(statement)):
        kind = "session"
    elif needs_no_transaction(statement) or (own and may_end_transaction(statement)):
        kind = "outside"
    return Unit(kind=kind, first=at, last=at, inner=(statement,))


def may_end_transaction(statement: Statement) -> bool:
    """CALL, whose procedure may commit, and DO with a COMMIT or ROLLBACK in its body: refused in a transaction."""
    if statement.kind != "sql" or statement.words[:1] not in (("CALL",), ("DO",)):
        return False
    body = body_of(statement)
    if body is None:
        return statement.words[:1] == ("CALL",)
    return any(piece.words[:1] in (["COMMIT"], ["ROLLBACK"]) for piece in pieces(body))


def _prepared(statement: Statement) -> bool:
    """COMMIT PREPARED or ROLLBACK PREPARED, which end no transaction of the session."""
    return statement.words[1:2] == ("PREPARED",)


class _Reader:
    """One pass over a script; `own`: its transactions are those that it begins and ends itself."""

    def __init__(self, statements: Sequence[Statement], own: bool) -> None:
        self.statements = statements
        self.own = own
        self.read_only_default = False

    def read(self) -> Iterator[Unit]:
        begin: str | None = None
        first, inner = 0, list[Statement]()
        for at, statement in enumerate(self.statements):
            if begin is None:
                if self.own and opens_transaction(statement):
                    begin, first, inner = statement.text, at, []
                    continue
                unit = _alone(at, statement, own=self.own)
                if unit.kind == "session":
                    self._default(statement)
                elif unit.kind == "transaction" and self.read_only_default:
                    unit = replace(unit, read_only=True)
                yield unit
                continue
            if not _ends(statement):
                inner.append(statement)
                continue
            unit = self._unit(first, at, begin, inner, statement)
            yield unit
            if unit.ending != "rollback":
                for made in inner:
                    self._default(made)
            if not _chains(statement):
                begin = None
                continue
            # What follows a chain is a transaction of the same kind; one that is begun anew says so itself.
            first, inner = at + 1, [each for each in inner[: _prefix(inner)] if _sets_transaction(each)]
        if begin is not None and first < len(self.statements):
            # Never ended: the server takes it back when the session ends.
            yield self._unit(first, len(self.statements) - 1, begin, inner, None)

    def _unit(self, first: int, last: int, begin: str, inner: list[Statement], end: Statement | None) -> Unit:
        ending, text, gid = _ending(end)
        return Unit(
            kind="transaction", first=first, last=last, inner=tuple(inner), begin=begin, end=text, ending=ending,
            read_only=self._read_only(begin, inner), evidence=_prefix(inner), gid=gid,
        )  # fmt: skip

    def _read_only(self, begin: str, inner: list[Statement]) -> bool:
        found = _mode([token.word for token in tokens(begin)])
        read_only = self.read_only_default if found is None else found
        # Set back before anything was looked at it may write after all; later the server refuses that.
        for statement in inner[: _prefix(inner)]:
            if statement.words[:1] == ("SET",):
                said = _mode([token.word for token in tokens(statement.text)]) if _sets_transaction(statement) else None
                for setting in settings(statement):
                    if setting.name == "transaction_read_only" and setting.value is not None:
                        said = setting.value.lower() in _TRUE
                read_only = read_only if said is None else said
        return read_only

    def _default(self, statement: Statement) -> None:
        for setting in settings(statement):
            if setting.name == "default_transaction_read_only" and not setting.local:
                words = [token.word for token in tokens(statement.text)]
                said = _mode(words) if "CHARACTERISTICS" in words else (setting.value or "").lower() in _TRUE
                self.read_only_default = bool(said)


def _mode(words: list[str]) -> bool | None:
    """READ ONLY is True, READ WRITE False, the last of them counts; None where neither is said."""
    said = None
    for one, two in pairwise(words):
        if one == "READ" and two in ("ONLY", "WRITE"):
            said = two == "ONLY"
    return said


def _sets_transaction(statement: Statement) -> bool:
    """SET TRANSACTION …, also as SET [LOCAL] transaction_isolation and its like."""
    if statement.words[:2] == ("SET", "TRANSACTION") or statement.words[:3] == ("SET", "LOCAL", "TRANSACTION"):
        return True
    return statement.words[:1] == ("SET",) and any(
        setting.name in ("transaction_isolation", "transaction_read_only", "transaction_deferrable")
        for setting in settings(statement)
    )


def _prefix(inner: Sequence[Statement]) -> int:
    """How many statements at its beginning look at no data, so that the transaction's first look comes after them."""
    for at, statement in enumerate(inner):
        if statement.kind != "sql" or statement.words[:1] == () or statement.words[0] not in _BEFORE_A_SNAPSHOT:
            return at
    return len(inner)


def _ends(statement: Statement) -> bool:
    """Whether the transaction that is open ends here. A second BEGIN gets a warning and changes nothing."""
    if opens_transaction(statement) or not is_transaction_control(statement) or is_within_transaction(statement):
        return False
    return not _prepared(statement)


def _chains(statement: Statement) -> bool:
    return "CHAIN" in statement.words and "NO" not in statement.words


def _ending(end: Statement | None) -> tuple[Ending, str, str]:
    """How a transaction ends, the statement that ends it without its CHAIN, and the gid it is prepared under."""
    if end is None or end.words[:1] in (("ROLLBACK",), ("ABORT",)):
        return "rollback", "rollback", ""
    if prepares_transaction(end):
        return "prepare", end.text, plain(list(tokens(end.text))[2])
    return "commit", "commit", ""
