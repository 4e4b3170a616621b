"""`psql`: a script that needs psql itself (meta-commands), run by the system's psql as a child.

Always with -X, ON_ERROR_STOP and verbose errors: without ON_ERROR_STOP psql exits with 0 although everything was
rolled back. Its session takes the attempt's key first, so that recovery knows when it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.plan.scalars import Duration, File
from tui.sql.classify import is_transaction_control
from tui.sql.script import read_script
from tui.steps.base import Context, Finding, Kind, Lint, StepRun
from tui.steps.command import child_evidence
from tui.steps.effects import ChildDone, Failed, Passed, RunChild


class PsqlSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`single_transaction`: all of the file or nothing; a file with transaction control of its own cannot have it."""

    file: File
    variables: dict[str, str] = {}
    single_transaction: bool = True
    lock_timeout: Duration | None = 0.5
    statement_timeout: Duration | None = None
    timeout: Duration | None = None


def milliseconds(seconds: float) -> int:
    """Whole milliseconds, never 0 for a time that is not: to the server 0 means without any limit."""
    return max(1, round(seconds * 1000)) if seconds > 0 else 0


def execute(context: Context, spec: PsqlSpec) -> StepRun:
    """Run psql over the file; exit status 0 is success, 3 an error in the script."""
    argv = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose"]
    for name, value in spec.variables.items():
        argv += ["-v", f"{name}={value}"]
    if spec.single_transaction:
        argv.append("-1")
    prelude: list[str] = []
    if spec.lock_timeout is not None:
        prelude.append(f"set lock_timeout = {milliseconds(spec.lock_timeout)}")
    if spec.statement_timeout is not None:
        prelude.append(f"set statement_timeout = {milliseconds(spec.statement_timeout)}")
    if context.step.as_ is not None:
        role = context.step.as_.replace('"', '""')
        prelude.append(f'set role "{role}"')
    for statement in prelude:
        argv += ["-c", statement]
    argv += ["-f", spec.file]
    done: ChildDone = yield RunChild(
        argv=tuple(argv), timeout=spec.timeout or context.step.timeout, target=True, fence=True
    )
    evidence = child_evidence(done) | {"single_transaction": spec.single_transaction}
    if done.status is None:
        return Failed(reason=FailReason.NOT_STARTED, evidence=evidence | {"error": done.error}, effect="none")
    if done.status == 0:
        return Passed(evidence=evidence, effect="all")
    effect = "none" if spec.single_transaction and done.status == 3 else "unknown"
    return Failed(reason=FailReason.EXIT_STATUS, evidence=evidence | {"tail": done.tail}, effect=effect)  # type: ignore[arg-type]


def lint(lint: Lint) -> Iterable[Finding]:
    """A file with its own COMMIT defeats -1: half of it would stay committed after an error."""
    spec: PsqlSpec = lint.spec
    try:
        script = read_script(lint.read(spec.file))
    except (OSError, UnicodeDecodeError):
        return
    for error in script.errors:
        yield Finding(code=error.code, message=error.message, key="file", file=spec.file, line=error.line)
    if spec.single_transaction:
        for statement in script.statements:
            if is_transaction_control(statement):
                message = (
                    "transaction control in the file defeats single_transaction; "
                    "take it out, or say single_transaction: false"
                )
                yield Finding(
                    code="transaction-control", message=message, key="file", file=spec.file, line=statement.line
                )
    if lint.step.prove is None and not lint.is_undo:
        message = "a psql step without 'prove' is undecided after an interruption"
        yield Finding(code="no-prove", message=message, level="warning")


def facts(evidence: dict[str, Any]) -> list[tuple[str, str]]:
    """Exit status and output."""
    return [(key, str(evidence[key])) for key in ("exit_status", "seconds", "output_bytes") if key in evidence]


KIND = Kind(
    name="psql", spec=PsqlSpec, execute=execute, fence="child", changes=True, repeat="after_proof", short="file",
    lint=lint, facts=facts,
)  # fmt: skip
