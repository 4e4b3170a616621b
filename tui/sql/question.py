"""What a question must not hold: it is asked in a read-only transaction, and its answer is rows."""

from __future__ import annotations

from collections.abc import Iterator

from tui.sql.classify import copies_with_client, is_transaction_control, is_within_transaction
from tui.sql.code import body_of, ends_transactions
from tui.sql.objections import QUESTION, objection
from tui.sql.review import HARMLESS_META, ScriptFinding
from tui.sql.script import Statement, read_script
from tui.sql.settings import settings
from tui.sql.variables import variables


def review_question(sql: str) -> list[ScriptFinding]:
    """All findings about a query, a proof, a total or a canary, in the order of their lines; each is an error."""
    script = read_script(sql)
    found = [ScriptFinding(error.line, error.code, error.message) for error in script.errors]
    if not script.statements and not found:
        found.append(_say(1, "question_empty"))
    for statement in script.statements:
        found += _look(statement)
    return sorted(found, key=lambda finding: finding.line)


def _look(statement: Statement) -> Iterator[ScriptFinding]:
    line = statement.line
    if statement.meta is not None:
        if statement.meta.split()[0] not in HARMLESS_META:
            yield _say(line, "meta_command", statement.text)
        return
    for use in variables(statement.text):
        if not use.in_brackets:
            yield _say(line, "psql_variable", statement.text[use.start : use.end])
    if copies_with_client(statement):
        yield _say(line, "copy_in_question", statement.text)
    if is_transaction_control(statement) and not is_within_transaction(statement):
        yield _say(line, "ends_question", statement.text)
    body = body_of(statement) if statement.words[:1] == ("DO",) else None
    if body is not None and ends_transactions(body) is not None:
        yield _say(line, "ends_question", "DO")
    writes = statement.words[:2] == ("SET", "TRANSACTION") and "WRITE" in statement.words
    if writes or any(setting.name == "transaction_read_only" for setting in settings(statement)):
        yield _say(line, "writing_question", statement.text)


def _say(line: int, code: str, what: str = "") -> ScriptFinding:
    return ScriptFinding(line, code, objection(code, what, QUESTION))
