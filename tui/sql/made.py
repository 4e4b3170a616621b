"""What a statement makes, and in which schema, as far as its words tell. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct

from tui.sql.code import name_of
from tui.sql.lexer import Token

_OBJECTS: Final = frozenset(
    (
        *("TABLE", "VIEW", "SEQUENCE", "TYPE", "DOMAIN", "FUNCTION", "PROCEDURE", "AGGREGATE"),
        *("COLLATION", "CONVERSION", "STATISTICS", "OPERATOR"),
    )
)
_BEFORE: Final = frozenset(["OR", "REPLACE", "UNLOGGED", "FOREIGN", "MATERIALIZED", "RECURSIVE", "GLOBAL", "LOCAL"])
_OF_SESSION: Final = ("TEMP", "TEMPORARY")


class MadeObject(Struct, frozen=True):
    """`in`: in the schema of that name, or where an unqualified name leads (""); `beside`: in the schema of the table
    of that name, `schema.table` where it is qualified; `schema`: a schema of that name; `path`: nothing, but from here
    on an unqualified name leads there."""

    how: Literal["in", "beside", "schema", "path"]
    name: str


def made(parts: Sequence[Token]) -> MadeObject | None:
    """Of one statement, its blanks and comments left out; None where it makes nothing in a schema."""
    words = [part.word for part in parts]
    first = words[0] if words else ""
    if first == "SET" and "SEARCH_PATH" in words[1:3]:
        at = words.index("SEARCH_PATH") + 2
        return MadeObject("path", _plain(parts[at]) if at < len(parts) and words[at] != "DEFAULT" else "")
    if first == "ALTER" and "SCHEMA" in words[2:] and words[words.index("SCHEMA") - 1] == "SET":
        at = words.index("SCHEMA") + 1
        return MadeObject("in", _plain(parts[at])) if at < len(parts) else None
    if first != "CREATE":
        return None
    at = 1
    while at < len(words) and words[at] in _BEFORE:
        at += 1
    if words[at : at + 1] and words[at] in _OF_SESSION:
        return None
    if words[at : at + 1] == ["SCHEMA"]:
        name = _name(parts, _behind(words, at + 1))
        return MadeObject("schema", "" if name in ("", "authorization") else name)
    if "INDEX" in words[at : at + 2]:
        if "ON" not in words:
            return None
        at = words.index("ON") + 1
        return MadeObject("beside", _name(parts, at + (words[at : at + 1] == ["ONLY"])))
    if words[at : at + 1] and words[at] in _OBJECTS and words[at : at + 2] != ["OPERATOR", "("]:
        return MadeObject("in", _name(parts, _behind(words, at + 1)).rpartition(".")[0])
    return None


def _behind(words: Sequence[str], at: int) -> int:
    """Behind IF NOT EXISTS."""
    return at + 3 if list(words[at : at + 3]) == ["IF", "NOT", "EXISTS"] else at


def _name(parts: Sequence[Token], at: int) -> str:
    """The last two parts of the name that stands there, as the server folds it."""
    names: list[str] = []
    while at < len(parts) and parts[at].kind in ("word", "quoted"):
        names.append(name_of(parts[at]))
        if parts[at + 1 : at + 2] == [] or parts[at + 1].text != ".":
            break
        at += 2
    return ".".join(names[-2:])


def _plain(part: Token) -> str:
    """A name that may be written as a string."""
    return name_of(part) if part.kind in ("word", "quoted", "string") else ""
