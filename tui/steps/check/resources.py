"""`resources`: processors, memory and connections as they are now, against the plan's success criteria."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from tui.plan.kinds import Finding
from tui.plan.metrics import METRICS, Origin
from tui.plan.model import Guard
from tui.plan.scalars import Quantity
from tui.said import N_, Quoted
from tui.steps.answers import look as looked
from tui.steps.check.check import Check
from tui.steps.check.row import Look, Row, row
from tui.steps.context import Context
from tui.steps.effects import Probe, Watch, Watched


class ResourcesSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the criteria of the plan say of the database's host and of connections must hold now; where they say
    nothing of processors or memory, these limits do."""

    cpu: Quantity = 0.7
    """Share of the processors that may be in use, where no criterion says it."""
    memory: Quantity = 0.8
    """Share of the memory that may be in use, where no criterion says it."""
    connections: int = 10
    """So many connections at least that the plan's role may still open, reserved ones and limits subtracted."""
    samples: int = 3
    """Over so many samples, one a second, it is looked; of each figure the mean counts."""


_LOOKS: Final = 4
"""By how many more looks than samples it is waited for these."""


def look(context: Context, spec: ResourcesSpec | bool, evidence: dict[str, Any]) -> Look:
    """A row for each metric, and one for the connections that are left."""
    wanted = spec if isinstance(spec, ResourcesSpec) else ResourcesSpec()
    guards = [guard for guard in context.plan.success if _is_resource(guard)]
    said = {guard.metric for guard in guards}
    guards += [Guard(metric="cpu", below=wanted.cpu)] if "cpu" not in said else []
    guards += [Guard(metric="memory", below=wanted.memory)] if "memory" not in said else []
    figures: list[dict[str, float]] = []
    seen: Watched = yield Watch(settle=2.0, wanted=("guards",), figures=True)
    figures += seen.figures
    for _look in range(wanted.samples + _LOOKS):
        if len(figures) >= wanted.samples:
            break
        seen = yield Watch(settle=1.0, figures=True)
        figures += seen.figures
    rows = [_held(guard, [each[guard.metric] for each in figures if guard.metric in each], seen) for guard in guards]
    found = yield from looked(context, Probe(name="connections"))
    holds = None if "error" in found else int(found["free"]) >= wanted.connections
    facts: dict[str, Any] = {key: value for key, value in found.items() if key not in ("error", "sqlstate", "free")}
    return [*rows, row("connections_free", wanted.connections, found.get("free"), holds, error=found, **facts)]


def _is_resource(guard: Guard) -> bool:
    known = METRICS.get(guard.metric)
    return guard.metric == "connections" or (known is not None and known.origin is Origin.HOST)


def _held(guard: Guard, values: list[float], seen: Watched) -> Row:
    """`samples`: how many figures the mean is of. Without any nobody knows."""
    limit, relation = guard.equals, "equals"
    if guard.below is not None:
        limit, relation = guard.below, "below"
    elif guard.above is not None:
        limit, relation = guard.above, "above"
    facts: dict[str, Any] = {
        "of": guard.metric,
        "metric": guard.metric,
        "relation": relation,
        "samples": len(values),
        "source": seen.sources.get(guard.metric),
    }
    if not values or limit is None:
        return row("resources", limit, None, None, **facts)
    mean = sum(values) / len(values)
    holds = {"below": mean < limit, "above": mean > limit, "equals": mean == limit}[relation]
    return row("resources", limit, round(mean, 4), holds, highest=round(max(values), 4), **facts)


def lint(spec: ResourcesSpec | bool) -> Iterable[Finding]:
    """Shares are shares, and something is looked at."""
    if not isinstance(spec, ResourcesSpec):
        return
    for key, share in (("cpu", spec.cpu), ("memory", spec.memory)):
        if not 0 < share <= 1:
            yield Finding(code="check-share", facts={"share": Quoted(f"{share:g}")}, key=f"resources.{key}")
    if not 1 <= spec.samples <= 60:
        yield Finding(code="check-samples", key="resources.samples")


CHECK = Check(
    look=look, lint=lint,
    texts={
        "check-share": N_("{share} is not a share such as 70%"),
        "check-samples": N_("'samples' is a number from 1 to 60"),
    },
)  # fmt: skip
