"""Two runs on one target: what is known of the others, and whether one more may open.

The runs are those of the runs directory (`neighbours`) and those that show themselves on the server
(`tui.postgres.presence`). One run opens at a time on a database: it shows itself before it looks, and what it looks for
cannot come behind it.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from tui.engine.other_runs.discovery import neighbours
from tui.engine.target.access import TargetAccess
from tui.journal.codes import Standing
from tui.journal.other_runs import OtherRun, Seat
from tui.postgres import presence
from tui.postgres.evidence import fence
from tui.postgres.pooler import SETTLED
from tui.postgres.presence import Sighting
from tui.postgres.session import Session
from tui.run.other_runs import in_the_way, seat
from tui.runs.paths import RunPaths, is_own, last_type
from tui.said import N_, Joined, Said

_TURN_S: Final = 20.0
"""Seconds for which a run waits to open while another one opens: that takes less than one."""
_AGAIN_S: Final = 1.0
"""Seconds for a session that is all that is known of a run to go: it may just have been closed."""


class InTheWay(Exception):
    """No run opens here now; the text says why, for people."""


def settled(target: TargetAccess) -> bool:
    """Whether a session of the target's is one, so that it can hold a key."""
    return target.identity is not None and target.identity.pooler in SETTLED


async def look(
    target: TargetAccess, control: Session, runs: Path, run: str, patient: bool = False
) -> tuple[OtherRun, ...]:
    """The other open runs on the target, as far as they can be known from here. `patient`: what is in the way by its
    session alone may be going. Raises PostgresError."""
    identity = target.facts()
    deadline = time.monotonic() + (_AGAIN_S if patient else 0.0)
    while True:
        seen = await presence.sightings(control)
        known = await asyncio.to_thread(neighbours, runs, run, identity)
        found = met(known, seen, runs, run)
        shown = {sighting.run for sighting in seen}
        doubtful = [other for other in found if other.in_the_way and not other.by and other.run in shown]
        surely = [other for other in found if other.in_the_way and other not in doubtful]
        if surely or not doubtful or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.1)


def met(known: Iterable[OtherRun], seen: Iterable[Sighting], runs: Path, run: str) -> tuple[OtherRun, ...]:
    """What the runs directory and the server say, together. The journal of a run of this account decides where it
    stands; of any other what is worse: what it says itself on the server, or what its journal says."""
    found = {other.run: other for other in known}
    nameless: list[OtherRun] = []
    for sighting in sorted(seen, key=lambda s: (s.changing, s.in_the_way, s.is_control)):
        id, keyed = sighting.run, sighting.changing or sighting.in_the_way
        seat = Seat(pid=sighting.pid, since=sighting.since, user=sighting.user, address=sighting.address)
        code = Standing.CHANGING if sighting.changing else Standing.ANNOUNCED
        if id == run or not (keyed or (id and sighting.is_control)):
            continue
        if not id:
            nameless.append(OtherRun(run="", standing=code, session=seat))
            continue
        other = found.get(id)
        if other is None:
            paths = RunPaths(runs / id)
            if is_own(paths) and last_type(paths.journal) == "run.closed":
                # Its engine is just going.
                continue
            if not keyed and paths.directory.exists() and last_type(paths.journal) is None:
                # It is about to open, and looks for itself.
                continue
            other = OtherRun(run=id, standing=Standing.UNKNOWN)
        own = other.by and not other.account and other.standing != Standing.UNKNOWN
        if keyed and not own and not other.in_the_way:
            other = replace(other, standing=code)
        found[id] = replace(other, session=seat)
    return (*found.values(), *nameless)


class OpeningTurn:
    """The right to open a run on the target, which one has at a time; behind a pooler, where no session can hold a key,
    among those of this runs directory. Raises InTheWay where somebody does not give it back, unless the run is to open
    `beside` whoever that is."""

    def __init__(self, target: TargetAccess, control: Session, runs: Path, beside: bool = False) -> None:
        self._beside = beside
        self._control = control if settled(target) else None
        self._runs = runs
        self._fd = -1
        self._held = False

    async def __aenter__(self) -> OpeningTurn:
        deadline = time.monotonic() + _TURN_S
        while not (held := await self._taken()):
            if time.monotonic() > deadline:
                await self._leave()
                if self._beside:
                    return self
                raise InTheWay(await self._whose())
            await asyncio.sleep(0.05)
        self._held = held
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._leave()

    async def _taken(self) -> bool:
        if self._control is not None:
            return await fence.try_lock(self._control, fence.opening_key())
        if self._fd < 0:
            self._fd = os.open(self._runs, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    async def _whose(self) -> Said:
        text = N_(
            "Another run has been opening on this target for {seconds} s: {who}. Nothing was started. To run "
            "beside it, which is recorded: --beside REASON"
        )
        who = Said("its engine is on this host")
        if self._control is not None:
            opening = [s for s in await presence.sightings(self._control) if s.opening]
            seats = [
                Joined((s.run or "?", seat(Seat(pid=s.pid, since=s.since, user=s.user, address=s.address))))
                for s in opening
            ]
            who = Joined(seats or ["?"], "; ")
        return Said(text, seconds=round(_TURN_S), who=who)

    async def _leave(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)
        elif self._control is not None and self._held and not self._control.closed:
            await fence.release(self._control, fence.opening_key())


def refusal(others: Iterable[OtherRun]) -> list[Said]:
    """Why no run opens beside these, and what can be done; empty where none of them is in the way."""
    lines = in_the_way(others)
    if lines:
        lines.append(
            Said(
                "Nothing was started. Go on with that run, or end it: virada do RUN close --reason TEXT. To run beside "
                "it, which is recorded: --beside REASON"
            )
        )
    return lines


def identified(identity: Mapping[str, Any]) -> bool:
    """Whether there is a database at all that two runs could share."""
    return bool(identity.get("system_identifier"))
