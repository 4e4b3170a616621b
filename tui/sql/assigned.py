"""What stands behind SET of an UPDATE: the columns that are assigned, and whether it is more than that. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tui.sql.code import name_of
from tui.sql.lexer import Token, tokens


def assigned_columns(text: str) -> tuple[str, ...]:
    """The columns of `a = 1, (b, c) = (2, 3)`, as the server folds their names."""
    found: list[str] = []
    for part in _assignments(text):
        bracketed = bool(part) and part[0].text == "("
        names = part[1 : next((n for n, token in enumerate(part) if token.text == ")"), len(part))]
        for token in names if bracketed else part[:1]:
            if token.kind in ("word", "quoted"):
                found.append(name_of(token))
    return tuple(dict.fromkeys(found))


def more_than_assignments(text: str) -> bool:
    """Whether it has a WHERE or RETURNING of its own, or closes a bracket that is not its own."""
    depth = 0
    for token in tokens(text):
        depth += _deeper(token)
        if depth < 0 or (depth == 0 and token.word in ("WHERE", "RETURNING")):
            return True
    return depth != 0


def closes_brackets(text: str) -> bool:
    """Whether a condition is more, or less, than what may stand in brackets."""
    depth = 0
    for token in tokens(text):
        depth += _deeper(token)
        if depth < 0:
            return True
    return depth != 0


def _assignments(text: str) -> Iterator[list[Token]]:
    """The tokens of each."""
    part: list[Token] = []
    depth = 0
    for token in tokens(text):
        depth += _deeper(token)
        if token.text == "," and depth == 0:
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _deeper(token: Token) -> int:
    return {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
