"""What became of a statement outside a transaction, by the catalogue alone: what was there before it, what is now.

Nothing is concluded from what a client saw or from a step's proof, which is of all its statements together.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final, Literal

from msgspec import Struct

from tui.postgres.evidence.fence import xid_status
from tui.postgres.session import Session
from tui.sql.outside import Outside

State = Literal["whole", "nothing", "half", "unknown"]
"""`half`: something unfinished is there, which has to be taken away before the statement can be executed again."""
_KEPT: Final = 100
_REBUILT: Final = re.compile(r"_cc(?:new|old)[0-9]*$")
"""What the server calls the new index while a concurrent REINDEX builds it, and the old one when it is done."""


class Remains(Struct, frozen=True, kw_only=True):
    """What a statement left. `leftovers`: the unfinished objects, quoted; `finish`: SQL that takes them away, or brings
    to its end what can only be ended forwards."""

    state: State
    leftovers: tuple[str, ...] = ()
    finish: tuple[str, ...] = ()


class Index(Struct, frozen=True):
    """An index: `name` as it is called, `qualified` as it is written; `whole` when it is valid, ready and live."""

    oid: int
    name: str
    whole: bool
    qualified: str
    table: int
    building: bool


async def before(session: Session, control: Session, found: Outside) -> dict[str, Any]:
    """Facts to be journaled before the statement is sent. `session` is the one that will send it."""
    facts: dict[str, Any] = {"kind": found.kind}
    match found.kind:
        case "create_index":
            table = await _named(session, found.table)
            there = [] if table is None else [each.oid for each in await indexes_of(control, [table])]
            return facts | {"name": found.names[0] if found.names else "", "table": table, "there": there}
        case "drop_index":
            oids = [await _named(session, name) for name in found.names]
            return facts | {"oids": [oid for oid in oids if oid is not None], "optional": found.optional}
        case "reindex":
            oid = await _named(session, found.names[0]) if found.what in ("index", "table") else None
            name = found.names[0] if found.names else ""
            tables = await _reindexed(control, found.what, oid, name)
            unfinished = [each.oid for each in await indexes_of(control, tables) if not each.whole]
            scope = tables if len(tables) <= _KEPT else None
            return facts | {"what": found.what, "oid": oid, "name": name, "tables": scope, "there": unfinished}
        case "detach":
            parent, child = await _named(session, found.table), await _named(session, found.names[0])
            rows = await control.rows("partition_attached", [parent or 0, child or 0])
            return facts | {"parent": parent, "child": child, "attached": bool(rows)}
        case "create" | "drop":
            rows = await control.rows("global_object", {"what": found.what, "name": found.names[0]})
            there = [row[0] for row in rows]
            return facts | {"what": found.what, "name": found.names[0], "there": there, "optional": found.optional}
        case "prepared":
            rows = await control.rows("prepared_transaction", [found.names[0]])
            return facts | {"gid": found.names[0], "what": found.what, "xid": rows[0][2] if rows else ""}
    return facts


async def after(control: Session, facts: dict[str, Any]) -> Remains:
    """What of it is there, asked afresh; `facts` are those of `before`. Its backend must be gone or idle."""
    match facts.get("kind"):
        case "create_index":
            return await _created_index(control, facts)
        case "drop_index":
            left = await indexes(control, facts["oids"])
            if left:
                # One that is no longer valid is on its way out, and dropped by the same statement.
                return Remains(state="nothing", leftovers=tuple(each.qualified for each in left if not each.whole))
            return Remains(state="whole" if facts["oids"] or facts["optional"] else "nothing")
        case "reindex":
            return await _reindexed_since(control, facts)
        case "detach":
            rows = await control.rows("partition_attached", [facts["parent"] or 0, facts["child"] or 0])
            if not rows:
                return Remains(state="whole" if facts["attached"] else "nothing")
            pending, parent, child = rows[0]
            if not pending:
                return Remains(state="nothing")
            finish = f"alter table {parent} detach partition {child} finalize"
            return Remains(state="half", leftovers=(child,), finish=(finish,))
        case "create" | "drop" as kind:
            rows = await control.rows("global_object", {"what": facts["what"], "name": facts["name"]})
            now = [row[0] for row in rows]
            if kind == "create":
                return Remains(state="whole" if now and now != facts["there"] else "nothing")
            gone = not now and (facts["there"] or facts["optional"])
            return Remains(state="whole" if gone else "nothing")
        case "prepared":
            return await _prepared(control, facts)
        case "repeatable":
            return Remains(state="nothing")
    return Remains(state="unknown")


async def in_the_way(control: Session, facts: dict[str, Any], known: Collection[str]) -> tuple[Remains, dict[str, Any]]:
    """What an earlier attempt left unfinished and has to be taken away before: `half`, or `nothing`; and the facts by
    which it is taken away. `known`: the leftovers of earlier attempts, as `Remains` names them; the server chooses
    names for a rebuild and for an index without one. What somebody is at work on is no leftover."""
    if facts.get("kind") not in ("create_index", "reindex"):
        return Remains(state="nothing"), facts
    there = [each for each in await indexes(control, facts["there"]) if not each.whole and not each.building]
    called = facts["name"] if facts["kind"] == "create_index" else ""
    unfinished = [each for each in there if each.qualified in known or (called and each.name == called)]
    if not unfinished:
        return Remains(state="nothing"), facts
    oids = {each.oid for each in unfinished}
    return _leftover(unfinished), facts | {"there": [oid for oid in facts["there"] if oid not in oids]}


async def is_there(control: Session, facts: dict[str, Any]) -> bool:
    """Whether the index that is to be made is there already, as a whole."""
    there = await indexes(control, facts["there"]) if facts.get("kind") == "create_index" else []
    return any(each.name == facts["name"] and each.whole for each in there)


async def indexes(control: Session, oids: list[int]) -> list[Index]:
    """Those of these indexes that there are."""
    return [Index(*row) for row in await control.rows("indexes", {"indexes": oids, "tables": []})]


async def indexes_of(control: Session, tables: list[int]) -> list[Index]:
    """The indexes of these tables."""
    return [Index(*row) for row in await control.rows("indexes", {"indexes": [], "tables": tables})]


async def named_index(session: Session, control: Session, name: str) -> Index | None:
    """The index that a session means by a name as written; None when there is none."""
    oid = await _named(session, name)
    found = [] if oid is None else await indexes(control, [oid])
    return found[0] if found else None


async def _named(session: Session, name: str) -> int | None:
    oid = (await session.rows("relation_named", [name]))[0][0]
    return None if oid is None else int(oid)


async def _reindexed(control: Session, what: str, oid: int | None, name: str) -> list[int]:
    rows = await control.rows("reindexed", {"what": what, "oid": oid or 0, "name": name})
    return [row[0] for row in rows]


async def _created_index(control: Session, facts: dict[str, Any]) -> Remains:
    if facts["table"] is None:
        return Remains(state="nothing")
    new = [each for each in await indexes_of(control, [facts["table"]]) if each.oid not in facts["there"]]
    if facts["name"]:
        new = [each for each in new if each.name == facts["name"]]
    if not new:
        return Remains(state="nothing")
    if len(new) > 1:
        # The server chose the name; which of them is ours cannot be told.
        return Remains(state="unknown")
    return Remains(state="whole") if new[0].whole else _leftover(new)


async def _reindexed_since(control: Session, facts: dict[str, Any]) -> Remains:
    tables = facts["tables"]
    if tables is None:
        tables = await _reindexed(control, facts["what"], facts["oid"], facts["name"])
    new = [each for each in await indexes_of(control, tables) if not each.whole and each.oid not in facts["there"]]
    unfinished = [each for each in new if not each.building and _REBUILT.search(each.name)]
    if unfinished:
        return _leftover(unfinished)
    if facts["what"] == "index" and not await indexes(control, [facts["oid"] or 0]) and facts["oid"]:
        # A concurrent rebuild gives the name to another index and drops the one that had it.
        return Remains(state="whole")
    return Remains(state="nothing")


async def _prepared(control: Session, facts: dict[str, Any]) -> Remains:
    if not facts["xid"]:
        return Remains(state="nothing")
    rows = await control.rows("prepared_transaction", [facts["gid"]])
    if rows and rows[0][2] == facts["xid"]:
        return Remains(state="nothing")
    status = await xid_status(control, facts["xid"])
    wanted = "committed" if facts["what"] == "commit" else "aborted"
    return Remains(state="whole" if status == wanted else "unknown")


def _leftover(found: list[Index]) -> Remains:
    names = tuple(each.qualified for each in found)
    return Remains(state="half", leftovers=names, finish=tuple(f"drop index concurrently {name}" for name in names))
