"""Waiting for locks gently: short lock timeouts, a bounded number of tries, growing pauses with jitter.

Measured (reference): a first timeout of 100 ms that grows by half up to the plan's `lock_timeout`, and pauses from
200 ms to 2 s, cap the application's stall at the timeout itself while the work still gets through. The last try takes
all of the plan's `lock_timeout`: after it there is nothing to be gentle for.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator
from typing import Any, Protocol

from msgspec import Struct, UnsetType
from msgspec.structs import replace

from tui.journal.codes import WaitReason
from tui.plan.kinds import Finding, Lint
from tui.plan.model import tolerance
from tui.said import Said
from tui.sql.leaving import reaches_beyond
from tui.steps.context import Context
from tui.steps.effects import Effect, RunStatement, RunTransaction, Sleep, SqlSettings, TxDone

LOCK_NOT_AVAILABLE = "55P03"
LOCK_TIMEOUT = 0.5
_FIRST_TIMEOUT, _TIMEOUT_GROWTH = 0.1, 1.5
_LONG = 30.0
"""Seconds for which an application may wait for a lock without anybody asking why."""
_FIRST_PAUSE, _PAUSE_GROWTH, _LONGEST_PAUSE = 0.2, 1.6, 2.0


class Limits(Protocol):
    """What of a spec says how long a statement may wait for a lock, and how often it is tried again."""

    @property
    def lock_timeout(self) -> float | UnsetType | None: ...
    @property
    def retries(self) -> int: ...


def lock_limit(spec: SqlOptions) -> float | None:
    """The step's lock timeout in seconds, half a second where it says nothing; None and 0 are no limit."""
    return LOCK_TIMEOUT if isinstance(spec.lock_timeout, UnsetType) else spec.lock_timeout


def concurrent_limit(spec: Limits) -> float | None:
    """The same for CREATE INDEX CONCURRENTLY and its like: without a limit where the step says nothing.

    They hold nobody up while they wait for the transactions of others, and what a limit interrupts is left half done.
    """
    return 0.0 if isinstance(spec.lock_timeout, UnsetType) else spec.lock_timeout


class SqlOptions(Protocol):
    """What of a spec says how its SQL runs."""

    @property
    def lock_timeout(self) -> float | UnsetType | None: ...
    @property
    def statement_timeout(self) -> float | None: ...
    @property
    def row_security(self) -> str: ...


def settings_of(context: Context, spec: SqlOptions) -> SqlSettings:
    """How this step's SQL runs."""
    return SqlSettings(
        role=context.step.as_,
        lock_timeout=lock_limit(spec),
        statement_timeout=spec.statement_timeout,
        row_security=spec.row_security == "on",
        tolerate=tolerance(context.step.tolerate, patient=False),
    )


class Try(Struct, frozen=True, kw_only=True):
    """The lock timeout of one try and the pause after it, in seconds."""

    lock_timeout: float
    pause: float


def tries(limit: float, retries: int) -> list[Try]:
    """`retries` further tries after the first; no timeout is ever longer than `limit`."""
    found = []
    timeout, pause = min(_FIRST_TIMEOUT, limit), _FIRST_PAUSE
    for left in range(max(0, retries), -1, -1):
        found.append(Try(lock_timeout=timeout if left else limit, pause=pause))
        timeout = min(limit, timeout * _TIMEOUT_GROWTH)
        pause = min(_LONGEST_PAUSE, pause * _PAUSE_GROWTH)
    return found


def gently(
    context: Context, work: RunTransaction | RunStatement, limit: float | None, retries: int
) -> Generator[Effect, Any, tuple[TxDone, int]]:
    """Run `work`, again while it only failed to get a lock; returns how it ended and how many tries it took.

    Without a `limit`, or with one of 0, which to the server means the same, it waits as long as it takes. What other
    sessions do for it is not taken back with it, so that it is tried once.
    """
    statements = work.statements if isinstance(work, RunTransaction) else (work.statement,)
    if not limit or any(reaches_beyond(statement.text) for statement in statements):
        done = yield work
        return done, 1
    done = TxDone(committed=False)
    plan = tries(limit, retries)
    for number, attempt in enumerate(plan, 1):
        settings: SqlSettings = replace(work.settings, lock_timeout=attempt.lock_timeout)
        done = yield replace(work, settings=settings)
        if done.committed or done.error is None or done.error.sqlstate != LOCK_NOT_AVAILABLE:
            break
        if number == len(plan):
            break
        pause = attempt.pause * random.uniform(0.5, 1.5)
        facts = {"try": number, "of": len(plan), "pause_s": round(pause, 3), "lock_timeout_s": attempt.lock_timeout}
        facts |= done.error.lock
        yield context.waits(WaitReason.LOCK_RETRY, facts)
        stopped = yield Sleep(seconds=pause, compressible=False)
        if stopped:
            break
        yield context.waits(WaitReason.NONE)
    return done, number


def lint_tolerance(lint: Lint, *, patient: bool) -> Iterator[Finding]:
    """`patient`: nobody waits for what the step locks."""
    said = lint.step.tolerate
    if said is not None and said > _LONG and not patient and not lint.is_undo:
        text = Said(
            "{step} would hold its locks for {seconds} s without a network; the application waits for them that long.",
            step=lint.step.id,
            seconds=f"{said:g}",
        )
        yield Finding(code="tolerates-long", said=text, level="warning")
