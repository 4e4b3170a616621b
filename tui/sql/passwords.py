"""Secrets that are written down in SQL: where the passwords of roles, connections, mappings and settings stand.

Found by tokens, so that a string is read as the server reads it (`E''`, `U&''`, `$$`, strings that go on in the next
line), and inside strings and bodies as well, where SQL is put together to be executed. A SCRAM verifier is none: it is
the way to write a role down without its password.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from tui.sql.lexer import Token, tokens
from tui.sql.secrets import is_secret_name
from tui.sql.written import HOLDS, find_written

Sort = Literal["password", "hash", "connection", "option", "setting", "argument", "assignment", "column"]

_WORTH: Final = re.compile(
    r"""passw(?:or)?d (?: ["'\\]* \s* (?: ['$:=|%] | [en]' | u& | -- | /\* | to\b ) )
      | (?:passphrase|passcode|secret|token|pass|pwd|pw|pin|psk|credentials?|authorization|key) \w*
        ["'\\]* \s* (?: [=:] | to\b | ['"]\s*, )
      | \boptions\s*\( | \b(?:crypt|encrypt|decrypt|hmac|pgp_\w+|\w+_secret|\w+_credentials)\s*\(
      | ://[^\s@']*@ | \bconnection\s | bearer\s | basic\s""",
    re.VERBOSE,
)
_DEEPEST: Final = 4
_VERIFIER: Final = re.compile(r"SCRAM-SHA-256\$\d+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+")
_MD5: Final = re.compile(r"md5[0-9a-f]{32}")
_OPEN: Final = re.compile(r"password\s+(?:E?'+|\$[A-Za-z_]*\$)?\s*\Z", re.IGNORECASE)
"""A string that ends just before the password which is put behind it."""
_FORMAT: Final = re.compile(r"%(?:(\d+)\$)?-?\d*([sIL%])")
_PLACE: Final = re.compile(r"password\s+'?\Z", re.IGNORECASE)
_FUNCTIONS: Final = {
    "CRYPT": (0,), "PGP_SYM_ENCRYPT": (1,), "PGP_SYM_DECRYPT": (1,), "PGP_SYM_ENCRYPT_BYTEA": (1,),
    "PGP_SYM_DECRYPT_BYTEA": (1,), "PGP_PUB_DECRYPT": (2,), "ENCRYPT": (1,), "DECRYPT": (1,), "HMAC": (1,),
    "CREATE_SECRET": (0,), "UPDATE_SECRET": (1,), "CREATE_AWS_CREDENTIALS": (1,),
}  # fmt: skip
"""Functions by the arguments (from 0) that are secret."""


class FoundSecret(msgspec.Struct, frozen=True):
    """A secret: its `value`, and where the string that holds it stands, in characters of the text."""

    value: str
    start: int
    end: int
    sort: Sort


class SecretsRead(msgspec.Struct, frozen=True):
    """What a text holds: secrets, and the names of psql's variables that stand where one belongs."""

    found: tuple[FoundSecret, ...] = ()
    variables: frozenset[str] = frozenset()


def is_verifier(text: str) -> bool:
    """Whether it is a SCRAM verifier, from which nobody can log in."""
    return _VERIFIER.fullmatch(text.strip()) is not None


def may_hold(text: str) -> bool:
    """Whether it has what every text has that holds one; others need not be read."""
    # In small letters beforehand: a pattern that ignores the case takes four times as long.
    return _WORTH.search(text.lower()) is not None


def read_secrets(sql: str) -> SecretsRead:
    """The secrets of one statement, or of a piece of text that may be one."""
    if not may_hold(sql):
        return SecretsRead()
    reader = _Reader(sql)
    reader.read()
    unique: dict[tuple[int, int, str], FoundSecret] = {}
    for secret in reader.found:
        unique.setdefault((secret.start, secret.end, secret.value), secret)
    found = tuple(unique[place] for place in sorted(unique))
    return SecretsRead(found, frozenset(reader.variables))


def read_columns(sql: str) -> tuple[tuple[str, FoundSecret], ...]:
    """The strings of a query by the names of their columns, which psql's `\\gset` makes variables."""
    reader = _Reader(sql)
    reader.read()
    return tuple(reader.columns)


class _String(msgspec.Struct):
    """A string of the statement: its decoded value, its place, and the number of the token behind it."""

    value: str
    start: int
    end: int
    behind: int


class _Reader:
    def __init__(self, sql: str, depth: int = 0) -> None:
        self.sql = sql
        self.depth = depth
        self.tokens: list[Token] = list(tokens(sql))
        self.found: list[FoundSecret] = []
        self.variables: set[str] = set()
        self.columns: list[tuple[str, FoundSecret]] = []

    def read(self) -> None:
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.kind == "word":
                self._word(at, token.word)
            string = self.string(at)
            if string is not None:
                self._inside(string)
                self._column(string)
                at = string.behind
            else:
                at += 1

    def _word(self, at: int, word: str) -> None:
        if word in ("PASSWORD", "PASSWD"):
            self._secret(at + 1, "password")
            self._assigned(at)
        elif word == "OPTIONS":
            self._options(at + 1)
        elif word in _FUNCTIONS and self._is(at + 1, "("):
            arguments = self._arguments(at + 1)
            for number in _FUNCTIONS[word]:
                if number < len(arguments):
                    self._secret(arguments[number], "argument")
        elif word == "SET_CONFIG" and self._is(at + 1, "("):
            name = self.string(at + 2)
            if name is not None and is_secret_name(name.value) and self._is(name.behind, ","):
                self._secret(name.behind + 1, "setting")
        elif word == "FORMAT" and self._is(at + 1, "("):
            self._formatted(at + 1)
        elif word == "SET" and self.tokens[0].word not in ("UPDATE", "INSERT", "MERGE", "WITH"):
            self._setting(at + 1)
        elif is_secret_name(word):
            self._assigned(at)

    def _column(self, string: _String) -> None:
        """`select 'literal' as name`."""
        at = string.behind
        if at + 1 < len(self.tokens) and self.tokens[at].word == "AS":
            found = FoundSecret(string.value, string.start, string.end, "column")
            self.columns.append((self.tokens[at + 1].text.strip('"'), found))

    def _assigned(self, at: int) -> None:
        """`password = 'literal'`, as in an UPDATE."""
        if self._is(at + 1, "="):
            self._secret(at + 2, "assignment")

    def _setting(self, at: int) -> None:
        """`SET [LOCAL] name = 'literal'`, also of ALTER SYSTEM, ROLE and DATABASE."""
        name = ""
        while at < len(self.tokens) and self.tokens[at].kind in ("word", "quoted", "punct"):
            token = self.tokens[at]
            if token.word == "TO" or token.text == "=":
                break
            if token.kind == "punct" and token.text != ".":
                return
            name = token.text.strip('"') if token.text != "." else name
            at += 1
        if name and is_secret_name(name):
            self._secret(at + 1, "setting")

    def _options(self, at: int) -> None:
        if not self._is(at, "("):
            return
        at += 1
        while at < len(self.tokens) and not self._is(at, ")"):
            name = self.tokens[at]
            if name.kind in ("word", "quoted") and is_secret_name(name.text.strip('"')):
                self._secret(at + 1, "option")
            at += 1

    def _arguments(self, at: int) -> list[int]:
        """The first token of each argument of a call whose parenthesis opens here."""
        found, depth = [at + 1], 0
        for number in range(at, len(self.tokens)):
            text = self.tokens[number].text
            depth += (text in "([") - (text in ")]") if self.tokens[number].kind == "punct" else 0
            if depth == 0:
                break
            if depth == 1 and text == "," and self.tokens[number].kind == "punct":
                found.append(number + 1)
        return found

    def _formatted(self, at: int) -> None:
        """`format('... password %L', ..., 'literal')`."""
        arguments = self._arguments(at)
        pattern = self.string(arguments[0])
        if pattern is None:
            return
        taken = 0
        for use in _FORMAT.finditer(pattern.value):
            if use[2] == "%":
                continue
            taken = int(use[1]) if use[1] else taken + 1
            if _PLACE.search(pattern.value, 0, use.start()) and taken < len(arguments):
                self._secret(arguments[taken], "password")

    def _inside(self, string: _String) -> None:
        """What a string holds itself: a connection, a variable of a program, SQL that somebody executes."""
        if _OPEN.search(string.value) and self._is(string.behind, "|"):
            behind = string.behind
            while behind < len(self.tokens) and self.tokens[behind].kind in ("punct", "word"):
                behind += 1
            self._secret(behind, "password")
        if HOLDS.search(string.value) is None:
            return
        for written in find_written(string.value, literals=False):
            self.found.append(FoundSecret(written.value, string.start, string.end, "connection"))
        if self.depth < _DEEPEST and may_hold(string.value):
            inner = _Reader(string.value, self.depth + 1)
            inner.read()
            for found in inner.found:
                self.found.append(FoundSecret(found.value, string.start, string.end, found.sort))

    def _secret(self, at: int, sort: Sort) -> None:
        """What stands here is a secret, if it is written down here."""
        if self._is(at, ":") and at + 1 < len(self.tokens):
            self.variables.add(self.tokens[at + 1].text.strip("'\""))
            return
        string = self.string(at)
        if string is None or not string.value or is_verifier(string.value):
            return
        if sort == "password" and _MD5.fullmatch(string.value):
            sort = "hash"
        self.found.append(FoundSecret(string.value, string.start, string.end, sort))

    def _is(self, at: int, text: str) -> bool:
        return at < len(self.tokens) and self.tokens[at].kind == "punct" and self.tokens[at].text == text

    def string(self, at: int) -> _String | None:
        """The string constant that begins with this token; None where none does."""
        if at >= len(self.tokens):
            return None
        first = self.tokens[at]
        if first.kind == "word" and first.word in ("N", "U"):
            skip = 1 if first.word == "N" else 2
            if at + skip < len(self.tokens) and self.tokens[at + skip].start == first.start + skip:
                rest = self.string(at + skip)
                if rest is not None and self.tokens[at + skip].text.startswith("'"):
                    return self._prefixed(first, rest)
            return None
        if first.kind != "string":
            return None
        value, behind = _decoded(first.text), at + 1
        end = first.start + len(first.text)
        while first.text.startswith("'") and behind < len(self.tokens) and self.tokens[behind].text.startswith("'"):
            # Strings with the end of a line between them are one.
            following = self.tokens[behind]
            if "\n" not in self.sql[end : following.start] or following.kind != "string":
                break
            value += _decoded(following.text)
            end = following.start + len(following.text)
            behind += 1
        return _String(value, first.start, end, behind)

    def _prefixed(self, first: Token, rest: _String) -> _String:
        value, behind = rest.value, rest.behind
        if first.word == "U":
            escape = "\\"
            if behind + 1 < len(self.tokens) and self.tokens[behind].word == "UESCAPE":
                given = self.string(behind + 1)
                if given is not None and len(given.value) == 1:
                    escape, behind = given.value, given.behind
            value = _unicode(value, escape)
        return _String(value, first.start, rest.end, behind)


_ESCAPE: Final = re.compile(r"\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_LETTERS: Final = {"n": "\n", "t": "\t", "b": "\b", "r": "\r", "f": "\f"}
_CONTINUED: Final = re.compile(r"'\s*\n\s*'")


def _decoded(text: str) -> str:
    """What a string constant means."""
    if text.startswith("$"):
        tag = text[: text.index("$", 1) + 1]
        return text[len(tag) : -len(tag)] if text.endswith(tag) and len(text) >= 2 * len(tag) else text[len(tag) :]
    if text[:1] in "eE":
        return _ESCAPE.sub(_escaped, _CONTINUED.sub("", _inner(text[1:])).replace("''", "'"))
    return _inner(text).replace("''", "'")


def _inner(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text.endswith("'") else text[1:]


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "xuU" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number < 0x110000 else ""
    if code[0] in "01234567":
        return chr(int(code, 8) & 255)
    return _LETTERS.get(code, code)


def _unicode(text: str, escape: str) -> str:
    mark = re.escape(escape)
    pattern = re.compile(rf"{mark}(?:({mark})|\+([0-9A-Fa-f]{{6}})|([0-9A-Fa-f]{{4}}))")

    def character(match: re.Match[str]) -> str:
        if match[1]:
            return escape
        number = int(match[2] or match[3], 16)
        return chr(number) if number < 0x110000 else ""

    return pattern.sub(character, text)
