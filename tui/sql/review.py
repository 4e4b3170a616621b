"""What in a script does not go together with the way a step is going to execute it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec

from tui.said import Said
from tui.sql.classify import (
    SAFETY_SETTINGS,
    creates_index_if_not_exists_concurrently,
    ends_transaction,
    is_transaction_control,
    is_within_transaction,
    mentions,
    needs_no_transaction,
    opens_transaction,
)
from tui.sql.code import body_of, called, created_routine, ends_transactions, executed, is_routine
from tui.sql.enums import Added, Enums
from tui.sql.objections import objection
from tui.sql.script import Script, Statement
from tui.sql.session import prepares_transaction
from tui.sql.settings import settings
from tui.sql.variables import variables

Transaction = Literal["single", "per_statement", "script"]

HARMLESS_META: Final = ("\\restrict", "\\unrestrict")
"""What pg_dump puts around its output; it means nothing where no other backslash command is carried out."""


class ScriptFinding(msgspec.Struct, frozen=True):
    """One objection: its line in the file (from 1), a stable code, a sentence; a warning stops nothing.

    `file` is empty in the file that was given, and the name of an included one otherwise.
    """

    line: int
    code: str
    message: str | Said
    level: Literal["error", "warning"] = "error"
    file: str = ""


def review(script: Script, transaction: Transaction, own: Mapping[str, str] | None = None) -> list[ScriptFinding]:
    """All findings in the order of their lines.

    `single`: the whole script in one transaction of the runner's; `per_statement`: each statement in its own;
    `script`: the script begins and commits by itself. `own`: see `objection`.
    """
    found = [ScriptFinding(error.line, error.code, error.message) for error in script.errors]
    reviewer = Reviewer(transaction, own or {})
    for statement in script.statements:
        found += reviewer.statement(statement)
    found += reviewer.end()
    return sorted(found, key=lambda finding: finding.line)


class Reviewer:
    """Looks at the statements of a script one after the other; a script of psql may go through several files.

    `transaction` is as in `review`. For psql the variables are put in already, and meta-commands are judged elsewhere.
    """

    def __init__(self, transaction: Transaction, own: Mapping[str, str], *, by_psql: bool = False) -> None:
        self.transaction = transaction
        self.own = own
        self.psql = by_psql
        self.file = ""
        self._open: ScriptFinding | None = None
        self._enums = Enums()
        self._ends: set[str] = set()
        self._harmless: set[str] = set()

    def statement(self, statement: Statement) -> Iterator[ScriptFinding]:
        """What is wrong with the next statement."""
        for finding in self._look(statement):
            yield msgspec.structs.replace(finding, file=self.file) if self.file else finding

    def end(self) -> Iterator[ScriptFinding]:
        """What is wrong with how the script ends."""
        if self._open is not None:
            yield self._open

    def _look(self, statement: Statement) -> Iterator[ScriptFinding]:
        if statement.kind == "meta":
            if not self.psql and (statement.meta or "").split()[0] not in HARMLESS_META:
                yield self._say(statement.line, "meta_command", what=statement.meta or "")
            return
        yield from self._always(statement)
        if self.transaction == "script":
            yield from self._own_transactions(statement)
        else:
            yield from self._runners_transaction(statement)
        yield from self._routines(statement)
        for added in self._enums.used(statement):
            yield self._enum(statement.line, added)
        if self.transaction == "per_statement" or (self.transaction == "script" and self._open is None):
            self._enums.end()

    def _say(
        self, line: int, code: str, level: Literal["error", "warning"] = "error", *, words: str = "", **facts: str
    ) -> ScriptFinding:
        return ScriptFinding(line, code, objection(words or code, own=self.own, **facts), level)

    def _always(self, statement: Statement) -> Iterator[ScriptFinding]:
        if "\0" in statement.text or "\0" in (statement.copy_data or ""):
            yield self._say(statement.line, "nul_byte")
        if statement.text.startswith("\ufeff"):
            yield self._say(statement.line, "byte_order_mark")
        for mention in mentions(statement):
            if not (self.psql and mention.code == "copy_to_stdout"):
                yield self._say(mention.line, mention.code, what=mention.what)
        if creates_index_if_not_exists_concurrently(statement):
            yield self._say(statement.line, "concurrently_if_not_exists")
        for setting in settings(statement):
            if setting.name in SAFETY_SETTINGS:
                yield self._say(setting.line, "overrules_setting", "warning", what=setting.name)
                if setting.name == "transaction_timeout":
                    yield self._say(setting.line, "newer_setting", "warning", what=setting.name)
            elif setting.name == "role" and not setting.local:
                yield self._say(setting.line, "changes_role", "warning")
        if self.transaction != "single" and self._open is None and _ends_at_once(statement):
            yield self._say(statement.line, "ends_at_once", "warning", what=statement.text)
        if not self.psql:
            for use in variables(statement.text):
                if not use.in_brackets:
                    line = statement.line + statement.text.count("\n", 0, use.start)
                    yield self._say(line, "psql_variable", what=statement.text[use.start : use.end])

    def _own_transactions(self, statement: Statement) -> Iterator[ScriptFinding]:
        if opens_transaction(statement):
            self._open = self._say(statement.line, "open_transaction")
        elif ends_transaction(statement):
            chained = "CHAIN" in statement.words and "NO" not in statement.words
            self._open = self._say(statement.line, "open_transaction") if chained else None
            if prepares_transaction(statement):
                yield self._say(statement.line, "prepared", "warning")
        elif self._open is not None and needs_no_transaction(statement):
            yield self._say(
                statement.line, "needs_no_transaction", words="needs_no_transaction_here", what=statement.text
            )

    def _runners_transaction(self, statement: Statement) -> Iterator[ScriptFinding]:
        words = statement.words
        shown = "COMMIT" if words[:1] == ("COMMIT",) else " ".join(words[:2])
        if is_transaction_control(statement):
            if self.transaction == "per_statement":
                yield self._say(statement.line, "transaction_control", words="transaction_control_each", what=shown)
            elif not is_within_transaction(statement):
                yield self._say(statement.line, "transaction_control", what=shown)
        elif self.transaction == "single" and needs_no_transaction(statement):
            yield self._say(statement.line, "needs_no_transaction", what=statement.text)
        elif words[:2] == ("SET", "TRANSACTION") and {"ISOLATION", "DEFERRABLE", "SNAPSHOT"}.intersection(words):
            yield self._say(statement.line, "isolation_too_late")

    def _routines(self, statement: Statement) -> Iterator[ScriptFinding]:
        """Code that commits: CALL and DO cannot in a transaction that somebody else has begun."""
        if is_routine(statement):
            if "PROCEDURE" in statement.words[:4]:
                body = body_of(statement)
                ends = body is not None and ends_transactions(body, self._ends) is not None
                (self._ends if ends else self._harmless).add(created_routine(statement))
            return
        if statement.words[:1] not in (("DO",), ("CALL",)):
            return
        if self.transaction == "script" and self._open is None:
            return
        if statement.words[0] == "DO":
            body = body_of(statement)
            line = None if body is None else ends_transactions(body, self._ends)
            if line is not None:
                yield self._say(line, "commits_inside", what="DO")
            return
        name = called(next(iter(executed(statement))))
        if name in self._ends:
            yield self._say(statement.line, "commits_inside", what=f"CALL {name}")
        elif name not in self._harmless:
            yield self._say(statement.line, "may_commit_inside", "warning", what=f"CALL {name}")

    def _enum(self, line: int, added: Added) -> ScriptFinding:
        words = "enum_value_fresh" if added.fresh else "enum_value_used"
        since = str(added.line)
        return self._say(line, "enum_value_used", words=words, what=added.value, type=added.type, since=since)


def _ends_at_once(statement: Statement) -> bool:
    """A statement that only concerns the rest of its transaction."""
    words = statement.words
    if words[:1] == ("LOCK",) or words[:2] in (("SET", "TRANSACTION"), ("SET", "CONSTRAINTS")):
        return True
    return words[:1] == ("SET",) and any(setting.local for setting in settings(statement))
