"""Why a rollback is proposed, how long it would take, and for how long it is not too late. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tui.journal.events import TriggerFired
from tui.locale import _, ngettext
from tui.run.clock import rollback_at_least, rollback_seconds, window_clock
from tui.run.state import RunState
from tui.words.codes import REASON, metric_word, word
from tui.words.errors import error_words
from tui.words.figures import clock, figure, span
from tui.words.inert import visible
from tui.words.steps import name_of

_LONGEST = 200


def grounds_of(event: TriggerFired, state: RunState) -> str:
    """What made it fire, in a few words, without a full stop."""
    at = None if event.step is None else state.steps.get(event.step)
    told = msgspec.to_builtins(event)
    known = (state.errors.get(str(id)) for id in told.get("grounds", {}).get("errors") or ())
    errors = {error.id: error_words(error) for error in known if error is not None}
    return grounds_words(told, event.step if at is None else name_of(at), errors)


def grounds_words(fired: Mapping[str, Any], step: str | None, errors: Mapping[str, str]) -> str:
    """The same of a proposal as `status --json` has it; `step`: its name, `errors`: texts by their ids."""
    grounds, reason = fired.get("grounds") or {}, str(fired.get("reason") or "")
    match reason:
        case "guard_breached" if fired.get("metric") and "limit" in grounds:
            return _guard(str(fired["metric"]), grounds)
        case "step_failed" | "comparison_failed" if step is not None:
            why = word(REASON, str(grounds.get("why") or "")) or word(REASON, reason)
            code = f" (SQLSTATE {visible(str(grounds['sqlstate']))})" if grounds.get("sqlstate") else ""
            return f"{visible(step)}: {why}{code}"
        case "errors_unresolved" if grounds.get("errors"):
            return _errors(grounds, errors)
    return word(REASON, reason)


def _guard(metric: str, grounds: Mapping[str, Any]) -> str:
    text = _("{metric} {value} against {limit} for {span}, measured on {source}")
    value = grounds.get("value")
    return text.format(
        metric=metric_word(metric), value="?" if value is None else figure(metric, value),
        limit=figure(metric, grounds["limit"]), span=span(grounds.get("for_s") or 0.0),
        source=visible(str(grounds.get("source") or "?")),
    )  # fmt: skip


def _errors(grounds: Mapping[str, Any], errors: Mapping[str, str]) -> str:
    latest = str(grounds["errors"][-1])
    count = grounds.get("count")
    count = count if isinstance(count, int) else len(grounds["errors"])
    text = ngettext("{n} unresolved error, {id}: {text}", "{n} unresolved errors, the latest {id}: {text}", count)
    return text.format(n=count, id=visible(latest), text=visible(errors.get(latest, "?")[:_LONGEST]))


def prospect_words(seconds: float | None, least: bool, safe: float | None) -> str:
    """How long a rollback is expected to take, and for how long one is safe: one or two sentences."""
    if seconds is None:
        return _("How long a rollback takes is not known.")
    text = _("It is expected to take at least {span}.") if least else _("It is expected to take {span}.")
    parts = [text.format(span=clock(seconds))]
    if safe is not None and safe < 0:
        parts.append(_("It would end AFTER the window."))
    elif safe is not None:
        text = _("It is safe within the next {span} at most.") if least else _("It is safe within the next {span}.")
        parts.append(text.format(span=clock(safe)))
    return " ".join(parts)


def prospect_now(state: RunState, wall: float) -> str:
    """The same as things stand now."""
    window = window_clock(state, wall)
    safe = None if window is None else window.last_safe_rollback_s
    return prospect_words(rollback_seconds(state), rollback_at_least(state), safe)
