"""How a run stands, in words: its outcome and what of it is not taken back, its steps counted, what it waits for."""

from __future__ import annotations

from collections.abc import Iterable

from tui.locale import _, ngettext
from tui.run.steps import kind_of
from tui.words.codes import ROLLBACK_STATUS, RUN_WAITING, word
from tui.words.inert import visible

MOST_NAMED = 3
"""Steps that an outcome names behind "except"."""


def counted_steps(status: str, count: int) -> str:
    """`3 passed`: so many steps of this status, in the number that the language has for them."""
    known = {
        "pending": ngettext("{n} pending", "{n} pending", count),
        "running": ngettext("{n} running", "{n} running", count),
        "passed": ngettext("{n} passed", "{n} passed", count),
        "failed": ngettext("{n} failed", "{n} failed", count),
        "skipped": ngettext("{n} skipped", "{n} skipped", count),
        "signed": ngettext("{n} signed", "{n} signed", count),
        "by_hand": ngettext("{n} done by hand", "{n} done by hand", count),
        "cancelled": ngettext("{n} cancelled", "{n} cancelled", count),
        "undone": ngettext("{n} undone", "{n} undone", count),
        "undecided": ngettext("{n} UNDECIDED", "{n} UNDECIDED", count),
    }
    return known.get(status, "{n} " + visible(status)).format(n=count)


def outcome_word(status: str, stays: Iterable[str] = (), most: int = MOST_NAMED) -> str:
    """How a run or a rollback has ended. `stays`: steps that a rollback has not taken back, at most so many of them by
    name; without them it would be said that everything is."""
    told = word(ROLLBACK_STATUS, status)
    return told + excepted(stays, most) if status in ("rolled_back", "rolled_back_to") else told


def excepted(steps: Iterable[str], most: int = MOST_NAMED) -> str:
    """`, except a, b`; of many their number, for they are named beside it. Nothing where there are none."""
    left = [visible(step) for step in steps]
    if len(left) > most:
        return ngettext(", except {n} step", ", except {n} steps", len(left)).format(n=len(left))
    return _(", except {steps}").format(steps=", ".join(left)) if left else ""


def run_waiting(
    reason: str,
    kind: str | None = None,
    status: str | None = None,
    stays: Iterable[str] = (),
    errors: Iterable[str] = (),
    taken_back: bool = False,
) -> str:
    """Why the run stands still; `kind`, `status` and the unresolved `errors` are those of the step at which it does,
    `stays` the steps that a rollback has not taken back; `taken_back`: a rollback has ended."""
    left, open_errors = tuple(stays), ", ".join(visible(error) for error in errors)
    if reason == "rolled_back" and left:
        return _("{outcome}; the run can be closed").format(outcome=outcome_word(reason, left))
    if reason == "undecided" and taken_back:
        return _("its fate is undecided, and the rollback has ended; look at the database, then by-hand or skip")
    if reason == "unsettled" and open_errors:
        text = _("it failed and was left out; resolve {errors}, or close the run as failed")
        return text.format(errors=open_errors)
    if reason != "person":
        return word(RUN_WAITING, reason)
    if status in ("failed", "cancelled", "undone"):
        return _("a person decides: retry, skip, by-hand or rollback")
    known = None if kind is None else kind_of(kind)
    signed = known is not None and known.signed
    return _("waits for a person to sign it") if signed else _("waits for a person to execute it")
