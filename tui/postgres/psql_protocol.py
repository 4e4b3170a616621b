"""What is said to psql in place of `-1`, and what it answers: a script between an opening and a closing that the engine
sends when it is ready for them.

psql reads its commands from a pipe and writes its reports into another, so that nothing of a script is run before its
transaction has a durable witness, and nothing of it is committed before the engine has seen that the script ended in
the session, the transaction and the role in which it began. A psql whose engine is gone meets the end of its commands:
it ends without a COMMIT.

Where the script leaves the transaction all the same (psql is told `commit` by a variable, a query, an included file),
what follows finds a session that is read-only by default, as it was opened. All names are qualified: the script sets
its search_path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from tui.sql.quoting import identifier

NO_ERROR = "00000"
_VARIABLES, _OVER = "said", b"over"


class PsqlReport(msgspec.Struct, frozen=True):
    """The state of psql's session at one moment. `xid`: of the open transaction, as text. `begun`: it is in a
    transaction that began before this question. What is not told behind the script comes last."""

    pid: int
    role: str
    login: str
    synchronous_commit: str
    begun: bool
    xid: str | None = None
    system: str | None = None
    database: str | None = None
    start: str | None = None
    lsn: str | None = None


class PsqlVariables(msgspec.Struct, frozen=True):
    """What psql itself knows behind the script: the SQLSTATE of the last error, and whether it stops at errors."""

    sqlstate: str
    stops: bool


def quoted(text: str) -> str:
    """An argument of a backslash command, whatever is in it: in single quotes, with C-like escapes."""
    escapes = {"'": "''", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return "'" + "".join(escapes.get(character, character) for character in text) + "'"


def begin(role: str | None) -> str:
    """The transaction of the script, as the login. The step's role is the session's before it, so that it is kept where
    the script rolls back."""
    if role is None:
        return "begin read write;\n"
    return f"set role {identifier(role)};\nbegin read write;\nset local role none;\n"


def opening(descriptor: int, *, transaction: bool, role: str | None) -> str:
    """The report before the script, as the login: the step's role may not be allowed to see all of it.

    In a transaction it gives it its id, and writes that into the WAL.
    """
    more = {
        "system": "(select c.system_identifier::pg_catalog.text from pg_catalog.pg_control_system() as c)",
        "database": "pg_catalog.current_database()",
        "start": "pg_catalog.to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
    }
    if transaction:
        more["lsn"] = (
            "pg_catalog.pg_logical_emit_message(true, 'virada.xid',"
            " pg_catalog.pg_current_xact_id()::pg_catalog.text)::pg_catalog.text"
        )
    said = _report(descriptor, more, " from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a")
    if role is None:
        return said
    if transaction:
        return said + f"set local role {identifier(role)};\n"
    return f"set role none;\n{said}set role {identifier(role)};\n"


def question(descriptor: int) -> str:
    """A report in between."""
    return _report(descriptor, {}, "")


def script(file: str, variables: Mapping[str, str]) -> str:
    """The script itself, under its variables. Ours come last: without ON_ERROR_STOP nothing is known of its end."""
    said = "".join(f"\\set {quoted(name)} {quoted(value)}\n" for name, value in variables.items())
    return said + f"\\set ON_ERROR_STOP on\n\\set VERBOSITY verbose\n\\i {quoted(file)}\n"


def closing(descriptor: int) -> str:
    """The reports behind the script: psql's own first, which need no server."""
    own = _own_report(descriptor, f"{_VARIABLES} :LAST_ERROR_SQLSTATE :ON_ERROR_STOP")
    # Without AUTOCOMMIT the question itself would begin a transaction, where the script has ended its own.
    return own + "\\set ON_ERROR_STOP on\n\\set AUTOCOMMIT on\n" + _report(descriptor, {}, "")


def flush(descriptor: int, row: str | None) -> str:
    """Behind a script with transactions of its own: a synchronous commit flushes past all of them, whatever
    synchronous_commit they were made under. `row`: the ledger's."""
    said = "set synchronous_commit = on;\n"
    if row is not None:
        said += f"reset session authorization;\nset role none;\nbegin read write;\n{row};\ncommit;\n"
    return (
        said
        + "select pg_catalog.pg_logical_emit_message(true, 'virada.end', '') \\g '/dev/null'\n"
        + _report(descriptor, {}, "")
    )


def is_over(line: bytes) -> bool:
    """Whether psql is past a report, also one that it left out: in an open pipeline it sends nothing to the server."""
    return line.strip() == _OVER


def read(line: bytes) -> PsqlReport | PsqlVariables | None:
    """A line of psql's reports; None for one that is none."""
    text = line.decode("utf-8", "replace").strip()
    if text.startswith(_VARIABLES + " "):
        words = text.split()
        stops = len(words) > 2 and words[2].lower() in ("on", "1", "true", "yes")
        return PsqlVariables(sqlstate=words[1] if len(words) > 1 else "", stops=stops)
    if not re.fullmatch(r"(?:[0-9a-f]{2})+", text):
        return None
    try:
        return msgspec.json.decode(bytes.fromhex(text), type=PsqlReport)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def _path(descriptor: int) -> str:
    return f"/dev/fd/{descriptor}"


def _report(descriptor: int, more: Mapping[str, str], source: str) -> str:
    """One line of hexadecimal JSON: no format, encoding or separator that the script has set changes it."""
    found: dict[str, Any] = {
        **more,
        "pid": "pg_catalog.pg_backend_pid()",
        "xid": "pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text",
        "role": "current_user",
        "login": "session_user",
        "synchronous_commit": "pg_catalog.current_setting('synchronous_commit')",
        "begun": "pg_catalog.transaction_timestamp() operator(pg_catalog.<>) pg_catalog.statement_timestamp()",
    }
    pairs = ", ".join(f"'{key}', {value}" for key, value in found.items())
    query = (
        f"select pg_catalog.encode(pg_catalog.convert_to(pg_catalog.json_build_object({pairs})::pg_catalog.text,"
        f" 'UTF8'), 'hex'){source}"
    )
    return f"\\copy ({query}) to {quoted(_path(descriptor))}\n" + _own_report(descriptor, _OVER.decode())


def _own_report(descriptor: int, text: str) -> str:
    return f"\\o {quoted(_path(descriptor))}\n\\qecho {text}\n\\o\n"
