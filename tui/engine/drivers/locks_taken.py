"""The table locks that the statements of an attempt took, for how long they were held, and what was rewritten.

In a transaction it is looked behind each statement, by the monitoring session, which can neither fail the work nor wait
for it; a script of thousands is looked at now and then. A statement outside a transaction, and a program, is looked at
while it runs: what is held between two looks is not seen.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from tui.engine.target.access import TargetAccess
from tui.postgres.errors import PostgresError
from tui.postgres.locks_held import STRENGTH, STRONGEST, Committed, Held, filenodes, locks_of
from tui.postgres.session import Session
from tui.steps.effects import SqlStatement

NAMED: Final = 50
"""Locks that evidence names, the strongest first; all are counted."""
_LOOKS: Final = 100
"""Looks of an attempt behind each statement; from then on one a second, and one before the end of a transaction."""
_REPEATED: Final = 10
"""The same where statements come again and again, as batches do; there is none before each end then."""
_EVERY: Final = 1.0
_PATIENCE: Final = 0.25
"""Seconds that a look may take while the locks are held."""
_UNHURRIED: Final = 5.0
"""The same while the work goes on beside it."""
_RETRY: Final = 30.0
"""Seconds from one look at whether there is a monitoring session to the next."""
_FIRST_PAUSE, _GROWTH = 0.05, 1.5
_KEPT: Final = 1000


class _Taken(Struct):
    """A lock of one statement, or of one among several (`line` to `last`) behind which nobody looked."""

    mode: str
    relation: str
    number: int
    line: int | None
    last: int | None
    since: float
    held: float | None = 0.0
    rewritten: bool | None = False
    dropped: bool = False
    sampled: bool = False
    times: int = 1

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = {"mode": self.mode, "relation": self.relation, "line": self.line}
        found |= {"held_s": None if self.held is None else round(self.held, 4), "rewritten": self.rewritten}
        if self.last != self.line:
            found["last_line"] = self.last
        for name in ("dropped", "sampled"):
            if getattr(self, name):
                found[name] = True
        return found | ({"times": self.times} if self.times > 1 else {})


class LocksTaken:
    """Of one attempt. `waited`: when its statement was seen to wait for a lock the last time, by time.monotonic()."""

    def __init__(self, target: TargetAccess, waited: Callable[[], float]) -> None:
        self._target = target
        self._waited = waited
        self._taken: dict[tuple[int, int | None, int | None, str], _Taken] = {}
        self._open: dict[tuple[int, int], _Taken] = {}
        self._held: dict[int, str] = {}
        self._files: dict[int, int] = {}
        self._unseen: tuple[int | None, float] | None = None
        self._looked_at: set[tuple[int | None, int]] = set()
        self._looks = 0
        self._looked = 0.0
        self._missed = 0
        self._names: Committed = {}
        self._again_at = 0.0
        self._more = 0

    async def ready(self) -> None:
        """Have the monitoring session there before anything is locked: to connect may take longer than a look may."""
        if time.monotonic() < self._again_at:
            return
        self._again_at = time.monotonic() + _RETRY
        try:
            await self._target.monitor()
        except PostgresError:
            # What nobody can look at is said to be so.
            return

    async def behind(
        self,
        session: Session,
        statement: SqlStatement,
        number: int,
        began: float,
        *,
        last: bool,
        untouched: bool = False,
    ) -> None:
        """Look behind a statement that began then: its number in its transaction, and whether it is the `last` one.
        `untouched`: the transaction itself is asked nothing, for it has no snapshot yet, and what it is may still be
        set. Raises PostgresError where that is lost or cancelled."""
        line = statement.line
        first, since = self._unseen or (line, began)
        self._unseen = (first, since)
        again = (line, number) in self._looked_at
        self._looked_at.add((line, number))
        enough = self._looks >= (_REPEATED if again else _LOOKS) and time.monotonic() - self._looked < _EVERY
        if enough and (again or not last):
            return
        found = await self._look(session.backend.pid)
        if found is None:
            self._missed += last
            return
        self._unseen = None
        # Whatever a plain statement's functions do is seen behind the last one.
        plain = untouched or (_is_plain(statement) and not last)
        asked = [] if plain else [oid for oid, held in found.items() if _has_file(held)]
        files = await filenodes(session, asked) if asked else {}
        since = max(since, self._waited())
        self._give_back(found)
        for oid, held in found.items():
            rewritten, dropped = self._file(oid, held, files) if oid in asked else (False, False)
            known = self._held.get(oid)
            stronger = known is None or STRENGTH.get(held.mode, 0) > STRENGTH.get(known, 0)
            if stronger or rewritten or dropped:
                taken = _Taken(held.mode, held.relation, number, first, line, since, 0.0, rewritten, dropped)
                self._open[oid, number] = taken
            self._held[oid] = held.mode

    def _file(self, oid: int, held: Held, files: Mapping[int, int] | None) -> tuple[bool | None, bool]:
        """Whether a relation has another file than at the last look, and whether it is gone since."""
        if files is None:
            return None, False
        before, now = self._files.get(oid, held.filenode), files.get(oid, 0)
        self._files[oid] = now
        return now not in (0, before), now == 0 != before

    def _give_back(self, found: Collection[int]) -> None:
        """A savepoint gives back what was taken behind it."""
        now = time.monotonic()
        for oid, number in [key for key in self._open if key[0] not in found]:
            taken = self._open.pop((oid, number))
            taken.held = max(0.0, now - taken.since)
            self._add(taken)
            self._held.pop(oid, None)
            self._files.pop(oid, None)

    def ended(self, *, kept: bool = False) -> None:
        """The transaction has ended, and with it its locks; `kept`: it was prepared, and has them still."""
        now = time.monotonic()
        for taken in self._open.values():
            taken.held = None if kept else max(0.0, now - taken.since)
            self._add(taken)
        self.forget()

    def forget(self) -> None:
        """Nobody knows how the transaction ended, nor when."""
        if STRONGEST in self._held.values() or None in self._names.values():
            # What was made or renamed has another name for others from now on.
            self._names = {}
        self._open, self._held, self._files, self._unseen = {}, {}, {}, None

    @asynccontextmanager
    async def sampling(self, pid: int, line: int | None) -> AsyncIterator[None]:
        """Look now and then at a backend for as long as the block takes, and once behind it: what a program leaves to
        be committed is still held then."""
        seen: dict[tuple[int, str], _Taken] = {}
        looking = asyncio.ensure_future(self._sample(pid, line, seen))
        try:
            yield
            found = await self._look(pid)
            if line is None:
                # A program's transaction is still open: what it holds is known now or not at all.
                self._missed += found is None
            self._note(found, line, seen)
        finally:
            looking.cancel()
            await asyncio.wait({looking})
            for taken in seen.values():
                self._add(taken)

    async def _sample(self, pid: int, line: int | None, seen: dict[tuple[int, str], _Taken]) -> None:
        pause = _FIRST_PAUSE
        while True:
            self._note(await self._look(pid, _UNHURRIED), line, seen)
            await asyncio.sleep(pause)
            pause = min(_EVERY, pause * _GROWTH)

    @staticmethod
    def _note(found: dict[int, Held] | None, line: int | None, seen: dict[tuple[int, str], _Taken]) -> None:
        now = time.monotonic()
        for oid, held in (found or {}).items():
            taken = seen.get((oid, held.mode))
            if taken is not None:
                taken.held = now - taken.since
                continue
            # Whether it was rewritten only the transaction itself sees before its end.
            rewritten = None if _has_file(held) else False
            seen[oid, held.mode] = _Taken(
                held.mode, held.relation, 0, line, line, now, 0.0, rewritten, sampled=True
            )  # fmt: skip

    async def _look(self, pid: int, patience: float | None = None) -> dict[int, Held] | None:
        """None where the server was too busy to say at once."""
        self._looks += 1
        self._looked = time.monotonic()
        try:
            async with asyncio.timeout(_PATIENCE if patience is None else patience):
                return await locks_of(await self._target.monitor(), pid, self._names, self._files)
        except (PostgresError, TimeoutError):
            return None

    def _add(self, taken: _Taken) -> None:
        key = (taken.number, taken.line, taken.last, taken.relation)
        known = self._taken.get(key)
        if known is None:
            if len(self._taken) >= _KEPT:
                self._more += 1
                return
            self._taken[key] = taken
            return
        known.times += taken.times
        known.held = None if None in (known.held, taken.held) else max(known.held or 0.0, taken.held or 0.0)
        known.rewritten = known.rewritten or taken.rewritten
        known.dropped = known.dropped or taken.dropped
        if STRENGTH.get(taken.mode, 0) > STRENGTH.get(known.mode, 0):
            known.mode = taken.mode

    def join(self, other: LocksTaken) -> None:
        """What another lane of the attempt has taken, too."""
        for taken in other._taken.values():
            self._add(replace(taken))
        self._more += other._more
        self._missed += other._missed

    def told(self) -> dict[str, Any]:
        """`locks`: how many were taken, the strongest of them, and how often nobody could look before the end of a
        transaction; nothing where none was seen."""
        if not self._taken and not self._missed:
            return {}
        order = sorted(
            self._taken.values(), key=lambda one: (-STRENGTH.get(one.mode, 0), -(one.held or 0.0), one.relation)
        )
        found: dict[str, Any] = {"count": len(order) + self._more, "taken": [one.told() for one in order[:NAMED]]}
        return {"locks": found | ({"not_looked": self._missed} if self._missed else {})}


def evidence(lanes: Iterable[LocksTaken]) -> dict[str, Any]:
    """Of all lanes of an attempt, the first of which has what the others have taken from then on."""
    first, *others = lanes
    for other in others:
        first.join(other)
    return first.told()


def _is_plain(statement: SqlStatement) -> bool:
    """Whether it gives no table another file itself."""
    return statement.text.lstrip()[:6].lower() in ("insert", "update", "delete", "select")


def _has_file(held: Held) -> bool:
    """Whether its relation may have been given another file."""
    return held.mode == STRONGEST and held.filenode != 0
