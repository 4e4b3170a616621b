"""What a statement leaves in its session for those after it, and what it takes from there.

Statements that are executed in another session than those before them (after a crash, behind what is proved to be
committed) find nothing of it. Judged from the words alone: what a called function does is not seen, what stands in a
DO block is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from tui.sql.code import StatementTokens, executed, is_routine, name_of, plain
from tui.sql.lexer import Token, tokens
from tui.sql.script import Statement
from tui.sql.settings import Setting, settings

StateCode = Literal[
    "setting", "role", "session_authorization", "temporary", "prepared", "cursor", "listen", "loaded",
    "advisory_lock", "sequence", "seed", "connection", "discarded",
]  # fmt: skip
"""`setting`: a session setting; `role`: SET ROLE; `temporary`: an object of pg_temp; `prepared`: PREPARE;
`cursor`: one WITH HOLD; `loaded`: LOAD; `advisory_lock`: one held by the session; `sequence`: what currval() and
lastval() give; `seed`: of random(); `connection`: a named one of dblink; `discarded`: RESET ALL, DISCARD, DEALLOCATE
and UNLISTEN, which take away what others left."""

_CALLS: Final[dict[str, StateCode]] = {
    "pg_advisory_lock": "advisory_lock",
    "pg_advisory_lock_shared": "advisory_lock",
    "pg_try_advisory_lock": "advisory_lock",
    "pg_try_advisory_lock_shared": "advisory_lock",
    "nextval": "sequence",
    "setval": "sequence",
    "setseed": "seed",
    "dblink_connect": "connection",
    "dblink_connect_u": "connection",
}
_TEMPORARY: Final = frozenset({"TEMP", "TEMPORARY"})
_CREATED: Final = frozenset(
    {"TABLE", "VIEW", "SEQUENCE", "FUNCTION", "PROCEDURE", "TYPE", "DOMAIN", "AGGREGATE", "OPERATOR", "COLLATION"}
)
_ONLY_STATE: Final = frozenset({"SET", "RESET", "PREPARE", "LISTEN", "UNLISTEN", "LOAD", "DEALLOCATE"})


class State(msgspec.Struct, frozen=True):
    """A piece of session state: its kind, its name (a setting, a table, …; may be empty), its line in the file."""

    code: StateCode
    name: str
    line: int


def session_state(statement: Statement) -> tuple[State, ...]:
    """What it leaves in the session: settings but not SET LOCAL, temporary objects, prepared statements and so on."""
    if statement.kind != "sql":
        return ()
    found = [_state_of(setting) for setting in settings(statement) if not setting.local]
    if is_routine(statement):
        # It executes nothing, but it may itself be temporary.
        found += _objects(StatementTokens(list(tokens(statement.text)), statement.text, statement.line))
    for piece in executed(statement):
        found += _objects(piece)
        found += (
            State(_CALLS[name], "", piece.line_of(piece.tokens[at])) for name, at in piece.calls() if name in _CALLS
        )
    return tuple(found)


def session_needs(statement: Statement) -> tuple[State, ...]:
    """What it takes from the session by name: EXECUTE, FETCH, MOVE and CLOSE, currval() and lastval(), pg_temp.x.

    Settings, the role and temporary tables named without pg_temp may matter to any statement and are not told here.
    """
    if statement.kind != "sql":
        return ()
    found: list[State] = []
    parts = list(tokens(statement.text))
    match statement.words[:1]:
        case ("EXECUTE",) if len(parts) > 1:
            found.append(State("prepared", name_of(parts[1]), statement.line))
        case ("DEALLOCATE",) if parts[-1].word != "ALL":
            found.append(State("prepared", name_of(parts[-1]), statement.line))
        case ("FETCH",) | ("MOVE",) | ("CLOSE",) if parts[-1].word != "ALL":
            found.append(State("cursor", name_of(parts[-1]), statement.line))
    made = {state.name for state in session_state(statement) if state.code == "temporary"}
    for piece in executed(statement):
        found += (
            State("sequence", "", piece.line_of(piece.tokens[at]))
            for name, at in piece.calls()
            if name in ("currval", "lastval")
        )
        for schema, dot, name in zip(piece.tokens, piece.tokens[1:], piece.tokens[2:], strict=False):
            if dot.text == "." and name_of(schema) == "pg_temp" and name_of(name) not in made:
                found.append(State("temporary", name_of(name), piece.line_of(name)))
    return tuple(found)


def only_session_state(statement: Statement) -> bool:
    """Whether leaving state in its session is all it does, so that executed in another one it leaves the same.

    So for SET, RESET, PREPARE of a statement, LISTEN, UNLISTEN, LOAD, DEALLOCATE, and a SELECT of nothing but
    set_config() of literals; not for temporary tables and cursors, which hold rows, nor for SET LOCAL, SET TRANSACTION
    and SET CONSTRAINTS, which end with their transaction.
    """
    words = statement.words
    if statement.kind != "sql" or not words:
        return False
    if words[0] == "SELECT":
        return _only_sets_config(statement)
    if words[0] not in _ONLY_STATE or prepares_transaction(statement):
        return False
    return words[0] not in ("SET", "RESET") or any(not setting.local for setting in settings(statement))


def prepares_transaction(statement: Statement) -> bool:
    """PREPARE TRANSACTION 'gid'. PREPARE transaction AS … prepares a statement of that name."""
    if statement.kind != "sql" or statement.words[:1] != ("PREPARE",):
        return False
    parts = [token for token, _ in zip(tokens(statement.text), range(3), strict=False)]
    return len(parts) == 3 and parts[1].word == "TRANSACTION" and parts[2].kind == "string"


def _objects(piece: StatementTokens) -> Iterator[State]:
    words, parts = piece.words, piece.tokens
    line = piece.line_of(parts[0]) if parts else piece.line
    match words[:1]:
        case ["CREATE"]:
            yield from _created(piece, line)
        case ["PREPARE"] if len(parts) > 2 and not (words[1] == "TRANSACTION" and parts[2].kind == "string"):
            yield State("prepared", name_of(parts[1]), line)
        case ["DECLARE"] if len(parts) > 1 and ["WITH", "HOLD"] in [words[at : at + 2] for at in range(2, 9)]:
            yield State("cursor", name_of(parts[1]), line)
        case ["LISTEN"] if len(parts) > 1:
            yield State("listen", name_of(parts[1]), line)
        case ["LOAD"] if len(parts) > 1:
            yield State("loaded", plain(parts[1]), line)
        case ["DISCARD"] | ["DEALLOCATE"] | ["UNLISTEN"]:
            yield State("discarded", " ".join(words[:2]).lower(), line)
        case ["SELECT"] | ["WITH"] | ["TABLE"] | ["VALUES"]:
            yield from _selected_into(piece, line)
        case ["UPDATE"] if "pg_settings" in [name_of(token) for token in parts[1:6]]:
            # A view whose rule sets what is written into it.
            yield State("setting", "pg_settings", line)
        case ["EXPLAIN"] if "ANALYZE" in words[:12] or "ANALYSE" in words[:12]:
            # It is executed, too.
            at = next((at for at, word in enumerate(words) if word in ("CREATE", "SELECT", "WITH", "DECLARE")), 0)
            if at:
                yield from _objects(StatementTokens(parts[at:], piece.text, piece.line))


def _created(piece: StatementTokens, line: int) -> Iterator[State]:
    words, parts = piece.words, piece.tokens
    kind = next((at for at in range(1, min(len(words), 7)) if words[at] in _CREATED), None)
    if kind is None:
        return
    at = kind + 1
    while words[at : at + 1] in (["IF"], ["NOT"], ["EXISTS"]):
        at += 1
    temporary = not _TEMPORARY.isdisjoint(words[1:kind])
    yield from _named(parts[at:], line, temporary)


def _selected_into(piece: StatementTokens, line: int) -> Iterator[State]:
    depth = 0
    for at, token in enumerate(piece.tokens):
        depth += (token.text == "(") - (token.text == ")")
        if depth or token.word != "INTO":
            continue
        rest = piece.tokens[at + 1 :]
        temporary = bool(rest) and rest[0].word in _TEMPORARY
        if temporary:
            rest = rest[2:] if piece.words[at + 2 : at + 3] == ["TABLE"] else rest[1:]
        yield from _named(rest, line, temporary)
        return


def _named(rest: list[Token], line: int, temporary: bool) -> Iterator[State]:
    """The object whose name stands there, when it is temporary by a word before it or by its schema."""
    if not rest:
        return
    qualified = len(rest) > 2 and rest[1].text == "."
    if temporary or (qualified and name_of(rest[0]) == "pg_temp"):
        yield State("temporary", name_of(rest[2] if qualified else rest[0]), line)


def _state_of(setting: Setting) -> State:
    match setting.name:
        case "role" | "session_authorization":
            return State(
                "role" if setting.name == "role" else "session_authorization", setting.value or "", setting.line
            )
        case "seed":
            return State("seed", "", setting.line)
        case "all":
            return State("discarded", "reset all", setting.line)
    return State("setting", setting.name, setting.line)


def _only_sets_config(statement: Statement) -> bool:
    """SELECT [pg_catalog.]set_config('name', 'value', false) [AS x], … and nothing else."""
    changed = settings(statement)
    if not changed or any(setting.local or setting.value is None for setting in changed):
        return False
    words = [token for token in tokens(statement.text) if token.kind in ("word", "quoted")]
    calls = sum(name_of(token) == "set_config" for token in words)
    aliases = sum(token.word == "AS" for token in words)
    others = [token for token in words if name_of(token) not in ("select", "pg_catalog", "set_config", "false", "as")]
    return calls == len(changed) and len(others) <= aliases
