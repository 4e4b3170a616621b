"""`monitor`: watch criteria, log or statements for a time, or as a companion; keep a baseline, or compare with one.

What was not measured is no pass: each criterion is known at the end, and has been for all but a twentieth of the time;
but for criteria that nothing could measure when the run was opened, for which a person signs; the log is read up to the
end, without a gap, and every record in it says whether it is an error; the server has not
crashed meanwhile.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, Final

from tui.journal.codes import FailReason, Unmeasured
from tui.journal.events import StepProgress
from tui.plan.kinds import Finding, Kind, Lint, Measured, Needs
from tui.said import N_, Quoted
from tui.steps.answers import look as look_again
from tui.steps.context import Context, StepRun
from tui.steps.effects import Effect, Emit, Failed, Now, Passed, Probe, Sleep, Watch, Watched
from tui.steps.figures import Figures
from tui.steps.monitor import statements
from tui.steps.monitor.against import HOUR, Hours, compared
from tui.steps.monitor.spec import AgainstSpec, MonitorSpec
from tui.steps.touched import nothing

_SETTLE: Final = 6.0
"""Seconds that figures may take to come: the first ones of a run, and the last ones when the time is over."""
_MISSED: Final = 0.05
"""Share of the time for which a criterion may be unknown: a late answer is no failure."""


_TOLD: Final = 1 / 600
"""Share of its time behind which it says how far it is: a day's watch tells that every two minutes and a half."""
_LOOKS: Final = 8
"""Looks at least, however much faster its time passes."""


def _tick(context: Context, spec: MonitorSpec) -> float:
    """Seconds between two looks. In a rehearsal whose time passes faster a look takes as long as ever."""
    return max(1.0, min(0.25 * context.compress, (spec.for_ or 0.0) / _LOOKS))


class _Known:
    """For how long each criterion was not measured, counted in looks."""

    def __init__(self) -> None:
        self.looks = 0
        self._missed: dict[tuple[str, float], tuple[int, dict[str, Any]]] = {}

    def look(self, seen: Watched) -> None:
        self.looks += 1
        for guard in seen.unmeasured:
            key = str(guard["metric"]), float(guard["limit"])
            self._missed[key] = self._missed.get(key, (0, {}))[0] + 1, guard

    def missed(self, tick: float) -> list[dict[str, Any]]:
        """The criteria that were unknown for a while, each with `seconds` and whether that was `too_long`."""
        return [
            guard | {"seconds": times * tick, "too_long": times > _MISSED * self.looks}
            for times, guard in self._missed.values()
        ]


def execute(context: Context, spec: MonitorSpec) -> StepRun:
    """Watch until the time is over, or until asked to stop as a companion."""
    waited = progress = 0.0
    tick = _tick(context, spec)
    stopped = False
    known = _Known()
    figures = Figures()
    keeps = spec.baseline or spec.against is not None
    before = yield Probe(name="epoch")
    hours = Hours((yield Now()) if keeps else 0.0)
    first = (yield from statements.counts(context)) if spec.statements else {}
    look = Watch(settle=_SETTLE, wanted=(*(("log",) if spec.log else ()), *(("guards",) if spec.guards else ())),
                 figures=keeps)  # fmt: skip
    figures.add((yield look).figures)
    while not stopped and (spec.for_ is None or waited < spec.for_):
        step = tick if spec.for_ is None else min(tick, spec.for_ - waited)
        # A companion lasts as long as its step does, which no rehearsal makes faster.
        stopped = yield Sleep(seconds=step, compressible=spec.for_ is not None)
        waited += step
        if not stopped:
            seen: Watched = yield Watch(figures=keeps)
            known.look(seen)
            figures.add(seen.figures)
            hours.add(waited, seen.figures)
        if spec.for_ is not None and (waited - progress >= spec.for_ * _TOLD or waited >= spec.for_ or stopped):
            progress = waited
            yield Emit(
                event=StepProgress(
                    step=context.step.id, attempt=context.attempt, done=waited, total=spec.for_, unit="s"
                )
            )
    seen = yield look
    figures.add(seen.figures)
    missed = known.missed(tick) if spec.guards else []
    evidence = _evidence(spec, seen, waited) | ({"unmeasured": missed} if missed else {})
    if spec.baseline:
        evidence["baseline"] = figures.told()
    # Where time passes faster no hour is one of the day.
    if keeps and waited >= HOUR and context.compress == 1.0:
        evidence["hours"] = hours.told()
    told = (yield from _statements(context, spec, first)) if spec.statements else []
    if isinstance(told, dict):
        evidence["statements_unknown"] = told
    elif spec.statements:
        evidence["top_statements"] = told[: statements.KEPT if spec.baseline else statements.TOLD]
    if stopped and (seen.given_up or (spec.for_ is not None and not context.companion)):
        return Failed(reason=FailReason.CANCELLED, evidence=evidence)
    if spec.guards and seen.breached:
        return Failed(reason=FailReason.GUARD_BREACHED, evidence=evidence)
    lacking = _not_measured(spec, seen)
    if isinstance(told, dict) and (spec.statements == "required" or told["why"] != Unmeasured.NO_STATEMENTS):
        lacking.append({"what": "statements", "why": told["why"]})
    if spec.against is not None:
        earlier = (yield Probe(name="earlier_hours")) if "hours" in evidence else {}
        worse, unknown = _against(context, spec.against, evidence, figures, earlier, told)
        if worse:
            return Failed(reason=FailReason.WORSE_THAN_BASELINE, evidence=evidence | {"worse": worse})
        lacking += unknown
    if spec.baseline:
        # A criterion of which there is no figure to compare with later.
        lacking += [dict(guard) for guard in seen.unmeasured if guard["metric"] not in evidence["baseline"]]
    known_to_lack = {one.get("metric") for one in lacking}
    lacking += [guard for guard in missed if guard["too_long"] and guard["metric"] not in known_to_lack]
    if not lacking and _crashed(before, (yield from look_again(context, Probe(name="epoch")))):
        # The server tells its log of that by messages, not by errors, and its figures begin anew.
        lacking.append({"what": "server", "why": Unmeasured.SERVER_CRASHED})
    if lacking:
        return Failed(reason=FailReason.NOT_MEASURED, evidence=evidence | {"not_measured": lacking})
    return Passed(evidence=evidence)


def _statements(
    context: Context, spec: MonitorSpec, first: statements.Counts | dict[str, Any]
) -> Generator[Effect, Any, list[dict[str, Any]] | dict[str, Any]]:
    """What statements took meanwhile; why that is not known."""
    if "why" in first:
        return dict(first)
    last = yield from statements.counts(context)
    return dict(last) if "why" in last else statements.meanwhile(first, last)


def _against(
    context: Context, spec: AgainstSpec, evidence: dict[str, Any], figures: Figures, earlier: dict[str, Any], told: Any
) -> tuple[list[Any], list[dict[str, Any]]]:
    """What became worse than in the baseline, and what cannot be compared; `evidence` has all that was compared.
    `earlier`: the same hours of earlier runs on this database, for those that the baseline has not."""
    baseline = context.evidence(spec.baseline)
    if "baseline" not in baseline:
        return [], [{"what": "baseline", "why": Unmeasured.NO_BASELINE}]
    same = (earlier.get("hours") or {}) | (baseline.get("hours") or {})
    rows = compared(spec, baseline["baseline"], figures.told(), evidence.get("hours") or {}, same)
    evidence["against"] = rows
    found: list[Any] = sorted({row["metric"] for row in rows if row["worse"]})
    if isinstance(told, list) and "top_statements" in baseline:
        slow = statements.slower(spec, baseline["top_statements"], told)
        if slow:
            evidence["slower"] = slow[: statements.TOLD]
            found += [row["statement"] for row in slow[: statements.TOLD]]
    lacking = [] if rows else [{"what": "baseline", "why": Unmeasured.NO_BASELINE}]
    return found, lacking


def _crashed(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether all statistics were thrown away since, as by the recovery from a crash; one alone a person may reset."""
    pairs = list(zip(before.get("epoch") or (), now.get("epoch") or (), strict=False))
    return bool(pairs) and all(was and new and was != new for was, new in pairs)


def _evidence(spec: MonitorSpec, seen: Watched, waited: float) -> dict[str, Any]:
    """What was seen; counts of a log that nobody could read are no counts."""
    evidence: dict[str, Any] = {"seconds": waited, "breached": list(seen.breached), "samples": seen.samples}
    if spec.guards and seen.attested:
        evidence["attested"] = list(seen.attested)
    if not seen.log:
        evidence |= {"lines": seen.lines, "errors": seen.errors, "critical_errors": seen.critical}
        if seen.sqlstates:
            evidence["sqlstates"] = seen.sqlstates
    return evidence


def _not_measured(spec: MonitorSpec, seen: Watched) -> list[dict[str, Any]]:
    """What is not known at the end, each with why (`Unmeasured`)."""
    lacking: list[dict[str, Any]] = []
    if not seen.samples:
        lacking.append({"what": "figures", "why": Unmeasured.NO_SAMPLES})
    if spec.guards:
        if not seen.criteria:
            lacking.append({"what": "criteria", "why": Unmeasured.NO_CRITERIA})
        lacking += [dict(guard) for guard in seen.unmeasured]
    if spec.log is not None:
        if seen.log:
            lacking.append({"what": "log", "why": seen.log})
        if seen.gaps:
            lacking.append({"what": "log", "why": Unmeasured.LOG_GAP, "count": seen.gaps})
        if seen.unclear and not seen.log:
            lacking.append({"what": "log", "why": Unmeasured.LOG_UNCLEAR, "count": seen.unclear})
    return lacking


def lint(lint: Lint) -> Iterable[Finding]:
    """A time, or a step to accompany; something to watch."""
    spec: MonitorSpec = lint.spec
    if spec.for_ is None and lint.step.with_ is None:
        yield Finding(code="monitor-time")
    if spec.log is None and not any((spec.guards, spec.baseline, spec.statements, spec.against)):
        yield Finding(code="monitor-what")
    of = None if spec.against is None else lint.before(spec.against.baseline)
    keeps = of is None or (isinstance(of.spec, MonitorSpec) and of.spec.baseline)
    if spec.against is not None and (spec.against.baseline not in lint.kinds_of_steps or not keeps):
        yield Finding(code="monitor-against", key="against.baseline", facts={"id": Quoted(spec.against.baseline)})


def needs(spec: MonitorSpec) -> Needs:
    """What it watches has to be measured."""
    watched: dict[Measured, bool] = {"guards": spec.guards, "log": spec.log is not None}
    return Needs(measured=frozenset(name for name, wanted in watched.items() if wanted))


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """How long, and what was seen."""
    shown = ("seconds", "lines", "errors", "sqlstates", "critical_errors", "samples")
    found = [(key, evidence[key]) for key in shown if key in evidence]
    baseline = evidence.get("baseline") or {}
    found += [(metric, {key: of[key] for key in ("median", "p95", "max")}) for metric, of in baseline.items()]
    more = ("worse", "against", "slower", "top_statements", "not_measured", "attested")
    return found + [(key, evidence[key]) for key in more if evidence.get(key)]


TEXTS = {
    "monitor-time": N_("monitor needs 'for', or 'with' a step that it accompanies"),
    "monitor-what": N_(
        "monitor needs 'log: server', 'guards: true', 'baseline: true', 'statements: required' or 'against'"
    ),
    "monitor-against": N_("{id} is no step that keeps a baseline (monitor with 'baseline: true')"),
    FailReason.WORSE_THAN_BASELINE: N_("it became worse than in the baseline"),
    FailReason.NOT_MEASURED: N_("what was to be watched was not measured"),
}

KIND = Kind(
    name="monitor", spec=MonitorSpec, execute=execute, roleless=True, watches=True, texts=TEXTS, lint=lint,
    needs=needs, touches=nothing, facts=facts,
)  # fmt: skip
