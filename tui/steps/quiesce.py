"""`quiesce`: others are kept out of the target's database, or a program of the plan keeps them out, until a `release`.

What there was before is journaled before anything is taken, so that it can be given back whatever happens. REVOKE ends
no session, and one without the right to it says nothing: the grants are read back, and who stays is ended by name.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable
from typing import Any, Final

from msgspec import Struct

from tui.journal.codes import FailReason, WaitReason
from tui.journal.events import QuiesceBegun, QuiesceReleased
from tui.plan.kinds import Finding, Kind, Lint, Needs
from tui.plan.model import Action
from tui.plan.scalars import Duration
from tui.said import N_
from tui.sql.database_acl import Grant, closed, connecting
from tui.steps import sessions
from tui.steps.answers import answers, failing
from tui.steps.child import child_evidence, failed_child
from tui.steps.context import Context, StepRun
from tui.steps.database import Access, access_of, changed
from tui.steps.effects import ChildDone, Effect, Emit, Failed, Passed, Rows, RunChild, RunQuery, Sleep, SqlError

_PAUSE: Final = 0.5
_GONE_S: Final = 5.0
"""Seconds in which a session that was ended is gone."""


class QuiesceSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """CONNECT is taken from every role that has it, but for the run's own and those to `keep`; superusers are let in
    whatever is taken. `undo` is the `release` of it, which a rollback does last; the run is not closed before."""

    keep: tuple[str, ...] = ()
    """Roles that may go on connecting, and whose sessions stay: an administrator's way in beside the superusers'."""
    grace: Duration = 10.0
    """How long others' sessions may take to leave by themselves before they are ended."""
    end: bool = True
    """Whether the sessions that have not left are ended; with `false` the step fails and names them."""
    command: tuple[str, ...] = ()
    """A program and its arguments that keeps others out, in the place of CONNECT: a pooler's PAUSE."""
    inverse: tuple[str, ...] = ()
    """What takes the `command` back: a pooler's RESUME. A `release` runs it."""
    environment: dict[str, str] = {}
    """Variables for both programs. `${NAME}` is taken from the environment."""
    timeout: Duration | None = None
    """How long each program may take before it is ended; where nothing is said the step's own `timeout`."""


def execute(context: Context, spec: QuiesceSpec) -> StepRun:
    """Journal, take, read back, wait for those who are in, end them. What fails is given back at once."""
    access = yield from access_of(context)
    if isinstance(access, SqlError):
        reason = FailReason.SQL_ERROR if answers(access) else FailReason.NOT_ANSWERED
        return Failed(reason=reason, error=access)
    evidence: dict[str, Any] = {"database": access.database, "database_oid": access.oid}
    if spec.command:
        yield Emit(event=QuiesceBegun(step=context.step.id, attempt=context.attempt, database=access.database))
        done = yield from _program(context, spec, spec.command)
        evidence |= child_evidence(done)
        if done.status != 0:
            return failed_child(done, evidence, "unknown")
    else:
        former = _former(context, access)
        want = closed(former, access.owner, _kept(spec, access))
        yield Emit(
            event=QuiesceBegun(
                step=context.step.id, attempt=context.attempt, database=access.database, oid=access.oid,
                former=tuple((g.grantor, g.grantee, g.privilege, g.grantable) for g in former),
            )
        )  # fmt: skip
        evidence |= {
            "taken_from": [role or "PUBLIC" for role in connecting(former) if role not in connecting(want)],
            "may_connect": [role or "PUBLIC" for role in connecting(want)],
        }
        found = yield from changed(context, access, want)
        if isinstance(found, SqlError) or connecting(found.grants) != connecting(want):
            error = found if isinstance(found, SqlError) else None
            if not isinstance(found, SqlError):
                left = [role or "PUBLIC" for role in connecting(found.grants) if role not in connecting(want)]
                evidence |= {"connected": left}
            silent = failing(error) is FailReason.NOT_ANSWERED
            reason = FailReason.NOT_ANSWERED if silent else FailReason.CONNECT_NOT_TAKEN
            failed = Failed(reason=reason, evidence=evidence, error=error)
            return (yield from _given_back(context, former, failed))
    stayed = yield from _emptied(context, spec, access, evidence)
    if stayed is None:
        return Passed(evidence=evidence, effect="all")
    if spec.command:
        # The pooler stays as it is until a release: to resume it is the plan's, not ours.
        return Failed(reason=stayed.reason, evidence=stayed.evidence, error=stayed.error, effect="some")
    return (yield from _given_back(context, former, stayed))


def _former(context: Context, access: Access) -> tuple[Grant, ...]:
    """What there was before the first attempt."""
    known = (context.former(context.step.id) or {}).get(str(access.oid))
    return access.grants if known is None else tuple(Grant(*row) for row in known)


def _kept(spec: QuiesceSpec, access: Access) -> tuple[str, ...]:
    """The run's own role, which opens further sessions, and those that the plan keeps."""
    return tuple(dict.fromkeys((*spec.keep, *(() if access.superuser else (access.login,)))))


def _program(context: Context, spec: QuiesceSpec, argv: tuple[str, ...]) -> Generator[Effect, Any, ChildDone]:
    limit = spec.timeout or context.step.timeout
    done: ChildDone = yield RunChild(argv=argv, environment=spec.environment, timeout=limit, authored=True)
    return done


def _given_back(context: Context, former: tuple[Grant, ...], failed: Failed) -> StepRun:
    """What was taken, where the rest of it failed: the application is not kept out for nothing."""
    access = yield from access_of(context)
    if not isinstance(access, SqlError):
        found = yield from changed(context, access, former)
        if not isinstance(found, SqlError) and set(found.grants) == set(former):
            yield Emit(event=QuiesceReleased(of=context.step.id, by_step=context.step.id))
            return failed
    return Failed(reason=failed.reason, evidence=failed.evidence, error=failed.error, effect="some")


def _emptied(
    context: Context, spec: QuiesceSpec, access: Access, evidence: dict[str, Any]
) -> Generator[Effect, Any, Failed | None]:
    """Until nobody else is in the database; why it is not empty. Adds to the evidence who was ended."""
    found = yield from _left(context, spec, access, spec.grace)
    if isinstance(found, SqlError):
        return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence, error=found)
    if not found:
        return None
    evidence |= sessions.named(found)
    if not spec.end:
        return Failed(reason=FailReason.SESSIONS_REMAIN, evidence=evidence)
    ended: Rows = yield RunQuery(ours=True, sql=sessions.ending(found), role=context.step.as_)
    if ended.error is not None:
        return Failed(reason=FailReason.SESSIONS_REMAIN, evidence=evidence, error=ended.error)
    evidence["sessions_ended"] = len(found)
    found = yield from _left(context, spec, access, _GONE_S)
    if isinstance(found, SqlError):
        return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence, error=found)
    return Failed(reason=FailReason.SESSIONS_REMAIN, evidence=evidence | sessions.named(found)) if found else None


def _left(
    context: Context, spec: QuiesceSpec, access: Access, seconds: float
) -> Generator[Effect, Any, tuple[sessions.OtherSession, ...] | SqlError]:
    """Who is still there after so long, or when nobody wants to wait any more."""
    told = False
    for turn in range(math.ceil(seconds / _PAUSE) + 1):
        found = yield from sessions.others(context, access.oid, spec.keep)
        if isinstance(found, SqlError) or not found:
            break
        if not told:
            told = True
            yield context.waits(WaitReason.SESSIONS_LEFT, sessions.named(found))
        if turn * _PAUSE >= seconds or (yield Sleep(seconds=_PAUSE)):
            break
    if told:
        yield context.waits(WaitReason.NONE)
    return found


def lint(lint: Lint) -> Iterable[Finding]:
    """A command has its inverse; it is a step, and somebody takes it back."""
    spec: QuiesceSpec = lint.spec
    if lint.is_undo:
        yield Finding(code="quiesce-undo")
    if bool(spec.command) != bool(spec.inverse):
        yield Finding(code="quiesce-inverse", key="command" if spec.command else "inverse")
    if spec.command and spec.keep:
        yield Finding(code="quiesce-keep", key="keep", level="warning")


def needs(spec: QuiesceSpec) -> Needs:
    """The variables that its programs' are made of."""
    return Needs(texts=tuple(spec.environment.values()))


def undone_by(step: str) -> Action:
    """What opens again what a step has closed."""
    return Action(kind="release", spec={"of": step})


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """From whom CONNECT was taken, who has it still, how many sessions were ended."""
    shown = ("taken_from", "may_connect", "connected", "sessions_ended", "count")
    return [(key, evidence[key]) for key in shown if key in evidence]


TEXTS = {
    "quiesce-undo": N_("quiesce is a step of its own; what takes it back is a release"),
    "quiesce-inverse": N_("a command that keeps others out needs its inverse, and the other way round"),
    "quiesce-keep": N_("'keep' is for CONNECT, which a command stands in the place of"),
    FailReason.CONNECT_NOT_TAKEN: N_("the right to connect could not be taken from everybody"),
    FailReason.SESSIONS_REMAIN: N_("others are still in the database"),
}

KIND = Kind(
    name="quiesce", spec=QuiesceSpec, execute=execute, fence="proof", changes=True, window="always", repeat="always",
    says_proof=True, arguments=("command", "inverse"), variables=("environment",), undone_by=undone_by, opens_last=True,
    texts=TEXTS, lint=lint, needs=needs, facts=facts,
)  # fmt: skip
