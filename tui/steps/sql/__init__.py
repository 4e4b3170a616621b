"""`sql`: a script, run by the engine itself, with evidence of every commit.

`transaction: single` is one transaction with one piece of evidence. `per_statement` gives each statement its own,
`script` each transaction that the file begins and ends itself and each statement beside them; both go on after a crash
behind the last one that is proved to have been committed. Statements that cannot run in a transaction run outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from tui.journal.codes import FailReason
from tui.journal.events import Effect as Applied
from tui.plan.kinds import Finding, Kind, Lint, Read
from tui.plan.scalars import Duration, File
from tui.said import N_
from tui.sql.leaving import outlasts
from tui.sql.outside import outside_of
from tui.sql.parts import Part, part_text
from tui.sql.patient import is_patient
from tui.sql.script import Script, read_script
from tui.sql.touched import LONGEST, WHOLE, Touches
from tui.sql.units import Unit, units
from tui.steps.context import Context, StepRun
from tui.steps.effects import Failed, Passed, ReadFile, RunTransaction, SqlStatement
from tui.steps.locks import gently, lint_tolerance, settings_of
from tui.steps.sql import parts
from tui.steps.sql.script import ScriptRun, sent, tolerant
from tui.steps.touched import Looking


class SqlSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Exactly one of `file` and `text`."""

    file: File | None = None
    """The script, a file beside the plan that is frozen and sealed with it."""
    text: str | None = None
    """The statements themselves, where they are short. `sql: "drop table old"` is short for it."""
    part: Part | None = None
    """What of a migration tool's file (goose, dbmate, sql-migrate, node-pg-migrate, tern) is executed: its up part, its
    down part, or the file as it stands. The up part where nothing is said."""
    transaction: Literal["single", "per_statement", "script"] = "single"
    """`single`: all of it in one transaction. `per_statement`: each statement in one of its own, and outside of any
    what cannot run in one (CREATE INDEX CONCURRENTLY); such a step needs a `prove`. `script`: in the transactions that
    the file begins and ends itself."""
    lock_timeout: Duration | UnsetType | None = UNSET
    """How long a statement waits for a lock; then it gives way and is tried again, as `retries` says. `500ms` where
    nothing is said; no limit for statements that wait for others concurrently, such as CREATE INDEX CONCURRENTLY.
    `0` is no limit. With its unit: `500ms`, `2s`."""
    retries: int = 8
    """How often it is tried again after a lock was not to be had in time."""
    statement_timeout: Duration | None = None
    """How long one statement may take, as PostgreSQL's setting of this name; nothing, or `0`, is no limit."""
    row_security: Literal["off", "on"] = "off"
    """`off`: a statement that row-level security would cut short is an error, so that not half of the rows are meant
    unnoticed. `on`: policies apply as they do for the application."""


def statements_of(script: Script) -> tuple[SqlStatement, ...]:
    """The script's statements for the drivers; psql's meta-commands that carry no meaning here are left out."""
    return tuple(sent(s) for s in script.statements if s.kind != "meta")


def execute(context: Context, spec: SqlSpec) -> StepRun:
    """Run the script from the first statement that is not proved to be done."""
    text = spec.text if spec.file is None else (yield ReadFile(path=spec.file))
    settings = settings_of(context, spec)
    if spec.transaction != "single":
        found = units_of(spec, text or "")
        return (yield from ScriptRun(context, spec, found, settings).run())
    script = read_script(part_text(text or "", spec.part))
    prepares = any(s.words[:1] == ("PREPARE",) for s in script.statements)
    settings = tolerant(settings, context, [s for s in script.statements if s.kind != "meta"])
    sent_ones = statements_of(script)
    work = RunTransaction(statements=sent_ones, settings=settings, taints=prepares, place=(1, len(sent_ones)))
    if context.done:
        # An earlier attempt committed it all and was not content with its proof: what was applied is never
        # applied again, only the proof is asked once more.
        return Passed(evidence={"statements": len(work.statements), "done": context.done, "rows": 0}, effect="all")
    done, tries = yield from gently(context, work, settings.lock_timeout, spec.retries)
    evidence = {"statements": len(work.statements), "rows": done.rows, "tries": tries, "commit": done.witness}
    evidence |= {"warnings": list(done.warnings), "seconds": done.seconds}
    if done.replication:
        evidence["replication"] = done.replication
    if done.committed:
        return Passed(evidence=evidence, effect="all")
    effect: Applied = "unknown" if any(outlasts(s.text) for s in work.statements) else "none"
    return Failed(reason=FailReason.SQL_ERROR, evidence=evidence, effect=effect, error=done.error)


def script(spec: SqlSpec, read: Read) -> str:
    """The whole script."""
    return (spec.text if spec.file is None else read(spec.file)) or ""


def units_of(spec: SqlSpec, text: str) -> tuple[Unit, ...]:
    """The units of a step's script, of which `text` is the file; their ordinals leave psql's meta-commands out."""
    if spec.transaction == "single":
        return ()
    script = read_script(part_text(text, spec.part))
    return units([s for s in script.statements if s.kind != "meta"], spec.transaction)


def lint(lint: Lint) -> Iterable[Finding]:
    """What the server would refuse half-way is refused before: each finding at its line of the file."""
    from tui.sql.review import review

    spec: SqlSpec = lint.spec
    if (spec.file is None) == (spec.text is None):
        yield Finding(code="sql-source")
        return
    try:
        text = spec.text if spec.file is None else lint.read(spec.file)
    except (OSError, UnicodeDecodeError):
        return
    key = "text" if spec.file is None else "file"
    said = list(parts.lint_parts(lint, text or ""))
    yield from said
    if any(finding.code in parts.UNKNOWN for finding in said):
        return
    script = read_script(part_text(text or "", spec.part))
    for found in review(script, spec.transaction):
        yield Finding(code=found.code, said=found.message, key=key, file=spec.file, line=found.line, level=found.level)
    patient = all(is_patient(statement) for statement in script.statements if statement.kind != "meta")
    yield from lint_tolerance(lint, patient=patient)
    if not any(s.kind != "meta" for s in script.statements):
        yield Finding(code="sql-empty", key=key)
    found_units = units_of(spec, text or "")
    outside = [unit for unit in found_units if unit.kind == "outside"]
    if outside and lint.step.prove is None and not lint.is_undo:
        yield Finding(code="needs-prove")
    several = sum(not unit.leaves_nothing for unit in found_units) > 1
    for unit in outside:
        statement = unit.inner[0]
        if several and not outside_of(statement).told:
            shown = {"statement": " ".join(statement.text.split())[:60]}
            yield Finding(code="outside-alone", facts=shown, key=key, file=spec.file, line=statement.line)
    halves = [u.inner[0] for u in outside if outside_of(u.inner[0]).kind in ("create_index", "reindex", "detach")]
    if halves and lint.step.cleanup is None and not lint.is_undo:
        yield Finding(
            code="no-cleanup", key=key, file=spec.file, line=halves[0].line, level="warning"
        )  # fmt: skip


def touches(spec: SqlSpec, looking: Looking) -> Touches:
    """Of the part that is executed."""
    text = spec.text if spec.text is not None else looking.file(str(spec.file))
    return WHOLE if text is None or len(text) > LONGEST else looking.text(part_text(text, spec.part))


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Statements, rows, tries, and what proves the commit."""
    keys: tuple[str, ...] = ("statements", "done", "rows", "tries")
    rows = [(key, evidence[key]) for key in keys if key in evidence]
    commit = evidence.get("commit") or {}
    rows += [(key, commit[key]) for key in ("xid", "protection") if key in commit]
    if "replication" in evidence:
        rows.append(("replication", evidence["replication"]))
    return rows


TEXTS = parts.TEXTS | {
    "sql-source": N_("sql needs exactly one of 'file' and 'text'"),
    "sql-empty": N_("the script has no statement"),
    "needs-prove": N_(
        "A statement outside of a transaction needs `prove`, a query that tells whether its effect is in the database."
    ),
    "outside-alone": N_(
        "What became of this statement cannot be told from the catalogue, nor from a proof of several; give it a step "
        "of its own: {statement}"
    ),
    "no-cleanup": N_("Interrupted it leaves something half done; without `cleanup` a person has to take that away."),
}

KIND = Kind(
    name="sql", spec=SqlSpec, execute=execute, fence="statements", changes=True, window="always", repeat="never",
    short="text", verbatim=("text",), row_security=lambda spec: bool(spec.row_security == "on"),
    atomic=lambda spec: bool(spec.transaction == "single"), texts=TEXTS,
    script=script, executed=lambda spec, read: part_text(script(spec, read), spec.part),
    units=lambda spec, read: units_of(spec, script(spec, read)), lint=lint, touches=touches, facts=facts,
)  # fmt: skip
