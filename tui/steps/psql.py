"""`psql`: a script that needs psql itself (meta-commands), run by the system's psql as a child.

Always with -X, ON_ERROR_STOP and verbose errors: without ON_ERROR_STOP psql exits with 0 although everything was
rolled back. Its session takes the attempt's key first, so that recovery knows when it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.locale import _
from tui.plan.files import Undecodable, Unusable, not_utf8, why
from tui.plan.problems import quoted
from tui.plan.scalars import Duration, File
from tui.sql.psql import objection_to_variable, read_psql
from tui.sql.psql_files import Refused
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
    """What psql would do with the script and the files it includes, as far as that is known beforehand."""
    spec: PsqlSpec = lint.spec
    given = {name: None if "${" in value else value for name, value in spec.variables.items()}
    for name, value in given.items():
        objection = objection_to_variable(name, value, single=spec.single_transaction)
        if objection is not None:
            yield Finding(code="psql-variable", message=objection, key=f"variables.{name}")
    for found in read_psql(spec.file, _Files(lint), given, single=spec.single_transaction):
        code = found.code.replace("_", "-")
        yield Finding(code=code, message=found.message, key="file", file=found.file, line=found.line, level=found.level)
    if lint.step.prove is None and not lint.is_undo:
        message = "a psql step without 'prove' is undecided after an interruption"
        yield Finding(code="no-prove", message=message, level="warning")


class _Files:
    """The plan's files for the reading of a script: what it names becomes part of the plan."""

    def __init__(self, lint: Lint) -> None:
        self._lint = lint

    def text(self, name: str) -> str:
        """The text of the script itself, or of one that it includes."""
        try:
            return self._lint.read(name if name == self._lint.spec.file else self._lint.include(name))
        except Unusable as error:
            raise Refused(error.code, error.message, name, error.line) from None
        except Undecodable as error:
            raise Refused("not-utf8", not_utf8(name), name, error.line) from None
        except OSError as error:
            message = _("{name} cannot be read: {reason}.")
            raise Refused("unreadable-file", message.format(name=quoted(name), reason=why(error))) from None

    def claim(self, name: str) -> None:
        """Have a file of data frozen and sealed with the plan."""
        try:
            self._lint.include(name)
        except Unusable as error:
            raise Refused(error.code, error.message, name, error.line) from None


def facts(evidence: dict[str, Any]) -> list[tuple[str, str]]:
    """Exit status and output."""
    return [(key, str(evidence[key])) for key in ("exit_status", "seconds", "output_bytes") if key in evidence]


KIND = Kind(
    name="psql", spec=PsqlSpec, execute=execute, fence="child", changes=True, repeat="after_proof", short="file",
    lint=lint, facts=facts,
)  # fmt: skip
