"""One limit of a checklist as the plan has it: what must be, and when one is broken no later than another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tui.importer.markdown import times
from tui.importer.markdown.compared import Bound
from tui.importer.markdown.limits import Limit
from tui.plan.metrics import METRICS, MetricUnit
from tui.plan.scalars import parse_quantity


@dataclass(frozen=True, slots=True)
class Criterion:
    """What must be. `number`: of its line; `lasting`: seconds for which it may be otherwise."""

    number: int
    title: str
    limit: Limit
    lasting: float = 0.0

    @property
    def told(self) -> tuple[str, str]:
        """The key of the plan's language and its value. What is counted is below 6 where it is at most 5."""
        limit = self.limit
        if limit.bound is Bound.EQUALS or (limit.bound is Bound.AT_MOST and not parse_quantity(limit.value)):
            return "equals", limit.value
        key = "below" if limit.bound in (Bound.BELOW, Bound.AT_MOST) else "above"
        if METRICS[limit.metric].unit is MetricUnit.NUMBER and limit.metric != "load" and limit.value.isdecimal():
            count = int(limit.value)
            if limit.bound is Bound.AT_MOST:
                return key, str(count + 1)
            if limit.bound is Bound.AT_LEAST and count:
                return key, str(count - 1)
        return key, limit.value

    def keys(self) -> dict[str, Any]:
        key, value = self.told
        return {
            "metric": self.limit.metric, key: int(value) if value.isdecimal() and value == str(int(value)) else value,
            "for": times.written(self.lasting) if self.lasting else None, "title": self.title or None,
        }  # fmt: skip

    def holds_while(self, other: Criterion) -> bool:
        """Whether it is not broken as long as another one of its metric is not: it breaks later, or with that."""
        key, value = self.told
        wanted, limit = other.told
        if key != wanted:
            return False
        mine, its = parse_quantity(value), parse_quantity(limit)
        return mine == its if key == "equals" else mine >= its if key == "below" else mine <= its
