"""How the effect of statements outside of a transaction is told, and what takes their half away: by the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tui.importer.draft import Keys
from tui.sql.outside import Outside
from tui.sql.quoting import identifier, literal

_CATALOGUE: Final = {
    "DATABASE": ("pg_database", "datname"),
    "TABLESPACE": ("pg_tablespace", "spcname"),
    "SUBSCRIPTION": ("pg_subscription", "subname"),
}


def proof(found: Sequence[Outside]) -> Keys | None:
    """A `prove` of all of them together; None where the catalogue cannot tell of one."""
    asked: list[str] = []
    for one in found:
        if one.kind == "repeatable":
            continue
        told = _of(one)
        if told is None:
            return None
        asked += told
    return {"query": f"select {' and '.join(asked)}", "equals": True} if asked else None


def cleanup(found: Sequence[Outside]) -> dict[str, Any] | None:
    """A `cleanup` of what they may leave half done; None where there is none that is known."""
    dropped = []
    for one in found:
        if one.kind == "create_index":
            dropped += [_index(one, name) for name in one.names]
        elif one.kind == "reindex" and one.concurrent and one.what == "index":
            dropped += [_beside(name) for name in one.names]
    if not dropped:
        return None
    text = "; ".join(f"drop index concurrently if exists {name}" for name in dict.fromkeys(dropped))
    return {"sql": {"text": text, "transaction": "per_statement"}}


def _of(one: Outside) -> list[str] | None:
    """Conditions that hold when it has done all of its work."""
    if not one.names:
        return None
    if one.kind == "create_index":
        return [_valid(_index(one, name)) for name in one.names]
    if one.kind == "drop_index":
        return [f"to_regclass({literal(name)}) is null" for name in one.names]
    if one.kind == "reindex" and one.what == "index":
        return [_valid(name) for name in one.names]
    if one.kind == "detach":
        joined = f"inhparent = to_regclass({literal(one.table)}) and inhrelid = to_regclass({literal(one.names[0])})"
        return [f"not exists (select from pg_inherits where {joined})"]
    if one.kind in ("create", "drop") and one.what.upper() in _CATALOGUE:
        catalogue, column = _CATALOGUE[one.what.upper()]
        there = f"exists (select from {catalogue} where {column} = {literal(one.names[0])})"
        return [there if one.kind == "create" else f"not {there}"]
    return None


def _valid(index: str) -> str:
    return f"exists (select from pg_index where indisvalid and indexrelid = to_regclass({literal(index)}))"


def _index(one: Outside, name: str) -> str:
    """An index lies in the schema of its table."""
    schema, _dot, _table = one.table.rpartition(".")
    own = name if name.isidentifier() and name == name.lower() else identifier(name)
    return f"{schema}.{own}" if schema else own


def _beside(name: str) -> str:
    """What REINDEX CONCURRENTLY leaves beside the index when it is interrupted."""
    schema, dot, own = name.rpartition(".")
    own = f'{own[:-1]}_ccnew"' if own.endswith('"') else f"{own}_ccnew"
    return f"{schema}{dot}{own}"
