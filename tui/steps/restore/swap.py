"""The new database takes the target's name, and the one of before is kept; and the way back."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from tui.journal.codes import FailReason
from tui.journal.events import QuiesceBegun, SwapBegun
from tui.sql.database_acl import CONNECT, Grant, closed, grants
from tui.sql.quoting import identifier
from tui.steps.answers import failing
from tui.steps.context import Context, StepRun
from tui.steps.database import Access, access_of, changed
from tui.steps.effects import Effect, Emit, Failed, Maintain, Passed, Probe, SqlError, SwapDatabases, Swapped
from tui.steps.restore.spec import RestoreSpec


def swapped(
    context: Context, spec: RestoreSpec, access: Access, called: str, new_oid: int, keep_as: str,
    evidence: dict[str, Any], *, before: tuple[str, ...] = (), back: bool = False,
) -> StepRun:  # fmt: skip
    """Exchange the names; who stands in the way is named, and nothing is done."""
    facts = {key: value for key, value in evidence.items() if key not in ("error", "tail")}
    facts |= {"database": access.database, "old_oid": access.oid, "new_oid": new_oid, "kept_as": keep_as}
    stranded = yield Probe(name="stranded")
    acting = {one["subscription"] for one in stranded.get("subscriptions") or () if one["enabled"]}
    # One that an attempt before this has disabled is told all the same.
    acting |= set(facts.get("subscriptions_disabled") or ())
    facts |= {"subscriptions_disabled": sorted(acting)} if acting else {}
    yield Emit(
        event=SwapBegun(
            step=context.step.id, attempt=context.attempt, database=access.database, old_oid=access.oid,
            new_oid=new_oid, called=called, kept_as=keep_as, maintenance=spec.maintenance, back=back, facts=facts,
        )
    )  # fmt: skip
    error = yield from subscriptions(context, acting, "disable")
    done = Swapped(error=error)
    if error is None:
        done = yield SwapDatabases(
            database=access.database, old_oid=access.oid, new_oid=new_oid, called=called, keep_as=keep_as,
            maintenance=spec.maintenance, role=context.step.as_, before=before,
        )  # fmt: skip
    facts |= {"swap_s": done.seconds}
    if done.ended:
        facts |= {"sessions_ended": len(done.ended)}
    if done.done:
        return Passed(evidence=facts, effect="all")
    yield from subscriptions(context, acting, "enable")
    told = {"sessions": list(done.sessions), "prepared": list(done.prepared)}
    told = {key: value for key, value in told.items() if value}
    reason = FailReason.IN_THE_WAY if told else failing(done.error)
    return Failed(reason=reason, evidence=facts | told, error=done.error)


def kept_out(
    context: Context, name: str, former: Iterable[Grant] | None = None
) -> Generator[Effect, Any, SqlError | None]:
    """Whoever is kept out of the target is kept out of the database that takes its name. `former`: the grants that a
    release is to give that one, where they are not those that it has; why that could not be."""
    closing = [(step, attempt) for step, attempt, by_grants in context.closing if by_grants]
    if not closing:
        return None
    here = yield from access_of(context)
    access = yield from access_of(context, name)
    if isinstance(here, SqlError) or isinstance(access, SqlError):
        return here if isinstance(here, SqlError) else access if isinstance(access, SqlError) else None
    wanted = access.grants if former is None else tuple(former)
    for step, attempt in closing:
        yield Emit(
            event=QuiesceBegun(
                step=step, attempt=attempt, database=name, oid=access.oid,
                former=tuple((g.grantor, g.grantee, g.privilege, g.grantable) for g in wanted),
            )
        )  # fmt: skip
    keep = [grant.grantee for grant in here.grants if grant.privilege == CONNECT]
    found = yield from changed(context, access, closed(wanted, access.owner, keep))
    return found if isinstance(found, SqlError) else None


def subscriptions(context: Context, names: Iterable[str], word: str) -> Generator[Effect, Any, SqlError | None]:
    """Have these of the target act, or not: one that does keeps a worker in its database, which comes back as often as
    it is ended."""
    wanted = tuple(f"alter subscription {identifier(name)} {word}" for name in sorted(names))
    if not wanted:
        return None
    done = yield Maintain(statements=wanted, role=context.step.as_)
    error: SqlError | None = done[-1]
    return error


def taken_back(context: Context, spec: RestoreSpec) -> StepRun:
    """The database that was kept takes its name back; the one that was restored is called as before."""
    assert spec.back is not None
    swap = context.swap or {}
    evidence: dict[str, Any] = {"of": spec.back}
    if swap.get("back") and swap.get("done"):
        return Passed(evidence=evidence)
    if not swap.get("back") and not (swap.get("step") == spec.back and swap.get("done")):
        return Failed(reason=FailReason.KEPT_GONE, evidence=evidence)
    # An attempt that was ended before has turned the intent already.
    kept_as, oid, other = (swap[key] for key in ("kept_as", "old_oid", "called"))
    if swap["back"]:
        kept_as, oid, other = (swap[key] for key in ("called", "new_oid", "kept_as"))
    access = yield from access_of(context)
    if isinstance(access, SqlError):
        return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence, error=access)
    held = yield from access_of(context, kept_as)
    if isinstance(held, SqlError):
        return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence, error=held)
    evidence |= {"database": access.database}
    if held.oid != oid:
        return Failed(reason=FailReason.KEPT_GONE, evidence=evidence | {"kept_as": kept_as})
    # It was closed when it was put away: who may connect to the other one, now or after a release, may connect to it.
    if context.closed:
        former = _owned(_former(context, held, access), access.owner, held.owner)
        refused = yield from kept_out(context, kept_as, former)
    else:
        found = yield from changed(context, held, _owned(access.grants, access.owner, held.owner))
        refused = found if isinstance(found, SqlError) else None
    if refused is not None:
        return Failed(reason=FailReason.NOT_GIVEN_BACK, evidence=evidence, error=refused)
    names = list(swap["facts"].get("subscriptions" if swap["back"] else "subscriptions_disabled") or ())
    evidence |= {"subscriptions": names} if names else {}
    outcome = yield from swapped(context, spec, access, kept_as, held.oid, other, evidence, back=True)
    error = (yield from subscriptions(context, names, "enable")) if isinstance(outcome, Passed) else None
    if error is not None:
        return Failed(reason=failing(error), evidence=outcome.evidence, error=error, effect="all")
    return outcome


def _former(context: Context, held: Access, access: Access) -> tuple[Grant, ...]:
    """What a release gives to whichever of the two bears the name."""
    for step, _attempt, _by_grants in context.closing:
        known = context.former(step) or {}
        for oid in (str(held.oid), str(access.oid)):
            if oid in known:
                return grants(known[oid])
    return access.grants


def _owned(of: Iterable[Grant], owner: str, by: str) -> tuple[Grant, ...]:
    """Grants of a database of one owner as another owner gives them."""

    def named(role: str) -> str:
        return by if role == owner else role

    return grants([named(g.grantor), named(g.grantee), g.privilege, g.grantable] for g in of)
