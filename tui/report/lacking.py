"""What the report's reader might take for known and is not: codes with facts, and their sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from tui.journal import events as e
from tui.locale import _
from tui.report.affected import affected, change
from tui.report.reading import JournalReading
from tui.report.series import total
from tui.run.attested import is_attested, left_to_a_person
from tui.run.measured import STALE
from tui.run.rollback import stays
from tui.said import N_
from tui.words.figures import span, whole
from tui.words.inert import visible


class Lacks(StrEnum):
    """Why something is not known."""

    OPEN = "open"
    BROKEN = "broken"
    TORN = "torn"
    NO_END = "no_end"
    UNDECIDED = "undecided"
    EFFECT = "effect"
    STAYS = "stays"
    FAILED_ON = "failed_on"
    ERRORS = "errors"
    NO_CANARY = "no_canary"
    NO_LIMIT = "no_limit"
    NO_ANSWERS = "no_answers"
    CHANGE_UNSEEN = "change_unseen"
    CHANGE_BETWEEN = "change_between"
    UNMEASURED = "unmeasured"
    GAPS = "gaps"
    ATTESTED = "attested"
    UNSAID = "unsaid"
    LEFT_OUT = "left_out"
    UNKNOWN_TYPES = "unknown_types"
    COMPRESSED = "compressed"


class NotKnown(Struct, frozen=True, kw_only=True):
    """One thing; what the facts are depends on the code."""

    code: Lacks
    facts: dict[str, Any] = {}


_SENTENCES: Final[Mapping[Lacks, str]] = {
    Lacks.OPEN: N_("The run was still open when this was made: how it ended is not in here."),
    Lacks.BROKEN: N_("The journal is broken at line {line}: what it says from there on was not written so, or is not "
                     "here."),
    Lacks.TORN: N_("{count} bytes behind the journal's last whole line belong to no line: what they were to say is "
                   "not in here."),
    Lacks.NO_END: N_("The run was taken up by an engine that could not know whether lines were missing at the "
                     "journal's end."),
    Lacks.UNDECIDED: N_("What became of these steps is undecided: {steps}."),
    Lacks.EFFECT: N_("What of these steps is in the database is not known: {steps}."),
    Lacks.STAYS: N_("These steps were, or may have been, applied, and the rollback has not taken them back: {steps}."),
    Lacks.FAILED_ON: N_("These steps failed and were left out, or the run went on without them: {steps}."),
    Lacks.ERRORS: N_("These errors have no resolution: {errors}."),
    Lacks.NO_CANARY: N_("The plan has no canary, so that nothing tells how the application fared; only for how long "
                        "the run itself kept it out is known."),
    Lacks.NO_LIMIT: N_("No criterion limits the response time, so that nobody can say for how long it was too long."),
    Lacks.NO_ANSWERS: N_("The canary never told anything: whether the application was affected is not known."),
    Lacks.CHANGE_UNSEEN: N_("While the change was being made the canary told nothing for {span} of {of}."),
    Lacks.CHANGE_BETWEEN: N_("All changes were made within {span}, and no sample of the canary lies in that time: what "
                             "is said of it rests on the samples around it."),
    Lacks.UNMEASURED: N_("Never measured: {metrics}."),
    Lacks.GAPS: N_("For {span} of the run nothing was measured, as where no engine was at work between its phases."),
    Lacks.ATTESTED: N_("Nothing measured these criteria; a person signed for them, or has yet to: {criteria}."),
    Lacks.UNSAID: N_("{count} bytes of what was printed or logged are not in the journal; what steps printed lies "
                     "whole in the run's directory `output`."),
    Lacks.LEFT_OUT: N_("{count} lines of the journal that say something lie between those that this tells of: its log, "
                       "remarks and resolutions lack them."),
    Lacks.UNKNOWN_TYPES: N_("{count} lines of the journal are of types that this version does not know: {types}."),
    Lacks.COMPRESSED: N_("Time that was only waited for passed {times} times faster than it would elsewhere: durations "
                         "of waits, and what was watched meanwhile, are none of production."),
}  # fmt: skip
MOST: Final = 20
"""Names of steps and errors that a sentence has."""


def words(lack: NotKnown) -> str:
    """As a sentence; its facts are made inert."""
    facts = {name: _shown(name, value) for name, value in lack.facts.items()}
    return _(_SENTENCES[lack.code]).format_map(facts)


def _shown(name: str, value: Any) -> str:
    if isinstance(value, list):
        more = [_("and {n} more").format(n=whole(len(value) - MOST))] if len(value) > MOST else []
        return ", ".join([*(visible(str(one)) for one in value[:MOST]), *more])
    if isinstance(value, float):
        return span(value)
    return whole(value) if isinstance(value, int) else visible(str(value))


def lacking(reading: JournalReading) -> list[NotKnown]:
    """In the order in which a reader should know of it."""
    return [*_of_the_journal(reading), *_of_the_steps(reading), *_of_what_is_measured(reading)]


def _of_the_journal(reading: JournalReading) -> Iterator[NotKnown]:
    if reading.broken is not None:
        yield NotKnown(code=Lacks.BROKEN, facts={"line": broken_at(reading)})
    if reading.state.closed is None:
        yield NotKnown(code=Lacks.OPEN)
    if reading.torn_bytes:
        yield NotKnown(code=Lacks.TORN, facts={"count": reading.torn_bytes})
    if any(isinstance(kept.event, e.RunRecovered) and kept.event.end_known is False for kept in reading.kept):
        yield NotKnown(code=Lacks.NO_END)
    if reading.unknown:
        facts = {"count": sum(reading.unknown.values()), "types": list(reading.unknown)}
        yield NotKnown(code=Lacks.UNKNOWN_TYPES, facts=facts)
    if reading.unsaid:
        yield NotKnown(code=Lacks.UNSAID, facts={"count": reading.unsaid})
    if reading.left_out:
        yield NotKnown(code=Lacks.LEFT_OUT, facts={"count": reading.left_out})
    opened = reading.state.opened
    if opened is not None and opened.compress != 1.0:
        yield NotKnown(code=Lacks.COMPRESSED, facts={"times": f"{opened.compress:g}"})


def broken_at(reading: JournalReading) -> int:
    """The first line that is not as it was written."""
    assert reading.broken is not None
    return reading.broken.seq


def _of_the_steps(reading: JournalReading) -> Iterator[NotKnown]:
    state = reading.state
    named = {
        Lacks.UNDECIDED: [at.place.number for at in state.steps if at.status == "undecided"],
        Lacks.EFFECT: [
            at.place.number for at in state.steps
            if at.effect == "unknown" and at.status not in ("undecided", "running")
        ],
        Lacks.STAYS: [state.steps[step].place.number for step in stays(state)],
        Lacks.FAILED_ON: [
            at.place.number for at in state.steps
            if at.failing and at.status in ("skipped", "failed") and (at.status == "skipped" or at.is_ended)
        ],
    }  # fmt: skip
    for code, steps in named.items():
        if steps:
            yield NotKnown(code=code, facts={"steps": steps})
    errors = [error.id for error in state.errors if error.resolved is None and error.level == "error"]
    if errors:
        yield NotKnown(code=Lacks.ERRORS, facts={"errors": errors})


def _of_what_is_measured(reading: JournalReading) -> Iterator[NotKnown]:
    state = reading.state
    whole_run = affected(reading, (0.0, state.mono))
    if not whole_run.canary:
        yield NotKnown(code=Lacks.NO_CANARY)
    elif not whole_run.measured:
        yield NotKnown(code=Lacks.NO_ANSWERS)
    elif whole_run.limit is None:
        yield NotKnown(code=Lacks.NO_LIMIT)
    during = change(reading)
    if during is not None and whole_run.measured:
        seen = affected(reading, during)
        if seen.unmeasured > max(STALE, 0.02 * seen.seconds):
            yield NotKnown(code=Lacks.CHANGE_UNSEEN, facts={"span": seen.unmeasured, "of": seen.seconds})
        elif not seen.samples:
            yield NotKnown(code=Lacks.CHANGE_BETWEEN, facts={"span": seen.seconds})
    attested = [at.step.title for at in state.steps if is_attested(at.id)]
    if attested:
        yield NotKnown(code=Lacks.ATTESTED, facts={"criteria": attested})
    signed = left_to_a_person(state)
    never = [g.metric for g in state.guards if g.sampled is None and (g.metric, g.limit) not in signed]
    if never:
        yield NotKnown(code=Lacks.UNMEASURED, facts={"metrics": list(dict.fromkeys(never))})
    gaps = total(reading.gaps)
    if gaps > max(STALE, 0.02 * state.mono):
        yield NotKnown(code=Lacks.GAPS, facts={"span": gaps})
