"""The settings that a statement changes, by whatever syntax: SET, RESET, set_config(), in a DO block too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from tui.sql.code import StatementTokens, executed, name_of, plain
from tui.sql.lexer import Token
from tui.sql.script import Statement

# SET NAMES 'x' and its like, which take no TO.
_OTHER_NAMES: Final = {"NAMES": "client_encoding", "SCHEMA": "search_path", "SEED": "seed"}
_TWO_WORDS: Final = {
    ("SESSION", "AUTHORIZATION"): "session_authorization",
    ("TIME", "ZONE"): "timezone",
    ("XML", "OPTION"): "xmloption",
}
_SETTING: Final = (("SET",), ("RESET",), ("DO",))
_TRUE: Final = frozenset({"true", "t", "on", "yes", "y", "1"})


class Setting(msgspec.Struct, frozen=True):
    """A setting that is changed: its name in lower case, whether only until the transaction's end, its line.

    `role`, `session_authorization`, `seed` and `all` (RESET ALL) count as settings. `value` is what it is set to where
    that is one literal or name; None for RESET, DEFAULT, a list or an expression.
    """

    name: str
    local: bool
    line: int
    value: str | None = None


def settings(statement: Statement) -> tuple[Setting, ...]:
    """The settings it changes, in the order of the text. SET TRANSACTION and SET CONSTRAINTS change none."""
    first = statement.words[:1]
    # Other statements are many and long, and are not looked at word by word.
    if statement.kind != "sql" or (first not in _SETTING and "set_config" not in statement.text.lower()):
        return ()
    found: list[Setting] = []
    for piece in executed(statement):
        found += _set(piece)
        found += _set_config(piece)
    return tuple(found)


def _set(piece: StatementTokens) -> Iterator[Setting]:
    words, parts = piece.words[:12], piece.tokens
    if words[:1] not in (["SET"], ["RESET"]):
        return
    line, reset, at = piece.line_of(parts[0]), words[0] == "RESET", 1
    local = not reset and words[1:2] == ["LOCAL"]
    scoped = not reset and words[1:2] in (["LOCAL"], ["SESSION"])
    if scoped and words[1:3] != ["SESSION", "AUTHORIZATION"]:
        at = 2
    if words[at : at + 1] in ([], ["TRANSACTION"], ["CONSTRAINTS"]):
        return
    if words[at] == "CHARACTERISTICS":
        yield from (Setting(name, False, line) for name in _characteristics(words))
        return
    name, at = _named(parts, words, at)
    values = [token for token in parts[at:] if token.text != "=" and token.word != "TO"]
    known = not reset and len(values) == 1 and values[0].word != "DEFAULT"
    yield Setting(name, local, line, _value(values[0]) if known else None)


def _named(parts: list[Token], words: list[str], at: int) -> tuple[str, int]:
    """The setting's name, and where what comes after it begins."""
    assigned = words[at + 1 : at + 2] in (["TO"], ["="], ["."])
    pair = tuple(words[at : at + 2])
    if pair in _TWO_WORDS:
        return _TWO_WORDS[pair], at + 2
    if parts[at].kind == "word" and words[at] in _OTHER_NAMES and not assigned:
        return _OTHER_NAMES[words[at]], at + 1
    name, at = name_of(parts[at]), at + 1
    while words[at : at + 1] == ["."] and at + 1 < len(parts):
        name, at = f"{name}.{name_of(parts[at + 1])}", at + 2
    return name.lower(), at


def _value(token: Token) -> str:
    return name_of(token) if token.kind == "word" else plain(token)


def _characteristics(words: list[str]) -> list[str]:
    names = []
    if "ISOLATION" in words:
        names.append("default_transaction_isolation")
    # READ COMMITTED and READ UNCOMMITTED are levels.
    if "ONLY" in words or "WRITE" in words:
        names.append("default_transaction_read_only")
    if "DEFERRABLE" in words:
        names.append("default_transaction_deferrable")
    return names


def _set_config(piece: StatementTokens) -> Iterator[Setting]:
    parts = piece.tokens
    for name, at in piece.calls():
        if name != "set_config" or len(parts) < at + 3 or parts[at + 2].kind != "string":
            continue
        arguments = _arguments(parts, at + 1)
        value = arguments[1] if len(arguments) > 1 else []
        scope = arguments[2] if len(arguments) > 2 else []
        local = len(scope) == 1 and plain(scope[0]).lower() in _TRUE
        known = len(value) == 1 and value[0].kind == "string"
        line = piece.line_of(parts[at])
        yield Setting(plain(parts[at + 2]).lower(), local, line, plain(value[0]) if known else None)


def _arguments(parts: list[Token], bracket: int) -> list[list[Token]]:
    """The arguments of a call whose opening bracket stands there."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in parts[bracket:]:
        depth += token.text in ("(", "[")
        depth -= token.text in (")", "]")
        if depth == 0:
            break
        if token.text == "," and depth == 1:
            found.append([])
        elif token.text != "(" or depth > 1:
            found[-1].append(token)
    return found
