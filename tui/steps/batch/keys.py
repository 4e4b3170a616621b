"""The key that a walk goes along, and the statements that find and change ranges of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from tui.sql.quoting import literal
from tui.steps.batch.spec import BatchSpec
from tui.steps.walk import Key


class KeyColumn(Struct, frozen=True):
    """`quoted` and `type` as SQL; `grows`: its default makes later rows greater ones."""

    name: str
    quoted: str
    type: str
    grows: bool


class WalkedKey(Struct, frozen=True):
    """Columns in an index's order, none of them ever null. `unique`: no two rows have the same."""

    columns: tuple[KeyColumn, ...]
    unique: bool

    @property
    def listed(self) -> str:
        return ", ".join(column.quoted for column in self.columns)

    @property
    def printed(self) -> str:
        """Its values as text, under other names: ORDER BY would mean the text."""
        return ", ".join(f'{column.quoted}::text as "virada {n}"' for n, column in enumerate(self.columns))

    @property
    def downwards(self) -> str:
        return ", ".join(f"{column.quoted} desc" for column in self.columns)

    def compared(self, operator: str, values: Sequence[str]) -> str:
        """`(a, b) > (x, y)`, for which one index scan is enough."""
        if len(self.columns) == 1:
            return f"{self.columns[0].quoted} {operator} {values[0]}"
        return f"({self.listed}) {operator} ({', '.join(values)})"

    def literals(self, key: Key) -> list[str]:
        """The values of a key as SQL."""
        return [f"{literal(value)}::{column.type}" for column, value in zip(self.columns, key, strict=True)]

    def within(self, after: Key | None, upto: Key) -> str:
        """That a row lies behind the one and up to the other."""
        parts = [] if after is None else [self.compared(">", self.literals(after))]
        return " and ".join((*parts, self.compared("<=", self.literals(upto))))


def key_of(rows: Iterable[Sequence[Any]], wanted: Sequence[str]) -> WalkedKey | None:
    """By the query `batch_key`: the primary key, or the columns that are `wanted`, as they begin some index; None where
    there is no such index, or a column of it may be null."""
    indexes: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        indexes.setdefault(str(row[0]), []).append(row)
    for found in indexes.values():
        columns = found[: len(wanted)] if wanted else found
        names = tuple(str(row[3]) for row in columns)
        in_order = [int(row[2]) for row in columns] == list(range(1, len(columns) + 1))
        whole = len(columns) == (len(wanted) or int(found[0][1]))
        fits = names == tuple(wanted) if wanted else _true(found[0][6])
        if fits and in_order and whole and all(_true(row[7]) for row in columns):
            unique = _true(found[0][9]) and len(columns) == int(found[0][1])
            return WalkedKey(tuple(KeyColumn(str(r[3]), str(r[4]), str(r[5]), _true(r[8])) for r in columns), unique)
    return None


def _true(value: Any) -> bool:
    return value is True or value == "t"


def last(spec: BatchSpec, key: WalkedKey, *, meant: bool) -> str:
    """The last key, or, where only rows that are `meant` count, that of the last of those."""
    where = f" where ({spec.where}\n)" if meant and spec.where else ""
    return f"select {key.printed} from {spec.table}{where} order by {key.downwards} limit 1"


def counted(spec: BatchSpec, within: str = "", *, meant: bool) -> str:
    """How many rows there are within a range, or how many of them are `meant`."""
    parts = [part for part in (within, f"({spec.where}\n)" if meant and spec.where else "") if part]
    return f"select count(*) from {spec.table}" + (f" where {' and '.join(parts)}" if parts else "")


def named(spec: BatchSpec, key: WalkedKey, limit: int) -> str:
    """The keys of the first rows that are still meant."""
    return f"select {key.printed} from {spec.table} where ({spec.where}\n) order by {key.listed} limit {limit}"


def bounds(spec: BatchSpec, key: WalkedKey, after: Key | None, end: Key, size: int, ranges: int, *, meant: bool) -> str:
    """The keys at which the next `ranges` end that have `size` keys each, those that come to the end left out. One scan
    of the index behind the other, as many keys as are walked: what is done is not looked at again."""
    until = key.compared("<=", key.literals(end))
    begins = [] if after is None else [key.compared(">", key.literals(after))]
    where = [f"({spec.where}\n)"] if meant and spec.where else []
    parts = []
    for number in range(1, ranges + 1):
        conditions = " and ".join((*begins, until, *where))
        parts.append(
            f"b{number} as materialized (select {key.listed} from {spec.table} where {conditions} "
            f"order by {key.listed} offset {size - 1} limit 1)"
        )
        begins = [key.compared(">", [f"(select {c.quoted} from b{number})" for c in key.columns])]
    shown = " union all ".join(f"select {n}, {key.printed} from b{n}" for n in range(1, ranges + 1))
    return f"with {', '.join(parts)} {shown} order by 1"


def change(spec: BatchSpec, key: WalkedKey, after: Key | None, upto: Key) -> str:
    """One batch."""
    where = f" and ({spec.where}\n)" if spec.where else ""
    return f"update {spec.table} set {spec.set}\nwhere {key.within(after, upto)}{where}"


def consumed(spec: BatchSpec, key: WalkedKey, after: Key | None, upto: Key) -> str:
    """Fails (22012) where rows of the range are still meant behind their change: then nothing tells those that are done
    from the others. What others have written meanwhile is none of those."""
    within = (
        f"{key.within(after, upto)} and ({spec.where}\n) and xmin = pg_catalog.pg_current_xact_id()::pg_catalog.xid"
    )
    return f"select 1 / (case when exists (select from {spec.table} where {within}) then 0 else 1 end)"
