"""What an amendment has made of a run's plan, in words. Pure."""

from __future__ import annotations

from tui.locale import _
from tui.run.amendment import Amendment
from tui.said import N_
from tui.words.figures import moment
from tui.words.inert import visible
from tui.words.persons import person_words

HOW = {"changed": N_("changed"), "added": N_("added"), "removed": N_("removed"), "moved": N_("moved")}
"""What became of a step."""
_PARTS = {
    "locale": N_("its language"), "targets": N_("the target's window"), "team": N_("the team"),
    "dependencies": N_("dependencies"), "phases": N_("titles, times and estimates of phases and sections"),
    "rollback.phases": N_("titles, times and estimates of the rollback's phases and sections"),
}  # fmt: skip
_NAMED = 20


def part_words(part: str) -> str:
    """A part of a plan, by its key."""
    return _(_PARTS[part]) if part in _PARTS else visible(part)


def amendment_lines(known: Amendment, zone: str = "UTC") -> list[str]:
    """What is said of it as a whole, a sentence a line."""
    text = _("amendment {number} at {at} by {by}: {reason}")
    lines = [
        text.format(number=known.number, at=visible(moment(known.at, zone)), by=person_words(known.by),
                    reason=visible(known.reason))
    ]  # fmt: skip
    for change in known.steps[:_NAMED]:
        how = _(HOW.get(change.how, change.how))
        lines.append(f"  {how}: {visible(change.step)}  {visible(change.title)}")
    if len(known.steps) > _NAMED:
        lines.append("  " + _("and {n} more").format(n=len(known.steps) - _NAMED))
    if known.parts:
        named = ", ".join(part_words(change.part) for change in known.parts)
        lines.append("  " + _("also changed: {parts}").format(parts=named))
    if known.window is not None:
        text = _("the window is now {opens} to {closes}")
        lines.append("  " + text.format(opens=visible(moment(known.window.opens, zone)),
                                        closes=visible(moment(known.window.closes, zone))))  # fmt: skip
    if known.voids:
        lines.append("  " + rehearsal_words(known))
    if known.despite:
        lines.append("  " + _("in spite of: {codes}").format(codes=visible(", ".join(known.despite))))
    return lines


def rehearsal_words(known: Amendment) -> str:
    """That nothing that was rehearsed says anything of what changed."""
    if known.rehearsed is None:
        return _("whether what changed was rehearsed is not known")
    return _("NOT REHEARSED: what was rehearsed before says nothing of what changed")
