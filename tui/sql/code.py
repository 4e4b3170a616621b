"""What stands inside a statement's string: the body of a DO block or a routine, as tokens with their lines.

The body is another language, mostly PL/pgSQL; only its lexical rules are needed here, and those are SQL's.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from itertools import pairwise
from typing import Final

import msgspec

from tui.sql.lexer import Token, tokens
from tui.sql.script import Statement

_TAG: Final = re.compile(r"\$[^$]*\$")
_DOUBLED: Final = re.compile(r"''")
# After these a further statement of PL/pgSQL begins, as it does after a `;`.
_OPENING: Final = frozenset({"BEGIN", "THEN", "ELSE", "LOOP"})


class Body(msgspec.Struct, frozen=True):
    """The code of a DO block or a routine: its language in lower case, its text, the line in which that begins."""

    language: str
    text: str
    line: int


def body_of(statement: Statement) -> Body | None:
    """The code that a DO executes or that CREATE FUNCTION or PROCEDURE keeps; None where there is none in a string."""
    words = statement.words
    executed = words[:1] == ("DO",)
    if statement.kind != "sql" or not (executed or is_routine(statement)):
        return None
    language, found, previous = "plpgsql" if executed else "sql", None, ""
    for token in tokens(statement.text):
        if previous == "LANGUAGE":
            language = plain(token).lower()
        elif token.kind == "string" and (previous == "AS" or (executed and found is None)):
            found = token
        previous = token.word
    if found is None:
        return None
    # The line breaks inside quotes stay where they are, so that lines can be counted in the text without quotes.
    return Body(language, plain(found), statement.line + statement.text.count("\n", 0, found.start))


def is_routine(statement: Statement) -> bool:
    """CREATE [OR REPLACE] FUNCTION or PROCEDURE."""
    words = statement.words
    return words[:1] == ("CREATE",) and words[1 if words[1:2] != ("OR",) else 3 :][:1] in (
        ("FUNCTION",),
        ("PROCEDURE",),
    )


def plain(token: Token) -> str:
    """A token's value: an identifier or string without its quotes, as far as that needs no escape of E''."""
    text = token.text
    if token.kind == "quoted":
        return text[1:].removesuffix('"').replace('""', '"')
    if token.kind != "string":
        return text
    if text.startswith("$"):
        tag = _TAG.match(text)
        width = len(tag.group()) if tag is not None else 1
        return text[width : len(text) - width]
    if text[:1] in "eE":
        text = text[1:]
    return _DOUBLED.sub("'", text[1:].removesuffix("'"))


def name_of(token: Token) -> str:
    """An identifier as the server folds it: lower case, unless it is quoted."""
    return plain(token) if token.kind in ("quoted", "string") else token.text.lower()


class StatementTokens(msgspec.Struct, frozen=True):
    """The tokens of one statement; `text` is what their offsets count in, and `line` the line in which that begins."""

    tokens: list[Token]
    text: str
    line: int

    @property
    def words(self) -> list[str]:
        """Every token's word: keywords in upper case, anything else as it stands."""
        return [token.word for token in self.tokens]

    def line_of(self, token: Token) -> int:
        """The line of a token in the file."""
        return self.line + self.text.count("\n", 0, token.start)

    def calls(self) -> Iterator[tuple[str, int]]:
        """The functions that are called, without their schemas, with the index of their token."""
        for at, (token, bracket) in enumerate(pairwise(self.tokens)):
            if bracket.text == "(" and token.kind in ("word", "quoted"):
                yield name_of(token), at


def pieces(body: Body) -> Iterator[StatementTokens]:
    """The statements of a body, whatever blocks, branches and loops they stand in."""
    piece: list[Token] = []
    for token in tokens(body.text):
        labelled = token.text == ">" and bool(piece) and piece[-1].text == ">"
        if token.text == ";" or labelled:
            if piece:
                yield StatementTokens(piece, body.text, body.line)
            piece = []
        elif token.word in _OPENING:
            yield StatementTokens([*piece, token], body.text, body.line)
            piece = []
        else:
            piece.append(token)
    if piece:
        yield StatementTokens(piece, body.text, body.line)


def executed(statement: Statement) -> Iterator[StatementTokens]:
    """What is executed at once: the statement itself, the statements of a DO block; nothing of a routine's definition.

    Of EXECUTE 'set …' and EXECUTE format('set …', …) in a DO block every string is a piece as well.
    """
    if is_routine(statement):
        return
    body = body_of(statement) if statement.words[:1] == ("DO",) else None
    if body is None:
        yield StatementTokens(list(tokens(statement.text)), statement.text, statement.line)
        return
    for piece in pieces(body):
        yield piece
        if piece.tokens[0].word == "EXECUTE":
            for token in piece.tokens[1:]:
                if token.kind == "string":
                    text = plain(token)
                    yield StatementTokens(list(tokens(text)), text, piece.line_of(token))


_OTHER_LANGUAGES: Final = re.compile(
    r"\b(?:plpy\.(?:commit|rollback)|spi_(?:commit|rollback))\s*\(|^\s*(?:commit|rollback)\s*$", re.MULTILINE
)


def ends_transactions(body: Body, known: Container[str] = ()) -> int | None:
    """The line in which the code ends a transaction by COMMIT or ROLLBACK, or CALLs a procedure of these names."""
    if body.language != "plpgsql":
        match = _OTHER_LANGUAGES.search(body.text) if body.language.startswith("pl") else None
        return None if match is None else body.line + body.text.count("\n", 0, match.start())
    if _ENDING.search(body.text) is None:
        return None
    for piece in pieces(body):
        words = piece.words
        ends = words[:1] in (["COMMIT"], ["ROLLBACK"]) or (words[:1] == ["CALL"] and called(piece) in known)
        if ends:
            return piece.line_of(piece.tokens[0])
    return None


_ENDING: Final = re.compile(r"\b(?:commit|rollback|call)\b", re.IGNORECASE)


def called(piece: StatementTokens) -> str:
    """The name, without its schema, of the procedure that a CALL calls."""
    name = ""
    for token in piece.tokens[1:]:
        if token.text == "(":
            break
        if token.text != ".":
            name = name_of(token)
    return name


def created_routine(statement: Statement) -> str:
    """The name, without its schema, of the routine that the statement defines."""
    piece = StatementTokens(list(tokens(statement.text)), statement.text, statement.line)
    at = 4 if piece.words[1:2] == ["OR"] else 2
    return called(StatementTokens(piece.tokens[at - 1 :], statement.text, statement.line))
