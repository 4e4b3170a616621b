"""What a review looks at and leaves behind, in words: figures then and now, lessons, improvements. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tui.locale import _, ngettext
from tui.run.review import Improvement, LessonLearnt
from tui.run.reviewed import is_overdue
from tui.run.then_now import ThenNow
from tui.words.codes import metric_word
from tui.words.figures import figure, minute, whole
from tui.words.inert import visible

MOST = 30
"""Lines of one sort; more of them are counted."""
_SIGN = {"below": "<", "above": ">", "equals": "="}


def then_now_words(one: ThenNow) -> str:
    """`response time < 100 ms: before 12 ms, now 14 ms; breached 2 times`."""
    limit = figure(one.metric, one.limit, exact=True)
    before = _("before: not known") if one.before is None else _("before {value}").format(
        value=figure(one.metric, one.before))  # fmt: skip
    now = _("now: not known") if one.now is None else _("now {value}").format(value=figure(one.metric, one.now))
    times = ngettext("breached {n} time", "breached {n} times", one.breaches).format(n=whole(one.breaches))
    return f"{metric_word(one.metric)} {_SIGN.get(one.relation, '?')} {limit}: {before}, {now}; {times}"


def improvement_words(one: Improvement, wall: float) -> str:
    """`I1: shorter lock timeout (ana, until 2031-12-31), OVERDUE`."""
    name = visible(one.id if one.run is None else f"{one.run}:{one.id}")
    text = f"{name}: {visible(one.text)} " + _("({owner}, until {due})").format(
        owner=visible(one.owner), due=visible(one.due))  # fmt: skip
    if one.done is not None:
        return text + ", " + _("done: {text}").format(text=visible(one.done))
    return text + (", " + _("OVERDUE") if is_overdue(one, wall) else "")


def lesson_words(one: LessonLearnt) -> str:
    """`L1: ask before lunch`, of an earlier run behind its id."""
    name = one.id if one.run is None else f"{one.run}:{one.id}"
    return f"{visible(name)}: {visible(one.text)}"


def earlier_lines(improvements: Iterable[Improvement], lessons: Iterable[LessonLearnt], wall: float) -> list[str]:
    """What earlier runs of the plan have left, a line each: it stands at the head of the next one."""
    left = [one for one in improvements if one.run is not None]
    lines = [_("left by an earlier run, {what}").format(what=improvement_words(one, wall)) for one in left]
    learnt = [one for one in lessons if one.run is not None]
    lines += [_("learnt in an earlier run, {what}").format(what=lesson_words(one)) for one in learnt[:MOST]]
    return counted(lines[:MOST], len(left) + len(learnt)) if lines else []


def few(lines: list[str], none: str) -> list[str]:
    """So many of them, or what is said where there are none."""
    return counted(lines[:MOST], len(lines)) if lines else [none]


def counted(lines: list[str], count: int) -> list[str]:
    """With how many more there are of `count`."""
    more = count - len(lines)
    return [*lines, _("and {n} more").format(n=whole(more))] if more > 0 else lines


def overdue_lines(run: dict[str, Any]) -> list[str]:
    """Of a row of `runs`: a phase whose time has come, and improvements whose day is over."""
    lines = []
    if run.get("due") is not None:
        text = _("DUE since {at}, and not begun: {phase}")
        lines.append(text.format(at=minute(run["due"]["since"]), phase=visible(run["due"]["phase"])))
    for one in run.get("improvements") or ():
        if one["overdue"]:
            text = _("OVERDUE since {due}, {owner}: {id} {text}")
            lines.append(text.format(due=visible(one["due"]), owner=visible(one["owner"]), id=visible(one["id"]),
                                     text=visible(one["text"])))  # fmt: skip
    return lines
