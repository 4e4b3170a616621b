"""Why the engine holds a run, in words: what answers in the target's name, what of the run is there, how to go on."""

from __future__ import annotations

from typing import Any

from tui.journal.codes import EvidenceState, HoldReason
from tui.locale import _
from tui.run.other_runs import neighbour
from tui.run.state import Barrier
from tui.said import N_
from tui.words.codes import word
from tui.words.inert import visible
from tui.words.said import say

EVIDENCE = {
    EvidenceState.LEDGER_ROW: N_("What the run committed last is there."),
    EvidenceState.XID_COMMITTED: N_("What the run committed last is there."),
    EvidenceState.NOTHING_COMMITTED: N_("The run had committed nothing yet."),
    EvidenceState.TOO_OLD: N_("Whether what the run committed last is there is too old to know: the server has "
                              "forgotten its id."),
    EvidenceState.LEDGER_ROWS_MISSING: N_("Rows of the ledger that belong to committed work are missing."),
    EvidenceState.LOG_BEHIND: N_("The server's log is shorter than it was when the run wrote to it."),
    EvidenceState.OTHER_HISTORY: N_("The server's history left the run's before the run's last commit."),
    EvidenceState.XID_GIVEN_AGAIN: N_("The id of the run's last commit was given to somebody else's transaction."),
    EvidenceState.XID_LOST: N_("The run's last commit is not known to the server."),
}  # fmt: skip


def held_sentence(barrier: Barrier) -> str:
    """Why, in a sentence or two."""
    found, expected = barrier.found, barrier.facts.get("expected")
    expected = expected if isinstance(expected, dict) else {}
    match barrier.code:
        case HoldReason.OTHER_SERVER if found.get("system_identifier") == expected.get("system_identifier"):
            # Two of the same kind answer, one of them in the run's name.
            return _("A copy of the server answers beside it in the target's name; nothing is done there.")
        case HoldReason.OTHER_SERVER:
            text = _("Another server answers in the target's name (system identifier {found}, not {expected}); nothing "
                     "is done there.")  # fmt: skip
            return _filled(text, found, expected, "system_identifier")
        case HoldReason.NOT_THE_PRIMARY:
            return _("The server that answers is a standby; nothing is done there.")
        case HoldReason.OTHER_DATABASE:
            text = _("The database that answers is another one (oid {found}, not {expected}), whatever its name; "
                     "nothing is done there.")  # fmt: skip
            return _filled(text, found, expected, "database_oid")
        case HoldReason.OTHER_TIMELINE if barrier.acceptable:
            text = _("The server answers on timeline {found}, not {expected}: it was promoted or restored.")
            return f"{_filled(text, found, expected, 'timeline')} {_evidence(barrier)}"
        case HoldReason.OTHER_TIMELINE:
            text = _("A server on timeline {found} answers beside the run's own on {expected}; nothing is done there.")
            return _filled(text, found, expected, "timeline")
        case HoldReason.EVIDENCE_LOST:
            text = _("The server is an older copy, or a standby that had not received what the run did; nothing is "
                     "done there.")  # fmt: skip
            return f"{_evidence(barrier)} {text}"
        case HoldReason.JOURNAL_BEHIND:
            return _("The ledger has work of this run that its journal does not know: the journal has lost its end, or "
                     "is an older copy; nothing is done.")  # fmt: skip
        case HoldReason.OTHER_RUN:
            runs = " | ".join(say(neighbour(other)) for other in barrier.runs)
            text = _("Another run is in the way on this target, and nothing but a rollback begins here: {run}.")
            return text.format(run=runs or "?")
        case HoldReason.LEDGER_EMPTIED:
            return _("The ledger's rows of this run are gone, though its last transaction is committed: somebody "
                     "removed them.")  # fmt: skip
    return visible(barrier.code.replace("_", " "))


def held_way_on(barrier: Barrier, run: str, target: str) -> str:
    """What a person at a shell can do about it."""
    if barrier.code == HoldReason.OTHER_RUN:
        text = _("Look again with: virada do {run} resume; or go on beside it, which is recorded, with: virada do "
                 "{run} accept --confirm {target} --reason TEXT")  # fmt: skip
        return text.format(run=visible(run), target=visible(target))
    if barrier.acceptable:
        text = _("Accept it with: virada do {run} accept --confirm {target} --reason TEXT")
        return text.format(run=visible(run), target=visible(target))
    if barrier.code == HoldReason.JOURNAL_BEHIND:
        text = _("Put the whole journal back and go on with: virada continue {run}; or close the run.")
        return text.format(run=visible(run))
    text = _("Bring the target back and go on with: virada do {run} resume; or close the run.")
    return text.format(run=visible(run))


def _evidence(barrier: Barrier) -> str:
    return word({str(code): text for code, text in EVIDENCE.items()}, str(barrier.facts.get("evidence", "")))


def _filled(text: str, found: dict[str, Any], expected: dict[str, Any], name: str) -> str:
    return text.format(found=visible(str(found.get(name, "?"))), expected=visible(str(expected.get(name, "?"))))
