"""What the catalogue says of row-level security: where it is enabled and forced, by which policies, who bypasses it,
and what can be read past it."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from typing import Any

import msgspec

from tui.journal.codes import NotCompared
from tui.sql.wildcard import any_matches
from tui.steps.answers import ask
from tui.steps.context import Context
from tui.steps.difference import Fingerprint, compared
from tui.steps.effects import Effect, Rows, RunQuery, SqlError, TakeFingerprint
from tui.steps.fingerprints import NAMED, TOLD, kept, take
from tui.steps.rls.spec import PolicySpec, RlsSpec
from tui.steps.tables import tables_of

Row = dict[str, Any]
Rls = Generator[Effect, Any, list[Row]]
Table = tuple[int, str, bool, bool, str]
"""Its oid and name, whether row-level security is enabled and forced, its owner."""


def row(what: str, expected: Any, found: Any, holds: bool | None, **more: Any) -> Row:
    """One thing that was looked at; `holds` is null where nobody knows."""
    return {"name": "rls", "what": what, "expected": expected, "found": found, "holds": holds} | more


def unknown(what: str, error: SqlError, **more: Any) -> Row:
    """Something that was not answered."""
    return row(what, None, None, None, error=error.message, sqlstate=error.sqlstate, **more)


def found_tables(context: Context, spec: RlsSpec) -> Generator[Effect, Any, tuple[list[Table], list[Row]]]:
    """The tables that are meant, and what of them is not known."""
    oids: list[int] = []
    rows: list[Row] = []
    if not spec.tables:
        known = yield from tables_of(context)
        if known.error is not None:
            return [], [unknown("tables", known.error)]
        oids = [table.oid for table in known.tables]
    patterns = [re.sub(r"([\\%_])", r"\\\1", name).replace("*", "%") for name in spec.tables]
    answer: Rows = yield from ask(context, RunQuery(named="rls_tables", arguments={"oids": oids, "patterns": patterns}))
    if answer.error is not None:
        return [], [unknown("tables", answer.error)]
    tables = [(oid, name, on, forced, owner) for oid, name, on, forced, owner in answer.rows]
    names = {table[1] for table in tables}
    lacking = [name for name in spec.tables if not any(any_matches([name], known) for known in names)]
    if lacking:
        rows.append(row("tables", lacking, [], False))
    elif not tables:
        # What is said of none at all says nothing.
        rows.append(row("tables", None, [], None))
    return tables, rows


def switched_on(spec: RlsSpec, tables: list[Table]) -> list[Row]:
    """Enabled, and forced, on each of them."""
    rows: list[Row] = []
    if not tables:
        return rows
    for what, wanted, place in (("enabled", spec.enabled, 2), ("forced", spec.forced, 3)):
        if wanted:
            lacking = [table[1] for table in tables if not table[place]]
            rows.append(row(what, None, lacking[:NAMED], not lacking, count=len(lacking), looked_at=len(tables)))
    return rows


def as_planned(context: Context, spec: RlsSpec) -> Rls:
    """Each table's policies against the plan's words."""
    if not spec.policies:
        return []
    answer: Rows = yield from ask(context, RunQuery(named="rls_policies", arguments={"tables": list(spec.policies)}))
    if answer.error is not None:
        return [unknown("policies", answer.error)]
    there: dict[str, dict[str, PolicySpec]] = {}
    for table, name, command, permissive, roles, using, check in answer.rows:
        there.setdefault(table, {})[name] = PolicySpec(
            name=name, for_=command, permissive=permissive, to=tuple(roles), using=using, check=check
        )
    return [_policies(table, planned, there.get(table, {})) for table, planned in spec.policies.items()]


def _policies(table: str, planned: tuple[PolicySpec, ...], there: Mapping[str, PolicySpec]) -> Row:
    wanted = {policy.name: policy for policy in planned}
    differing = {
        name: {"expected": parts[0], "found": parts[1]}
        for name in sorted(wanted.keys() | there.keys())
        if any(parts := _parts(wanted.get(name), there.get(name)))
    }
    told = [f"{name}: {_line(of['found'])}" for name, of in differing.items()]
    expected = [f"{name}: {_line(of['expected'])}" for name, of in differing.items()]
    return row("policies", expected[:NAMED] or None, told[:NAMED] or sorted(there)[:NAMED], not differing, table=table)


def _line(parts: dict[str, Any]) -> str:
    return ", ".join(f"{key} {_text(value)}" for key, value in parts.items()) if parts else "-"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "-" if value is None else ", ".join(value) if isinstance(value, tuple) else str(value)


def _parts(planned: PolicySpec | None, there: PolicySpec | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of the two is different; of one that is not there, all that the other says."""
    sides = [{} if policy is None else _facts(policy) for policy in (planned, there)]
    keys = [key for key in {**sides[0], **sides[1]} if _same(sides[0].get(key)) != _same(sides[1].get(key))]
    return {key: sides[0][key] for key in keys if sides[0]}, {key: sides[1][key] for key in keys if sides[1]}


def _facts(policy: PolicySpec) -> dict[str, Any]:
    return {
        "for": policy.for_, "to": tuple(sorted(policy.to)), "permissive": policy.permissive, "using": policy.using,
        "with_check": policy.check,
    }  # fmt: skip


def _same(value: Any) -> Any:
    """An expression without what does not count: blanks outside of texts, and parentheses around all of it."""
    if not isinstance(value, str):
        return value
    text = "'".join(part if number % 2 else re.sub(r"\s+", " ", part) for number, part in enumerate(value.split("'")))
    text = text.strip()
    while text.startswith("(") and text.endswith(")") and _encloses(text):
        text = text[1:-1].strip()
    return text


def _encloses(text: str) -> bool:
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and place < len(text) - 1:
            return False
    return True


def as_before(context: Context, spec: RlsSpec) -> Rls:
    """Policies, owners and who bypasses them, in the whole database, against a fingerprint."""
    if spec.with_ is None:
        return []
    told = context.evidence(spec.with_).get(TOLD)
    before = None if not isinstance(told, dict) else (yield from kept(told))
    if before is None:
        why = NotCompared.NOT_TAKEN if told is None else NotCompared.NOT_READ
        return [row("as_before", None, None, None, of=spec.with_, why=[why])]
    taken = yield from take(context, TakeFingerprint())
    if taken.error is not None:
        return [unknown("as_before", taken.error, of=spec.with_)]
    found = compared(_of_rls(before), _of_rls(taken.found), content=False, ignore=spec.allow)
    came = {each.name: each for each in found.differences}
    unexpected = [_told(each.facts()) for name, each in came.items() if not any_matches(spec.expect, name)]
    missing = [wanted for wanted in spec.expect if not any(any_matches([wanted], name) for name in came)]
    wrong = [*unexpected, *missing]
    return [row("as_before", missing[:NAMED] or None, unexpected[:NAMED], not wrong, of=spec.with_, count=len(wrong))]


def _told(facts: dict[str, Any]) -> str:
    text = f"{facts['change']} {facts['family']} {facts['object']}"
    before, after = facts["before"], facts["after"]
    if facts["change"] != "changed" or not isinstance(after, dict):
        return text
    return f"{text} ({', '.join(f'{key}: {before.get(key)} -> {value}' for key, value in after.items())})"


_KEPT = {"tables": ("owner", "rls", "rls_forced"), "roles": ("superuser", "bypassrls"), "policies": ()}


def _of_rls(found: Fingerprint) -> Fingerprint:
    """What a fingerprint says of row-level security."""
    families = {}
    for family, keys in _KEPT.items():
        of = {name: msgspec.json.decode(text) for name, text in found["families"].get(family, {}).items()}
        families[family] = {
            name: msgspec.json.encode({key: facts.get(key) for key in keys or facts}, order="deterministic").decode()
            for name, facts in of.items()
            if family != "roles" or facts.get("superuser") or facts.get("bypassrls")
        }
    return {"families": families}


def exposed(context: Context, spec: RlsSpec) -> Rls:
    """What the personas' roles, and those that anybody may have, can read past it."""
    roles = sorted({*spec.anonymous, *(persona.role for persona in spec.personas)})
    if not roles:
        return []
    arguments = {"roles": roles, "anonymous": list(spec.anonymous)}
    answer: Rows = yield from ask(context, RunQuery(named="rls_exposed", arguments=arguments))
    if answer.error is not None:
        return [unknown("exposed", answer.error)]
    kinds = ["partitions", "views"] + (["tables", "materialized_views", "functions"] if spec.anonymous else [])
    found: dict[str, list[str]] = {kind: [] for kind in kinds}
    for kind, name, role, of in answer.rows:
        if not any_matches(spec.allow, name, f"{kind} {name}"):
            found[kind].append(f"{name} ({role}{f'; {of}' if of else ''})")
    more = answer.count - len(answer.rows)
    return [
        row(kind, None, names[:NAMED], not names if not more or names else None, count=len(names))
        for kind, names in found.items()
    ]


def bypassing(context: Context, spec: RlsSpec, tables: list[Table]) -> Rls:
    """Roles that are to be tried and are under no policy: told, for what they see says nothing of the policies."""
    roles = sorted({persona.role for persona in spec.personas} | set(spec.anonymous))
    if not roles:
        return []
    arguments = {"roles": roles, "oids": [table[0] for table in tables]}
    answer: Rows = yield from ask(context, RunQuery(named="rls_bypass", arguments=arguments))
    if answer.error is not None:
        return [unknown("roles", answer.error)]
    missing = [name for name, bypasses, _owned in answer.rows if bypasses is None]
    anybody = [name for name, bypasses, owned in answer.rows if name in spec.anonymous and (bypasses or owned)]
    rows = [row("roles", missing, [], False)] if missing else []
    if spec.anonymous:
        rows.append(row("bypass", None, anybody, not anybody))
    return rows
