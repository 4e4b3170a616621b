"""A dump restored into a new database like its source: made, filled, analyzed, with all that belongs to it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Final

from tui.journal.codes import FailReason
from tui.sql.quoting import database_argument
from tui.steps.answers import failing
from tui.steps.archive.reading import Reading
from tui.steps.archive.restoring import only_a_setting, tolerates
from tui.steps.archive.scratch import dropped
from tui.steps.child import failed_child
from tui.steps.context import Context
from tui.steps.effects import (
    ChildDone,
    Effect,
    Failed,
    KeepArtifact,
    KeptArtifact,
    Maintain,
    Probe,
    Rows,
    RunChild,
    RunQuery,
    SqlError,
)
from tui.steps.restore import properties
from tui.steps.restore.spec import RestoreSpec

_DENIED: Final = "42501"
_TAIL: Final = 1 << 16
_SHOWN: Final = 2000
_LACKING: Final = """select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and (
    exists (select from pg_catalog.pg_statistic_ext e where e.stxrelid = c.oid)
    or not exists (select from pg_catalog.pg_stats s where s.schemaname = n.nspname and s.tablename = c.relname))
order by 1"""
_RELATIONS: Final = "select pg_catalog.count(*) from pg_catalog.pg_class c where c.oid >= '16384'"


def mark(context: Context) -> str:
    """The comment of a database that this step has begun to make: one without it is never dropped."""
    return f"virada restore {context.run} {context.step.id}"


def restored(
    context: Context, spec: RestoreSpec, name: str, how: Reading, want: Mapping[str, Any], there: Mapping[str, Any],
    login: str | None, evidence: dict[str, Any],
) -> Generator[Effect, Any, Failed | None]:  # fmt: skip
    """Why it could not be; adds to the evidence what was done. `there`: what bears the name already, empty for nothing;
    `login`: the run's own role, where it is no superuser."""
    if there and not (yield from _ours(context, name, there)):
        return Failed(reason=FailReason.DATABASE_EXISTS, evidence=evidence | {"restored_as": name})
    # A database and its comment are not made at once.
    yield KeepArtifact(name=_making(context), text=name)
    wanted = ((dropped(name),) if there else ()) + properties.created(name, want, mark(context), login)
    made = yield Maintain(statements=wanted, role=context.step.as_)
    if made[-1] is not None:
        reason = FailReason.RESTORE_FORBIDDEN if made[-1].sqlstate == _DENIED else failing(made[-1])
        return Failed(reason=reason, evidence=evidence, error=made[-1])
    failed = yield from _filled(context, spec, name, how, evidence)
    if failed is not None:
        return failed
    if spec.analyze:
        error = yield from _analyzed(context, name, bool(evidence.get("statistics")), evidence)
        if error is not None:
            return Failed(reason=failing(error), evidence=evidence, error=error)
    refused = yield from properties.finished(context, name, want)
    if refused is not None:
        reason = FailReason.RESTORE_FORBIDDEN if refused.sqlstate == _DENIED else failing(refused)
        return Failed(reason=reason, evidence=evidence, error=refused)
    found = yield from properties.present(context, name)
    if isinstance(found, SqlError):
        return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence, error=found)
    other = properties.differing(want, found)
    if "not_compared" not in evidence:
        evidence["compared"] = "database"
    if other:
        return Failed(reason=FailReason.DATABASE_DIFFERS, evidence=evidence | {"differs": other[:50]})
    return None


def _analyzed(
    context: Context, name: str, brought: bool, evidence: dict[str, Any]
) -> Generator[Effect, Any, SqlError | None]:
    """Statistics for all of it. Where the dump `brought` them, for what it has none of: extended ones are never in a
    dump, nor those of a table that nobody had analyzed."""
    tables: list[str] = []
    if brought:
        lacking: Rows = yield RunQuery(ours=True, sql=_LACKING, scratch_database=name, role=context.step.as_)
        if lacking.error is not None:
            return lacking.error
        tables = [str(row[0]) for row in lacking.rows]
        brought = lacking.count == len(tables)
    evidence["analyzed"] = len(tables) if brought else "all"
    if brought and not tables:
        return None
    statement = f"analyze {', '.join(tables)}" if brought else "analyze"
    done = yield Maintain(statements=(statement,), scratch_database=name, role=context.step.as_)
    error: SqlError | None = done[-1]
    return error


def _making(context: Context) -> str:
    return f"{context.step.id}.making"


def _ours(context: Context, name: str, there: Mapping[str, Any]) -> Generator[Effect, Any, bool]:
    """Whether an attempt of this step has begun to make it: it bears the mark, or was to be made, and is empty."""
    if there.get("comment") is not None:
        return bool(there["comment"] == mark(context))
    if (yield KeptArtifact(name=_making(context))) != name:
        return False
    rows: Rows = yield RunQuery(ours=True, sql=_RELATIONS, scratch_database=name)
    return rows.error is None and rows.rows[0][0] == 0


def _filled(
    context: Context, spec: RestoreSpec, name: str, how: Reading, evidence: dict[str, Any]
) -> Generator[Effect, Any, Failed | None]:
    tools = yield Probe(name="tools", arguments={"names": ["pg_restore"]})
    tolerant = tolerates(tools)
    argv = ["pg_restore", "--no-password", f"--dbname={database_argument(name)}"]
    if not tolerant:
        argv.append("--exit-on-error")
    if context.step.as_ is not None:
        argv.append(f"--role={context.step.as_}")
    if spec.jobs > 1 and how.piped is None:
        argv.append(f"--jobs={spec.jobs}")
    done: ChildDone = yield RunChild(
        argv=(*argv, *how.path), timeout=spec.timeout or context.step.timeout, target=True,
        environment={"LC_ALL": "C"}, tail=_TAIL, piped=how.piped,
    )  # fmt: skip
    evidence["restore_s"] = done.seconds
    if done.status == 0 or (tolerant and only_a_setting(done, _TAIL)):
        return None
    if done.status is None or done.status < 0 or done.timed_out:
        return failed_child(done, evidence, "none")
    reason = FailReason.RESTORE_FORBIDDEN if "permission denied" in done.tail else FailReason.RESTORE_FAILED
    return Failed(reason=reason, evidence=evidence | {"tail": done.tail[-_SHOWN:]})
