"""`batch`: rows of a table changed in many small transactions, along its key or by a statement that is repeated."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tui.plan.scalars import Duration


class BatchSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Each batch is one transaction, so that nobody waits for long. Either `table` and `set`: a walk along a key of the
    table, whose cost grows with the table and no faster. Or `sql`: a statement repeated until it changes no row.
    """

    table: str = ""
    """The table whose rows are changed, with its schema."""
    set: str = ""
    """What is assigned, as behind SET: `region = 'sa'`."""
    where: str = ""
    """Which rows, as behind WHERE: such that a row that is done is no longer meant (`region is null`). Then rows that
    are written meanwhile are found by further walks, and what is left at the end is counted. Without it every row is
    done once, up to the last one that is there when the walk begins."""
    key: tuple[str, ...] = ()
    """The columns that it walks along: those of an index, none of them ever null. Where nothing is said the primary
    key."""
    target: Duration = 0.2
    """How long a batch should hold its rows: their number grows and shrinks by that. While a criterion is near its
    limit, a replica lags, WAL piles up or sessions wait for its rows it is a quarter of this."""
    workers: int = 1
    """How many batches are under way at a time, 1 to 8, each in a session of its own over rows of its own."""
    sql: str = ""
    """The statement, which changes some rows each time (`... where region is null limit 500`, by a key or ctid) and
    none when all is done. `batch: "update ..."` is short for it."""
    pause: Duration | None = None
    """How long it rests between two batches, beyond the waits for guards, locks and replicas: `100ms` behind a
    statement, not at all along a key, where nothing is said."""
    max_lag: Duration | None = None
    """It waits while a replica is further behind than this, or while nobody knows how far."""
    total: str | None = None
    """Beside `sql`, a query that counts the rows that are left, for the progress; it has not passed while this is not
    0."""
    lock_timeout: Duration | None = 0.5
    """How long a batch waits for a lock; then it gives way and is tried again, as `retries` says. `0` is no limit. With
    its unit: `500ms`, `2s`."""
    retries: int = 20
    """How often one batch is tried again after a lock was not to be had in time."""
    statement_timeout: Duration | None = 60.0
    """How long one batch may take, as PostgreSQL's setting of this name; `0` is no limit."""
    row_security: Literal["off", "on"] = "off"
    """`off`: a statement that row-level security would cut short is an error, so that not half of the rows are meant
    unnoticed. `on`: policies apply as they do for the application."""

    @property
    def statement(self) -> str:
        """All of it as one statement."""
        where = f"\nwhere ({self.where}\n)" if self.where else ""
        return self.sql or f"update {self.table} set {self.set}{where}"
