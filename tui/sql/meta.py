"""A backslash command as psql reads it: its name, and its arguments as far as they are known beforehand.

After psql's `psqlscanslash.l`. Single quotes are taken off and escapes resolved; double quotes stay, as
psql leaves them for names of files; `:name` is put in when its value is known.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from tui.sql.variables import VARIABLE, Variables, written

_NAME: Final = re.compile(r"\\([^\s\\]+)")
_ESCAPE: Final = re.compile(r"\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|.)", re.DOTALL)
_LETTERS: Final = {"n": "\n", "t": "\t", "b": "\b", "r": "\r", "f": "\f"}
_QUOTED: Final = re.compile(r"'((?:[^'\\]|\\.|'')*)(')?", re.DOTALL)


class Argument(msgspec.Struct, frozen=True):
    """One argument: `text` is what psql sees, None where that is not known beforehand; `source` is what was written.

    `unset`: a variable in it that is not set, so that psql takes `:name` as it stands. `program`: a program in
    backticks gives a part of it. `ended`: every quote in it is closed; if not, psql leaves it out.
    """

    source: str
    text: str | None
    unset: str = ""
    program: bool = False
    ended: bool = True


class Meta(msgspec.Struct, frozen=True):
    """A command's name without its backslash, its arguments, and what was written behind the name."""

    name: str
    arguments: tuple[Argument, ...]
    rest: str

    def text(self, number: int) -> str | None:
        """An argument's text; None where there is no such argument, or it is not known."""
        return self.arguments[number].text if number < len(self.arguments) else None


def parse_meta(command: str, variables: Variables) -> Meta:
    """The command as psql would read it with these variables."""
    match = _NAME.match(command)
    name = "" if match is None else match[1]
    rest = command[len(name) + 1 :]
    return Meta(name, tuple(_arguments(rest, variables)), rest.strip())


def _arguments(rest: str, variables: Variables) -> list[Argument]:
    found: list[Argument] = []
    position = 0
    while True:
        while position < len(rest) and rest[position].isspace():
            position += 1
        if position >= len(rest) or rest[position] == "\\":
            return found
        argument, position = _argument(rest, position, variables)
        found.append(argument)


def _argument(rest: str, start: int, variables: Variables) -> tuple[Argument, int]:
    pieces: list[str | None] = []
    unset, program, ended, position = "", False, True, start
    while position < len(rest) and not rest[position].isspace() and rest[position] != "\\":
        character = rest[position]
        if character == "'":
            match = _QUOTED.match(rest, position)
            assert match is not None
            pieces.append(_unescaped(match[1]))
            position = match.end()
            ended = ended and match[2] is not None
        elif character == "`":
            closing = rest.find("`", position + 1)
            ended = ended and closing >= 0
            position = len(rest) if closing < 0 else closing + 1
            pieces.append(None)
            program = True
        elif character == '"':
            closing = rest.find('"', position + 1)
            ended = ended and closing >= 0
            end = len(rest) if closing < 0 else closing + 1
            pieces.append(rest[position:end])
            position = end
        elif (match := VARIABLE.match(rest, position)) is not None:
            text, missing = _variable(match, variables)
            pieces.append(text)
            unset = unset or missing
            position = match.end()
        else:
            pieces.append(character)
            position += 1
    known = None if None in pieces else "".join(piece for piece in pieces if piece is not None)
    return Argument(rest[start:position], known, unset, program, ended), position


def _variable(match: re.Match[str], variables: Variables) -> tuple[str | None, str]:
    """What psql puts in for a variable, and its name where it is not set."""
    form = match.lastgroup
    assert form is not None
    name = match[form]
    if form == "test":
        is_set = variables.is_set(name)
        return (None if is_set is None else "TRUE" if is_set else "FALSE"), ""
    try:
        found = variables.value(name)
    except KeyError:
        return match[0], name
    return (None if found is None else written(form, found)), ""  # type: ignore[arg-type]


def _unescaped(text: str) -> str:
    def letter(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] == "x" and len(code) > 1:
            return chr(int(code[1:], 16))
        if code[0] in "01234567":
            return chr(int(code, 8) & 255)
        return _LETTERS.get(code, code)

    return _ESCAPE.sub(letter, text.replace("''", "'"))


def boolean(text: str) -> bool | None:
    """A boolean as psql reads it: a beginning of true, false, yes, no, or on, off, 1, 0; None for what is none."""
    word = text.lower()
    for name, meaning in (("true", True), ("false", False), ("yes", True), ("no", False)):
        if word and name.startswith(word):
            return meaning
    return {"on": True, "of": False, "off": False, "1": True, "0": False}.get(word)
