"""What in a script does not go together with the way a step is going to execute it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from tui.locale import _
from tui.sql.classify import (
    SAFETY_SETTINGS,
    Mention,
    creates_index_if_not_exists_concurrently,
    ends_transaction,
    is_transaction_control,
    is_within_transaction,
    mentions,
    needs_no_transaction,
    opens_transaction,
)
from tui.sql.script import Script, Statement
from tui.sql.settings import settings

Transaction = Literal["single", "per_statement", "script"]

HARMLESS_META: Final = ("\\restrict", "\\unrestrict")
"""What pg_dump puts around its output; it means nothing where no other backslash command is carried out."""


class Finding(msgspec.Struct, frozen=True):
    """One objection: its line in the file (from 1), a stable code, a sentence; a warning stops nothing."""

    line: int
    code: str
    message: str
    level: Literal["error", "warning"] = "error"


def review(script: Script, transaction: Transaction) -> list[Finding]:
    """All findings in the order of their lines.

    `single`: the whole script in one transaction of the runner's; `per_statement`: each statement in its own;
    `script`: the script begins and commits by itself.
    """
    found = [Finding(error.line, error.code, error.message) for error in script.errors]
    open_since: int | None = None
    for statement in script.statements:
        found += _always(statement)
        if statement.kind == "meta":
            continue
        if transaction != "script":
            found += _runners_transaction(statement, transaction)
        elif opens_transaction(statement):
            open_since = statement.line
        elif ends_transaction(statement):
            chained = "CHAIN" in statement.words and "NO" not in statement.words
            open_since = statement.line if chained else None
        elif open_since is not None and needs_no_transaction(statement):
            found.append(_needs_no_transaction(statement))
    if open_since is not None:
        message = _("The transaction that begins here is never ended.")
        found.append(Finding(open_since, "open_transaction", message))
    return sorted(found, key=lambda finding: finding.line)


def _always(statement: Statement) -> Iterator[Finding]:
    if statement.meta is not None:
        if statement.meta.split()[0] not in HARMLESS_META:
            message = _("psql's meta-commands need a `psql` step: {command}")
            yield Finding(statement.line, "meta_command", message.format(command=_short(statement.meta)))
        return
    for mention in mentions(statement):
        yield Finding(mention.line, mention.code, _why(mention))
    if creates_index_if_not_exists_concurrently(statement):
        message = _(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS reports success over an invalid leftover; leave IF NOT EXISTS out."
        )
        yield Finding(statement.line, "concurrently_if_not_exists", message)
    for setting in settings(statement):
        if setting.name in SAFETY_SETTINGS:
            message = _("The script sets {setting} itself, which overrules what the step says.")
            yield Finding(setting.line, "overrules_setting", message.format(setting=setting.name), "warning")
    if statement.words[:2] in (("SET", "ROLE"), ("RESET", "ROLE")):
        message = _("The script changes its role itself; `as:` of the step does that, and shows it.")
        yield Finding(statement.line, "changes_role", message, "warning")


def _runners_transaction(statement: Statement, transaction: Transaction) -> Iterator[Finding]:
    words = " ".join(statement.words[:2]) if statement.words[:1] != ("COMMIT",) else "COMMIT"
    if is_transaction_control(statement):
        if transaction == "single" and not is_within_transaction(statement):
            message = _("{words} would end the one transaction of this step; use `transaction: script`.")
            yield Finding(statement.line, "transaction_control", message.format(words=words))
        elif transaction == "per_statement":
            message = _("{words} has no place where each statement is a transaction; use `script`.")
            yield Finding(statement.line, "transaction_control", message.format(words=words))
    elif transaction == "single" and needs_no_transaction(statement):
        yield _needs_no_transaction(statement)
    elif statement.words[:2] == ("SET", "TRANSACTION") and "ISOLATION" in statement.words:
        message = _("The isolation level can no longer be set here: the runner's own statement comes first.")
        yield Finding(statement.line, "isolation_too_late", message)


def _needs_no_transaction(statement: Statement) -> Finding:
    message = _(
        "This statement cannot run inside a transaction: {statement}. "
        "Put it into a step of its own with `transaction: per_statement`."
    )
    return Finding(statement.line, "needs_no_transaction", message.format(statement=_short(statement.text)))


def _why(mention: Mention) -> str:
    return {
        "discard_all": _("DISCARD ALL would drop the locks and settings of the executing session."),
        "reset_all": _("RESET ALL would undo the settings of the executing session."),
        "advisory_unlock": _("pg_advisory_unlock* could release the lock that protects this step."),
        "session_authorization": _("The account of the executing session must not change; use `as:`."),
        "runner_setting": _("{setting} belongs to the runner: the evidence of the commit rests on it."),
        "copy_to_stdout": _("COPY ... TO STDOUT needs a `psql` step."),
    }[mention.code].format(setting=mention.what)


def _short(text: str, limit: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
