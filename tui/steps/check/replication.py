"""`replication`: who receives what the plan changes, and what each of its statements would do to them."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, Final

from msgspec import Struct

from tui.journal.codes import Hindrance
from tui.journal.remarks import Coded
from tui.plan.kinds import Finding, Needs
from tui.plan.scalars import Duration, disk_need
from tui.said import N_, Quoted
from tui.steps.answers import ask
from tui.steps.check import each_standby
from tui.steps.check.check import Check
from tui.steps.check.each_standby import StandbySpec
from tui.steps.check.row import Look, Row, of_error, row
from tui.steps.check.ways import NAMED, Wanted, Way, way_of
from tui.steps.context import Context
from tui.steps.effects import Effect, Rows, RunQuery, SqlError

_STOPPING: Final = frozenset({"add_column", "change_column", "rename"})
"""Changes of columns with which a subscriber that has the table as it was can do nothing."""
_HARMLESS: Final = frozenset({Hindrance.APPLY_WAITS, Hindrance.TRUNCATE_REPLICATED})
"""Of these people are told, and nothing stands against them."""
_OPEN: Final = frozenset({Hindrance.IDENTITY_LACKS})
"""Of these nobody knows whether the plan meets them."""


class ReplicationSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`true` looks at publications, subscriptions, slots and the standbys that are connected. A standby that cannot be
    looked at is not passed: it is named under `standbys` with a service."""

    standbys: tuple[StandbySpec, ...] = ()
    """The standbys that there have to be, each with how it is reached."""
    long: Duration = 30.0
    """How long a query on a standby may have run."""
    slot_bytes: str = "1GB"
    """So much WAL at most may a slot keep."""
    accept: tuple[str, ...] = ()
    """Codes of what is found that is known and taken into account, such as `subscriber_stops`, `slot_inactive`."""
    tables: tuple[str, ...] = ()
    """Tables (`schema.table`) that the plan concerns beside those that its steps change or name."""


def look(context: Context, spec: ReplicationSpec, evidence: dict[str, Any]) -> Look:
    """A row for publications, subscriptions, slots, and one for each standby."""
    way = yield from way_of(context)
    evidence["concerned"] = way.facts
    if way.error is not None:
        return [_unanswered("tables", way.error)]
    oids = {"oids": list(way.of)}
    published = yield from _asked(context, "replication_published", oids)
    subscribed = yield from _asked(context, "replication_subscribed", oids)
    slots = yield from _asked(context, "replication_slots", {})
    rows = [
        _judged("publications", published, way, spec, _published),
        _judged("subscriptions", subscribed, way, spec, _subscribed),
        _judged("slots", slots, way, spec, _slots),
    ]
    there = yield from each_standby.look(context, spec.standbys, spec.long, way)
    return [*rows, *(_accepted(found, spec) for found in there)]


def _asked(context: Context, named: str, arguments: dict[str, Any]) -> Generator[Effect, Any, Rows]:
    rows: Rows = yield from ask(context, RunQuery(named=named, arguments=arguments))
    return rows


def _unanswered(what: str, error: SqlError) -> Row:
    return row("replication", None, None, None, what=what, error=of_error(error)[1])


def _judged(what: str, rows: Rows, way: Way, spec: ReplicationSpec, judge: Any) -> Row:
    """`judge`: yields for each thing that was found its name, facts and what stands against it."""
    if rows.error is not None:
        return _unanswered(what, rows.error)
    names: dict[str, None] = {}
    found: list[dict[str, Any]] = []
    why: dict[str, Coded] = {}
    for name, facts, against in judge(rows.rows, way, spec):
        names[name] = None
        found.append(facts)
        why |= {str(said): said for said in against}
    said = [one.neutral() for one in why.values()]
    more: dict[str, Any] = {"why": said[:NAMED], "count": len(said)} if said else {}
    named = row("replication", None, list(names)[:NAMED], True, what=what, details=found[:NAMED], **more)
    judged = _accepted(named, spec)
    left_out = rows.count - len(rows.rows)
    if left_out:
        # Of more than are told at once nobody has looked at the rest.
        judged |= {"not_looked_at": left_out, "holds": None if judged["holds"] else judged["holds"]}
    return judged


def _accepted(found: Row, spec: ReplicationSpec) -> Row:
    """The row, by what of it nobody has accepted. What nobody knows stays unknown."""
    against = [one["code"] for one in found.get("why", ())]
    left = [code for code in against if code not in spec.accept and code not in _HARMLESS]
    if found["holds"] is None and (left or not against):
        return found
    return found | {"holds": None if left and _OPEN.issuperset(left) else not left}


Told = Iterable[tuple[str, dict[str, Any], list[Coded]]]


def _published(rows: Iterable[tuple[Any, ...]], way: Way, spec: ReplicationSpec) -> Told:
    """What the plan does to tables that subscribers have: no change of a table itself is sent to them."""
    for publication, oid, lacking, updates, deletes, truncates in rows:
        table = way.of[oid]
        at = {"publication": publication, "table": table}
        against: list[Coded] = []
        if lacking and (updates or deletes) and way.untold:
            against.append(Coded(Hindrance.IDENTITY_LACKS, **at))
        for wanted in _of(way, table):
            changes = set(wanted.changes)
            of = wanted.facts | {"publication": publication}
            if lacking and (("update" in changes and updates) or ("delete" in changes and deletes)):
                against.append(Coded(Hindrance.CHANGE_REFUSED, **of))
            if changes & _STOPPING:
                against.append(Coded(Hindrance.SUBSCRIBER_STOPS, **of))
            if "truncate" in changes and truncates:
                against.append(Coded(Hindrance.TRUNCATE_REPLICATED, **of))
        yield publication, at | {"replica_identity": not lacking}, against


def _subscribed(rows: Iterable[tuple[Any, ...]], way: Way, spec: ReplicationSpec) -> Told:
    """Subscriptions that write into the plan's tables: they wait behind its locks, or do not work already."""
    for name, oid, state, enabled, pid, errors in rows:
        table = way.of[oid]
        at = {"subscription": name, "table": table}
        against: list[Coded] = []
        if not enabled:
            against.append(Coded(Hindrance.SUBSCRIPTION_OFF, subscription=name))
        elif pid is None:
            against.append(Coded(Hindrance.SUBSCRIPTION_STOPPED, subscription=name))
        against += [
            Coded(Hindrance.APPLY_WAITS, **wanted.facts, subscription=name)
            for wanted in _of(way, table)
            if wanted.mode not in ("AccessShareLock", "RowShareLock", "RowExclusiveLock")
        ]
        yield name, at | {"state": state, "enabled": enabled, "pid": pid, "errors": errors}, against


def _slots(rows: Iterable[tuple[Any, ...]], way: Way, spec: ReplicationSpec) -> Told:
    """What a slot keeps grows by all that the migration writes, as long as nobody consumes it."""
    limit = disk_need(spec.slot_bytes, 0) or 0
    for name, sort, database, active, status, kept, consumer, confirmed in rows:
        facts = {"slot": name, "type": sort, "database": database, "active": active, "wal_status": status,
                 "kept_bytes": kept, "consumer": consumer, "confirmed_lsn": confirmed}  # fmt: skip
        against: list[Coded] = []
        if status in ("lost", "unreserved"):
            against.append(Coded(Hindrance.SLOT_LOST, slot=name, status=status))
        elif not active:
            against.append(Coded(Hindrance.SLOT_INACTIVE, slot=name, bytes=kept))
        if status != "lost" and kept is not None and kept > limit:
            against.append(Coded(Hindrance.SLOT_KEEPS, slot=name, bytes=kept, limit=limit))
        yield name, {key: value for key, value in facts.items() if value not in (None, "")}, against


def _of(way: Way, table: str) -> list[Wanted]:
    return [wanted for wanted in way.wanted if wanted.table == table]


def lint(spec: ReplicationSpec) -> Iterable[Finding]:
    """Codes that there are, and bytes."""
    for n, code in enumerate(spec.accept):
        if code not in set(Hindrance):
            facts = {"code": Quoted(code)}
            yield Finding(code="replication-accept", facts=facts, key=f"replication.accept.{n}")
    if disk_need(spec.slot_bytes, 1) is None or "x" in spec.slot_bytes:
        facts = {"bytes": Quoted(spec.slot_bytes)}
        yield Finding(code="replication-bytes", facts=facts, key="replication.slot_bytes")


def needs(spec: ReplicationSpec) -> Needs:
    """The tables that it names, and the variables in services."""
    return Needs(tables=spec.tables, texts=tuple(one.service for one in spec.standbys if one.service is not None))


CHECK = Check(
    look=look, lint=lint, needs=needs,
    texts={
        "replication-accept": N_("{code} is no code of something that is found; the evidence of a check has them"),
        "replication-bytes": N_("{bytes} is not a number of bytes such as 1GB"),
    },
)  # fmt: skip
