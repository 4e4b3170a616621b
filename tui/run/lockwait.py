"""Since when a step has been waiting for a lock, from its first try over all further ones, and for whom. Pure.

A statement that is tried gently waits, gives up, pauses and waits again; for the person who looks on that is one wait.
Between two tries the journal says that nothing is waited for; what tells the next try from a statement that got its
lock and went on is how soon the next word of a lock comes, and the number of the try.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.journal.codes import WaitReason
from tui.journal.events import StepWaiting
from tui.run.steps import StepState

LOCKS = (WaitReason.LOCK, WaitReason.LOCK_RETRY)
SOON = 3.0
"""Seconds within which whoever waits in a further try is seen to wait, by a look every second."""


def waited(at: StepState, event: StepWaiting, mono: float) -> dict[str, Any]:
    """What of a step an event about its waiting changes; `mono`: when it was written, on the run's clock."""
    if not event.reason:
        again = mono if at.waiting == WaitReason.LOCK_RETRY else None
        return {"waiting": None, "waiting_facts": event.facts, "waiting_since": None, "tried_again": again}
    since = at.waiting_since if at.waiting == event.reason else None
    lock = at.lock_since
    if event.reason in LOCKS:
        lock = since = mono if lock is None or not _goes_on(at, event, mono) else lock
    return {
        "waiting": event.reason, "waiting_facts": event.facts, "waiting_since": mono if since is None else since,
        "lock_since": lock,
    }  # fmt: skip


def sessions(facts: Mapping[str, Any], side: str) -> list[dict[str, Any]]:
    """The sessions of a lock tree on one side (`ours`, `blockers`, `blocked`), nearest first."""
    found = facts.get(side)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list | tuple) else []


def root(facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """From where the queue comes: the first of the `blockers` that waits for nobody itself."""
    blockers = sessions(facts, "blockers")
    return next((each for each in blockers if not each.get("waits_for")), blockers[0] if blockers else None)


def in_short(lock: Mapping[str, Any]) -> dict[str, Any]:
    """Of `wanted` and `blockers` what a list tells: the root alone, without what it executes."""
    held = root(lock)
    if held is None:
        return {}
    return {"wanted": lock.get("wanted", ""), "blockers": [{k: v for k, v in held.items() if k != "query"}]}


def _goes_on(at: StepState, event: StepWaiting, mono: float) -> bool:
    """Whether this is the wait that began before."""
    number = event.facts.get("try")
    if at.waiting in LOCKS or (isinstance(number, int) and number > 1):
        return True
    return at.tried_again is not None and mono - at.tried_again <= SOON
