"""What must hold before anything is changed: a file for each thing to be checked, which `registry.py` knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import fields

from tui.journal.codes import FailReason
from tui.plan.kinds import Finding, Kind, Lint, Needs
from tui.said import N_, Quoted
from tui.steps.check.registry import CHECKS, asked
from tui.steps.check.row import Row
from tui.steps.check.spec import CheckSpec
from tui.steps.context import Context, StepRun
from tui.steps.effects import Failed, Outcome, Passed
from tui.steps.touched import nothing


def execute(context: Context, spec: CheckSpec) -> StepRun:
    """Every check, also after one has failed: a list of all that is wrong is worth more than the first."""
    evidence: dict[str, Any] = {}
    checks: list[Row] = []
    for check, own in asked(spec):
        rows = yield from check.look(context, own, evidence)
        checks += rows
        if check.first and any(row["holds"] is None for row in rows):
            # Without a connection there is nothing further to ask.
            break
    return _ended(evidence, checks)


def _ended(evidence: dict[str, Any], checks: list[Row]) -> Outcome:
    failed = [check["name"] for check in checks if check["holds"] is False]
    unanswered = [check["name"] for check in checks if check["holds"] is None]
    evidence = evidence | {"checks": checks}
    if unanswered:
        evidence["unanswered"] = unanswered
    if failed:
        return Failed(reason=FailReason.CHECK_FAILED, evidence=evidence | {"failed": failed})
    if unanswered:
        return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence)
    return Passed(evidence=evidence)


_MAY_BE_FALSE = frozenset({"connect", "writable"})


def lint(lint: Lint) -> Iterable[Finding]:
    """At least one thing to check, and what each of them finds."""
    spec: CheckSpec = lint.spec
    if spec == CheckSpec():
        yield Finding(code="check-empty")
    for field in fields(spec):
        if getattr(spec, field.name) is False and field.name not in _MAY_BE_FALSE:
            yield Finding(code="check-false", facts={"key": Quoted(field.name)}, key=field.name)
    for check, own in asked(spec):
        yield from check.lint(own)
        yield from check.among(own, lint)


def needs(spec: CheckSpec) -> Needs:
    """What all of them need together."""
    parts = [check.needs(own) for check, own in asked(spec)]
    return Needs(
        texts=tuple(text for part in parts for text in part.texts),
        programs=tuple(program for part in parts for program in part.programs),
        tables=tuple(table for part in parts for table in part.tables),
        measured=frozenset(measured for part in parts for measured in part.measured),
        dependencies=any(part.dependencies for part in parts),
    )  # fmt: skip


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """What was found, one row a check: first what did not hold, then what nobody knows."""
    if "checks" not in evidence:
        return list(evidence.items())
    checks = sorted(evidence["checks"], key=lambda check: _RANK[check["holds"]])
    return [(check["name"], check) for check in checks]


_RANK: dict[bool | None, int] = {False: 0, None: 1, True: 2}

TEXTS = {
    "check-empty": N_("check names nothing to check"),
    "check-false": N_("{key} says something only when it is true; write 'true' or remove the key."),
    FailReason.CHECK_FAILED: N_("a check did not hold"),
} | {code: text for check in CHECKS for code, text in check.texts.items()}

KIND = Kind(
    name="check", spec=CheckSpec, execute=execute, roleless=True, texts=TEXTS, lint=lint,
    needs=needs, touches=nothing, facts=facts, compares=lambda spec: bool(spec.consistency),
)  # fmt: skip
