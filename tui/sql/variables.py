"""psql's variables in a statement: `:name`, `:'name'`, `:"name"` and `:{?name}`, as psql's own lexer finds them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec

from tui.sql.lexer import EVERY_TOKEN, LETTER_OR_DIGIT, complete

Form = Literal["plain", "literal", "identifier", "test"]

_NAME: Final = rf"{LETTER_OR_DIGIT}+"
VARIABLE: Final = re.compile(
    rf""":(?:(?P<plain>{_NAME})|'(?P<literal>{_NAME})'|"(?P<identifier>{_NAME})"|\{{\?(?P<test>{_NAME})\}})"""
)
"""One use of a variable where it begins; the group says its form."""
# An odd number of colons: `::` casts, and `:::name` casts to what the variable names.
_PERHAPS: Final = re.compile(rf"(?<!:)(?:::)*+:(?:['\"]?{LETTER_OR_DIGIT}|\{{\?)")


class Variable(msgspec.Struct, frozen=True):
    """One use: its name, how it is put in, where it stands. In brackets `a[1:n]` may be a slice."""

    name: str
    form: Form
    start: int
    end: int
    in_brackets: bool


def variables(text: str) -> list[Variable]:
    """The uses in a statement's text, outside strings and comments; `::` and `:=` are none."""
    if _PERHAPS.search(text) is None:
        return []
    found: list[Variable] = []
    open_: list[str] = []
    position = 0
    while position < len(text):
        match = EVERY_TOKEN.match(text, position)
        assert match is not None
        kind, end, _fault = complete(text, match, EVERY_TOKEN)
        if kind == "punct":
            character = text[position]
            if character in "([":
                open_.append(character)
            elif character in ")]" and open_:
                open_.pop()
            elif character == ":":
                if text[position + 1 : position + 2] in (":", "="):
                    end = position + 2
                elif (use := VARIABLE.match(text, position)) is not None:
                    form: Form = use.lastgroup  # type: ignore[assignment]
                    end = use.end()
                    found.append(Variable(use[form], form, position, end, open_[-1:] == ["["]))
        position = end
    return found


def substitute(text: str, value: Callable[[Variable], str | None]) -> str:
    """The text as psql sends it; a variable for which `value` gives None stays as it is written."""
    kept, position = [], 0
    for use in variables(text):
        put_in = value(use)
        if put_in is not None:
            kept += [text[position : use.start], put_in]
            position = use.end
    return "".join([*kept, text[position:]])


def written(form: Form, value: str) -> str:
    """A variable's value as psql puts it into a statement."""
    if form == "literal":
        escaped = value.replace("'", "''")
        return f" E'{escaped}'".replace("\\", "\\\\") if "\\" in value else f"'{escaped}'"
    if form == "identifier":
        doubled = value.replace('"', '""')
        return f'"{doubled}"'
    return value


class Variables:
    """The variables that psql has at a point of a script, as far as they are known beforehand.

    A value of None is not known. `open`: from here on any name may have been set, as by `\\gset`.
    """

    def __init__(self, given: Mapping[str, str | None]) -> None:
        self._values = dict(given)
        self._unset: set[str] = set()
        self.open = False

    def set(self, name: str, value: str | None) -> None:
        """Set one; None where the value is not known."""
        self._values[name] = value
        self._unset.discard(name)

    def unset(self, name: str) -> None:
        """Take one away for certain."""
        self._values.pop(name, None)
        self._unset.add(name)

    def value(self, name: str) -> str | None:
        """Its value, None when that is not known. Raises KeyError for one that is not set."""
        if name in self._values or not (name in PREDEFINED or self.open) or name in self._unset:
            return self._values[name]
        return None

    def is_set(self, name: str) -> bool | None:
        """Whether it is set, None when that is not known."""
        if name in self._values or name in PREDEFINED:
            return name not in self._unset
        return None if self.open and name not in self._unset else False


_NAMES: Final = """
AUTOCOMMIT COMP_KEYWORD_CASE DBNAME ECHO ECHO_HIDDEN ENCODING ERROR FETCH_COUNT HIDE_TABLEAM HIDE_TOAST_COMPRESSION
HISTCONTROL HISTFILE HISTSIZE HOST IGNOREEOF LASTOID LAST_ERROR_MESSAGE LAST_ERROR_SQLSTATE ON_ERROR_ROLLBACK
ON_ERROR_STOP PIPELINE_COMMAND_COUNT PIPELINE_RESULT_COUNT PIPELINE_SYNC_COUNT PORT PROMPT1 PROMPT2 PROMPT3 QUIET
ROW_COUNT SERVER_VERSION_NAME SERVER_VERSION_NUM SERVICE SERVICEFILE SHELL_ERROR SHELL_EXIT_CODE SHOW_ALL_RESULTS
SHOW_CONTEXT SINGLELINE SINGLESTEP SQLSTATE USER VERBOSITY VERSION VERSION_NAME VERSION_NUM WATCH_INTERVAL
"""
PREDEFINED: Final = frozenset(_NAMES.split())
"""Variables that psql sets by itself, in some version."""
