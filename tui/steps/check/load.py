"""`load`: what the server has to do beside the migration, and what of that would be in its way, by name."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from msgspec import Struct

from tui.journal.codes import Hindrance
from tui.journal.remarks import Coded
from tui.plan.kinds import Needs
from tui.plan.scalars import Duration
from tui.steps.answers import ask
from tui.steps.check.check import Check
from tui.steps.check.row import Look, Row, brief, of_error, row
from tui.steps.check.ways import NAMED, Way, locks, way_of
from tui.steps.context import Context
from tui.steps.effects import Effect, Rows, RunQuery, SqlError, Watch, Watched

_SETTLE = 6.0
"""Seconds that figures of the run's own may take to come."""


class LoadLimits(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`true` stands for these limits. A session that would hold up a statement of the plan is named with it."""

    active: int | None = None
    """So many sessions of others, in any database, may execute something; where nothing is said they are counted."""
    long: Duration = 300.0
    """How long a transaction of others in this database may be open."""
    idle_in_transaction: Duration = 60.0
    """How long a session may be idle in its transaction."""
    prepared: Duration = 60.0
    """How long ago a transaction may have been prepared."""
    lock_wait: Duration = 10.0
    """How long a session may have waited for a lock."""
    replication_lag: Duration = 10.0
    """How far a replica may be behind."""
    tables: tuple[str, ...] = ()
    """Tables (`schema.table`) that the plan concerns beside those that its steps change or name."""


def look(context: Context, spec: LoadLimits, evidence: dict[str, Any]) -> Look:
    """A row for each limit; vacuums that do not give way come last."""
    way = yield from way_of(context)
    evidence["concerned"] = way.facts
    if way.error is not None:
        return [_unanswered("tables", None, way.error)]
    oids = {"oids": list(way.of)}
    sessions: Rows = yield from ask(context, RunQuery(named="load_sessions", arguments=oids))
    prepared: Rows = yield from ask(context, RunQuery(named="load_prepared", arguments=oids))
    waits: Rows = yield from ask(context, RunQuery(named="load_waits"))
    vacuums: Rows = yield from ask(context, RunQuery(named="load_vacuum", arguments=oids))
    lag = yield from _lag(context, spec)
    return [*_sessions(spec, way, sessions), _prepared(spec, way, prepared), _waits(spec, waits), lag,
            _vacuums(way, vacuums)]  # fmt: skip


def _row(what: str, expected: Any, found: Any, holds: bool | None, **more: Any) -> Row:
    return row("load", expected, found, holds, what=what, **more)


def _unanswered(what: str, expected: Any, error: SqlError) -> Row:
    return _row(what, expected, None, None, error=of_error(error)[1])


class _Session(Struct, frozen=True):
    """A row of `load_sessions`."""

    pid: int
    user: str
    application: str
    client: str
    database: str
    here: bool
    state: str
    hidden: bool
    open_s: float | None
    state_s: float | None
    snapshot: bool
    held: str
    active: int

    def told(self, way: Way, code: Hindrance, seconds: float | None) -> dict[str, Any]:
        """It as a fact, with the statements of the plan that would wait for it."""
        held = [(oid, mode) for oid, mode in locks(self.held) if oid in way.of]
        said = Coded(code, **self.who, **({} if seconds is None else {"seconds": brief(seconds)}))
        names = ("pid", "user", "application", "client", "database", "state")
        told: dict[str, Any] = {name: value for name in names if (value := getattr(self, name)) != ""}
        if self.open_s is not None:
            told |= {"open_s": round(self.open_s, 3)}
        told["holds"] = [{"table": way.of[oid], "mode": mode} for oid, mode in held][:NAMED]
        told["why"] = [said.neutral(), *way.held_up(held, self.snapshot and self.here, said)]
        return told

    @property
    def who(self) -> dict[str, Any]:
        return {"pid": self.pid, "user": self.user, "application": self.application or "-"}


def _sessions(spec: LoadLimits, way: Way, rows: Rows) -> list[Row]:
    """What sessions do; of those that the role may not see it is not known that they do nothing."""
    limits = {"active": spec.active, "long": spec.long, "idle_in_transaction": spec.idle_in_transaction}
    if rows.error is not None:
        return [_unanswered(what, limit, rows.error) for what, limit in limits.items()]
    found = [_Session(*told) for told in rows.rows]
    hidden = [one for one in found if one.hidden]
    active = found[0].active if found else 0
    here = [one for one in found if one.here and not one.hidden]
    open_ = [(one, one.open_s) for one in here if one.open_s is not None]
    idle = [
        (one, one.state_s) for one in here if one.state.startswith("idle in transaction") and one.state_s is not None
    ]
    unseen = _unseen(way, hidden, rows.count - len(found))
    rest = [
        _of_times("long", spec.long, way, open_, Hindrance.OPEN_LONG, unseen),
        _of_times("idle_in_transaction", spec.idle_in_transaction, way, idle, Hindrance.IDLE_LONG, unseen),
    ]
    enough = spec.active is None or active <= spec.active
    # Of those that are not seen some may be active, too.
    unknown = unseen if enough and spec.active is not None else {}
    return [_row("active", spec.active, active, None if unknown else enough, **unknown), *rest]


def _unseen(way: Way, hidden: list[_Session], left_out: int) -> dict[str, Any]:
    """What the role may not see, as facts; nothing where it sees all. Locks of such sessions are seen."""
    if not hidden and not left_out:
        return {}
    users = sorted({one.user for one in hidden})
    holding = [one.told(way, Hindrance.HOLDS_UNSEEN, None) for one in hidden if locks(one.held)]
    count = len(hidden) + left_out
    said = Coded(Hindrance.SESSIONS_UNSEEN, number=count, users=", ".join(users[:NAMED]))
    return {"why": [said.neutral()], "hidden": count, "hidden_users": users[:NAMED], "hidden_holding": holding[:NAMED]}


def _of_times(
    what: str, limit: float, way: Way, times: list[tuple[_Session, float]], code: Hindrance, unseen: dict[str, Any]
) -> Row:
    """Whether one of them is over the limit, and who. `found`: the longest."""
    over = sorted((pair for pair in times if pair[1] > limit), key=lambda pair: -pair[1])
    longest = round(max((seconds for _session, seconds in times), default=0.0), 3)
    if not over:
        return _row(what, limit, longest, None if unseen else True, unit="s", **unseen)
    told = [one.told(way, code, seconds) for one, seconds in over[:NAMED]]
    why = [said for one in told for said in one["why"]]
    more = unseen | {"why": why[:NAMED], "sessions": told, "count": len(over)}
    return _row(what, limit, longest, False, unit="s", **more)


def _prepared(spec: LoadLimits, way: Way, rows: Rows) -> Row:
    """Transactions that wait for their second phase: nobody but who finishes them gives their locks back."""
    if rows.error is not None:
        return _unanswered("prepared", spec.prepared, rows.error)
    told, why = [], []
    longest = 0.0
    for gid, owner, database, here, seconds, held in rows.rows:
        longest = max(longest, seconds)
        if seconds <= spec.prepared or not here:
            continue
        said = Coded(Hindrance.PREPARED_LONG, gid=gid, user=owner, seconds=brief(seconds))
        known = [(oid, mode) for oid, mode in locks(held) if oid in way.of]
        told.append({"gid": gid, "user": owner, "database": database, "prepared_s": round(seconds, 3),
                     "holds": [{"table": way.of[oid], "mode": mode} for oid, mode in known][:NAMED]})  # fmt: skip
        why += [said.neutral(), *way.held_up(known, False, said)]
    more = {"why": why[:NAMED], "transactions": told[:NAMED], "count": len(told)} if told else {}
    return _row("prepared", spec.prepared, round(longest, 3), not told, unit="s", **more)


def _waits(spec: LoadLimits, rows: Rows) -> Row:
    if rows.error is not None:
        return _unanswered("lock_wait", spec.lock_wait, rows.error)
    told, why = [], []
    longest = 0.0
    for pid, user, application, seconds, mode, relation, blockers in rows.rows:
        longest = max(longest, seconds or 0.0)
        if (seconds or 0.0) > spec.lock_wait:
            told.append({"pid": pid, "user": user, "application": application, "waits_s": round(seconds, 3),
                         "mode": mode, "of": relation, "held_by": list(blockers)[:NAMED]})  # fmt: skip
            said = {"pid": pid, "user": user, "seconds": brief(seconds), "mode": mode, "of": relation}
            why.append(Coded(Hindrance.WAITS_LONG, **said, pids=", ".join(map(str, blockers)) or "-").neutral())
    more = {"why": why[:NAMED], "sessions": told[:NAMED], "count": len(told)} if told else {}
    return _row("lock_wait", spec.lock_wait, round(longest, 3), not told, unit="s", **more)


def _lag(context: Context, spec: LoadLimits) -> Generator[Effect, Any, Row]:
    """How far the replica is behind that is furthest behind, as the run measures it."""
    seen: Watched = yield Watch(settle=_SETTLE)
    if seen.lag_unknown or not seen.samples:
        why = [Coded(Hindrance.LAG_UNKNOWN).neutral()]
        return _row("replication_lag", spec.replication_lag, None, None, unit="s", why=why)
    lag = 0.0 if seen.lag is None else seen.lag
    more = {"why": [Coded(Hindrance.LAGS, seconds=brief(lag)).neutral()]} if lag > spec.replication_lag else {}
    return _row("replication_lag", spec.replication_lag, seen.lag, lag <= spec.replication_lag, unit="s", **more)


def _vacuums(way: Way, rows: Rows) -> Row:
    """Those that no waiting statement ends: against wraparound, and a person's. One that is due begins at any time."""
    if rows.error is not None:
        return _unanswered("vacuum", None, rows.error)
    why: list[dict[str, Any]] = []
    tables: list[str] = []
    unknown = False
    for oid, pid, _who, stays, age, limit in rows.rows:
        table = way.of[oid]
        if pid is None:
            code = Hindrance.VACUUM_DUE if age >= limit else Hindrance.VACUUM_SOON
            said = Coded(code, table=table, age=age, limit=limit)
        elif stays is False:
            said = Coded(Hindrance.VACUUM_YIELDS, table=table, pid=pid)
        else:
            said = Coded(Hindrance.VACUUM_STAYS if stays else Hindrance.VACUUM_UNSEEN, table=table, pid=pid)
            unknown = unknown or stays is None
        why.append(said.neutral())
        tables.append(table)
    against = {str(Hindrance.VACUUM_STAYS), str(Hindrance.VACUUM_DUE)} & {one["code"] for one in why}
    holds = False if against else None if unknown else True
    return _row("vacuum", None, sorted(set(tables))[:NAMED], holds, **({"why": why[:NAMED]} if why else {}))


def needs(spec: LoadLimits) -> Needs:
    """The tables that it names."""
    return Needs(tables=spec.tables)


CHECK = Check(look=look, needs=needs)
