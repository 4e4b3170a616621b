"""`check`: what must hold before anything is changed, asked of the system itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.steps.base import Context, Finding, Kind, Lint, StepRun
from tui.steps.effects import Failed, Passed, Probe, Rows, RunQuery


class PrivilegeSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A role's privileges on a table."""

    table: str
    privileges: tuple[str, ...]
    role: str | None = None


class CheckSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Several may stand together; all of them must hold. `disk_free`: `2x` the database, or bytes (`50GB`)."""

    connect: bool | None = None
    version: str | None = None
    disk_free: str | None = None
    connections_free: int | None = None
    role: str | None = None
    writable: bool | None = None
    privilege: PrivilegeSpec | None = None
    tools: tuple[str, ...] = ()


def execute(context: Context, spec: CheckSpec) -> StepRun:
    """Every check, also after one has failed: a list of all that is wrong is worth more than the first."""
    evidence: dict[str, Any] = {}
    failed: list[str] = []
    if spec.connect is not None or spec.version is not None or spec.writable is not None:
        identity = yield Probe(name="identity")
        evidence["identity"] = identity
        if "error" in identity:
            return Failed(reason=FailReason.CHECK_FAILED, evidence=evidence | {"failed": ["connect"]})
        if spec.version is not None and not version_holds(spec.version, int(identity["server_version"])):
            failed.append("version")
        if spec.writable is not None and bool(identity["in_recovery"]) == spec.writable:
            failed.append("writable")
    if spec.disk_free is not None:
        found = yield Probe(name="disk", arguments={"need": spec.disk_free})
        evidence["disk"] = found
        if "error" in found or not found["enough"]:
            failed.append("disk_free")
    if spec.connections_free is not None:
        found = yield Probe(name="connections")
        evidence["connections"] = found
        if "error" in found or int(found["free"]) < spec.connections_free:
            failed.append("connections_free")
    if spec.tools:
        found = yield Probe(name="tools", arguments={"names": list(spec.tools)})
        evidence["tools"] = found
        if "error" in found or found.get("missing") or found.get("too_old"):
            failed.append("tools")
    failed += yield from _roles(spec, evidence)
    if failed:
        return Failed(reason=FailReason.CHECK_FAILED, evidence=evidence | {"failed": failed})
    return Passed(evidence=evidence)


def _roles(spec: CheckSpec, evidence: dict[str, Any]) -> Any:
    failed: list[str] = []
    if spec.role is not None:
        rows: Rows = yield RunQuery(
            ours=True,
            sql=f"select pg_has_role(current_user, oid, 'member') from pg_roles where rolname = {_literal(spec.role)}",
        )
        member = bool(rows.rows and rows.rows[0][0] is True)
        evidence["role"] = {"name": spec.role, "exists": rows.count > 0, "member": member}
        if rows.error is not None:
            evidence["role"] = {"name": spec.role, "error": rows.error.message}
        if not member:
            failed.append("role")
    if spec.privilege is not None:
        wanted = spec.privilege
        role = wanted.role or spec.role
        who = "current_user" if role is None else _literal(role)
        asked = ", ".join(
            f"pg_catalog.has_table_privilege({who}, {_literal(wanted.table)}, {_literal(p)})" for p in wanted.privileges
        )
        rows = yield RunQuery(sql=f"select {asked}")
        granted = dict(zip(wanted.privileges, rows.rows[0], strict=True)) if rows.rows else {}
        evidence["privilege"] = {"table": wanted.table, "role": role, "granted": granted}
        if rows.error is not None:
            evidence["privilege"]["error"] = rows.error.message
        if not granted or not all(v is True for v in granted.values()):
            failed.append("privilege")
    return failed


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def version_holds(wanted: str, server_version: int) -> bool:
    """Whether a server's version number (150018) satisfies `>=14`, `<18`, `16` or several, separated by commas."""
    major, minor = divmod(server_version, 10000)
    for part in wanted.split(","):
        match = re.fullmatch(r"\s*(>=|<=|>|<|==|=)?\s*(\d+)(?:\.(\d+))?\s*", part)
        if match is None:
            return False
        there: tuple[int, ...] = (major, minor) if match[3] is not None else (major,)
        asked = (int(match[2]), int(match[3])) if match[3] is not None else (int(match[2]),)
        relation = match[1] or "=="
        if relation == ">=" and not there >= asked:
            return False
        if relation == "<=" and not there <= asked:
            return False
        if relation == ">" and not there > asked:
            return False
        if relation == "<" and not there < asked:
            return False
        if relation in ("==", "=") and there != asked:
            return False
    return True


def lint(lint: Lint) -> Iterable[Finding]:
    """At least one thing to check, and comparisons that can be read."""
    spec: CheckSpec = lint.spec
    given = [
        spec.connect,
        spec.version,
        spec.disk_free,
        spec.connections_free,
        spec.role,
        spec.writable,
        spec.privilege,
    ]
    if all(value is None for value in given) and not spec.tools:
        yield Finding(code="check-empty", message="check names nothing to check")
    if spec.version is not None and any(
        re.fullmatch(r"\s*(>=|<=|>|<|==|=)?\s*\d+(\.\d+)?\s*", part) is None for part in spec.version.split(",")
    ):
        yield Finding(code="check-version", message=f"{spec.version!r} is not a version such as '>=14'", key="version")
    if spec.disk_free is not None and disk_need(spec.disk_free, 1) is None:
        message = f"{spec.disk_free!r} is not a need such as 2x or 50GB"
        yield Finding(code="check-disk", message=message, key="disk_free")


def disk_need(text: str, database_bytes: int) -> int | None:
    """Bytes that `2x` (times the database) or `50GB` mean; None when it is neither."""
    from tui.plan.scalars import parse_quantity

    times = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*x\s*", text)
    if times is not None:
        return int(float(times[1]) * database_bytes)
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*([kKMGT]i?)?B?\s*", text) is None:
        # A share or a time is a quantity too, but no number of bytes.
        return None
    try:
        return int(parse_quantity(text))
    except ValueError:
        return None


def facts(evidence: dict[str, Any]) -> list[tuple[str, str]]:
    """What was found, one row a check."""
    return [(key, str(value)) for key, value in evidence.items()]


KIND = Kind(name="check", spec=CheckSpec, execute=execute, lint=lint, facts=facts)
