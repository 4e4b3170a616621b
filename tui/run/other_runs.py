"""Another run on the same target, said without a language: the same for who is refused, for screens and for lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tui.journal.codes import Standing
from tui.journal.other_runs import OtherRun, Seat
from tui.said import N_, Joined, Said

_STANDING = {
    Standing.CHANGES_AHEAD: N_("changing steps ahead: {count}, first {step}"),
    Standing.CHANGING: N_("it is changing something now: {step}"),
    Standing.UNDECIDED: N_("the fate of {step} is undecided"),
    Standing.ROLLBACK_PROPOSED: N_("a rollback is proposed"),
    Standing.ROLLING_BACK: N_("it is being rolled back"),
    Standing.ROLLBACK_FAILED: N_("its rollback failed"),
    Standing.WATCHES: N_("it changes nothing any more, and stands at {step}"),
    Standing.ENDED: N_("it changes nothing any more, and can be closed"),
    Standing.ANNOUNCED: N_("it has changes ahead, as it says on the server"),
    Standing.UNREADABLE: N_("it cannot be read by this account"),
}


def neighbour(other: OtherRun) -> Said:
    """Which run it is, who opened it and when, where it stands, what runs it; without an end to the sentence."""
    parts = [_opened(other), standing(other)]
    if other.session is not None:
        parts.append(seat(other.session))
    elif other.host and other.pid is not None and other.alive:
        parts.append(Said("engine {pid} on {host}", pid=other.pid, host=other.host))
    elif other.alive is False and other.by:
        parts.append(Said("no engine runs"))
    if other.place:
        text = N_("its server answered at {place}; a copy of a server has the server's identifier")
        parts.append(Said(text, place=other.place))
    return Joined(parts, "; ")


def _opened(other: OtherRun) -> Said:
    if not other.run:
        return Said("a session of no run that has a name")
    if not other.by:
        return Said("run {run}", run=other.run)
    told = Said(
        "run {run} ({plan}, target {target}), opened by {person} at {time}",
        run=other.run, plan=other.plan, target=other.target, person=other.by, time=_minute(other.opened),
    )  # fmt: skip
    return Joined((told, Said(", of the account {account}", account=other.account)), "") if other.account else told


def standing(other: OtherRun) -> Said:
    """Where it stands."""
    if other.standing == Standing.CHANGING and not other.step:
        return Said("it is changing something now")
    step = " ".join(filter(None, (other.number, other.step or ""))) or "?"
    text = _STANDING.get(Standing(other.standing)) if other.standing in _STANDING else None
    return Said(text or "where it stands is not known", count=other.ahead or "?", step=step)


def seat(of: Seat) -> Said:
    """The session on the server by which it shows itself."""
    if not of.since:
        return Said("session pid {pid} on the server", pid=of.pid)
    text = N_("session pid {pid} of {user} from {address}, since {time}")
    return Said(text, pid=of.pid, user=of.user, address=_place(of.address), time=_minute(of.since))


def awaited(facts: Mapping[str, Any]) -> Said:
    """For whom a step waits that may not change the target yet: the run that does, and its session as the server knows
    it. Journals of old tell the pids alone."""
    told = facts.get("held_by")
    known = [each for each in told if isinstance(each, dict)] if isinstance(told, list | tuple) else []
    if not known:
        pids = facts.get("holders")
        if not isinstance(pids, list | tuple) or not pids:
            return Said("waits for another run to leave the target")
        known = [{"pid": pid} for pid in pids]
    whose = []
    for each in known:
        run = each["run"] if each.get("run") else Said("a run without a name")
        words: list[object] = [Said("run {run}, pid {pid}", run=run, pid=each.get("pid", "?"))]
        if each.get("user"):
            words.append(each["user"])
        if each.get("address"):
            words.append(Said("from {address}", address=_place(str(each["address"]))))
        if each.get("since"):
            words.append(Said("there since {time}", time=_minute(str(each["since"]))))
        whose.append(Joined(words))
    return Said("waits until another run has changed the target: {who}", who=Joined(whose, "; "))


def _place(address: str) -> str | Said:
    return Said("this server's own host") if address == "local" else address or "?"


def _minute(at: str) -> str:
    """An instant that was journaled, in UTC to the minute; as it is where it is none."""
    try:
        return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return at or "?"


def beside(others: Iterable[OtherRun], reason: str | None) -> list[Said]:
    """The other runs on a target when one opened there, a line each; `reason`: why it was opened beside them."""
    others = tuple(others)
    told = [] if reason is None else [Said("Opened beside others: {reason}", reason=reason)]
    return [*told, *in_the_way(others), *named(others)]


def in_the_way(others: Iterable[OtherRun]) -> list[Said]:
    """Those that are in the way, a line each."""
    return [Said("In the way on this target: {run}.", run=neighbour(other)) for other in others if other.in_the_way]


def named(others: Iterable[OtherRun]) -> list[Said]:
    """Those that are not in the way, a line each; those that cannot be read on one line."""
    others = [other for other in others if not other.in_the_way]
    lines = [
        Said("Not in the way on this target: {run}.", run=neighbour(other))
        for other in others
        if other.standing != Standing.UNREADABLE
    ]
    unread = [other.run for other in others if other.standing == Standing.UNREADABLE]
    if unread:
        text = N_("Whether these runs are open on this target cannot be read by this account: {runs}.")
        lines.append(Said(text, runs=unread))
    return lines


UNSEEN = Said("Runs that other hosts keep are seen only while their engine is connected to the server.")
"""What nobody can see from here."""
