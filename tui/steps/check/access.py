"""`access`: the right database and its primary, TLS where the target asks for it, no pooler that lends its servers out,
what the plan's statements and a full dump need, and programs that are not too old."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from tui.journal.codes import Shortcoming
from tui.journal.remarks import Coded
from tui.plan.kinds import Finding, Needs
from tui.plan.model import actions
from tui.said import N_, Quoted
from tui.steps.answers import ask
from tui.steps.answers import look as looked
from tui.steps.check import privileges
from tui.steps.check.check import Check
from tui.steps.check.row import Look, Row, because, named, of_error, row
from tui.steps.context import Context
from tui.steps.effects import Probe, Rows, RunQuery


class AccessSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the plan's scripts do to tables is read from their words; what functions, triggers and statements that are
    put together at run time do is not seen, and such steps are named."""

    database: str | None = None
    """The name that the database must have."""
    tls: bool | None = None
    """`true`: the connection is encrypted, whatever the target's `sslmode` says; otherwise where that demands it."""
    tables: tuple[str, ...] = ()
    """Further tables, `schema.table`, that the role of the session must own, such as those that a function changes."""
    dump: bool | None = None
    """Whether the roles that take backups may read all of the database, with no policy that hides rows; where nothing
    is said, if the plan has a step that runs pg_dump."""


_DEMANDING: Final = ("require", "verify-ca", "verify-full")
_DUMPS: Final = "pg_dump"


def look(context: Context, spec: AccessSpec | bool, evidence: dict[str, Any]) -> Look:
    """Without a connection one row alone."""
    wanted = spec if isinstance(spec, AccessSpec) else AccessSpec()
    identity = yield from looked(context, Probe(name="identity"))
    if "error" in identity:
        return [row("access_database", wanted.database, None, None, error=identity)]
    version = int(identity["server_version"])
    rows = _who(identity, wanted)
    found = yield from looked(context, Probe(name="encryption"))
    rows.append(_encrypted(found, wanted))
    rows.append(_direct(str(identity.get("pooler", "unknown"))))
    rows += yield from _programs(context)
    rows += yield from privileges.look(context, version, wanted.tables)
    roles = _dumping(context)
    if wanted.dump or (wanted.dump is None and roles):
        for role in roles or [""]:
            rows += yield from _dump(context, role)
    return rows


def _who(identity: dict[str, Any], wanted: AccessSpec) -> list[Row]:
    """Which database answers. That it is the one that the run was opened on the engine itself sees to."""
    name = identity["database"]
    about = {key: identity[key] for key in ("host", "port", "system_identifier") if key in identity}
    primary = "standby" if identity["in_recovery"] else "primary"
    return [
        row("access_database", wanted.database, name, wanted.database in (None, name), **about),
        row("access_primary", "primary", primary, primary == "primary"),
    ]


def _encrypted(found: dict[str, Any], wanted: AccessSpec) -> Row:
    """As the server sees it: behind a pooler that is the pooler's connection. A Unix socket knows no TLS, whatever
    `sslmode` says."""
    if "error" in found:
        return row("access_tls", None, None, None, error=found)
    mode = found["sslmode"]
    seen = found["version"] if found["ssl"] else "gssapi" if found["gss"] else "socket" if found["socket"] else "none"
    demanded = wanted.tls is True or (mode in _DEMANDING and not found["socket"])
    expected = "encrypted" if demanded else "not_demanded"
    holds = not demanded or found["ssl"] or found["gss"]
    return row("access_tls", expected, seen, bool(holds), sslmode=mode, cipher=found["cipher"])


def _direct(pooler: str) -> Row:
    """A session that keeps its server to itself."""
    holds = None if pooler == "unknown" else pooler in ("none", "session")
    return row("access_pooler", "none", pooler, holds)


def _programs(context: Context) -> Look:
    """Programs that an older version of refuses the server."""
    needed = [program for _step, action in actions(context.plan) for program in context.needs(action).programs]
    names = list(dict.fromkeys(program.name for program in needed if program.old == "refuses"))
    if not names:
        return []
    found = yield Probe(name="tools", arguments={"names": names})
    lacking = [*found.get("missing", ()), *found.get("too_old", ())]
    there = {name: about["major"] for name, about in found.get("found", {}).items()}
    holds = None if "error" in found else not lacking
    told: dict[str, Any] = {"server_major": found.get("server_major"), "majors": there, "lacking": lacking}
    return [row("access_tools", names, [name for name in names if name not in lacking], holds, error=found, **told)]


def _dumping(context: Context) -> list[str]:
    """The roles that pg_dump is run as, empty for the one that logs in."""
    roles: dict[str, None] = {}
    for step, action in actions(context.plan):
        if any(program.name == _DUMPS for program in context.needs(action).programs):
            roles[step.as_ or ""] = None
    return list(roles)


def _dump(context: Context, role: str) -> Look:
    """pg_dump ends with an error at the first table that it may not read, or of which a policy would hide rows."""
    told: Rows = yield from ask(context, RunQuery(named="access_dump", arguments={"role": role}))
    if told.error is not None:
        return [row("access_dump", None, None, None, error=of_error(told.error)[1])]
    name, relations, unreadable, cut_short, unread, hidden = told.rows[0]
    if name is None:
        return [row("access_dump", relations, 0, False, of=role, **because(Coded(Shortcoming.NO_ROLE, role=role)))]
    facts = {"of": name, "unreadable": list(unread), "unreadable_count": unreadable}
    facts |= {"row_security": list(hidden), "row_security_count": cut_short}
    facts |= because(
        Coded(Shortcoming.NOT_READABLE, role=name, tables=named(unread)) if unread else None,
        Coded(Shortcoming.ROW_SECURITY, role=name, tables=named(hidden)) if hidden else None,
    )
    readable = max(0, relations - unreadable - cut_short)
    return [row("access_dump", relations, readable, not unreadable and not cut_short, **facts)]


def lint(spec: AccessSpec | bool) -> Iterable[Finding]:
    """Tables with their schemas."""
    for table in spec.tables if isinstance(spec, AccessSpec) else ():
        if "." not in table.strip("."):
            yield Finding(code="check-table", facts={"table": Quoted(table)}, key="access.tables")


def needs(spec: AccessSpec | bool) -> Needs:
    """The tables that it names."""
    return Needs(tables=spec.tables if isinstance(spec, AccessSpec) else ())


CHECK = Check(
    look=look, lint=lint, needs=needs,
    texts={"check-table": N_("write {table} with its schema, such as app.orders")},
)  # fmt: skip
