"""What a statement that runs in no transaction does, as far as the server's catalogue can tell afterwards.

Judged from the words alone. What it names is kept as it is written, for the session that executes it to resolve.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct

from tui.sql.code import name_of, plain
from tui.sql.lexer import Token, tokens
from tui.sql.script import Statement

OutsideKind = Literal[
    "create_index", "drop_index", "reindex", "detach", "create", "drop", "prepared", "repeatable", "unknown"
]
"""`create` and `drop`: of a database, tablespace or subscription. `prepared`: COMMIT or ROLLBACK PREPARED.
`repeatable`: executed twice it does what it does once, and half done it leaves nothing behind. `unknown`: a procedure
that may commit, and what else the catalogue says nothing of."""

_OPTIONS: Final = frozenset({"FULL", "FREEZE", "VERBOSE", "ANALYZE", "ANALYSE"})
_REPEATABLE: Final = frozenset({"VACUUM", "ANALYZE", "CLUSTER", "CHECKPOINT"})


class Outside(Struct, frozen=True, kw_only=True):
    """`names`: what it makes, drops, rebuilds or detaches, as written (no name: the server chooses one); `table`: the
    table that is about. `concurrent`: it waits for transactions that others have open, as long as they are. `optional`:
    it says IF [NOT] EXISTS. `what`: of a REINDEX or a `create` the kind of object, of `prepared` how it ends.
    `several`: it may do some of its objects and fail at the next."""

    kind: OutsideKind
    names: tuple[str, ...] = ()
    table: str = ""
    what: str = ""
    concurrent: bool = False
    optional: bool = False
    several: bool = False

    @property
    def told(self) -> bool:
        """Whether the catalogue tells what became of it, or it need not be told."""
        return self.kind != "unknown"


def outside_of(statement: Statement) -> Outside:
    """What a statement that the server takes in no transaction block does."""
    words = statement.words
    parts = list(tokens(statement.text))
    first, second = words[:1], words[1:2]
    if first == ("CREATE",) and "INDEX" in words[1:3]:
        return _create_index(parts)
    if words[:2] == ("DROP", "INDEX"):
        names, optional, concurrent = dropped_indexes(parts)
        return Outside(kind="drop_index", names=names, optional=optional, concurrent=concurrent)
    if first == ("REINDEX",):
        return _reindex(parts)
    if first == ("ALTER",):
        return _alter(words, parts)
    if first in (("CREATE",), ("DROP",)) and len(parts) > 2:
        at = 4 if "IF" in words[2:3] else 2
        kind: OutsideKind = "create" if first == ("CREATE",) else "drop"
        return Outside(kind=kind, what=words[1].lower(), names=(name_of(parts[at]),), optional=at > 2)
    if second == ("PREPARED",) and len(parts) > 2:
        return Outside(kind="prepared", what=words[0].lower(), names=(plain(parts[2]),))
    if first and first[0] in _REPEATABLE:
        return Outside(kind="repeatable", several=first != ("CHECKPOINT",) and _tables(parts) != 1)
    return Outside(kind="unknown")


def _tables(parts: Sequence[Token]) -> int:
    """How many tables a maintenance command names; 0: all that there are."""
    depth = commas = named = 0
    for token in parts[1:]:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.text == ",":
            commas += 1
        elif depth == 0 and token.text not in (")", ";") and token.word not in _OPTIONS:
            named = 1
    return commas + 1 if named else 0


def dropped_indexes(parts: Sequence[Token]) -> tuple[tuple[str, ...], bool, bool]:
    """Of DROP INDEX [CONCURRENTLY] [IF EXISTS] a, b.c [CASCADE]: the names as written, IF EXISTS, CONCURRENTLY."""
    at, concurrent, optional = 2, False, False
    if _word(parts, at) == "CONCURRENTLY":
        at, concurrent = at + 1, True
    if _word(parts, at) == "IF":
        at, optional = at + 2, True
    names, name = [], ""
    for token in parts[at:]:
        if token.word in ("CASCADE", "RESTRICT"):
            break
        if token.text == ",":
            names.append(name)
            name = ""
        else:
            name += token.text
    return tuple(name for name in (*names, name) if name), optional, concurrent


def _word(parts: Sequence[Token], at: int) -> str:
    return parts[at].word if at < len(parts) else ""


def _qualified(parts: Sequence[Token], at: int) -> tuple[str, int]:
    """A name with its schema, as written, from there on; and where what comes after it begins."""
    if at >= len(parts):
        return "", at
    text, at = parts[at].text, at + 1
    while _word(parts, at) == "." and at + 1 < len(parts):
        text, at = f"{text}.{parts[at + 1].text}", at + 2
    return text, at


def _create_index(parts: Sequence[Token]) -> Outside:
    at = next(i for i, token in enumerate(parts) if token.word == "INDEX") + 1
    concurrent = _word(parts, at) == "CONCURRENTLY"
    at += concurrent
    optional = _word(parts, at) == "IF"
    at += 3 * optional
    name = ""
    if parts[at : at + 1] and not (parts[at].kind == "word" and parts[at].word == "ON"):
        name, at = name_of(parts[at]), at + 1
    at += 1
    if _word(parts, at) == "ONLY":
        at += 1
    table, _at = _qualified(parts, at)
    return Outside(
        kind="create_index", names=(name,) if name else (), table=table, concurrent=concurrent, optional=optional
    )  # fmt: skip


def _reindex(parts: Sequence[Token]) -> Outside:
    at = 1
    concurrent = False
    if _word(parts, at) == "(":
        inside = []
        while at < len(parts) and parts[at].text != ")":
            inside.append(parts[at].word)
            at += 1
        at += 1
        concurrent = "CONCURRENTLY" in inside
    what = _word(parts, at).lower()
    at += 1
    if _word(parts, at) == "CONCURRENTLY":
        at, concurrent = at + 1, True
    name, _at = _qualified(parts, at)
    if what not in ("index", "table") and name:
        # A schema or a database is looked up by its name, by which nobody resolves it.
        name = name_of(parts[at])
    return Outside(
        kind="reindex", what=what, names=(name,) if name else (), concurrent=concurrent, several=what != "index"
    )  # fmt: skip


def _alter(words: tuple[str, ...], parts: Sequence[Token]) -> Outside:
    second = words[1] if len(words) > 1 else ""
    if second in ("SYSTEM", "DATABASE"):
        return Outside(kind="repeatable")
    if second == "SUBSCRIPTION":
        # Added or dropped twice is an error.
        return Outside(kind="repeatable" if not {"ADD", "DROP"}.intersection(words[2:5]) else "unknown")
    if second != "TABLE":
        return Outside(kind="unknown")
    at = 2
    if _word(parts, at) == "IF":
        at += 2
    if _word(parts, at) == "ONLY":
        at += 1
    parent, at = _qualified(parts, at)
    if _word(parts, at) == "*":
        at += 1
    partition, _at = _qualified(parts, at + 2)
    return Outside(kind="detach", table=parent, names=(partition,), concurrent=True)
