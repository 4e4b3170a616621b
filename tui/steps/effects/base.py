"""What all effects share: how a step waits, what it journals, how it ends."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.journal.events import Effect as Applied
from tui.journal.events import Event


class Effect(Struct, frozen=True, kw_only=True):
    """Something asked of the world; its docstring names the result that is sent back."""


class SqlError(Struct, frozen=True, kw_only=True):
    """What the server said; in `message` also a code with its facts. `line` is the line in `file`, or in the statement
    where there is no file. `lost`: no connection was to be had, or it was lost, so that nothing was answered. `memory`:
    there was no room here for the answer. `lock`: what it waited for (`wanted`) and who held it (`blockers`), where it
    failed for want of a lock and that was seen."""

    sqlstate: str | None
    message: str | dict[str, Any]
    detail: str | None = None
    hint: str | None = None
    context: str | None = None
    file: str | None = None
    line: int | None = None
    lost: bool = False
    memory: bool = False
    lock: dict[str, Any] = {}


class Now(Effect, frozen=True, kw_only=True):
    """The moment by this host's clock -> float: seconds since the epoch."""


class Sleep(Effect, frozen=True, kw_only=True):
    """Wait -> bool: True when asked to stop meanwhile. Compressible: a rehearsal may make it pass faster."""

    seconds: float
    compressible: bool = True


class Emit(Effect, frozen=True, kw_only=True):
    """An event of this step into the journal -> None."""

    event: Event


class Passed(Struct, frozen=True, kw_only=True):
    """The step did what it says."""

    evidence: dict[str, Any] = {}
    effect: Applied = "none"


class Failed(Struct, frozen=True, kw_only=True):
    """The step did not: `reason` is a neutral code, `effect` what of it is in the database all the same."""

    reason: FailReason
    evidence: dict[str, Any] = {}
    effect: Applied = "none"
    error: SqlError | None = None


Outcome = Passed | Failed
