"""Values of facts as people read them: sizes, spans, codes, lists, by the names of the facts. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from tui.locale import _
from tui.plan.metrics import METRICS
from tui.words.codes import metric_word, worded
from tui.words.facts import fact_word
from tui.words.figures import amount, figure, size, span
from tui.words.inert import visible
from tui.words.shortfall import unmeasured_words

_LONGEST: Final = 160
_SHORT: Final = 12
"""Characters of a digest in a line."""


def value_words(name: str, value: Any, *, short: bool = False) -> str:
    """What a fact of this name says, inert. `short`: in a line, where a digest is known by its beginning."""
    return _told(name, worded(value, name), short)


def _told(name: str, value: Any, short: bool) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return _figure(name, value)
    if isinstance(value, str):
        if name == "metric" or (name == "attested" and value in METRICS):
            return metric_word(value)
        return visible(value[:_SHORT] if short and name.endswith("sha256") else value)
    if isinstance(value, dict) and "why" in value and ("what" in value or "metric" in value):
        return unmeasured_words(value)
    if isinstance(value, dict) and _is_flat(value.values()):
        # What a metric was is told in its unit.
        named = ((str(key), name if name in METRICS else str(key), part) for key, part in value.items())
        return ", ".join(f"{fact_word(key)} {_told(unit, part, short)}" for key, unit, part in named)
    if isinstance(value, list | tuple) and _is_flat(value, lists=False):
        return ", ".join(_told(name, part, short) for part in value) or "-"
    if isinstance(value, list | tuple) and all(isinstance(one, dict) and _is_flat(one.values()) for one in value):
        return "; ".join(_told(name, one, short) for one in value)
    if isinstance(value, list | tuple) and value and all(_is_of_a_metric(one) for one in value):
        return "; ".join(_of_a_metric(one, short) for one in value)
    return visible(json.dumps(value, ensure_ascii=False, default=str))


def _is_of_a_metric(one: Any) -> bool:
    """Whether it tells figures of one metric, such as those before and now."""
    return (
        isinstance(one, dict)
        and one.get("metric") in METRICS
        and all(not isinstance(part, dict) or _is_flat(part.values()) for part in one.values())
    )


def _of_a_metric(one: dict[str, Any], short: bool) -> str:
    """`response time: before median 5 ms, p95 7 ms; now median 6 ms, p95 9 ms`, all in the metric's unit."""
    metric = str(one["metric"])
    parts = (
        f"{fact_word(str(key))} {_told(metric if isinstance(part, dict) else str(key), part, short)}"
        for key, part in one.items()
        if key != "metric"
    )
    return f"{metric_word(metric)}: {', '.join(parts)}"


def _is_flat(parts: Iterable[Any], lists: bool = True) -> bool:
    """Whether they are all scalars, or lists of such."""
    return all(
        part is None
        or isinstance(part, str | int | float)
        or (lists and isinstance(part, list | tuple) and _is_flat(part, lists=False))
        for part in parts
    )


def _figure(name: str, value: float) -> str:
    if name in METRICS:
        return figure(name, value)
    if name == "bytes" or name.endswith("_bytes"):
        return size(value)
    if name == "seconds" or name.endswith("_s"):
        return span(value)
    return amount(value)


def facts_words(facts: Iterable[tuple[str, Any]]) -> str:
    """`rows 20000, xid 912`: no time taken (it is told anyway), nothing that has parts, and what is long is cut."""
    plain = ((name, value) for name, value in facts if isinstance(value, str | int | float) and value != "")
    return line_of(fact(name, value) for name, value in plain if name != "seconds")


def fact(name: str, value: Any) -> str:
    """A fact in a line."""
    return f"{fact_word(name)} {value_words(name, value, short=True)}"


def line_of(told: Iterable[str]) -> str:
    """Several, and what is long is cut."""
    shown = ", ".join(told)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
