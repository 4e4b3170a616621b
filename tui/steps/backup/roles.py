"""Roles, memberships and tablespaces beside a dump, which holds none of them (`pg_dumpall --globals-only`)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

from tui.sql.quoting import database_argument
from tui.steps.answers import failing
from tui.steps.backup.spec import BackupSpec
from tui.steps.child import child_evidence, failed_child
from tui.steps.context import Context
from tui.steps.effects import ChildDone, Effect, Failed, Piped, Rows, RunChild, RunQuery

_ASKED: Final = """select pg_catalog.current_database(),
pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'select')"""


def dumped(
    context: Context, spec: BackupSpec, path: str, limit: float | None
) -> Generator[Effect, Any, dict[str, Any] | Failed]:
    """Write them beside the dump at `path`, for this account's eyes alone; where, length, hash, and whether with
    `passwords` (their hashes), which only a role that may read pg_authid sees."""
    asked: Rows = yield RunQuery(sql=_ASKED, ours=True, role=context.step.as_)
    if asked.error is not None:
        return Failed(reason=failing(asked.error), error=asked.error)
    database, passwords = str(asked.rows[0][0]), bool(asked.rows[0][1])
    argv = ["pg_dumpall", "--globals-only", "--no-password", f"--database={database_argument(database)}"]
    argv += [] if passwords else ["--no-role-passwords"]
    argv += [] if context.step.as_ is None else [f"--role={context.step.as_}"]
    into = f"{path}.globals.sql" + (".encrypted" if spec.encrypt else "")
    behind = (spec.encrypt,) if spec.encrypt else ()
    done: ChildDone = yield RunChild(
        argv=tuple(argv), timeout=limit, target=True, piped=Piped(behind=behind, into=into)
    )
    if done.status != 0 or done.piped is None or done.piped.bytes == 0:
        return failed_child(done, child_evidence(done) | {"program": "pg_dumpall"}, "none")
    return {"path": into, "bytes": done.piped.bytes, "sha256": done.piped.sha256, "passwords": passwords}
