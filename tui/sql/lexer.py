"""PostgreSQL's lexical rules, as far as finding statements, their words and their lines needs them.

After the server's own `scan.l`: nested block comments, quoted strings of all sorts with continuation lines,
quoted identifiers, dollar quotes. Whatever the server would reject is passed on as it is: the server says it better.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

Kind = Literal["word", "string", "quoted", "number", "punct"]
Fault = Literal["unterminated_string", "unterminated_identifier", "unterminated_comment", "unterminated_dollar_quote"]

# Every character outside ASCII is a letter. The classes name what they leave out: Python takes milliseconds to compile
# one that reaches to U+10FFFF.
LETTER: Final = r"[^\x00-@\[-^`{-\x7f]"
"""A class of what a word or an identifier begins with."""
LETTER_OR_DIGIT: Final = r"[^\x00-/:-@\[-^`{-\x7f]"
"""A class of what a variable of psql, or the tag of a dollar quote behind its first letter, consists of."""
_WORD: Final = rf"{LETTER}[^\x00-#%-/:-@\[-^`{{-\x7f]*+"
# Only character sets are possessive: before Python 3.11.5 a possessive group that can backtrack inside matches wrongly.
_ESCAPED_BODY: Final = r"(?:[^'\\]++|\\.|'')*"
_PIECES: Final = rf"""
  (?P<space>[ \t\n\r\f\v]++)
| (?P<comment>--[^\r\n]*+)
| (?P<block>/\*)
| (?P<escaped>[eE]'{_ESCAPED_BODY}(?P<escaped_end>')?)
| (?P<word>{_WORD})
| (?P<string>'{{body}}(?P<string_end>')?)
| (?P<quoted>"[^"]*+(?P<quoted_end>")?)
| (?P<dollar>\$(?:{LETTER}{LETTER_OR_DIGIT}*+)?\$)
| (?P<number>\$?[0-9]++)
| (?P<backslash>\\)
| (?P<punct>.)
"""
# Everything that can neither end a statement nor change how the rest of it is read, in one match.
_DULL: Final = rf"""
  (?P<dull>(?:
      [\x00-!#%&*-,.0-:<-@\[\]^`{{-\x7f]++ | (?![eE]'){_WORD} | '[^']*+' | "[^"]*+" | -(?!-) | /(?!\*) | \$[0-9]++
  ){1, 1000}) |
"""
_FLAGS: Final = re.VERBOSE | re.DOTALL

EVERY_TOKEN: Final = re.compile(_PIECES.replace("{body}", "[^']*+"), _FLAGS)
"""Matches one token; plain strings take backslashes as they are (`standard_conforming_strings = on`)."""
ENDS_ONLY: Final = re.compile(_DULL + _PIECES.replace("{body}", "[^']*+"), _FLAGS)
"""EVERY_TOKEN with runs of no interest as one `dull` token, for the rest of a statement whose words are known."""
BACKSLASH_STRINGS: Final = re.compile(_PIECES.replace("{body}", _ESCAPED_BODY), _FLAGS)
"""EVERY_TOKEN under `standard_conforming_strings = off`."""

_CONTINUATION: Final = re.compile(r"(?:[ \t\f\v]|--[^\r\n]*+)*[\r\n](?:[ \t\r\n\f\v]|--[^\r\n]*+[\r\n])*'")
_REST_OF_ESCAPED: Final = re.compile(rf"{_ESCAPED_BODY}(')?", re.DOTALL)
_BLOCK_MARK: Final = re.compile(r"/\*|\*/")


class Token(msgspec.Struct, frozen=True, gc=False):
    """One token: `kind`, its exact `text`, and `start`, its offset in characters."""

    kind: Kind
    text: str
    start: int

    @property
    def word(self) -> str:
        """An unquoted identifier or keyword in upper case, otherwise the text itself."""
        return self.text.upper() if self.kind == "word" else self.text


COMPLETE: Final = frozenset({"space", "comment", "word", "number", "backslash", "punct", "dull"})
"""The groups for which the match is the whole token; for the others `complete` says where it ends."""


def complete(text: str, match: re.Match[str], pattern: re.Pattern[str]) -> tuple[str, int, Fault | None]:
    """What a match of a token's beginning stands for: the kind, where the token ends, what is wrong with it.

    A token that is not ended reaches to the end of the text.
    """
    # The groups that mark an end lie inside others, so the name of the last closed group is the outer one.
    kind = match.lastgroup or "punct"
    end = match.end()
    if kind == "block":
        return "comment", *_after_block_comment(text, end)
    if kind == "dollar":
        closing = text.find(match.group(), end)
        if closing < 0:
            return "string", len(text), "unterminated_dollar_quote"
        return "string", closing + len(match.group()), None
    if kind == "escaped" or (kind == "string" and pattern is BACKSLASH_STRINGS):
        if match.group("escaped_end") is None and match.group("string_end") is None:
            return "string", len(text), "unterminated_string"
        return "string", *_after_continuations(text, end)
    if kind == "string" and match.group("string_end") is None:
        return kind, len(text), "unterminated_string"
    if kind == "quoted" and match.group("quoted_end") is None:
        return kind, len(text), "unterminated_identifier"
    return kind, end, None


def _after_block_comment(text: str, position: int) -> tuple[int, Fault | None]:
    depth = 1
    while depth:
        mark = _BLOCK_MARK.search(text, position)
        if mark is None:
            return len(text), "unterminated_comment"
        depth += 1 if mark.group() == "/*" else -1
        position = mark.end()
    return position, None


def _after_continuations(text: str, position: int) -> tuple[int, Fault | None]:
    """A string that goes on after a newline goes on by the rules it began with."""
    while (more := _CONTINUATION.match(text, position)) is not None:
        rest = _REST_OF_ESCAPED.match(text, more.end())
        assert rest is not None
        if rest.group(1) is None:
            return len(text), "unterminated_string"
        position = rest.end()
    return position, None


def tokens(text: str) -> Iterator[Token]:
    """All tokens of one statement, without white space and comments."""
    position = 0
    while position < len(text):
        match = EVERY_TOKEN.match(text, position)
        assert match is not None
        kind, end, _fault = complete(text, match, EVERY_TOKEN)
        if kind == "backslash":
            kind = "punct"
        while kind == "string" and text[position] == "'" and text[end : end + 1] == "'":
            # A doubled quote stands inside the string.
            match = EVERY_TOKEN.match(text, end)
            assert match is not None
            end = match.end()
        if kind not in ("space", "comment"):
            yield Token(kind, text[position:end], position)  # type: ignore[arg-type]
        position = end
