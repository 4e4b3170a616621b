"""`restore`: a dump of the run becomes the target again, in a database of its own that then takes the name.

Nothing of the target is touched before everything else is done: the new database is made like the source, filled,
analyzed, given what belongs to a database itself, compared, and the dump's hash, which is taken beside all that, is
what it was. Then the names are exchanged in one transaction, and the database of before is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tui.journal.codes import FailReason
from tui.plan.kinds import Finding, Kind, Lint, Needs, Program
from tui.plan.model import Action
from tui.said import N_, Quoted
from tui.steps.answers import answers, failing
from tui.steps.archive import damage
from tui.steps.archive.reading import reading
from tui.steps.context import Context, StepRun
from tui.steps.database import access_of
from tui.steps.effects import Failed, SqlError
from tui.steps.restore import properties
from tui.steps.restore.into import restored
from tui.steps.restore.loss import foretell
from tui.steps.restore.spec import RestoreSpec
from tui.steps.restore.swap import kept_out, swapped, taken_back

_NAME_BYTES: Final = 63


def execute(context: Context, spec: RestoreSpec) -> StepRun:
    """See the module; an attempt that was ended behind the restore goes on with the exchange."""
    if spec.back is not None:
        return (yield from taken_back(context, spec))
    recorded = context.evidence(spec.of or "")
    if not recorded.get("path") or "sha256" not in recorded:
        return Failed(reason=FailReason.NO_BACKUP, evidence={"of": spec.of})
    evidence: dict[str, Any] = {"of": spec.of, "path": recorded["path"]}
    if recorded.get("statistics"):
        evidence["statistics"] = True
    how = reading(recorded, spec.decrypt)
    if how is None:
        return Failed(reason=FailReason.ENCRYPTED, evidence=evidence)
    if recorded.get("whole") is False:
        return Failed(reason=FailReason.NOT_IN_BACKUP, evidence=evidence | {"whole": False})
    if spec.quiesced and not context.closed:
        return Failed(reason=FailReason.NOT_QUIESCED, evidence=evidence)
    access = yield from access_of(context)
    if isinstance(access, SqlError):
        reason = FailReason.SQL_ERROR if answers(access) else FailReason.NOT_ANSWERED
        return Failed(reason=reason, evidence=evidence, error=access)
    login = None if access.superuser else access.login
    called = spec.database or named(access.database, "restored", context.run)
    keep_as = spec.keep_as or named(access.database, "before", context.run)
    begun = context.swap
    whole = begun is not None and begun["step"] == context.step.id and not begun["done"] and not begun["back"]
    known = yield from properties.sampled(recorded)
    want = known.get("properties") or (yield from properties.present(context))
    if isinstance(want, SqlError):
        return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence, error=want)
    there = yield from properties.present(context, called)
    if isinstance(there, SqlError):
        return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence, error=there)
    if "properties" not in known:
        want = properties.unclosed(context, want)
        evidence["not_compared"] = "properties_not_kept"
    if not (whole and begun is not None and there and there.get("oid") == begun["new_oid"]):
        yield from damage.begin(recorded)
        evidence["loses"] = yield from foretell(context, spec)
        failed = yield from restored(context, spec, called, how, want, there, login, evidence)
        if failed is not None and failed.reason != FailReason.RESTORE_FAILED:
            return failed
        found = yield from damage.damage(context, recorded, spec.timeout)
        evidence |= (failed.evidence if failed is not None else {}) | found.evidence
        if found.reason is not None and (failed is not None or context.accepted != found.reason):
            return Failed(reason=found.reason, evidence=evidence)
        if failed is not None:
            return failed
        there = yield from properties.present(context, called)
        if isinstance(there, SqlError):
            return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence, error=there)
    elif begun is not None:
        evidence |= begun["facts"]
    refused = yield from kept_out(context, called)
    if refused is not None:
        silent = failing(refused) is FailReason.NOT_ANSWERED
        reason = FailReason.NOT_ANSWERED if silent else FailReason.CONNECT_NOT_TAKEN
        return Failed(reason=reason, evidence=evidence, error=refused)
    new_oid, before = int(there["oid"]), (properties.commented(called, want),)
    return (yield from swapped(context, spec, access, called, new_oid, keep_as, evidence, before=before))


def named(database: str, why: str, run: str) -> str:
    """A name for another database, which no other run gives, within what the server allows."""
    end = f"_{why}_{run.rpartition('-')[2]}"
    return database.encode()[: _NAME_BYTES - len(end)].decode("utf-8", "ignore") + end


def lint(lint: Lint) -> Iterable[Finding]:
    """It names a backup of the whole database, or a step whose exchange it takes back; it undoes nothing by itself."""
    spec: RestoreSpec = lint.spec
    if (spec.of is None) is (spec.back is None):
        yield Finding(code="restore-of", text="restore-one", key="of")
        return
    of = spec.of or spec.back or ""
    kind = lint.kinds_of_steps.get(of)
    fits = kind is not None and (kind.makes_backup if spec.back is None else kind.swaps)
    if not fits:
        key = "of" if spec.back is None else "back"
        yield Finding(code="restore-of", facts={"key": Quoted(key), "of": Quoted(of)}, key=key)
    if lint.is_undo and spec.back is None:
        yield Finding(code="restore-undo")
    made = None if spec.of is None else lint.before(spec.of)
    if made is not None and made.kind.whole is not None and not made.kind.whole(made.spec):
        yield Finding(code="restore-part", facts={"of": Quoted(made.id)}, key="of")
    if not spec.quiesced:
        yield Finding(code="restore-open", key="quiesced", level="warning")
    elif wants_closed(spec) and not lint.is_undo:
        yield from _closed(lint)


def _closed(lint: Lint) -> Iterable[Finding]:
    """Whether a step before it keeps others out; the decision to begin it will ask that."""
    closing: dict[str, None] = {}
    closes = False
    for step in lint.earlier():
        if step.kind.opens_last:
            closing[step.id], closes = None, True
        elif step.kind.reopens is not None:
            closing.pop(step.kind.reopens(step.spec), None)
    if not closes:
        yield Finding(code="restore-quiesce")
    elif not closing:
        yield Finding(code="restore-quiesce", text="restore-released", level="warning")


def wants_closed(spec: RestoreSpec) -> bool:
    """Whether others must be kept out when it begins."""
    return spec.quiesced and spec.of is not None


def needs(spec: RestoreSpec) -> Needs:
    """pg_restore, which makes a database."""
    return Needs() if spec.back is not None else Needs(programs=(Program("pg_restore"),), scratch=True)


def undone_by(step: str) -> Action:
    """What gives the database of before its name back."""
    return Action(kind="restore", spec={"back": step})


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """From what, as what the one of before is kept; who or what stands in the way."""
    shown = ("path", "kept_as", "restore_s", "swap_s", "damaged_tables", "differs", "prepared", "restored_as")
    return [(key, evidence[key]) for key in shown if key in evidence]


TEXTS = {
    "restore-one": N_("restore needs either 'of', a backup step, or 'back', a restore step"),
    "restore-of": N_("{key} must name a step that made what it takes; {of} did not"),
    "restore-undo": N_("a restore is never begun by itself; make it a step of the rollback"),
    "restore-open": N_("what others write while it is restored is lost; put a quiesce before it"),
    "restore-quiesce": N_("no step before it keeps others out, and it will not begin; put a quiesce before it"),
    "restore-released": N_("what keeps others out is released before it; it begins only where that has not been done"),
    "restore-part": N_("{of} is no backup of the whole database; a restore of it would lose the rest"),
    FailReason.NOT_QUIESCED: N_("others are not kept out of the target; a quiesce comes first"),
    FailReason.DATABASE_EXISTS: N_("a database of the name for the new one is there already, and is not this step's"),
    FailReason.DATABASE_DIFFERS: N_("what belongs to the database itself is not what it was"),
    FailReason.IN_THE_WAY: N_("others' sessions or prepared transactions keep the database from being renamed"),
    FailReason.KEPT_GONE: N_("the database that was kept is not there"),
}

KIND = Kind(
    name="restore", spec=RestoreSpec, execute=execute, fence="proof", changes=True, window="always", repeat="always",
    says_proof=True, short="of", arguments=("decrypt",), patient=True, dangerous="always", foretells=foretell,
    swaps=True, wants_closed=wants_closed, undone_by=undone_by, texts=TEXTS, lint=lint, needs=needs, facts=facts,
)  # fmt: skip
