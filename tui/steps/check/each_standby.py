"""Standbys, each looked at on its own server: what runs there, and what replaying the plan's locks would do to it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, Final

from msgspec import Struct

from tui.journal.codes import Hindrance
from tui.journal.remarks import Coded
from tui.steps.answers import ask
from tui.steps.answers import look as looked
from tui.steps.check.row import Row, brief, of_error, row
from tui.steps.check.ways import NAMED, Way, locks
from tui.steps.context import Context
from tui.steps.effects import Effect, Probe, Rows, RunQuery

_EXCLUSIVE: Final = "AccessExclusiveLock"
"""The only lock that a standby is told of."""


class StandbySpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A standby that there has to be."""

    name: str
    """The application_name by which the primary knows it."""
    service: str | None = None
    """The libpq service by which it is reached; without one nobody looks at it, and it is not passed."""


def look(context: Context, expected: Sequence[StandbySpec], long: float, way: Way) -> Generator[Effect, Any, list[Row]]:
    """A row for those that are connected, and one for each. Of one whose WAL is gone the primary has nothing to say."""
    rows: Rows = yield from ask(context, RunQuery(named="standbys"))
    if rows.error is not None:
        error = of_error(rows.error)[1]
        return [row("replication", None, None, None, what="standbys", error=error)]
    services = {one.name: one.service for one in expected}
    unseen = [str(pid) for pid, name, hidden, _behind in rows.rows if hidden or not name]
    there = {str(name): behind for _pid, name, hidden, behind in rows.rows if name and not hidden}
    lost = [name for name in services if name not in there]
    why = [Coded(Hindrance.STANDBY_MISSING, standby=name).neutral() for name in lost] if not unseen else []
    if unseen:
        why.append(Coded(Hindrance.STANDBYS_UNSEEN, pids=", ".join(unseen)).neutral())
    holds = None if unseen else not lost
    more: dict[str, Any] = {"why": why} if why else {}
    found = [row("replication", sorted(services) or None, sorted(there), holds, what="standbys", **more)]
    for name in sorted({*there, *services}):
        looked_at = yield from _standby(context, name, services.get(name), long, way)
        found.append(looked_at | {"behind_bytes": there.get(name)})
    return found


def _standby(context: Context, name: str, service: str | None, long: float, way: Way) -> Generator[Effect, Any, Row]:
    def told(holds: bool | None, *why: Coded, **facts: Any) -> Row:
        said = [one.neutral() for one in why]
        more: dict[str, Any] = {"why": said[:NAMED], "count": len(said)} if said else {}
        return row(
            "replication", None, facts.pop("longest_s", None), holds, what="standby", of=name, unit="s", **facts, **more
        )

    if service is None:
        return told(None, Coded(Hindrance.STANDBY_UNKNOWN, standby=name))
    identity = yield from looked(context, Probe(name="identity"))
    if "error" in identity:
        return row("replication", None, None, None, what="standby", of=name, error=identity)
    # The target's database, whatever the service says: in another one its tables are not to be seen.
    there: dict[str, Any] = {"service": service, "scratch_database": identity["database"]}
    settings: Rows = yield RunQuery(named="standby_settings", **there)
    if settings.error is not None:
        return told(None, Coded(Hindrance.STANDBY_SILENT, standby=name, reason=settings.error.message))
    recovers, system, delay, delay_s, feedback = settings.rows[0]
    if not recovers or system != str(identity["system_identifier"]):
        return told(False, Coded(Hindrance.STANDBY_OTHER, standby=name, service=service))
    sessions: Rows = yield RunQuery(named="load_sessions", arguments={"oids": list(way.of)}, **there)
    if sessions.error is not None:
        return told(None, Coded(Hindrance.STANDBY_SILENT, standby=name, reason=sessions.error.message))
    why: list[Coded] = []
    longest, hidden = 0.0, 0
    for (
        pid,
        user,
        application,
        _client,
        _database,
        here,
        _state,
        unseen,
        open_s,
        _state_s,
        _snap,
        held,
        _n,
    ) in sessions.rows:
        who = Coded(Hindrance.RUNS_THERE, pid=pid, user=user, application=application or "-", seconds=_rounded(open_s))
        hidden += bool(unseen)
        longest = max(longest, open_s or 0.0)
        tables = {way.of[oid] for oid, _mode in locks(held) if oid in way.of} if here else set()
        met = [wanted for wanted in way.wanted if wanted.mode == _EXCLUSIVE and wanted.table in tables]
        code = Hindrance.REPLAY_WAITS if delay_s is not None and delay_s < 0 else Hindrance.QUERY_CANCELLED
        why += [Coded(code, **wanted.facts, standby=name, who=who, delay=delay) for wanted in met]
        if (open_s or 0.0) > long and not met:
            why.append(Coded(Hindrance.STANDBY_LONG, standby=name, who=who))
    exclusive = [wanted.facts for wanted in way.wanted if wanted.mode == _EXCLUSIVE]
    facts = {"max_standby_streaming_delay": delay, "hot_standby_feedback": feedback, "longest_s": round(longest, 3),
             "sessions": sessions.count, "exclusive": exclusive[:NAMED]}  # fmt: skip
    if hidden and not why:
        return told(None, Coded(Hindrance.SESSIONS_UNSEEN, number=hidden, users="-"), **facts)
    return told(not why, *why, **facts)


def _rounded(seconds: float | None) -> float | str:
    return "-" if seconds is None else brief(seconds)
