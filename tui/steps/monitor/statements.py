"""What the server's statements took meanwhile, by pg_stat_statements: counts of before taken from those of after."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, Final

from tui.journal.codes import Unmeasured
from tui.steps.answers import ask, error_facts
from tui.steps.context import Context
from tui.steps.effects import Effect, Rows, RunQuery
from tui.steps.monitor.against import worse
from tui.steps.monitor.spec import AgainstSpec

EXTENSION: Final = """select pg_catalog.quote_ident(n.nspname) from pg_catalog.pg_extension e
join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'"""
# Of one database; what changes roles and settings may hold secrets, and is nobody's workload.
COUNTS: Final = """select s.userid::text || '/' || s.queryid::text as id, s.calls, s.total_exec_time / 1000 as seconds,
pg_catalog."left"(s.query, 300) as query from {schema}.pg_stat_statements s
where s.dbid = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
and s.queryid is not null and s.query ~* '^[^a-z]*(select|insert|update|delete|merge|with)' and s.query !~ 'virada:'
order by s.total_exec_time desc limit {most}"""
MOST: Final = 1000
"""Statements that are looked at, those that took most."""
TOLD: Final = 20
KEPT: Final = 200
"""Statements of a baseline that are kept to be compared with."""
LEAST_CALLS: Final = 20
"""Below it a mean says nothing."""

Counts = dict[str, tuple[int, float, str]]
"""By id: calls, seconds, and the statement without its constants."""


def counts(context: Context) -> Generator[Effect, Any, Counts | dict[str, Any]]:
    """The counts as they are now; a dict with `why` where nobody tells them."""
    found: Rows = yield from ask(context, RunQuery(sql=EXTENSION, ours=True))
    if found.error is None and not found.rows:
        return {"why": Unmeasured.NO_STATEMENTS}
    if found.error is None:
        found = yield from ask(context, RunQuery(sql=COUNTS.format(schema=found.rows[0][0], most=MOST), ours=True))
    if found.error is not None:
        return {"why": Unmeasured.NOT_ANSWERED, **error_facts(found.error)}
    return {str(row[0]): (int(row[1]), float(row[2]), str(row[3])) for row in found.rows}


def meanwhile(before: Counts, after: Counts) -> list[dict[str, Any]]:
    """Those that took time between the two, the longest first. One whose counts began anew is left out: what it took
    in between nobody knows. Nor is that known of one that was not among those looked at before, where there were more.
    """
    found = []
    all_known = len(before) < MOST
    for ident, (calls, seconds, text) in after.items():
        if ident not in before and not all_known:
            continue
        earlier = before.get(ident, (0, 0.0, ""))
        done, took = calls - earlier[0], seconds - earlier[1]
        if done > 0 and took >= 0:
            found.append(
                {"id": ident, "calls": done, "seconds": round(took, 6), "mean_s": took / done, "statement": text}
            )
    return sorted(found, key=lambda row: -row["seconds"])


def slower(
    spec: AgainstSpec, baseline: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Those that take longer than in the baseline, each with its mean of then."""
    was = {str(row["id"]): row for row in baseline}
    found = []
    for row in now:
        then = was.get(str(row["id"]))
        if then is None or min(int(row["calls"]), int(then["calls"])) < LEAST_CALLS:
            continue
        if worse(spec, float(then["mean_s"]), float(row["mean_s"])):
            found.append({**row, "before_s": then["mean_s"]})
    return found
