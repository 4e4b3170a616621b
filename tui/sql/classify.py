"""What a statement would do to the transaction and to the session in which it is executed.

Judged from the words alone, without the catalogue: what depends on it (a REINDEX of a partitioned table, a
procedure that commits) is not seen here. Facts from the server's source, versions 14 to 18.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, Literal

import msgspec

from tui.sql.lexer import Token, tokens
from tui.sql.script import Statement
from tui.sql.session import prepares_transaction
from tui.sql.settings import settings

ForbiddenCode = Literal[
    "discard_all", "advisory_unlock", "session_authorization", "reset_all", "runner_setting", "copy_to_stdout"
]

RUNNER_SETTINGS: Final = frozenset({"synchronous_commit", "application_name"})
"""Settings on which the evidence of a commit and the finding of the session again rest."""
SAFETY_SETTINGS: Final = frozenset(
    {
        "lock_timeout",
        "statement_timeout",
        "idle_in_transaction_session_timeout",
        "transaction_timeout",
        "client_connection_check_interval",
        "tcp_keepalives_idle",
        "tcp_keepalives_interval",
        "tcp_keepalives_count",
        "tcp_user_timeout",
    }
)
"""Settings that the step gives and that a script may overrule, which is worth a warning."""

_CONTROL: Final = frozenset({"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"})
_UNLOCK: Final = re.compile(r"\bpg_advisory_unlock", re.IGNORECASE)


class Mention(msgspec.Struct, frozen=True):
    """Something in a statement: its reason code and its line in the file."""

    line: int
    code: ForbiddenCode
    what: str


def is_transaction_control(statement: Statement) -> bool:
    """Whether it begins, ends, prepares or divides a transaction (BEGIN, COMMIT, SAVEPOINT, …).

    COMMIT PREPARED and ROLLBACK PREPARED end another one, and cannot stand in any.
    """
    first = statement.words[:1]
    if statement.kind != "sql" or not first or statement.words[1:2] == ("PREPARED",):
        return False
    return first[0] in _CONTROL or prepares_transaction(statement)


def is_within_transaction(statement: Statement) -> bool:
    """Whether it is transaction control that leaves the transaction open: SAVEPOINT, RELEASE, ROLLBACK TO."""
    words = statement.words
    if statement.kind != "sql" or not words:
        return False
    if words[0] in ("SAVEPOINT", "RELEASE"):
        return True
    return words[0] == "ROLLBACK" and "TO" in words[1:3]


def opens_transaction(statement: Statement) -> bool:
    """BEGIN or START TRANSACTION."""
    return statement.kind == "sql" and statement.words[:1] in (("BEGIN",), ("START",))


def ends_transaction(statement: Statement) -> bool:
    """COMMIT, END, ROLLBACK, ABORT or PREPARE TRANSACTION, whatever comes after them with AND CHAIN."""
    if not is_transaction_control(statement) or opens_transaction(statement):
        return False
    return not is_within_transaction(statement)


def needs_no_transaction(statement: Statement) -> bool:
    """Whether the server refuses it inside a transaction block.

    REFRESH MATERIALIZED VIEW CONCURRENTLY, ALTER TYPE … ADD VALUE and DETACH PARTITION … FINALIZE are allowed.
    """
    words = statement.words
    if statement.kind != "sql" or not words:
        return False
    first, second = words[0], words[1] if len(words) > 1 else ""
    if first == "VACUUM":
        return True
    if first == "CREATE":
        if second in ("DATABASE", "TABLESPACE"):
            return True
        if second == "SUBSCRIPTION":
            return not _option_off(statement, "CONNECT") and not _option_off(statement, "CREATE_SLOT")
        return words[1:3] == ("INDEX", "CONCURRENTLY") or words[1:4] == ("UNIQUE", "INDEX", "CONCURRENTLY")
    if first == "DROP":
        return second in ("DATABASE", "TABLESPACE", "SUBSCRIPTION") or words[1:3] == ("INDEX", "CONCURRENTLY")
    if first == "ALTER":
        return _alter_needs_no_transaction(statement, second)
    if first == "REINDEX":
        return _reindex_needs_no_transaction(statement)
    if first == "CLUSTER":
        return all(token.word in ("CLUSTER", "VERBOSE") for token in _outside_parentheses(statement.text))
    if first == "DISCARD":
        return second == "ALL"
    return first in ("COMMIT", "ROLLBACK") and second == "PREPARED"


def creates_index_if_not_exists_concurrently(statement: Statement) -> bool:
    """CREATE INDEX CONCURRENTLY IF NOT EXISTS: over an invalid leftover it succeeds and builds nothing."""
    words = tuple(word for word in statement.words if word != "UNIQUE")
    return statement.kind == "sql" and words[:4] == ("CREATE", "INDEX", "CONCURRENTLY", "IF")


def mentions(statement: Statement) -> tuple[Mention, ...]:
    """Everything in the statement that would break the runner's locks, settings or protocol."""
    words = statement.words
    if statement.kind == "meta":
        return ()
    line, found = statement.line, []
    match words[:2]:
        case ("DISCARD", "ALL"):
            found.append(Mention(line, "discard_all", "DISCARD ALL"))
        case ("RESET", "ALL"):
            found.append(Mention(line, "reset_all", "RESET ALL"))
        case ("COPY", *_) if _copies_out(statement):
            found.append(Mention(line, "copy_to_stdout", "COPY ... TO STDOUT"))
    if "AUTHORIZATION" in words[:4] and words[0] in ("SET", "RESET"):
        found.append(Mention(line, "session_authorization", "SESSION AUTHORIZATION"))
    touched = {setting.name: setting for setting in settings(statement) if setting.name in RUNNER_SETTINGS}
    found += (Mention(setting.line, "runner_setting", setting.name) for setting in touched.values())
    found += _unlocks(statement)
    return tuple(found)


def _alter_needs_no_transaction(statement: Statement, second: str) -> bool:
    if second == "SYSTEM":
        return True
    words = _plain_words(statement.text)
    if second == "TABLE":
        return "DETACH" in words and words[-1] == "CONCURRENTLY"
    if second == "DATABASE":
        return words[-3:-1] == ["SET", "TABLESPACE"] or words[-2:] == ["SET", "TABLESPACE"]
    if second == "SUBSCRIPTION":
        if "REFRESH" in words[:6]:
            return True
        changes = "PUBLICATION" in words[:6] and any(word in words[:5] for word in ("SET", "ADD", "DROP"))
        return changes and not _option_off(statement, "REFRESH")
    return False


def _reindex_needs_no_transaction(statement: Statement) -> bool:
    outside = _plain_words(statement.text)
    if outside[1:2] in (["DATABASE"], ["SYSTEM"], ["SCHEMA"]) or "CONCURRENTLY" in outside[1:3]:
        return True
    inside = [token.word for token in tokens(statement.text)]
    return "CONCURRENTLY" in inside and not _option_off(statement, "CONCURRENTLY")


def _option_off(statement: Statement, option: str) -> bool:
    """Whether an option list says `option = false`, `option false` or `option off`."""
    parts = [token.word.strip("'").upper() for token in tokens(statement.text) if token.text != "="]
    return any(name == option and value in ("FALSE", "OFF", "0") for name, value in pairwise(parts))


def copies_with_client(statement: Statement) -> bool:
    """COPY FROM STDIN or TO STDOUT, whose data goes through the client."""
    return statement.kind == "copy" or (statement.words[:1] == ("COPY",) and _copies_out(statement))


def _copies_out(statement: Statement) -> bool:
    words = _plain_words(statement.text)
    return any(pair == ("TO", "STDOUT") for pair in pairwise(words))


def _unlocks(statement: Statement) -> list[Mention]:
    """Calls of pg_advisory_unlock*, in DO blocks too; a function's definition calls nothing yet."""
    if _UNLOCK.search(statement.text) is None:
        return []
    if statement.words[:1] == ("CREATE",) and not {"FUNCTION", "PROCEDURE"}.isdisjoint(statement.words):
        return []
    found = []
    for token in tokens(statement.text):
        executed = token.kind == "string" and statement.words[:1] == ("DO",)
        if not executed and token.kind not in ("word", "quoted"):
            continue
        inner = _in_code(token.text) if executed else _UNLOCK.search(token.text)
        if inner is not None:
            at = token.start + inner.start()
            line = statement.line + statement.text.count("\n", 0, at)
            found.append(Mention(line, "advisory_unlock", "pg_advisory_unlock"))
    return found


def _in_code(body: str) -> re.Match[str] | None:
    """The first mention in a dollar-quoted body that is not in a comment."""
    tag = body.find("$", 1) + 1 if body.startswith("$") else 1
    for token in tokens(body[tag : len(body) - tag]):
        if _UNLOCK.search(token.text) is not None:
            return _UNLOCK.search(body, tag + token.start)
    return None


def _outside_parentheses(text: str) -> list[Token]:
    depth, outside = 0, []
    for token in tokens(text):
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth -= 1
        elif depth <= 0:
            outside.append(token)
    return outside


def _plain_words(text: str) -> list[str]:
    """Unquoted words outside parentheses, upper case."""
    return [token.word for token in _outside_parentheses(text) if token.kind == "word"]
