"""`role` and `privilege`: a role that the session may become, and what a role may do with a table."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from tui.sql.quoting import literal
from tui.steps.answers import ask
from tui.steps.check.check import Check
from tui.steps.check.row import Look, Row, of_error, row
from tui.steps.context import Context
from tui.steps.effects import Rows, RunQuery


class PrivilegeSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A role's privileges on a table."""

    table: str
    """The table, with its schema."""
    privileges: tuple[str, ...]
    """What must be granted: `SELECT`, `INSERT`, `UPDATE`, ..."""
    role: str | None = None
    """To whom; where nothing is said the check's `role`, else the role of the session."""


Asked = tuple[str | None, PrivilegeSpec | None]
"""`role` and `privilege` of the spec."""


def look(context: Context, spec: Asked, evidence: dict[str, Any]) -> Look:
    """The privilege is asked for the check's role, where it does not say whose."""
    role, privilege = spec
    rows: list[Row] = []
    if role is not None:
        rows += yield from _role(context, role, evidence)
    if privilege is not None:
        rows += yield from _privilege(context, privilege, role, evidence)
    return rows


def _role(context: Context, role: str, evidence: dict[str, Any]) -> Look:
    query = RunQuery(
        ours=True,
        sql=f"select pg_has_role(current_user, oid, 'member') from pg_roles where rolname = {literal(role)}",
    )
    rows: Rows = yield from ask(context, query)
    member = bool(rows.rows and rows.rows[0][0] is True)
    evidence["role"] = {"name": role, "exists": rows.count > 0, "member": member}
    if rows.error is not None:
        evidence["role"] = {"name": role, "error": rows.error.message}
    denied, said = of_error(rows.error)
    found: str | None = None
    if rows.error is None:
        found = ("member" if member else "not_member") if rows.count else "missing"
    return [row("role", role, found, True if member else denied, error=said)]


def _privilege(context: Context, wanted: PrivilegeSpec, role: str | None, evidence: dict[str, Any]) -> Look:
    role = wanted.role or role
    who = "current_user" if role is None else literal(role)
    asked = ", ".join(
        f"pg_catalog.has_table_privilege({who}, {literal(wanted.table)}, {literal(p)})" for p in wanted.privileges
    )
    rows: Rows = yield from ask(context, RunQuery(sql=f"select {asked}"))
    granted = dict(zip(wanted.privileges, rows.rows[0], strict=True)) if rows.rows else {}
    evidence["privilege"] = {"table": wanted.table, "role": role, "granted": granted}
    if rows.error is not None:
        evidence["privilege"]["error"] = rows.error.message
    all_of_them = bool(granted) and all(v is True for v in granted.values())
    denied, said = of_error(rows.error)
    there = [name for name, given in granted.items() if given is True]
    of = {"table": wanted.table} | ({} if role is None else {"role": role})
    expected = list(wanted.privileges)
    return [row("privilege", expected, there, True if all_of_them else denied, error=said) | of]


CHECK = Check(look=look)
