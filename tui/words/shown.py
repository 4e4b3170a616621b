"""What of a run is shown to who signs a step of its review, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tui.locale import _
from tui.run.state import RunState
from tui.run.then_now import then_and_now
from tui.words.errors import error_text
from tui.words.figures import minute
from tui.words.inert import visible
from tui.words.persons import person_words
from tui.words.review import MOST, counted, few, improvement_words, lesson_words, then_now_words


def shown_lines(state: RunState, what: Iterable[str], wall: float) -> list[str]:
    """What is shown to who signs a step with `show`, a line each. `wall`: now, for what is overdue."""
    found: list[str] = []
    for name in what:
        match name:
            case "metrics":
                found += few([then_now_words(one) for one in then_and_now(state)], _("The plan has no criteria."))
            case "errors":
                found += _errors(state)
            case "feedback":
                told = [r for r in state.remarks if r.kind == "feedback"]
                lines = [f"{minute(r.at)} {person_words(r.by)}: {visible(r.text)}" for r in told]
                found += few(lines, _("No feedback was recorded."))
            case "lessons":
                found += few([lesson_words(one) for one in state.lessons], _("No lesson stands in this run yet."))
            case "improvements":
                lines = [improvement_words(one, wall) for one in state.improvements]
                found += few(lines, _("No improvement stands in this run yet."))
    return found


def _errors(state: RunState) -> list[str]:
    found = list(state.errors)
    if not found:
        return [_("No error was recorded.")]
    lines = []
    for error in found[-MOST:]:
        text = error_text(error.text, error.sqlstate, error.lock if isinstance(error.lock, dict) else {})
        way = _("UNRESOLVED") if error.resolved is None else _("resolved: {text}").format(text=visible(error.resolved))
        lines.append(f"{visible(error.id)}: {visible(text)}; {way}")
    return counted(lines, len(found))
