"""`release`: what a `quiesce` closed is open again, exactly as it was."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

import msgspec
from msgspec import Struct

from tui.journal.codes import FailReason
from tui.journal.events import QuiesceReleased
from tui.plan.kinds import Finding, Kind, Lint
from tui.plan.scalars import EarlierStep
from tui.said import N_, Quoted
from tui.sql.database_acl import Grant, connecting
from tui.steps.answers import answers, failing
from tui.steps.child import child_evidence, failed_child
from tui.steps.context import Context, StepRun
from tui.steps.database import access_of, changed
from tui.steps.effects import ChildDone, Effect, Emit, Failed, Passed, RunChild, SqlError
from tui.steps.quiesce import QuiesceSpec


class ReleaseSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """It gives back what was journaled before the database was closed, and reads it back. A rollback does it last by
    itself where nobody has before."""

    of: EarlierStep
    """The id of the `quiesce` step. `release: close-application` is short for it."""


def execute(context: Context, spec: ReleaseSpec) -> StepRun:
    """Nothing to do where nothing is closed; else the grants of before, or the inverse of the plan's program."""
    former = context.former(spec.of)
    if former is None:
        return Passed(evidence={"of": spec.of, "state": "open"})
    evidence: dict[str, Any] = {"of": spec.of}
    closing = context.planned(spec.of)
    done = None if closing is None else (yield from _inverse(context, msgspec.convert(closing.spec, QuiesceSpec)))
    if done is not None:
        evidence |= child_evidence(done)
        if done.status != 0:
            return failed_child(done, evidence, "unknown")
    if former:
        access = yield from access_of(context)
        if isinstance(access, SqlError):
            reason = FailReason.SQL_ERROR if answers(access) else FailReason.NOT_ANSWERED
            return Failed(reason=reason, evidence=evidence, error=access)
        known = former.get(str(access.oid))
        evidence |= {"database": access.database, "database_oid": access.oid}
        if known is None:
            return Failed(reason=FailReason.NOT_GIVEN_BACK, evidence=evidence)
        want = tuple(Grant(*row) for row in known)
        found = yield from changed(context, access, want)
        if isinstance(found, SqlError):
            silent = failing(found) is FailReason.NOT_ANSWERED
            reason = FailReason.NOT_ANSWERED if silent else FailReason.NOT_GIVEN_BACK
            return Failed(reason=reason, evidence=evidence, error=found)
        evidence |= {"may_connect": [role or "PUBLIC" for role in connecting(found.grants)]}
        if set(found.grants) != set(want):
            missing = [grant.row() for grant in sorted(set(want) - set(found.grants), key=Grant.row)]
            return Failed(reason=FailReason.NOT_GIVEN_BACK, evidence=evidence | {"missing": missing})
        evidence |= {"grants": len(want), "stays_closed": [oid for oid in former if oid != str(access.oid)]}
    yield Emit(event=QuiesceReleased(of=spec.of, by_step=context.step.id))
    return Passed(evidence=evidence, effect="all")


def _inverse(context: Context, closed: QuiesceSpec) -> Generator[Effect, Any, ChildDone | None]:
    """What takes back the program that closed it; None where none did."""
    if not closed.inverse:
        return None
    limit = closed.timeout or context.step.timeout
    done: ChildDone = yield RunChild(
        argv=closed.inverse, environment=closed.environment, timeout=limit, authored=True
    )  # fmt: skip
    return done


def lint(lint: Lint) -> Iterable[Finding]:
    """`of` names a step that closes something."""
    of = lint.spec.of
    kind = lint.kinds_of_steps.get(of)
    if kind is None:
        yield Finding(code="release-of", text="release-of-nothing", facts={"of": Quoted(of)}, key="of")
    elif not kind.opens_last:
        yield Finding(code="release-of", facts={"of": Quoted(of), "kind": kind.name}, key="of")


def reopens(spec: ReleaseSpec) -> str:
    """The step whose closing it takes back."""
    return spec.of


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Who may connect again."""
    shown = [(key, evidence[key]) for key in ("may_connect", "stays_closed") if evidence.get(key)]
    return [("of", evidence.get("of", "?")), *shown]


TEXTS = {
    "release-of": N_("'of' must name a step that closes the target; {of} is a step of kind {kind}"),
    "release-of-nothing": N_("'of' must name a step that closes the target; {of} is no step"),
    FailReason.NOT_GIVEN_BACK: N_("what there was before the target was closed could not be given back"),
}

KIND = Kind(
    name="release", spec=ReleaseSpec, execute=execute, fence="proof", changes=True, window="never", repeat="always",
    says_proof=True, short="of", reopens=reopens, texts=TEXTS, lint=lint, facts=facts,
)  # fmt: skip
