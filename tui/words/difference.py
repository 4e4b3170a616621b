"""What a comparison found beside what was expected, by name: labelled lines for `trouble`. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tui.locale import _
from tui.words.codes import NOT_COMPARED, word
from tui.words.inert import visible

Row = tuple[str, str]
_NAMED = 10
"""So many are told one by one; how many more there are, as a number."""


def difference_rows(evidence: dict[str, Any]) -> Iterator[Row]:
    """What came and was not expected, what was expected and did not come, what nobody knows."""
    told = evidence.get("difference")
    evidence = told if isinstance(told, dict) else {}
    came = [_difference(one) for one in _many(evidence.get("unexpected")) if isinstance(one, dict)]
    yield from _named(_("not expected"), came, evidence.get("unexpected_count"))
    if evidence.get("missing_count") is not None:
        lacking = [visible(str(one)) for one in _many(evidence.get("missing"))]
        yield from _named(_("expected, and not there"), lacking, evidence.get("missing_count"))
    left = [_left(one) for one in _many(evidence.get("not_compared")) if isinstance(one, dict)]
    yield from _named(_("not compared"), left, evidence.get("not_compared_count"))


def _difference(one: dict[str, Any]) -> str:
    text = visible(" ".join(str(one.get(key, "?")) for key in ("change", "family", "object")))
    if one.get("change") != "changed":
        return text
    before, after = one.get("before"), one.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        parts = [f"{key}: {_value(before.get(key))} -> {_value(value)}" for key, value in after.items()]
        return f"{text} ({visible(', '.join(parts))})"
    return f"{text} ({visible(_value(before))} -> {visible(_value(after))})"


def _value(value: Any) -> str:
    return "-" if value is None else str(value)


def _left(one: dict[str, Any]) -> str:
    name = f"{one.get('family', '?')} {one.get('object', '?')}"
    code = f" (SQLSTATE {visible(str(one['sqlstate']))})" if one.get("sqlstate") else ""
    return f"{visible(str(name))}: {word(NOT_COMPARED, str(one.get('why')))}{code}"


def _many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _named(label: str, told: list[str], count: Any) -> Iterator[Row]:
    more = (count if isinstance(count, int) else len(told)) - min(len(told), _NAMED)
    for text in told[:_NAMED]:
        yield label, text
        label = ""
    if more > 0:
        yield label, _("and {n} more").format(n=more)
