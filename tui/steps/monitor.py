"""`monitor`: watch guards or a log, for a time, or as a companion for as long as another step runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct, field

from tui.journal.codes import FailReason
from tui.journal.events import StepProgress
from tui.plan.scalars import Duration
from tui.steps.base import Context, Finding, Kind, Lint, StepRun
from tui.steps.effects import Emit, Failed, Passed, Sleep, Watch, Watched


class MonitorSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`for` seconds (none for a companion); with `guards`, a guard breached at the end or meanwhile is a failure."""

    log: Literal["server"] | None = None
    guards: bool = False
    for_: Duration | None = field(default=None, name="for")


def execute(context: Context, spec: MonitorSpec) -> StepRun:
    """Watch until the time is over, or until asked to stop as a companion."""
    waited = 0.0
    tick = 1.0
    stopped = False
    while not stopped and (spec.for_ is None or waited < spec.for_):
        step = tick if spec.for_ is None else min(tick, spec.for_ - waited)
        # A companion lasts as long as its step does, which no rehearsal makes faster.
        stopped = yield Sleep(seconds=step, compressible=spec.for_ is not None)
        waited += step
        if spec.for_ is not None:
            yield Emit(
                event=StepProgress(
                    step=context.step.id, attempt=context.attempt, done=waited, total=spec.for_, unit="s"
                )
            )
    seen: Watched = yield Watch()
    evidence: dict[str, Any] = {
        "seconds": waited, "breached": list(seen.breached), "errors": seen.errors, "lines": seen.lines,
        "samples": seen.samples,
    }  # fmt: skip
    if stopped and spec.for_ is not None and not context.companion:
        return Failed(reason=FailReason.CANCELLED, evidence=evidence)
    if spec.guards and seen.breached:
        return Failed(reason=FailReason.GUARD_BREACHED, evidence=evidence)
    return Passed(evidence=evidence)


def lint(lint: Lint) -> Iterable[Finding]:
    """A time, or a step to accompany; something to watch."""
    spec: MonitorSpec = lint.spec
    if spec.for_ is None and lint.step.with_ is None:
        yield Finding(code="monitor-time", message="monitor needs 'for', or 'with' a step that it accompanies")
    if spec.log is None and not spec.guards:
        yield Finding(code="monitor-what", message="monitor needs 'log: server' or 'guards: true'")


def facts(evidence: dict[str, Any]) -> list[tuple[str, str]]:
    """How long, and what was seen."""
    return [(key, str(evidence[key])) for key in ("seconds", "lines", "errors", "samples") if key in evidence]


KIND = Kind(name="monitor", spec=MonitorSpec, execute=execute, lint=lint, facts=facts)
