"""What a step is told of its run, its target and its host."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from tui.steps.effects.base import Effect, SqlError


class Timetable(Effect, frozen=True, kw_only=True):
    """When the rest of the run is expected to end -> Timetabled."""


class Timetabled(Struct, frozen=True, kw_only=True):
    """Instants in seconds since the epoch, as the run's clocks have them. `ends`: of the work that belongs into the
    window, None where nobody knows; `begins`: of the first step of it that may change something or waits for the
    window. `unknown`: ids of the steps from there on of which nobody knows how long they take, so that it ends later.
    `rollback_s`: seconds for going back; `rollback_least`: a part of that is not known."""

    now: float
    ends: float | None = None
    begins: float | None = None
    unknown: tuple[str, ...] = ()
    rollback_s: float | None = None
    rollback_least: bool = False


class Rehearsals(Effect, frozen=True, kw_only=True):
    """What earlier runs have rehearsed of this one -> PastRehearsals."""


class PastRehearsals(Struct, frozen=True, kw_only=True):
    """`whole`: the newest rehearsal of the same work that went to its end with every change made: `run`, `target`,
    `environment`, `ended` (seconds since the epoch), `compress`. `partial`: without one the newest rehearsal of the
    same work, with its `status` and the steps that it `skipped`. `other`: without either the newest rehearsal of a plan
    of the same name, with what differs by name. `undone`: steps that rehearsals of the same work took back, by id the
    newest such run, and `undone_at` when it ended. `unread`: so many runs could not be read. `looked_at`: among so many
    was looked."""

    whole: dict[str, Any] | None = None
    partial: dict[str, Any] | None = None
    other: dict[str, Any] | None = None
    undone: dict[str, str] = {}
    undone_at: dict[str, float] = {}
    unread: int = 0
    looked_at: int = 0


class Sealed(Effect, frozen=True, kw_only=True):
    """Which files of the frozen plan are not as they were sealed -> tuple of dicts with `file`, `expected`, `found`."""


class TakeFingerprint(Effect, frozen=True, kw_only=True):
    """What is in the database, or in a scratch one, in one moment -> FingerprintTaken.

    `tables`: patterns of those whose rows are counted and, with `rows` hashes, hashed, for at most `within` seconds in
    all; `columns` of tables that are hashed by these alone. `moment`: a snapshot that another session exported.
    """

    tables: tuple[str, ...] = ()
    rows: Literal["hashes", "counts"] = "hashes"
    within: float | None = None
    columns: dict[str, tuple[str, ...]] = {}
    moment: str = ""
    scratch_database: str | None = None
    role: str | None = None


class FingerprintTaken(Struct, frozen=True, kw_only=True):
    """`found`: see `tui.steps.difference`; empty with the `error` why there is none."""

    found: dict[str, Any] = {}
    error: SqlError | None = None
    seconds: float = 0.0


class Probe(Effect, frozen=True, kw_only=True):
    """A fact about the target, its host or this one -> dict of neutral facts; `error` in it when unknown."""

    name: Literal[
        "identity", "disk", "room", "tools", "connections", "database_size", "path_prepare", "path_make",
        "backup_space", "earlier_hours", "dump_methods", "last_backup", "epoch", "encryption", "dumps",
        "writable",
        "database", "written", "stranded",
    ]  # fmt: skip
    arguments: dict[str, Any] = {}


class Watch(Effect, frozen=True, kw_only=True):
    """What guards and logs saw since the step began -> Watched. With `settle` it is looked anew, and looked again for
    at most so many seconds while something of what is `wanted` is not measured. `figures`: all that was measured since
    the last look is told, too."""

    settle: float = 0.0
    wanted: tuple[Literal["log", "guards"], ...] = ()
    figures: bool = False


class Watched(Struct, frozen=True, kw_only=True):
    """`errors` of others in the server's log, by SQLSTATE in `sqlstates`, `critical` those among them that say it is in
    trouble; `log` is why these counts are not known (`Unmeasured`), "" where they are. `unclear` records may be
    errors or not, `gaps` were not read.

    `unmeasured`: the criteria of which nothing is known now. `attested`: metrics of those that nothing could measure
    when the run was opened, which are left to a person and counted neither there nor in `criteria`. `lag` is None
    where nothing replicates, or, with `lag_unknown`, where nobody knows. `strained`: a criterion is near its limit,
    sessions wait for what the step holds, or WAL piles up. `given_up`: the step was asked to end, not because the
    one it accompanies has. `figures`: the samples since the last look, each by metric, where they were asked for.
    `sources`: where each metric that is known now was measured.
    """

    breached: tuple[dict[str, Any], ...] = ()
    unmeasured: tuple[dict[str, Any], ...] = ()
    attested: tuple[str, ...] = ()
    criteria: int = 0
    errors: int = 0
    sqlstates: dict[str, int] = {}
    critical: int = 0
    lines: int = 0
    unclear: int = 0
    gaps: int = 0
    log: str = ""
    samples: int = 0
    lag: float | None = None
    lag_unknown: bool = False
    strained: bool = False
    given_up: bool = False
    figures: tuple[dict[str, float], ...] = ()
    sources: dict[str, str] = {}
