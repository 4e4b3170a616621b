"""Which relations a script is about, as far as its words tell: what its duration depends on the size of.

Every identifier may be one; the database says which are (`tui.postgres.sizes`). So a column named like a table counts
as that table: one relation too many is compared rather than one too few. What is not seen in the words (a trigger's or
a function's tables, a name put together at run time) is the whole database's, or is not seen.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from msgspec import Struct

from tui.sql.code import name_of, plain
from tui.sql.lexer import Token, tokens
from tui.sql.script import Statement, read_script

LONGEST: Final = 256 * 1024
"""Characters of a script that are looked through; of a longer one the whole database is taken."""


class Touches(Struct, frozen=True, kw_only=True):
    """`names`: identifiers, `schema.name` where they are qualified; `calls`: functions, without their schemas;
    `otherwise`: where none of the names is a relation, it is about the whole database; `whole`: it is in any case."""

    names: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    otherwise: bool = False
    whole: bool = False

    def __or__(self, other: Touches) -> Touches:
        return Touches(
            names=tuple(sorted({*self.names, *other.names})), calls=tuple(sorted({*self.calls, *other.calls})),
            otherwise=self.otherwise or other.otherwise, whole=self.whole or other.whole,
        )  # fmt: skip


WHOLE: Final = Touches(whole=True)
_DEPTH: Final = 3
_IDENTIFIER: Final = re.compile(r'(?:\w+|"[^"]+")(?:\.(?:\w+|"[^"]+"))?')
_KEYWORDS = """all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
collation column concurrently constraint create cross current_catalog current_date current_role current_schema
current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign
freeze from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like
limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary
references returning right select session_user similar some symmetric system_user table tablesample then to trailing
true union unique user using variadic verbose when where window with"""
_NO_NAMES: Final = frozenset(_KEYWORDS.split())
"""Words that name a relation only where they are quoted."""
_SHORT = """SET RESET SHOW COMMENT GRANT REVOKE BEGIN START COMMIT END ROLLBACK ABORT SAVEPOINT RELEASE NOTIFY LISTEN
UNLISTEN DISCARD DROP TRUNCATE LOCK DEALLOCATE CLOSE"""
_AT_ONCE: Final = frozenset(_SHORT.split())
"""Statements that take the same time however much there is."""
_BUILDING: Final = frozenset({"AS", "INDEX", "MATERIALIZED", "DATABASE"})


def touched(text: str) -> Touches:
    """What a script of SQL, or of psql without what it includes, is about."""
    if len(text) > LONGEST:
        return WHOLE
    seen = _Seen()
    otherwise = False
    for statement in read_script(text).statements:
        calls = len(seen.calls)
        seen.look(statement.text)
        otherwise = otherwise or not _takes_no_time(statement, called=len(seen.calls) > calls)
    return Touches(
        names=tuple(sorted(seen.names)), calls=tuple(sorted(seen.calls)), otherwise=otherwise, whole=seen.unclear,
    )  # fmt: skip


def _takes_no_time(statement: Statement, called: bool) -> bool:
    """Whether it is over at once where nothing that it names is a relation."""
    words = statement.words
    if statement.kind == "meta":
        return not statement.text.startswith("\\copy")
    if statement.kind == "copy" or not words:
        return False
    if words[0] in _AT_ONCE:
        return True
    spoken = {token.word for token in tokens(statement.text) if token.kind == "word"}
    if words[0] == "CREATE":
        return _BUILDING.isdisjoint(spoken) or "FUNCTION" in words or "PROCEDURE" in words
    return words[0] in ("SELECT", "VALUES") and not called and spoken.isdisjoint({"FROM", "JOIN", "INTO", "TABLE"})


class _Seen:
    """What was met so far."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.calls: set[str] = set()
        self.unclear = False

    def look(self, text: str, *, code: bool = False, depth: int = 0) -> None:
        """`code`: the body of a DO block or a routine, whose strings may be statements."""
        chain: list[str] = []
        dotted = False
        for token in tokens(text):
            if token.kind in ("word", "quoted"):
                if not dotted:
                    self._end(chain)
                    chain = []
                reserved = token.kind == "word" and not dotted and token.text.lower() in _NO_NAMES
                chain = [] if reserved else [*chain, name_of(token)]
                dotted = False
                continue
            dotted = token.text == "." and bool(chain)
            if dotted:
                continue
            self._end(chain, call=token.text == "(")
            chain = []
            if token.kind == "string" and depth < _DEPTH:
                self._string(token, code, depth)
        self._end(chain)

    def _string(self, token: Token, code: bool, depth: int) -> None:
        inner = plain(token)
        if token.text.startswith("$"):
            self.look(inner, code=True, depth=depth + 1)
        elif code or _IDENTIFIER.fullmatch(inner):
            # `'orders'::regclass`, `nextval('app.orders_id_seq')`; in a body it may be what is executed.
            self.look(inner, code=code, depth=depth + 1)

    def _end(self, chain: list[str], *, call: bool = False) -> None:
        if not chain:
            return
        if any("." in part for part in chain):
            self.unclear = True
            return
        if call:
            self.calls.add(chain[-1])
        if len(chain) == 1:
            self.names.add(chain[0])
        self.names.update(f"{schema}.{name}" for schema, name in pairwise(chain))
