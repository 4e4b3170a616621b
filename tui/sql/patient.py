"""Statements whose locks no application waits for, however long they are held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from tui.sql.lexer import Token, tokens
from tui.sql.script import Statement

_SETS = frozenset({"SET", "RESET", "SHOW"})


def is_patient(statement: Statement) -> bool:
    """Whether it takes no lock that reading and writing rows waits for: an index built, rebuilt or dropped
    concurrently, VALIDATE CONSTRAINT, VACUUM without FULL, ANALYZE, and what only sets something.

    Judged from the words alone, and of what is not among these it is not said.
    """
    words = statement.words
    if statement.kind != "sql" or not words:
        return False
    first = words[0]
    if first == "VACUUM":
        return "FULL" not in _options(statement.text)
    if first in ("CREATE", "DROP"):
        return "INDEX" in words[1:3] and "CONCURRENTLY" in words[2:4]
    if first == "REINDEX":
        return "CONCURRENTLY" in _options(statement.text) or "CONCURRENTLY" in words[1:3]
    if first == "REFRESH":
        return "CONCURRENTLY" in words[:4]
    if first == "ALTER":
        return words[1:2] == ("TABLE",) and _only_validates(statement.text)
    return first == "ANALYZE" or first in _SETS


def all_patient(statements: Iterable[Statement]) -> bool:
    """Of all statements of a transaction; one that only sets something is not long enough to be meant."""
    found = list(statements)
    return all(map(is_patient, found)) and any(s.words[0] not in _SETS for s in found)


def _options(text: str) -> set[str]:
    """The words of its options: those in parentheses behind the first word, or those before the first name."""
    found: set[str] = set()
    depth = 0
    for token in tokens(text):
        depth += (token.text == "(") - (token.text == ")")
        if token.text == ")" or (depth == 0 and token.kind != "word"):
            break
        found.add(token.word)
        if depth == 0 and len(found) > 6:
            break
    return found


def _outside(text: str) -> Iterator[Token]:
    depth = 0
    for token in tokens(text):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.text != ")":
            yield token


def _only_validates(text: str) -> bool:
    """ALTER TABLE ... VALIDATE CONSTRAINT a [, VALIDATE CONSTRAINT b], and no other action among them."""
    found = list(_outside(text))
    validated = sum((one.word, two.word) == ("VALIDATE", "CONSTRAINT") for one, two in pairwise(found))
    return validated > 0 and validated == sum(token.text == "," for token in found) + 1
