"""What a whole script discloses: the secrets written down in it, each with its line and column."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable

import msgspec

from tui.sql.lexer import LETTER_OR_DIGIT
from tui.sql.meta import parse_meta
from tui.sql.passwords import may_hold, read_columns, read_secrets
from tui.sql.script import Statement, read_script
from tui.sql.secrets import forms, is_distinctive, is_reference, is_secret_name
from tui.sql.variables import Variables
from tui.sql.written import find_written

MARK = "[redacted]"
_SHORT = 3
_LONGEST_CHAIN = 4
"""Variables of psql that are put one into the other."""
_GSET = re.compile(r"\\gset\b")
_ALIAS = re.compile(rf""":['"]?({LETTER_OR_DIGIT}+)""")
_SETTING = re.compile(r"\\(?:set|setenv|getenv|gset)\b")


class Disclosed(msgspec.Struct, frozen=True):
    """A secret in a text: `line` and `column` from 1 of the string that holds it. Of one that is not `sure` only the
    place tells, so that its value is not looked for elsewhere."""

    value: str
    line: int
    column: int
    sure: bool = True


class Disclosure(msgspec.Struct, frozen=True):
    """Of a script: its secrets, the names of psql's variables that stand where one belongs, what it sets variables to,
    the environment's variables that it takes them from, and the variables it puts into others (all by psql's name)."""

    found: tuple[Disclosed, ...] = ()
    names: frozenset[str] = frozenset()
    sets: tuple[tuple[str, Disclosed], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()


class LineIndex:
    """Where in a text a character stands."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def start(self, line: int) -> int:
        """The offset at which a line begins."""
        return self._starts[min(line, len(self._starts)) - 1]


def disclosed_in_script(text: str) -> Disclosure:
    """What a script of SQL and of psql's commands discloses, its comments included."""
    if not may_hold(text) and _SETTING.search(text) is None:
        return Disclosure()
    lines = LineIndex(text)
    found: list[Disclosed] = []
    names: set[str] = set()
    sets: list[tuple[str, Disclosed]] = []
    environment: list[tuple[str, str]] = []
    aliases: list[tuple[str, str]] = []
    behind, data = 0, False
    queries: list[tuple[Statement, int]] = []
    for statement in read_script(text).statements:
        at = text.find(statement.text, max(behind, lines.start(statement.line)))
        if at < 0:
            continue
        if not data:
            found += _commented(text, behind, at, lines)
        behind, data = at + len(statement.text), statement.copy_data is not None
        if statement.meta is not None:
            _command(statement, lines.at(at), sets, environment, aliases)
            if _GSET.match(statement.meta) and queries:
                query, start = queries[-1]
                for name, column in read_columns(query.text):
                    sets.append((name, Disclosed(column.value, *lines.at(start + column.start))))
            continue
        queries[:] = [(statement, at)]
        reading = read_secrets(statement.text)
        names |= reading.variables
        for secret in reading.found:
            sure = secret.sort not in ("assignment", "connection") or is_distinctive(secret.value)
            found.append(Disclosed(secret.value, *lines.at(at + secret.start), sure))
    if not data:
        found += _commented(text, behind, len(text), lines)
    return Disclosure(tuple(found), frozenset(names), tuple(sets), tuple(environment), tuple(aliases))


def disclosed_in_text(text: str) -> tuple[Disclosed, ...]:
    """What a program or a settings file discloses."""
    lines = LineIndex(text)
    written = find_written(text)
    return tuple(Disclosed(w.value, *lines.at(w.start), is_distinctive(w.value)) for w in written)


def standing_for_one(names: Iterable[str], aliases: Collection[tuple[str, str]]) -> set[str]:
    """The variables that stand for a secret: these, and those put into them or into what is called like one."""
    found = set(names)
    for _round in range(_LONGEST_CHAIN):
        found |= {other for name, other in aliases if name in found or is_secret_name(name)}
    return found


def hidden(text: str) -> str:
    """The text with every secret that is written down in it replaced, wherever in it that stands."""
    disclosure = disclosed_in_script(text)
    names = standing_for_one(disclosure.names, disclosure.aliases)
    given = [secret for name, secret in disclosure.sets if name in names or is_secret_name(name)]
    values = {secret.value for secret in (*disclosure.found, *given, *disclosed_in_text(text))}
    # A short one may stand anywhere by chance: it is looked for in its quotes.
    places = {f"'{form}'" if len(value) <= _SHORT else form for value in values for form in forms(value)}
    if not places:
        return text
    found = re.compile("|".join(re.escape(place) for place in sorted(places, key=len, reverse=True)))
    return found.sub(lambda match: f"'{MARK}'" if len(match[0]) <= _SHORT + 2 and match[0][0] == "'" else MARK, text)


def _commented(text: str, start: int, end: int, lines: LineIndex) -> list[Disclosed]:
    """Between two statements: what is commented out is read by whoever reads the file."""
    between = text[start:end]
    if not may_hold(between):
        return []
    written = find_written(between)
    return [Disclosed(w.value, *lines.at(start + w.start)) for w in written if is_distinctive(w.value)]


def _command(
    statement: Statement, place: tuple[int, int], sets: list[tuple[str, Disclosed]],
    environment: list[tuple[str, str]], aliases: list[tuple[str, str]],
) -> None:  # fmt: skip
    meta = parse_meta(statement.meta or "", Variables({}))
    name = meta.text(0)
    if name is None or meta.name not in ("set", "setenv", "getenv"):
        return
    texts = [argument.text for argument in meta.arguments[1:]]
    value = "".join(text for text in texts if text is not None)
    aliases += [(name, other) for argument in meta.arguments[1:] for other in _ALIAS.findall(argument.source)]
    if meta.name == "getenv":
        environment.append((name, value))
    elif value and None not in texts and not is_reference(value):
        # Put in as it stands the value has its quotes with it.
        sets.append((name, Disclosed(value.strip("'\""), *place)))
