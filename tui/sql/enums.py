"""A value added to an enum cannot be used before the transaction that adds it has ended (55P04)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import msgspec

from tui.sql.code import Body, body_of, executed, is_routine, name_of, plain
from tui.sql.lexer import Token, tokens
from tui.sql.script import Statement


class Added(msgspec.Struct, frozen=True):
    """ALTER TYPE … ADD VALUE: the type without its schema, the value, the line; `fresh`: the type is of the same
    transaction, which PostgreSQL allows from version 17 on."""

    type: str
    value: str
    line: int
    fresh: bool = False


class Enums:
    """The enum values of one transaction. `end` it when it ends."""

    def __init__(self) -> None:
        self._created: set[str] = set()
        self._added: list[Added] = []

    def end(self) -> None:
        """From here on everything added may be used."""
        self._created.clear()
        self._added.clear()

    def used(self, statement: Statement) -> Iterator[Added]:
        """The values added before in the same transaction that this statement uses."""
        words = statement.words
        if words[:2] == ("CREATE", "TYPE"):
            self._created.add(_name(list(tokens(statement.text))[2:]))
        elif words[:2] == ("ALTER", "TYPE"):
            self._alter(list(tokens(statement.text)), statement.line)
        elif self._added:
            literals = set(_literals(statement))
            yield from (added for added in self._added if added.value in literals)

    def _alter(self, parts: list[Token], line: int) -> None:
        words = [token.word for token in parts]
        name = _name(parts[2:])
        if "RENAME" in words and "TO" in words and name in self._created:
            self._created.add(name_of(parts[-1]))
        for at, pair in enumerate(pairwise(words)):
            if pair == ("ADD", "VALUE"):
                value = next((plain(token) for token in parts[at + 2 :] if token.kind == "string"), None)
                if value is not None:
                    self._added.append(Added(name, value, line, name in self._created))
                return


def _name(parts: list[Token]) -> str:
    """The last part of the qualified name that stands there."""
    name = name_of(parts[0]) if parts else ""
    for dot, token in zip(parts[1::2], parts[2::2], strict=False):
        if dot.text != ".":
            break
        name = name_of(token)
    return name


def _literals(statement: Statement) -> Iterator[str]:
    """The strings of what is executed or read at once: a routine in SQL is read when it is made, one in PL is not."""
    if is_routine(statement):
        body: Body | None = body_of(statement)
        text = statement.text if body is None else body.text if body.language == "sql" else ""
        yield from (plain(token) for token in tokens(text) if token.kind == "string")
        return
    for piece in executed(statement):
        yield from (plain(token) for token in piece.tokens if token.kind == "string")
    for row in (statement.copy_data or "").splitlines():
        yield from row.split("\t")
