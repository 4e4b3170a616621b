"""`batch`: rows of a table changed in many small transactions, throttled by criteria, locks and replication lag."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tui.journal.codes import FailReason
from tui.plan.kinds import Finding, Kind, Lint, Needs, Read
from tui.said import N_
from tui.sql.assigned import assigned_columns, closes_brackets, more_than_assignments
from tui.sql.classify import needs_no_transaction
from tui.sql.script import read_script
from tui.sql.touched import Touches
from tui.steps.batch.foreseen import foresee
from tui.steps.batch.repeated import RepeatedBatches
from tui.steps.batch.spec import BatchSpec
from tui.steps.batch.walked import Walker
from tui.steps.context import Context, StepRun
from tui.steps.locks import lint_tolerance
from tui.steps.touched import Looking


def execute(context: Context, spec: BatchSpec) -> StepRun:
    """Batches until nothing is left; a failed one leaves the earlier ones in place and says so."""
    walker = Walker(context, spec) if spec.table else RepeatedBatches(context, spec)
    return (yield from walker.run())


def lint(lint: Lint) -> Iterable[Finding]:
    """One statement that may run in a transaction."""
    from tui.sql.question import review_question
    from tui.sql.review import review

    spec: BatchSpec = lint.spec
    yield from lint_tolerance(lint, patient=False)
    if spec.table or spec.set:
        yield from _lint_walk(spec)
    elif any((spec.where, spec.key, spec.workers != 1)):
        yield Finding(code="batch-table", key="table")
    if bool(spec.sql) == bool(spec.table and spec.set):
        yield Finding(code="batch-either")
        return
    script = read_script(spec.statement)
    for found in review(script, "single", TEXTS):
        yield Finding(code=found.code, said=found.message, key="sql" if spec.sql else "set", level=found.level)
    for found in review_question(spec.total) if spec.total is not None else ():
        yield Finding(code=found.code.replace("_", "-"), said=found.message, key="total", level=found.level)
    first = script.statements[0].words[:1] if script.statements else ()
    if spec.sql and spec.total is None and first and first[0] not in ("INSERT", "UPDATE", "DELETE", "MERGE", "WITH"):
        yield Finding(code="batch-total", key="sql", level="warning")
    if len(script.statements) != 1 or any(needs_no_transaction(s) for s in script.statements):
        yield Finding(code="batch-statement", key="sql" if spec.sql else "set")
    if spec.sql and _LIMITED.search(spec.sql) is not None:
        yield Finding(code="batch-quadratic", key="sql", level="warning")


_LIMITED = re.compile(r"\bselect\b(?!.*[<>]).*\bwhere\b.*\bis\s+null\b.*\border\s+by\b.*\blimit\b", re.I | re.S)
"""Looks for what is left from the beginning each time, past all that is done."""


def _lint_walk(spec: BatchSpec) -> Iterable[Finding]:
    if not 1 <= spec.workers <= _WORKERS:
        yield Finding(code="batch-workers", key="workers", facts={"most": _WORKERS})
    if spec.target <= 0:
        yield Finding(code="batch-target", key="target")
    if spec.total is not None:
        yield Finding(code="batch-counts", key="total")
    if more_than_assignments(spec.set):
        yield Finding(code="batch-set", key="set")
    if closes_brackets(spec.where):
        yield Finding(code="batch-where", key="where")
    both = [column for column in spec.key if column in assigned_columns(spec.set)]
    if both:
        yield Finding(code="batch-key", key="set", facts={"column": both[0]})


_WORKERS = 8


def needs(spec: BatchSpec) -> Needs:
    """How far replicas are behind, where it waits for them."""
    return Needs(measured=frozenset() if spec.max_lag is None else frozenset({"lag"}))


def script(spec: BatchSpec, read: Read) -> str:
    """The statement."""
    return spec.statement


def touches(spec: BatchSpec, looking: Looking) -> Touches:
    """Of the statement and of what counts its rows."""
    return looking.text(";\n".join(text for text in (spec.statement, spec.total) if text is not None))


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Batches and rows."""
    shown = ("batches", "rows", "total", "left", "left_keys", "resumed_at")
    return [(key, evidence[key]) for key in shown if key in evidence]


TEXTS = {
    "batch-total": N_("What such a statement changes cannot always be counted; say in `total` how many rows are left."),
    "batch-statement": N_("batch needs exactly one statement"),
    "batch-either": N_("batch needs either 'table' and 'set', or 'sql'"),
    "batch-table": N_("this belongs to a walk along a key; write 'table' and 'set' with it"),
    "batch-workers": N_("write a number of workers from 1 to {most}"),
    "batch-target": N_("a batch takes some time; write 200ms"),
    "batch-counts": N_("a walk along a key counts by itself; leave 'total' out"),
    "batch-set": N_("write the assignments alone, as behind SET; which rows are meant stands in 'where'"),
    "batch-where": N_("write one condition, as behind WHERE; its brackets do not match"),
    "batch-key": N_("{column} belongs to the key that the walk goes along; a row would be met again, or missed"),
    "batch-not-there": N_(
        "{table} is not in the database yet: which key there is, which triggers fire and who subscribes was not "
        "looked at"
    ),
    "batch-not-looked-at": N_(
        "nobody knows which key {table} has, which triggers fire for it and who subscribes to it: {reason}"
    ),
    "batch-triggers": N_("each row of {table} that is changed fires {triggers}"),
    "batch-published": N_(
        "{table} is published ({publications}) without a replica identity, and the server refuses to change its rows"
    ),
    "batch-quadratic": N_(
        "Each batch looks for its rows from the beginning, past all that is done: the work grows with the square of "
        "the table. With 'table', 'set' and 'where' it walks along the key."
    ),
    FailReason.NO_KEY: N_(
        "the table has no key to walk along: an index whose columns are never null, by default the primary key"
    ),
    FailReason.KEY_DOES_NOT_GROW: N_(
        "later rows do not have greater keys, so that some would be missed; say in 'where' which rows are left to do"
    ),
    FailReason.KEY_CHANGED: N_("what is assigned moves rows along the key: some would be met again, others missed"),
    FailReason.STILL_MEANT: N_("rows that are done are still meant by 'where', so that they would be changed again"),
    FailReason.ROWS_LEFT: N_("rows are left over that it does not change"),
    FailReason.ROWS_UNCOUNTED: N_("what it changes cannot be counted, nor whether all is done"),
    FailReason.TOTAL_ERROR: N_("the total could not be counted"),
    "transaction_control": N_("{what} would break up the transaction of a batch; take it out."),
    "needs_no_transaction": N_(
        "This statement cannot run inside a transaction, and a batch is one: {what}. Put it into a `sql` step "
        "with `transaction: per_statement`."
    ),
    "commits_inside": N_(
        "{what} ends a transaction by itself, which the server refuses inside another one (2D000), and a batch "
        "is one; make it a `sql` step with `transaction: script`."
    ),
    "may_commit_inside": N_(
        "{what} fails here if the procedure ends a transaction by itself (2D000); then a `sql` step with "
        "`transaction: script` works."
    ),
}

KIND = Kind(
    name="batch", spec=BatchSpec, execute=execute, fence="statements", changes=True, window="always", repeat="always",
    short="sql", verbatim=("sql", "set", "where"), row_security=lambda spec: bool(spec.row_security == "on"),
    own_progress=True, commit_tells=True, foresees=foresee, texts=TEXTS, script=script,
    lint=lint, needs=needs, touches=touches, facts=facts,
)  # fmt: skip
