"""Behind which statements a script can go on in another session, and what has to be executed there first.

What earlier statements left in their session is gone with it. Settings, the role, prepared statements and the like
are made anew by executing the statements that made them; temporary tables, cursors and locks are not. What the rest
of the script never names it does not miss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from msgspec import Struct

from tui.sql.code import StatementTokens, executed, name_of
from tui.sql.lexer import tokens
from tui.sql.script import Statement
from tui.sql.session import only_session_state, session_needs, session_state
from tui.sql.units import Unit

_STAYS_ROLLED_BACK: Final = frozenset({"prepared", "loaded", "advisory_lock", "seed", "connection"})
"""What a session keeps of a transaction that was taken back."""
_HINT: Final = re.compile(
    r"\b(?:set|reset|temp|temporary|pg_temp|prepare|declare|listen|unlisten|load|discard|deallocate|close|drop|"
    r"set_config|setseed|nextval|setval|pg_(?:try_)?advisory_lock\w*|dblink\w*)\b",
    re.IGNORECASE,
)
"""A word without which a statement leaves nothing in its session; most statements have none and are not looked into."""
_DEFINED: Final = frozenset(
    {"FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE", "OPERATOR", "CAST", "TRIGGER", "POLICY", "VIEW", "RULE", "DOMAIN",
     "TYPE", "DEFAULT", "LANGUAGE", "TRANSFORM", "CONVERSION", "STATISTICS"}
)  # fmt: skip
_KINDS: Final = _DEFINED | {"TABLE", "INDEX", "MATERIALIZED", "SCHEMA"}
_OWNERS: Final = frozenset({"ALL", "CURRENT_USER", "CURRENT_ROLE", "SESSION_USER"})
_ON_COMMIT_DROP: Final = re.compile(r"\bon\s+commit\s+drop\b", re.IGNORECASE)


class LostState(Struct, frozen=True):
    """Session state that cannot be made anew: its code (see tui.sql.session), or `routine`: what the function or
    procedure of that name left is not known. The line is that of the statement which made it."""

    code: str
    name: str
    line: int


class Default(Struct, frozen=True):
    """ALTER ROLE or DATABASE … SET or RESET: a setting with which new sessions begin, but not that of the script.

    `owner` is a name as the server folds it, for a role also `current_user`, `session_user` or `all`, as keywords.
    """

    what: Literal["role", "database"]
    owner: str
    keyword: bool
    name: str
    line: int


class Resumption(Struct, frozen=True, kw_only=True):
    """What it takes to go on: statements to `replay`, in order; what is `lost`, which forbids it.

    `routines`: functions called before, by name and line; whether they are somebody's own (and what they did is not
    known) only the server can tell. `hidden` is lost if the rest calls one of somebody's own among `later`. `defaults`
    are lost where they are those of this login or database.
    """

    replay: tuple[Statement, ...] = ()
    lost: tuple[LostState, ...] = ()
    routines: dict[str, int] = {}
    hidden: tuple[LostState, ...] = ()
    defaults: tuple[Default, ...] = ()
    later: frozenset[str] = frozenset()


def resumption(found: Sequence[Unit], at: int) -> Resumption:
    """How the units from `at` on can be executed in a new session, where those before have been carried out."""
    before = [statement for unit in found[:at] for statement in kept(unit)]
    rest = [statement for unit in found[at:] for statement in unit.inner]
    if not any(not unit.leaves_nothing for unit in found[at:]):
        # Nothing is left to do to the database.
        return Resumption()
    replay, made = _state(before)
    text = "\n".join(statement.text for statement in rest).lower()
    lost, hidden = [], []
    for state in made:
        if not _may_matter(state, rest, text):
            hidden += [state] if state.code in ("temporary", "cursor", "connection") else []
            continue
        lost.append(state)
    return Resumption(
        replay=tuple(s for s in replay if _still_named(s, text)),
        lost=tuple(lost), routines=dict(_calls(before)), hidden=tuple(hidden),
        defaults=tuple(_defaults(before)), later=frozenset(name for name, _line in _calls(rest)),
    )  # fmt: skip


def mentions(name: str, statements: Sequence[Statement]) -> bool:
    """Whether one of the statements speaks of that name."""
    return any(_named(name, statement.text.lower()) for statement in statements)


def changes_role(statement: Statement) -> bool:
    """Whether the role of those after it may be another one."""
    return "role" in statement.text.lower() and any(state.code == "role" for state in session_state(statement))


def stays(statement: Statement) -> bool:
    """Whether it leaves something in its session although its transaction is taken back, such as a PREPARE."""
    if not _HINT.search(statement.text):
        return False
    return any(state.code in _STAYS_ROLLED_BACK for state in session_state(statement))


def kept(unit: Unit) -> list[Statement]:
    """The statements of a unit that was carried out whose effect on the session lasted."""
    if unit.kind != "transaction":
        return list(unit.inner)
    found: list[Statement] = []
    marks: list[tuple[str, int]] = []
    for statement in unit.inner:
        match statement.words[:1]:
            case ("SAVEPOINT",):
                marks.append((_last_name(statement), len(found)))
            case ("ROLLBACK",):
                name = _last_name(statement)
                while marks and marks[-1][0] != name:
                    marks.pop()
                back = marks[-1][1] if marks else 0
                found[back:] = [each for each in found[back:] if stays(each)]
            case ("RELEASE",):
                name = _last_name(statement)
                while marks and marks.pop()[0] != name:
                    pass
            case _:
                found.append(statement)
    return [each for each in found if stays(each)] if unit.ending == "rollback" else found


def _defaults(before: list[Statement]) -> Iterator[Default]:
    """What new sessions begin with since; not what the script has set by itself afterwards or before."""
    replay, _made = _state(before)
    own = {state.name for statement in replay for state in session_state(statement) if state.code == "setting"}
    for statement in before:
        words = statement.words
        if words[:1] != ("ALTER",) or words[1:2] not in (("ROLE",), ("USER",), ("DATABASE",)):
            continue
        parts = list(tokens(statement.text))
        verb = next((at for at, token in enumerate(parts) if at > 2 and token.word in ("SET", "RESET")), None)
        if verb is None or verb + 1 >= len(parts) or parts[verb + 1].word == "TABLESPACE":
            continue
        name = {"TIME": "timezone"}.get(parts[verb + 1].word, name_of(parts[verb + 1]))
        if name not in own:
            keyword = parts[2].kind == "word" and parts[2].word in _OWNERS
            what: Literal["role", "database"] = "database" if words[1] == "DATABASE" else "role"
            yield Default(what, name_of(parts[2]), keyword, name, statement.line)


def _state(before: list[Statement]) -> tuple[list[Statement], list[LostState]]:
    """The statements that make it anew, and what they do not."""
    replay: list[Statement] = []
    made: dict[tuple[str, str], LostState] = {}
    for statement in before:
        if not _HINT.search(statement.text):
            continue
        for gone in _ended(statement, made):
            made.pop(gone, None)
        states = session_state(statement)
        if only_session_state(statement):
            replay.append(statement)
            # Set anew it no longer matters how it was set before.
            for state in states:
                made.pop((state.code, state.name), None)
                if state.code == "role":
                    made = {key: lost for key, lost in made.items() if key[0] != "role"}
            continue
        for state in states:
            if state.code != "discarded" and not (state.code == "temporary" and _ON_COMMIT_DROP.search(statement.text)):
                made[state.code, state.name] = LostState(state.code, state.name, state.line)
    return replay, list(made.values())


def _ended(statement: Statement, made: dict[tuple[str, str], LostState]) -> Iterator[tuple[str, str]]:
    """The keys of what it takes away: dropped temporary objects, closed cursors."""
    words = statement.words
    code = {"DROP": "temporary", "DISCARD": "temporary", "CLOSE": "cursor"}.get(words[0]) if words else None
    everything = (words[:1] == ("DISCARD",) and words[1:2] in (("TEMP",), ("TEMPORARY",), ("ALL",))) or (
        words[:2] == ("CLOSE", "ALL")
    )
    named = {name_of(token) for token in tokens(statement.text) if token.kind in ("word", "quoted")}
    if code is not None:
        yield from (key for key in list(made) if key[0] == code and (everything or key[1] in named))


def _may_matter(state: LostState, rest: list[Statement], text: str) -> bool:
    """Whether what is left to do may find it missing."""
    match state.code:
        case "temporary" | "cursor" | "prepared" | "listen":
            return _named(state.name, text)
        case "sequence":
            return _needs_sequence(rest)
        case "seed":
            return "random" in text
        case "connection":
            return "dblink" in text
    return True


def _named(name: str, text: str) -> bool:
    """Whether a name stands in the text as a word of its own; `text` is in lower case."""
    return re.search(rf"(?<![\w$]){re.escape(name.lower())}(?![\w$])", text) is not None


def _needs_sequence(rest: list[Statement]) -> bool:
    """Whether currval() or lastval() comes before anything that gives them a value."""
    for statement in rest:
        if "val" in statement.text.lower() and any(need.code == "sequence" for need in session_needs(statement)):
            return True
        if statement.words[:1] in (("INSERT",), ("WITH",), ("DO",), ("CALL",)) or "nextval" in statement.text.lower():
            return False
    return False


def _calls(statements: list[Statement]) -> Iterator[tuple[str, int]]:
    """Everything that is written as the call of a function is and may be executed, by name, with its line."""
    for statement in statements:
        if "(" not in statement.text:
            continue
        for piece in executed(statement):
            if defines(piece):
                continue
            words = piece.words
            for name, at in piece.calls():
                if not _is_relation(words, at):
                    yield name, piece.line_of(piece.tokens[at])


def defines(piece: StatementTokens) -> bool:
    """Whether the functions that it names are not called by it: it says what they are, to whom they belong, or when
    they will be called. What a trigger, a view or a default calls later is not looked for here."""
    words = piece.words
    match words[:1]:
        case ["GRANT"] | ["REVOKE"] | ["COMMENT"] | ["SECURITY"] | ["DROP"]:
            return True
        case ["EXPLAIN"]:
            return "ANALYZE" not in words[:12] and "ANALYSE" not in words[:12]
        case ["CREATE"]:
            kind = next((word for word in words[1:7] if word in _KINDS), "")
            if kind == "TABLE":
                # Its defaults and checks are for rows to come; a query in it is executed.
                return not {"AS", "EXECUTE"}.intersection(_outside_brackets(words))
            return kind in _DEFINED
        case ["ALTER"]:
            if words[1:2] in (["TABLE"], ["DOMAIN"]):
                # Added columns and checks are computed for the rows that there are.
                return not {"ADD", "TYPE", "VALIDATE"}.intersection(words)
            return bool(_DEFINED.intersection(words[1:3]))
    return False


def _outside_brackets(words: list[str]) -> list[str]:
    depth, found = 0, []
    for word in words:
        depth += (word == "(") - (word == ")")
        if depth == 0:
            found.append(word)
    return found


def _is_relation(words: list[str], at: int) -> bool:
    """Whether the name at this place is that of a table with its columns: INSERT INTO t (a), COPY t (a), …"""
    while at > 1 and words[at - 1] == ".":
        at -= 2
    before = words[at - 1] if at else ""
    return before in ("INTO", "COPY", "REFERENCES") or (before in ("TABLE", "EXISTS") and words[0] == "CREATE")


def _last_name(statement: Statement) -> str:
    return name_of(list(tokens(statement.text))[-1])


def _still_named(statement: Statement, text: str) -> bool:
    """Whether a prepared statement is spoken of later; of any other it is so."""
    match statement.words[:1]:
        case ("PREPARE",):
            return _named(name_of(list(tokens(statement.text))[1]), text)
        case ("DEALLOCATE",):
            name = _last_name(statement)
            return statement.words[-1] == "ALL" or _named(name, text)
    return True
