"""The whole document, or some of its parts: blocks in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tui.locale import _, language
from tui.report.blocks import Chapter, Document
from tui.report.mark import Mark
from tui.report.parts import dashboards, errors, feedback, log, metrics, performance, recording, summary, tests
from tui.report.reading import JournalReading
from tui.report.times import Times
from tui.said import N_
from tui.words.codes import ENVIRONMENT, word
from tui.words.runs import outcome_word

PARTS: Final = (
    "summary", "log", "metrics", "errors", "feedback", "dashboards", "recording", "performance", "tests",
)  # fmt: skip
"""In the order in which they stand; the names are those of `report` in plans and on the command line."""
_NO_RUN: Final = N_("The journal does not begin with the opening of a run.")


def document(reading: JournalReading, mark: Mark, name: Callable[[str], str], parts: Sequence[str] = ()) -> Document:
    """`parts`: all of them where none is named. `name`: the class of a CSS rule. Raises ValueError without a run."""
    state = reading.state
    opened = state.opened
    if opened is None:
        raise ValueError(_(_NO_RUN))
    made: dict[str, Callable[[], Chapter]] = {
        "summary": lambda: summary.section(reading), "log": lambda: log.section(reading),
        "metrics": lambda: metrics.section(reading), "errors": lambda: errors.section(reading),
        "feedback": lambda: feedback.section(reading), "dashboards": lambda: dashboards.section(reading, name),
        "recording": lambda: recording.section(reading, mark.cast), "performance": lambda: performance.section(reading),
        "tests": lambda: tests.section(reading),
    }  # fmt: skip
    sections = tuple(made[part]() for part in PARTS if not parts or part in parts)
    times = Times(state)
    below = _("{run}, up to line {seq} of its journal, {at} {zone}").format(
        run=opened.id, seq=reading.head.seq, at=times.at(state.at), zone=times.zone_name
    )
    return Document(
        language=language().replace("_", "-"), title=opened.plan.name, below=below, environment=opened.environment,
        badge=_badge(reading), state=outcome_word(state.status) if state.closed is not None else _still(state.status),
        state_style=summary.STATE_STYLE.get(state.status, ""), sections=sections,
        end=(_("Made by virada {version} from the journal {head}.").format(version=mark.version, head=reading.head),),
    )  # fmt: skip


def _badge(reading: JournalReading) -> str:
    opened = reading.state.opened
    assert opened is not None
    place = word(ENVIRONMENT, opened.environment).upper()
    return " ".join(filter(None, (place, _("REHEARSAL") if opened.mode == "rehearsal" else "")))


def _still(status: str) -> str:
    return _("still open: {status}").format(status=outcome_word(status))
