"""What amendments have made of one step: who, when, why, and the lines that differ. Pure."""

from __future__ import annotations

from tui.locale import _, ngettext
from tui.pictures.cells import wrapped
from tui.pictures.glyphs import glyphs
from tui.pictures.lines import Line, heading
from tui.pictures.timezone import zone
from tui.pictures.verbatim import exact
from tui.run.amendment import Amendment
from tui.run.state import RunState
from tui.words.amendments import HOW, rehearsal_words
from tui.words.figures import time_of_day, whole
from tui.words.inert import visible
from tui.words.persons import person_words

_RULE = 120
_STYLE = {"+": "ok", "-": "bad", "@": "dim"}


def amended_lines(state: RunState, step: str, width: int) -> list[Line]:
    """Every amendment that concerned the step, the last one first; nothing where none did."""
    lines: list[Line] = []
    for known in reversed(state.amendments):
        change = known.of(step)
        if change is None:
            continue
        lines.append(heading(min(width, _RULE), _("Amended"), style="section", rule=glyphs().rule))
        text = _("{how} at {time} by {person}: {reason}")
        text = text.format(how=_(HOW.get(change.how, change.how)), time=time_of_day(known.at, zone(state)),
                           person=person_words(known.by), reason=visible(known.reason))  # fmt: skip
        lines.extend(((part, "warn"),) for part in wrapped(text, width))
        if known.voids and change.how != "moved":
            lines.extend(((part, "warn"),) for part in wrapped(rehearsal_words(known), width))
        lines.extend(_difference(change.difference, change.more, width))
        lines.extend(_files(known, change.files, width))
    return lines


def _files(known: Amendment, names: tuple[str, ...], width: int) -> list[Line]:
    lines: list[Line] = []
    for file in known.files:
        if file.name not in names:
            continue
        lines.append(((visible(file.name), "bold"),))
        if file.private:
            lines.append(((_("It differs; what it holds is not shown here."), "dim"),))
        lines.extend(_difference(file.difference, file.more, width))
    return lines


def _difference(text: str, more: int, width: int) -> list[Line]:
    """As `diff -u` has it; what is more than was recorded is counted."""
    lines: list[Line] = []
    for row in text.split("\n") if text else ():
        style = _STYLE.get(row[:1], "text")
        lines.extend(tuple((part, style) for part, _style in line) for line in exact(row, width))
    if more:
        left = ngettext("and {n} more line", "and {n} more lines", more).format(n=whole(more))
        lines.append(((left, "dim"),))
    return lines
