"""Who else is in a database: sessions that are not the run's own, as its server knows them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import Any, Final

from msgspec import Struct

from tui.sql.quoting import literal
from tui.steps.answers import ask
from tui.steps.context import Context
from tui.steps.effects import Effect, RunQuery, SqlError

NAMED: Final = 50
# What a role may not see of another's session is null; that it is there, and whose, everybody sees.
_OTHERS: Final = """select a.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''),
coalesce(pg_catalog.host(a.client_addr), ''), coalesce(a.state, ''),
coalesce(extract(epoch from pg_catalog.clock_timestamp() - a.state_change), 0)::float8,
coalesce(a.backend_type, ''), coalesce(a.backend_start::text, '')
from pg_catalog.pg_stat_activity a
where a.datid = any ('{{{oids}}}'::pg_catalog.oid[]) and a.pid <> pg_catalog.pg_backend_pid()
and coalesce(a.backend_type, 'client backend') {types}
and not (coalesce(a.application_name, '') like {run} and a.usename = session_user)
and not (coalesce(a.usename, '') = any ({keep}::name[]))
order by a.backend_start, a.pid"""
_CLIENTS: Final = "in ('client backend')"


class OtherSession(Struct, frozen=True):
    """One of somebody else's; what the run's role may not see is empty."""

    pid: int
    user: str
    application: str
    address: str
    state: str
    since_s: float
    type: str
    start: str

    def facts(self) -> dict[str, Any]:
        told = {"pid": self.pid, "user": self.user, "application": self.application, "address": self.address}
        told |= {"state": self.state, "state_age_s": round(self.since_s, 1)}
        return {name: value for name, value in told.items() if value not in ("", None)}


def others_sql(run: str, oids: Sequence[int], keep: Iterable[str] = (), types: str = _CLIENTS) -> str:
    """Asks for them; `run` is the id by which the run's own sessions are called."""
    kept = "{" + ",".join('"' + role.replace("\\", "\\\\").replace('"', '\\"') + '"' for role in keep) + "}"
    return _OTHERS.format(
        oids=",".join(map(str, oids)), types=types, run=literal(f"virada {run} %"), keep=literal(kept)
    )  # fmt: skip


def others(
    context: Context, oid: int, keep: Iterable[str] = ()
) -> Generator[Effect, Any, tuple[OtherSession, ...] | SqlError]:
    """Those of clients, but for the roles to `keep`."""
    sql = others_sql(context.run, (oid,), keep)
    rows = yield from ask(context, RunQuery(ours=True, sql=sql, role=context.step.as_))
    if rows.error is not None:
        error: SqlError = rows.error
        return error
    return read(rows.rows)


def read(rows: Iterable[Sequence[Any]]) -> tuple[OtherSession, ...]:
    return tuple(OtherSession(*row) for row in rows)


def named(found: Sequence[OtherSession]) -> dict[str, Any]:
    """As evidence."""
    return {"sessions": [session.facts() for session in found[:NAMED]], "count": len(found)}


def ending(found: Iterable[OtherSession]) -> str:
    """Ends them. The server refuses the whole of it where it refuses one."""
    pids = ",".join(str(session.pid) for session in found)
    return f"select pg_catalog.pg_terminate_backend(p) from pg_catalog.unnest('{{{pids}}}'::int4[]) p"
