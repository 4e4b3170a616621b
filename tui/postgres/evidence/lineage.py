"""Is what a run left in its target still there? Asked of every server that answers in the target's name.

A row of the ledger proves itself. An id proves a commit only as long as it is still the run's: a copy of the server
from before it gives the same id to somebody else, whose commit then looks like ours. So places in the log are compared
as well: a server's log never becomes shorter, and an id mentioned before a checkpoint is not given out after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from tui.journal.codes import EvidenceState
from tui.postgres.errors import StatementFailed
from tui.postgres.evidence import ledger
from tui.postgres.evidence.fence import xid_status
from tui.postgres.identity import TargetIdentity
from tui.postgres.session import Session
from tui.run.steps import Commit, Reached

LOST: Final = frozenset((
    EvidenceState.LEDGER_ROWS_MISSING, EvidenceState.LOG_BEHIND, EvidenceState.OTHER_HISTORY,
    EvidenceState.XID_GIVEN_AGAIN, EvidenceState.XID_LOST,
))  # fmt: skip
_GONE = ("42P01", "3F000")


class RunTraces(Struct, frozen=True, kw_only=True):
    """What a run left: its last known commit of each step, the last of all, and where the log was when it opened and
    behind what else it did (`reached`)."""

    run: str
    commits: tuple[Commit, ...] = ()
    last: Commit | None = None
    timeline: int = 0
    lsn: str = ""
    postmaster_start: str = ""
    reached: Reached | None = None


class LineageSeen(Struct, frozen=True):
    """What was seen of it, with neutral facts."""

    state: EvidenceState
    facts: dict[str, Any] = {}

    @property
    def lost(self) -> bool:
        return self.state in LOST


async def look(control: Session, now: TargetIdentity, left: RunTraces) -> LineageSeen:
    """Raises StatementFailed or ConnectionLost where there is no answer: then nothing is known."""
    moved = await _moved(control, now, left)
    if moved is not None:
        return moved
    kept = [commit for commit in left.commits if commit.ledger]
    if kept:
        missing = await missing_rows(control, left.run, kept)
        if missing:
            return LineageSeen(EvidenceState.LEDGER_ROWS_MISSING, {"missing": missing})
    last = left.last
    if last is None:
        return LineageSeen(EvidenceState.NOTHING_COMMITTED)
    if last.ledger:
        return LineageSeen(EvidenceState.LEDGER_ROW, {"step": last.step})
    status = await xid_status(control, last.xid)
    facts = {"step": last.step, "xid": last.xid, "xid_status": status}
    if status == "committed":
        return LineageSeen(EvidenceState.XID_COMMITTED, facts)
    return LineageSeen(EvidenceState.TOO_OLD if status == "too old" else EvidenceState.XID_LOST, facts)


async def untouched(control: Session, now: TargetIdentity, left: RunTraces) -> bool:
    """Whether the very process that committed the run's work still runs, which no copy of the server could: then
    nothing but the ledger's rows is gone."""
    last = left.last
    if last is None or last.postmaster_start != now.postmaster_start:
        return False
    return await xid_status(control, last.xid) == "committed"


async def missing_rows(control: Session, run: str, commits: Sequence[Commit]) -> list[list[Any]]:
    """Step, attempt and statement of those whose row is not in the ledger any more, ten at most; all where there is no
    ledger any more."""
    try:
        return await ledger.missing(control, run, [(c.step, c.attempt, c.statement) for c in commits])
    except StatementFailed as error:
        if error.sqlstate not in _GONE:
            raise
        return [[c.step, c.attempt, c.statement] for c in commits[:10]]


async def _moved(control: Session, now: TargetIdentity, left: RunTraces) -> LineageSeen | None:
    """What places in the log say against it; None when they say nothing."""
    last = left.last
    places = [(left.timeline, left.lsn, left.postmaster_start)] if left.timeline == now.timeline else []
    behind = [place for place in (last, left.reached) if place is not None and place.lsn]
    places += [(place.timeline, place.lsn, place.postmaster_start) for place in behind]
    for timeline, lsn, started in places:
        if not lsn or not now.lsn:
            continue
        if position(now.lsn) < position(lsn):
            return LineageSeen(EvidenceState.LOG_BEHIND, {"expected_lsn": lsn, "found_lsn": now.lsn})
        if timeline == now.timeline and started != now.postmaster_start:
            redo, _next = await _checkpoint(control)
            if redo and position(redo) < position(lsn):
                # Whenever a server starts, its last checkpoint lies behind all that it had written before.
                return LineageSeen(EvidenceState.LOG_BEHIND, {"expected_lsn": lsn, "checkpoint_lsn": redo})
    if last is not None and last.lsn:
        redo, following = await _checkpoint(control)
        if redo and position(redo) > position(last.lsn) and following <= int(last.xid or 0):
            return LineageSeen(EvidenceState.XID_GIVEN_AGAIN, {"xid": last.xid, "next_xid": str(following)})
    for place in behind:
        if place.timeline and place.timeline != now.timeline:
            branched = await _branched(control, now.timeline, place.timeline)
            if branched is not None and position(branched) < position(place.lsn):
                return LineageSeen(EvidenceState.OTHER_HISTORY, {"expected_lsn": place.lsn, "branched_lsn": branched})
    return None


def position(lsn: str) -> int:
    """A place in the log as a number; 0 for what is none."""
    high, slash, low = lsn.partition("/")
    try:
        return (int(high, 16) << 32) | int(low, 16) if slash else 0
    except ValueError:
        return 0


async def _checkpoint(control: Session) -> tuple[str, int]:
    """Where the last checkpoint begins, and the next id there; "" where the server does not say."""
    try:
        redo, following, _timeline = (await control.rows("checkpoint"))[0]
    except StatementFailed:
        return "", 0
    epoch, _colon, xid = str(following).partition(":")
    return str(redo), (int(epoch) << 32) | int(xid)


async def _branched(control: Session, now: int, then: int) -> str | None:
    """Where the server's history left the timeline `then`; "0/0": it never was on it; None: we may not know."""
    try:
        text = (await control.rows("timeline_history", [f"{now:08X}"]))[0][0]
    except StatementFailed:
        return None
    for line in str(text).splitlines():
        words = line.split()
        if len(words) >= 2 and words[0].isdigit() and int(words[0]) == then:
            return words[1]
    return "0/0"
