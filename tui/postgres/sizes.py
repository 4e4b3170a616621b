"""How much data there is: the relations that a plan's scripts are about, and the database.

Asked once, when a run opens, in a transaction that waits for no lock longer than a moment: a size takes one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import Struct

from tui.postgres.errors import ConnectionLost, StatementFailed
from tui.postgres.session import Session

LOCK_TIMEOUT: Final = "200ms"
_LIMIT: Final = "5s"
"""A catalogue of a hundred thousand tables answers within one."""


class DataSizes(Struct, frozen=True, kw_only=True):
    """`relations`: bytes by the name that was asked for, None where they cannot be known; what is no relation is left
    out. `database`: bytes without the system's catalogues. `functions`: of the calls those of functions that
    somebody has written for this database. None: nobody knows."""

    relations: dict[str, int | None] | None = None
    database: int | None = None
    functions: tuple[str, ...] = ()


async def measure(session: Session, names: Iterable[str], calls: Sequence[str]) -> DataSizes:
    """`names` as `schema.name` or `name`. Raises ConnectionLost; what is refused is not known."""
    parts = [("", name) if "." not in name else tuple(name.split(".", 1)) for name in names]
    schemas, bare = [schema for schema, _name in parts], [name for _schema, name in parts]
    relations: dict[str, int | None] | None = {}
    for gently in (False, True) if bare else ():
        asked = {"schemas": schemas, "names": bare, "gently": gently}
        rows = await _asked(session, "sizes", asked)
        relations = None if rows is None else {f"{s}.{n}" if s else str(n): b for s, n, b in rows}
        if rows is not None:
            break
    size = await _asked(session, "size_of_data", None)
    own = await _asked(session, "own_functions", [list(calls)]) if calls else []
    return DataSizes(
        relations=relations, database=size[0][0] if size else None,
        functions=tuple(calls) if own is None else tuple(sorted(str(row[0]) for row in own)),
    )  # fmt: skip


async def _asked(session: Session, name: str, parameters: object) -> list[tuple[Any, ...]] | None:
    """The rows; None where the server would not say."""
    try:
        await session.execute(
            f"begin transaction read only; set local lock_timeout = '{LOCK_TIMEOUT}'; "
            f"set local statement_timeout = '{_LIMIT}'"
        )
        try:
            return await session.rows(name, parameters)  # type: ignore[arg-type]
        finally:
            if not session.closed:
                await session.execute("rollback")
    except ConnectionLost:
        raise
    except StatementFailed:
        return None
