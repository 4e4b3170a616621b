"""`check`: what must hold before anything is changed, asked of the system itself."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.plan.kinds import Finding, Kind, Lint, Needs
from tui.plan.scalars import disk_need
from tui.said import N_, Quoted
from tui.sql.quoting import literal
from tui.steps.answers import answers, ask, look
from tui.steps.context import Context, StepRun
from tui.steps.effects import Failed, Outcome, Passed, Probe, Rows, RunQuery, SqlError
from tui.steps.touched import nothing


class PrivilegeSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A role's privileges on a table."""

    table: str
    """The table, with its schema."""
    privileges: tuple[str, ...]
    """What must be granted: `SELECT`, `INSERT`, `UPDATE`, ..."""
    role: str | None = None
    """To whom; where nothing is said the check's `role`, else the role of the session."""


class PlaceSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Free space at a place."""

    path: str
    """A directory on the filesystem that is meant."""
    free: str
    """What must be free there: `50GB`, or `2x` the size of the database."""
    on: Literal["here", "database"] = "here"
    """`here`: on the host that virada runs on. `database`: on the database's."""


class CheckSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Several may stand together; all of them must hold."""

    connect: bool | None = None
    """`true`: the target answers and lets us in."""
    version: str | None = None
    """The server's version: `">=14"`, `"<18"`, `16`, or several with commas."""
    disk_free: str | None = None
    """What must be free on the filesystem of the data directory: `2x` the size of the database, or `50GB`."""
    space: tuple[PlaceSpec, ...] = ()
    """The same at other places."""
    connections_free: int | None = None
    """So many connections at least that ordinary roles may still open."""
    role: str | None = None
    """A role that exists, and that the session may become (SET ROLE)."""
    writable: bool | None = None
    """`true`: it is a primary; `false`: it is a standby."""
    privilege: PrivilegeSpec | None = None
    """What a role may do with a table."""
    tools: tuple[str, ...] = ()
    """Programs that are installed here and not older than the server: `pg_dump`, `pg_restore`, `psql`."""


def execute(context: Context, spec: CheckSpec) -> StepRun:
    """Every check, also after one has failed: a list of all that is wrong is worth more than the first."""
    evidence: dict[str, Any] = {}
    checks: list[dict[str, Any]] = []
    if spec.connect is not None or spec.version is not None or spec.writable is not None:
        identity = yield from look(context, Probe(name="identity"))
        evidence["identity"] = identity
        if "error" in identity:
            # Without a connection there is nothing further to ask.
            return _ended(evidence, [_checked("connect", None, None, None, error=identity)])
        checks += _of_identity(spec, identity)
    if spec.disk_free is not None:
        found = evidence["disk"] = yield from look(context, Probe(name="disk", arguments={"need": spec.disk_free}))
        checks.append(_room("disk_free", spec.disk_free, found))
    for place in spec.space:
        at = {"path": place.path, "on": place.on}
        found = yield from look(context, Probe(name="disk", arguments={"need": place.free, **at}))
        evidence["space"] = [*evidence.get("space", ()), found]
        checks.append(_room("space", place.free, found) | at)
    if spec.connections_free is not None:
        found = yield from look(context, Probe(name="connections"))
        evidence["connections"] = found
        holds = None if "error" in found else int(found["free"]) >= spec.connections_free
        checks.append(_checked("connections_free", spec.connections_free, found.get("free"), holds, error=found))
    if spec.tools:
        found = yield Probe(name="tools", arguments={"names": list(spec.tools)})
        evidence["tools"] = found
        lacking = [*found.get("missing", ()), *found.get("too_old", ())]
        there = [name for name in spec.tools if name not in lacking]
        holds = None if "error" in found else not lacking
        checks.append(_checked("tools", list(spec.tools), there, holds, error=found))
    yield from _roles(context, spec, evidence, checks)
    return _ended(evidence, checks)


def _checked(
    name: str, expected: Any, found: Any, holds: bool | None, *, error: dict[str, Any] | None = None
) -> dict[str, Any]:
    """One check as a fact: `holds` is null where nobody knows; `error` says why."""
    checked = {"name": name, "expected": expected, "found": found, "holds": holds}
    said = {} if error is None else {key: error[key] for key in ("error", "sqlstate") if error.get(key) is not None}
    return checked | said


def _room(name: str, need: str, found: dict[str, Any]) -> dict[str, Any]:
    holds = None if "error" in found else bool(found["enough"])
    return _checked(name, found.get("need_bytes", need), found.get("free_bytes"), holds, error=found)


def _ended(evidence: dict[str, Any], checks: list[dict[str, Any]]) -> Outcome:
    failed = [check["name"] for check in checks if check["holds"] is False]
    unanswered = [check["name"] for check in checks if check["holds"] is None]
    evidence = evidence | {"checks": checks}
    if unanswered:
        evidence["unanswered"] = unanswered
    if failed:
        return Failed(reason=FailReason.CHECK_FAILED, evidence=evidence | {"failed": failed})
    if unanswered:
        return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence)
    return Passed(evidence=evidence)


def _of_identity(spec: CheckSpec, identity: dict[str, Any]) -> Iterable[dict[str, Any]]:
    number = int(identity["server_version"])
    version = f"{number // 10000}.{number % 10000}"
    if spec.connect is not None:
        yield _checked("connect", None, version, True)
    if spec.version is not None:
        yield _checked("version", spec.version, version, version_holds(spec.version, number))
    if spec.writable is not None:
        writable = not identity["in_recovery"]
        yield _checked("writable", spec.writable, writable, writable == spec.writable)


def _of_error(error: SqlError | None) -> tuple[bool | None, dict[str, Any]]:
    """Whether a check holds that the server answered by an error, and what it said."""
    if error is None:
        return False, {}
    return (False if answers(error) else None), {"error": error.message, "sqlstate": error.sqlstate}


def _roles(context: Context, spec: CheckSpec, evidence: dict[str, Any], checks: list[dict[str, Any]]) -> Any:
    if spec.role is not None:
        query = RunQuery(
            ours=True,
            sql=f"select pg_has_role(current_user, oid, 'member') from pg_roles where rolname = {literal(spec.role)}",
        )
        rows: Rows = yield from ask(context, query)
        member = bool(rows.rows and rows.rows[0][0] is True)
        evidence["role"] = {"name": spec.role, "exists": rows.count > 0, "member": member}
        if rows.error is not None:
            evidence["role"] = {"name": spec.role, "error": rows.error.message}
        denied, said = _of_error(rows.error)
        found: str | None = None
        if rows.error is None:
            found = ("member" if member else "not_member") if rows.count else "missing"
        checks.append(_checked("role", spec.role, found, True if member else denied, error=said))
    if spec.privilege is not None:
        wanted = spec.privilege
        role = wanted.role or spec.role
        who = "current_user" if role is None else literal(role)
        asked = ", ".join(
            f"pg_catalog.has_table_privilege({who}, {literal(wanted.table)}, {literal(p)})" for p in wanted.privileges
        )
        rows = yield from ask(context, RunQuery(sql=f"select {asked}"))
        granted = dict(zip(wanted.privileges, rows.rows[0], strict=True)) if rows.rows else {}
        evidence["privilege"] = {"table": wanted.table, "role": role, "granted": granted}
        if rows.error is not None:
            evidence["privilege"]["error"] = rows.error.message
        all_of_them = bool(granted) and all(v is True for v in granted.values())
        denied, said = _of_error(rows.error)
        there = [name for name, given in granted.items() if given is True]
        of = {"table": wanted.table} | ({} if role is None else {"role": role})
        expected = list(wanted.privileges)
        checks.append(_checked("privilege", expected, there, True if all_of_them else denied, error=said) | of)


_RELATIONS = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "==": operator.eq, "=": operator.eq,
}  # fmt: skip


def version_holds(wanted: str, server_version: int) -> bool:
    """Whether a server's version number (150018) satisfies `>=14`, `<18`, `16` or several, separated by commas."""
    major, minor = divmod(server_version, 10000)
    for part in wanted.split(","):
        match = re.fullmatch(r"\s*(>=|<=|>|<|==|=)?\s*(\d+)(?:\.(\d+))?\s*", part)
        if match is None:
            return False
        there: tuple[int, ...] = (major, minor) if match[3] is not None else (major,)
        asked = (int(match[2]), int(match[3])) if match[3] is not None else (int(match[2]),)
        if not _RELATIONS[match[1] or "=="](there, asked):
            return False
    return True


def lint(lint: Lint) -> Iterable[Finding]:
    """At least one thing to check, and comparisons that can be read."""
    spec: CheckSpec = lint.spec
    if spec == CheckSpec():
        yield Finding(code="check-empty")
    if spec.version is not None and any(
        re.fullmatch(r"\s*(>=|<=|>|<|==|=)?\s*\d+(\.\d+)?\s*", part) is None for part in spec.version.split(",")
    ):
        yield Finding(code="check-version", facts={"version": Quoted(spec.version)}, key="version")
    needs = {"disk_free": spec.disk_free} | {f"space.{n}.free": place.free for n, place in enumerate(spec.space)}
    for key, need in needs.items():
        if need is not None and disk_need(need, 1) is None:
            yield Finding(code="check-disk", facts={"need": Quoted(need)}, key=key)


def needs(spec: CheckSpec) -> Needs:
    """The variables in the names of places on this host."""
    return Needs(texts=tuple(place.path for place in spec.space if place.on == "here"))


def facts(evidence: dict[str, Any]) -> list[tuple[str, str]]:
    """What was found, one row a check: first what did not hold, then what nobody knows."""
    if "checks" not in evidence:
        return [(key, str(value)) for key, value in evidence.items()]
    checks = sorted(evidence["checks"], key=lambda check: _RANK[check["holds"]])
    return [(check["name"], shown(check)) for check in checks]


_RANK: dict[bool | None, int] = {False: 0, None: 1, True: 2}


def shown(check: dict[str, Any]) -> str:
    """`15.18 (>=16)`: what was found, and what was expected; the server's words where it said why it cannot tell."""
    error, found, expected = check.get("error"), check["found"], check["expected"]
    text = str(error) if error is not None else _listed(found)
    return text if expected is None else f"{text} ({_listed(expected)})"


def _listed(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(str(part) for part in value) or "-" if isinstance(value, list | tuple) else str(value)


TEXTS = {
    "check-empty": N_("check names nothing to check"),
    "check-version": N_("{version} is not a version such as '>=14'"),
    "check-disk": N_("{need} is not a need such as 2x or 50GB"),
    FailReason.CHECK_FAILED: N_("a check did not hold"),
}

KIND = Kind(
    name="check", spec=CheckSpec, execute=execute, roleless=True, texts=TEXTS, lint=lint,
    needs=needs, touches=nothing, facts=facts,
)  # fmt: skip
