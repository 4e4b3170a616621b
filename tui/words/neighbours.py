"""Another run on the same target, in words: the same for who is refused, for screens and for lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tui.journal.codes import Standing
from tui.journal.others import OtherRun, Seat
from tui.locale import _
from tui.words.inert import visible


def neighbour_words(other: OtherRun) -> str:
    """Which run it is, who opened it and when, where it stands, what runs it; without an end to the sentence."""
    parts = [_opened(other), standing_words(other)]
    if other.session is not None:
        parts.append(seat_words(other.session))
    elif other.host and other.pid is not None and other.alive:
        parts.append(_("engine {pid} on {host}").format(pid=other.pid, host=visible(other.host)))
    elif other.alive is False and other.by:
        parts.append(_("no engine runs"))
    if other.place:
        text = _("its server answered at {place}; a copy of a server has the server's identifier")
        parts.append(text.format(place=visible(other.place)))
    return "; ".join(parts)


def _opened(other: OtherRun) -> str:
    if not other.run:
        return _("a session of no run that has a name")
    run = visible(other.run)
    if not other.by:
        return _("run {run}").format(run=run)
    text = _("run {run} ({plan}, target {target}), opened by {person} at {time}")
    told = text.format(
        run=run, plan=visible(other.plan), target=visible(other.target), person=visible(other.by),
        time=moment_words(other.opened),
    )  # fmt: skip
    return told if not other.account else told + _(", of the account {account}").format(account=visible(other.account))


def standing_words(other: OtherRun) -> str:
    """Where it stands."""
    step = visible(" ".join(filter(None, (other.number, other.step or "")))) or "?"
    match other.standing:
        case Standing.CHANGES_AHEAD:
            return _("changing steps ahead: {count}, first {step}").format(count=other.ahead or "?", step=step)
        case Standing.CHANGING if other.step:
            return _("it is changing something now: {step}").format(step=step)
        case Standing.CHANGING:
            return _("it is changing something now")
        case Standing.UNDECIDED:
            return _("the fate of {step} is undecided").format(step=step)
        case Standing.ROLLBACK_PROPOSED:
            return _("a rollback is proposed")
        case Standing.ROLLING_BACK:
            return _("it is being rolled back")
        case Standing.ROLLBACK_FAILED:
            return _("its rollback failed")
        case Standing.WATCHES:
            return _("it changes nothing any more, and stands at {step}").format(step=step)
        case Standing.ENDED:
            return _("it changes nothing any more, and can be closed")
        case Standing.ANNOUNCED:
            return _("it has changes ahead, as it says on the server")
        case Standing.UNREADABLE:
            return _("it cannot be read by this account")
    return _("where it stands is not known")


def seat_words(seat: Seat) -> str:
    """The session on the server by which it shows itself."""
    if not seat.since:
        return _("session pid {pid} on the server").format(pid=seat.pid)
    text = _("session pid {pid} of {user} from {address}, since {time}")
    place = _place(seat.address) or "?"
    return text.format(pid=seat.pid, user=visible(seat.user), address=place, time=moment_words(seat.since))


def awaited_words(facts: Mapping[str, Any]) -> str:
    """For whom a step waits that may not change the target yet: the run that does, and its session as the server knows
    it. Journals of old tell the pids alone."""
    told = facts.get("held_by")
    known = [each for each in told if isinstance(each, dict)] if isinstance(told, list | tuple) else []
    if not known:
        pids = facts.get("holders")
        if not isinstance(pids, list | tuple) or not pids:
            return _("waits for another run to leave the target")
        known = [{"pid": pid} for pid in pids]
    whose = []
    for each in known:
        run = visible(str(each["run"])) if each.get("run") else _("a run without a name")
        words = [_("run {run}, pid {pid}").format(run=run, pid=visible(str(each.get("pid", "?"))))]
        if each.get("user"):
            words.append(visible(str(each["user"])))
        if each.get("address"):
            words.append(_("from {address}").format(address=_place(str(each["address"]))))
        if each.get("since"):
            words.append(_("there since {time}").format(time=moment_words(str(each["since"]))))
        whose.append(", ".join(words))
    return _("waits until another run has changed the target: {who}").format(who="; ".join(whose))


def _place(address: str) -> str:
    return _("this server's own host") if address == "local" else visible(address)


def moment_words(at: str) -> str:
    """An instant that was journaled, in UTC to the minute; as it is where it is none."""
    try:
        then = datetime.fromisoformat(at)
        return f"{then.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return visible(at) or "?"


def beside_lines(others: Iterable[OtherRun], reason: str | None) -> list[str]:
    """The other runs on a target when one opened there, a line each; `reason`: why it was opened beside them."""
    others = tuple(others)
    told = [] if reason is None else [_("Opened beside others: {reason}").format(reason=visible(reason))]
    told += [
        _("In the way on this target: {run}.").format(run=neighbour_words(other))
        for other in others
        if other.in_the_way
    ]
    return told + named_lines(others)


def named_lines(others: Iterable[OtherRun]) -> list[str]:
    """Those that are not in the way, a line each; those that cannot be read on one line."""
    others = [other for other in others if not other.in_the_way]
    lines = [
        _("Not in the way on this target: {run}.").format(run=neighbour_words(other))
        for other in others
        if other.standing != Standing.UNREADABLE
    ]
    unread = ", ".join(visible(other.run) for other in others if other.standing == Standing.UNREADABLE)
    if unread:
        text = _("Whether these runs are open on this target cannot be read by this account: {runs}.")
        lines.append(text.format(runs=unread))
    return lines


def unseen_line() -> str:
    """What nobody can see from here."""
    return _("Runs that other hosts keep are seen only while their engine is connected to the server.")
