"""`load`: pgbench with the plan's own scripts, in rising numbers of clients, until a success criterion is breached.

That pgbench ended with 0 says little: it does so where every transaction failed. A level counts when transactions were
carried out and none failed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tui.journal.codes import FailReason, Unmeasured
from tui.journal.events import StepProgress
from tui.plan.kinds import Finding, Kind, Lint, Needs, Program
from tui.said import N_
from tui.steps.child import child_evidence, failed_child, how_it_failed
from tui.steps.context import Context, StepRun
from tui.steps.effects import ChildDone, Emit, Failed, Passed, RunChild, Watch, Watched
from tui.steps.load.pgbench import figures
from tui.steps.load.spec import LoadSpec
from tui.steps.locks import settings_of

_SETTLE: Final = 6.0
"""Seconds that the figures of a level may take to come."""
_TAIL: Final = 4000
"""Characters of pgbench's output that hold its summary, with a line for each script."""


def execute(context: Context, spec: LoadSpec) -> StepRun:
    """A level after the other; the first one at which a criterion is breached is the last, unless all are wanted."""
    before: Watched = yield Watch(settle=_SETTLE, wanted=("guards",))
    levels: list[dict[str, Any]] = []
    known = _named(before)
    evidence: dict[str, Any] = {"levels": levels}
    if known:
        # What is breached already says nothing of the load.
        evidence["breached_before"] = sorted(known)
    for number, clients in enumerate(spec.clients, 1):
        done: ChildDone = yield RunChild(
            argv=_command(spec, clients), timeout=2 * spec.for_ + 60.0, target=True, authored=True,
            settings=settings_of(context, spec), files=True, tail=_TAIL,
        )  # fmt: skip
        level = {"clients": clients, **figures(done.tail)}
        levels.append(level)
        if done.status != 0 or done.timed_out:
            failed = failed_child(done, evidence | child_evidence(done), "unknown")
            return Failed(reason=how_it_failed(done), evidence=failed.evidence, effect="unknown")
        if not level.get("transactions") or level.get("failed_transactions"):
            return Failed(reason=FailReason.TRANSACTIONS_FAILED, evidence=evidence, effect="unknown")
        seen: Watched = yield Watch(settle=_SETTLE, wanted=("guards",))
        breached = _named(seen) - known
        known |= breached
        if breached:
            level["breached"] = sorted(breached)
        if not seen.criteria or seen.unmeasured:
            # What nobody measured meanwhile may have been breached.
            level["unmeasured"] = [dict(guard) for guard in seen.unmeasured] or [{"why": Unmeasured.NO_CRITERIA}]
        done_of = StepProgress(
            step=context.step.id, attempt=context.attempt, done=number, total=len(spec.clients), unit="levels"
        )
        yield Emit(event=done_of)
        if breached and not spec.all_levels:
            break
    return _judged(spec, evidence, levels)


def _judged(spec: LoadSpec, evidence: dict[str, Any], levels: list[dict[str, Any]]) -> Passed | Failed:
    held = [level["clients"] for level in levels if "breached" not in level]
    broken = next((level for level in levels if "breached" in level), None)
    if broken is not None:
        held = [clients for clients in held if clients < broken["clients"]]
        evidence["breaks_at"] = broken["clients"]
    evidence["holds_up_to"] = max(held, default=0)
    if spec.must_hold is not None:
        if broken is not None and broken["clients"] <= spec.must_hold:
            return Failed(reason=FailReason.GUARD_BREACHED, evidence=evidence, effect="unknown")
        needed = [level for level in levels if level["clients"] <= spec.must_hold]
        lacking = [guard for level in needed for guard in level.get("unmeasured", ())]
        if lacking:
            return Failed(
                reason=FailReason.NOT_MEASURED, evidence=evidence | {"not_measured": lacking}, effect="unknown"
            )
    return Passed(evidence=evidence, effect="unknown")


def _named(seen: Watched) -> set[str]:
    """The criteria that are breached, each as its metric and limit."""
    return {f"{guard['metric']} {guard['limit']:g}" for guard in seen.breached}


def _command(spec: LoadSpec, clients: int) -> tuple[str, ...]:
    """pgbench's arguments. Without `-n` it would vacuum tables of its own, which are not there."""
    threads = min(spec.threads, clients)
    found = ["pgbench", "-n", "-c", str(clients), "-j", str(threads), "-T", str(max(1, round(spec.for_)))]
    found += ["-M", spec.protocol]
    if spec.within is not None:
        found += ["-L", f"{1000 * spec.within:g}"]
    for name, value in sorted(spec.variables.items()):
        found += ["-D", f"{name}={value}"]
    for script in spec.scripts:
        found += ["-f", script]
    return tuple(found)


def lint(lint: Lint) -> Iterable[Finding]:
    """Scripts, and levels that rise."""
    spec: LoadSpec = lint.spec
    if not spec.scripts:
        yield Finding(code="load-scripts", key="scripts")
    rising = all(one < other for one, other in zip((0, *spec.clients), spec.clients, strict=False))
    if not spec.clients or not rising:
        yield Finding(code="load-clients", key="clients")
    elif spec.must_hold is not None and spec.must_hold not in spec.clients:
        yield Finding(code="load-must-hold", key="must_hold", facts={"clients": spec.must_hold})
    if spec.for_ < 1:
        yield Finding(code="load-time", key="for")


def needs(spec: LoadSpec) -> Needs:
    """pgbench, and criteria that are measured."""
    return Needs(programs=(Program("pgbench"),), measured=frozenset({"guards"}))


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Where the criteria break, and the table of the levels."""
    found = [(key, evidence[key]) for key in ("holds_up_to", "breaks_at") if key in evidence]
    shown = ("clients", "tps", "latency_s", "failed_transactions", "breached")
    levels = [{key: level[key] for key in shown if level.get(key)} for level in evidence.get("levels", ())]
    return [*found, ("levels", levels)]


TEXTS = {
    "load-scripts": N_("load needs at least one script"),
    "load-clients": N_("write numbers of clients that rise, such as [1, 2, 4, 8]"),
    "load-must-hold": N_("{clients} is none of the numbers of clients that are tried"),
    "load-time": N_("a level lasts a second at least"),
    FailReason.TRANSACTIONS_FAILED: N_("transactions of the load test failed, or none was carried out"),
}

KIND = Kind(
    name="load", spec=LoadSpec, execute=execute, fence="child", window="always", repeat="always",
    variables=("variables",), script_variables=("variables",),
    row_security=lambda spec: bool(spec.row_security == "on"), watches=True, own_progress=True,
    dangerous="on_production", texts=TEXTS, lint=lint, needs=needs, facts=facts,
)  # fmt: skip
