"""psql's `\\copy`: where it copies from or to, after psql's `copy.c`. Variables are not put in there."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from tui.sql.lexer import tokens

_NAME: Final = re.compile(r"\s*(?:'((?:[^']|'')*)'?|([^\s;]+))")


class Copy(msgspec.Struct, frozen=True):
    """`\\copy`: where from or to. `file` is None for stdin, stdout and a program."""

    direction: Literal["from", "to"]
    place: Literal["file", "program", "inline", "pstdin", "output"]
    file: str | None = None


def parse_copy(rest: str) -> Copy | None:
    """What follows `\\copy`; None for what psql would not understand. Variables are not put in here."""
    depth = 0
    for token in tokens(rest):
        depth += (token.text == "(") - (token.text == ")")
        if depth or token.word not in ("FROM", "TO") or token.start == 0:
            continue
        direction: Literal["from", "to"] = "from" if token.word == "FROM" else "to"
        return _place(direction, rest[token.start + len(token.text) :])
    return None


def _place(direction: Literal["from", "to"], rest: str) -> Copy | None:
    match = _NAME.match(rest)
    if match is None:
        return None
    if match[1] is not None:
        return Copy(direction, "file", match[1].replace("''", "'"))
    word = match[2].lower()
    if word == "program":
        return Copy(direction, "program")
    if word in ("stdin", "stdout"):
        return Copy(direction, "inline" if direction == "from" else "output")
    if word in ("pstdin", "pstdout"):
        return Copy(direction, "pstdin" if direction == "from" else "output")
    return Copy(direction, "file", match[2])
