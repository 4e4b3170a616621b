"""The N-th call on a run's files fails, the N-th question to the server raises, descriptors run out: each attempt has a
true outcome, the engine goes on or ends by itself, and the run comes to its end.

VIRADA_KILLS of 50 and more: every N; else one of each at random, which VIRADA_SEED repeats.
"""

from __future__ import annotations

import asyncio
import errno
import os
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.faults.counting import EVERY
from tests.faults.every import ROWS, Case, Hung, Wrong
from tests.faults.failing import Failing, Operation, Raising
from tests.postgres_server import Database
from tui.engine.attempt.attempt import Attempt
from tui.postgres.session import Session

FAULTS: tuple[tuple[Operation, int], ...] = (
    ("write", errno.EIO), ("write", errno.ENOSPC), ("sync", errno.EIO), ("sync", errno.ENOSPC), ("open", errno.EIO),
    ("open", errno.EMFILE), ("name", errno.EIO), ("name", errno.ENOSPC),
)  # fmt: skip
PLACES: tuple[tuple[type, str], ...] = ((Attempt, "perform"), (Session, "execute"))
"""What a kind asks for, and what the server is asked."""
ERRORS = (KeyError("unforeseen"), MemoryError(), OSError(errno.EIO, "Input/output error"), RecursionError("deep"))
DESCRIPTORS = 14
"""More than any step of the plan needs at once."""
SHORT = ("check", "backup", "verify", "count", "rollback", *(s for s in ROWS if s != "back" and "." not in s))
"""Steps at whose beginning there are few."""
LIMIT = 300.0
"""Seconds for one run of the plan, forward and back."""
SEED = int(os.environ.get("VIRADA_SEED", str(random.randrange(1 << 32))))
_ABOUT = {"write": 125, "sync": 105, "open": 62, "name": 66, "perform": 45, "execute": 300}
"""How many calls of a kind one run of the plan makes, about."""


class Tally:
    """What became of the cases of one fault; `end` fails where one of them is not as it should be."""

    def __init__(self, home: Path, database: Database) -> None:
        self.home = home
        self._database = database
        self.cases = self.undecided = 0
        self.bad: list[str] = []

    def case(self, name: str, fault: Any = None, short: Mapping[str, int] | None = None) -> int:
        """Carry out one; how many calls were counted in it."""
        home = self.home / f"case{self.cases}"
        case = Case(home, self._database)

        async def through() -> None:
            async with case.rig:
                await case.through(short, fault)

        self.cases += 1
        try:
            asyncio.run(asyncio.wait_for(through(), LIMIT))
        except (Wrong, Hung, TimeoutError) as error:
            self.bad.append(f"{name} ({getattr(fault, 'failed', '')}): {type(error).__name__}: {error} in {home}")
        else:
            shutil.rmtree(home)
        self.undecided += case.undecided
        return 0 if fault is None else int(fault.count)

    def end(self, fault: str) -> None:
        print(f"{fault}: {self.cases} cases, {len(self.bad)} wrong or hung, {self.undecided} undecided")
        assert not self.bad, f"VIRADA_SEED={SEED}\n" + "\n".join(self.bad)


def numbers(what: str) -> Iterator[int]:
    """Every N, to be taken until there are no more; else one at random."""
    if EVERY:
        yield from range(1, 2000)
    else:
        yield random.Random(f"{SEED}{what}").randrange(1, _ABOUT[what.split()[0]])


def call(tally: Tally, operation: Operation, number: int) -> None:
    name = f"{operation} {errno.errorcode[number]}"
    for at in numbers(name):
        if tally.case(f"{name} {at}", Failing(tally.home, operation, number, at)) < at:
            break


def raised(tally: Tally, owner: type, method: str, behind: bool) -> None:
    for at in numbers(f"{method} {behind}"):
        error = ERRORS[at % len(ERRORS)]
        if tally.case(f"{method} {at} {error!r}", Raising(owner, method, at, error, behind=behind)) < at:
            break


def descriptors(tally: Tally) -> None:
    """For the first attempt of one step, or the beginning of the rollback, so many more are to be had and no more."""
    cases = [(step, more) for step in SHORT for more in range(DESCRIPTORS)]
    for step, more in cases if EVERY else [random.Random(SEED).choice(cases)]:
        tally.case(f"{step} with {more} descriptors", short={step: more})


ON_FILES: dict[str, Callable[[Tally], None]] = {
    f"{operation} {errno.errorcode[number]}": partial(call, operation=operation, number=number)
    for operation, number in FAULTS
}
RAISED: dict[str, Callable[[Tally], None]] = {
    f"{method} {'behind' if behind else 'before'}": partial(raised, owner=owner, method=method, behind=behind)
    for owner, method in PLACES
    for behind in (False, True)
}
OTHERS: dict[str, Callable[[Tally], None]] = {"descriptors": descriptors, **RAISED}


@pytest.mark.parametrize("fault", [*ON_FILES, *OTHERS] if EVERY else ["a file", "another"])
def test_each_attempt_has_a_true_outcome(database: Database, tmp_path: Path, fault: str) -> None:
    name = fault if EVERY else random.Random(SEED).choice([*(ON_FILES if fault == "a file" else OTHERS)])
    tally = Tally(tmp_path, database)
    (ON_FILES | OTHERS)[name](tally)
    tally.end(name)
