"""`compare`: what is different from what a fingerprint of this run told, against what the plan, or the rehearsal of the
same work, expects; by name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from msgspec import Struct, field

from tui.journal.codes import FailReason, NotCompared
from tui.journal.events import DifferenceRecorded
from tui.plan.kinds import Finding, Kind, Lint
from tui.plan.scalars import Duration, EarlierStep
from tui.said import N_, Quoted
from tui.sql.wildcard import any_matches, matches
from tui.steps.answers import answers
from tui.steps.context import Context, StepRun
from tui.steps.difference import ALL_FAMILIES, LARGE_OBJECTS, POSITIONS, ROWS, Comparison, compared
from tui.steps.effects import Emit, Failed, Passed, TakeFingerprint
from tui.steps.fingerprints import NAMED, TOLD, ask_all, keep, kept, take, without

KEPT = 2000
"""Names of differences that are recorded for a later run of the same work."""
_CONTENT = frozenset({ROWS, POSITIONS, LARGE_OBJECTS})
_CHANGES = ("added", "removed", "changed")


class CompareSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Without `expect` nothing may differ. The rows of tables are compared only where no application writes in between:
    while it is stopped (`quiesce`), or with a copy of the same snapshot. Otherwise it is the catalogue and the
    fingerprint's invariants, and the result says so. Roles are the whole server's: what differs of one that nothing in
    this database concerns is told and is no difference, unless it is expected.
    """

    with_: EarlierStep = field(name="with")
    """The step that took the fingerprint of before."""
    expect: tuple[str, ...] | Literal["rehearsal"] = ()
    """What must differ, and nothing else: `added columns app.orders.region`, `changed policies app.orders: tenant`,
    `removed indexes app.old_*`, as the evidence of an earlier run names it; or `rehearsal`: what this step found in the
    rehearsal of the same work."""
    ignore: tuple[str, ...] = ()
    """What may differ, and is not looked at: objects such as `app.events_2026*`, or with the family `roles *`."""
    content: Literal["where_still", "required", "none"] = "where_still"
    """Of rows: compared where they can be; `required`: the step fails where they cannot; `none`: they are not."""
    within: Duration = 60.0
    """For how long rows are read."""


def execute(context: Context, spec: CompareSpec) -> StepRun:
    """Take a fingerprint as the first one was taken, and hold one against the other."""
    told = context.evidence(spec.with_).get(TOLD)
    before = None if not isinstance(told, dict) else (yield from kept(told))
    difference: dict[str, Any] = {"with": spec.with_}
    if told is None or before is None:
        why = NotCompared.NOT_TAKEN if told is None else NotCompared.NOT_READ
        left = [{"family": "*", "object": "*", "why": why}]
        return Failed(reason=FailReason.NOT_COMPARED, evidence={"difference": difference | _left(left)})
    still = bool(context.quiesced) and (told["still"] == context.quiesced or bool(told.get("moment")))
    content = still and spec.content != "none" and bool(before["tables"])
    rows = told["rows"] if content else "none"
    hashed = {name: tuple(of["columns"]) for name, of in before["tables"].items() if "columns" in of}
    effect = TakeFingerprint(
        tables=tuple(before["tables"]) if content else (), rows="hashes" if rows == "hashes" else "counts",
        within=spec.within, columns=hashed, role=context.step.as_,
    )  # fmt: skip
    taken = yield from take(context, effect)
    questions = before.get("questions", {})
    error = taken.error
    if error is None:
        values, error = yield from ask_all(context, questions, spec.within)
    if error is not None:
        reason = FailReason.SQL_ERROR if answers(error) else FailReason.NOT_ANSWERED
        return Failed(reason=reason, evidence={"difference": difference}, error=error)
    found = without(taken.found, spec.ignore) | {"invariants": values, "questions": questions}
    reference = yield from keep(context, found, rows, context.quiesced)
    # What the run itself has closed to others, or opened again, since then.
    closed = () if told["still"] == context.quiesced else ("grants database",)
    comparison = compared(
        before, found, content=content, ignore=(*spec.ignore, *closed), expected=_expected(context, spec)
    )
    names = tuple(each.name for each in comparison.differences)
    yield Emit(event=_recorded(context, spec, names))
    difference |= {
        "content": rows, "objects": comparison.objects, "tables_count": comparison.tables,
        "invariants_count": len(values), "count": len(names),
    }  # fmt: skip
    if comparison.elsewhere:
        difference["elsewhere"] = list(comparison.elsewhere[:NAMED])
    unknown = [each.facts() for each in comparison.left]
    if before["tables"] and not content and spec.content != "none":
        unknown.append({"family": ROWS, "object": "*", "why": NotCompared.NOT_STILL})
    if closed:
        unknown.append({"family": "grants", "object": "database", "why": NotCompared.CLOSED})
    failed, judged = _judged(context, spec, comparison, content)
    evidence = {TOLD: reference, "difference": difference | judged | _left(unknown), "seconds": taken.seconds}
    return Passed(evidence=evidence) if failed is None else Failed(reason=failed, evidence=evidence)


def _expected(context: Context, spec: CompareSpec) -> Sequence[str]:
    """What must differ, as far as it is written or was learned."""
    if spec.expect != "rehearsal":
        return spec.expect
    learned = context.rehearsed_changes.get(context.step.id)
    return () if learned is None else learned.changes


Judged = tuple[FailReason | None, dict[str, Any]]
"""Why it fails, if it does, and what is told of it."""


def _judged(context: Context, spec: CompareSpec, comparison: Comparison, content: bool) -> Judged:
    names = [each.name for each in comparison.differences]
    if spec.expect != "rehearsal":
        came_from, wanted = "plan", _against(spec, comparison, spec.expect, content)
    elif context.rehearsal:
        # What it finds here is what the next run of this work expects.
        came_from, wanted = "itself", {}
    elif (learned := context.rehearsed_changes.get(context.step.id)) is None:
        return FailReason.NOT_REHEARSED, {"names": names[:NAMED]}
    else:
        came_from = learned.run
        # Of more than its journal names, the same or not is all that can be said of the rest.
        whole = learned.count <= len(learned.changes)
        same = not whole and _digest(names) == learned.sha256
        wanted = {} if same else _against(spec, comparison, learned.changes, content)
        if not whole and not same and not wanted["missing_count"] and not wanted["unexpected_count"]:
            wanted = {"unexpected": [], "unexpected_count": 0, "missing": ["*"], "missing_count": 1}
    told = {"expected_from": came_from, "names": names[:NAMED]}
    if wanted.get("unexpected_count") or wanted.get("missing_count"):
        return FailReason.DIFFERS, told | wanted
    # All that differs was expected: is there something that nobody knows?
    unknown = any(each.why in (NotCompared.NOT_READ, NotCompared.TIME_OVER) for each in comparison.left)
    if unknown or (spec.content == "required" and not content):
        return FailReason.NOT_COMPARED, told
    return None, told


def _against(spec: CompareSpec, comparison: Comparison, expected: Sequence[str], content: bool) -> dict[str, Any]:
    """What came and was not expected, and what was expected and did not come."""
    came = {each.name: each for each in comparison.differences}
    unexpected = [each.facts() for name, each in came.items() if not any_matches(expected, name)]
    looked_at = (wanted for wanted in expected if _looked_at(wanted, content, spec))
    missing = [wanted for wanted in looked_at if not any(matches(wanted, name) for name in came)]
    return {
        "unexpected": unexpected[:NAMED], "unexpected_count": len(unexpected),
        "missing": missing[:NAMED], "missing_count": len(missing),
    }  # fmt: skip


def _looked_at(wanted: str, content: bool, spec: CompareSpec) -> bool:
    """Whether it could have been found: not what rows say where rows were not compared, nor what is ignored."""
    _change, _blank, rest = wanted.partition(" ")
    family, _blank, name = rest.partition(" ")
    return (content or family not in _CONTENT) and not any_matches(spec.ignore, name, rest)


def _left(left: list[dict[str, Any]]) -> dict[str, Any]:
    return {"not_compared": left[:NAMED], "not_compared_count": len(left)} if left else {}


def _recorded(context: Context, spec: CompareSpec, names: tuple[str, ...]) -> DifferenceRecorded:
    return DifferenceRecorded(
        step=context.step.id, attempt=context.attempt, with_=spec.with_, changes=names[:KEPT], count=len(names),
        sha256=_digest(names),
    )  # fmt: skip


def _digest(names: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(names)).encode("utf-8", "surrogateescape")).hexdigest()


def lint(lint: Lint) -> Iterable[Finding]:
    """A step that takes a fingerprint, and expectations that can be read."""
    spec: CompareSpec = lint.spec
    kind = lint.kinds_of_steps.get(spec.with_)
    if kind is None:
        yield Finding(code="compare-with", text="compare-with-nothing", facts={"with": Quoted(spec.with_)}, key="with")
    elif (of := lint.before(spec.with_)) is not None and not kind.takes_fingerprint(of.spec):
        text = "compare-with-none" if kind.makes_backup else ""
        yield Finding(code="compare-with", text=text, facts={"with": Quoted(spec.with_), "kind": kind.name}, key="with")
    if isinstance(spec.expect, str):
        return
    for number, wanted in enumerate(spec.expect):
        change, _blank, rest = wanted.partition(" ")
        family, _blank, name = rest.partition(" ")
        anything = "*" in family
        if change not in _CHANGES or not (anything or (name and family in ALL_FAMILIES)):
            facts = {"expected": Quoted(wanted), "families": ALL_FAMILIES}
            yield Finding(code="compare-expect", facts=facts, key=f"expect.{number}")


def _compares(spec: CompareSpec) -> bool:
    return True


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """What was compared, what differs."""
    told = evidence.get("difference") or {}
    named = (
        *("with", "content", "objects", "tables_count", "invariants_count", "expected_from"),
        *("names", "elsewhere", "missing", "not_compared"),
    )
    found = [(key, told[key]) for key in named if key in told]
    came = [" ".join((of["change"], of["family"], of["object"])) for of in told.get("unexpected") or ()]
    return [*found, ("unexpected", came)] if came else found


TEXTS = {
    "compare-with": N_("'with' must name a step that takes a fingerprint; {with} is a step of kind {kind}"),
    "compare-with-nothing": N_("'with' must name a step that takes a fingerprint; {with} is no step"),
    "compare-with-none": N_("{with} takes no fingerprint; write 'fingerprint: true' there"),
    "compare-expect": N_(
        "{expected} is no difference such as 'added columns app.orders.region': added, removed or changed, one of "
        "{families}, and a name"
    ),
    FailReason.DIFFERS: N_("it differs from what was expected"),
    FailReason.NOT_COMPARED: N_("it could not be compared"),
    FailReason.NOT_REHEARSED: N_("no rehearsal of the same work tells what differs after it"),
}

KIND = Kind(
    name="compare", spec=CompareSpec, execute=execute, patient=True, takes_fingerprint=_compares, compares=_compares,
    texts=TEXTS, lint=lint, facts=facts,
)  # fmt: skip
