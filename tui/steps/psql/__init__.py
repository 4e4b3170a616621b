"""`psql`: a script that needs psql itself (meta-commands), run by the system's psql as a child.

Always with -X, ON_ERROR_STOP and verbose errors: without ON_ERROR_STOP psql exits with 0 although everything was
rolled back. Its exit status alone proves nothing, nor does that of the best script: psql may have lost its connection
behind a COMMIT, its script may have left the transaction, the session or the role it began in. `RunPsql` says how that
is known.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from tui.journal.codes import FailReason
from tui.plan.files import Undecodable, UnusableFile, not_utf8, why
from tui.plan.kinds import Finding, Kind, Lint, Needs, Program, Read
from tui.plan.model import tolerance
from tui.plan.scalars import Duration, File
from tui.said import N_, Quoted, Said
from tui.sql.leaving import reach
from tui.sql.outside import outside_of
from tui.sql.script import read_script
from tui.sql.touched import LONGEST, WHOLE, Touches
from tui.steps.child import child_evidence, failed_child
from tui.steps.context import Context, StepRun
from tui.steps.effects import Effect, Passed, PsqlDone, ReadFile, RunPsql, SqlSettings
from tui.steps.locks import LOCK_TIMEOUT, lint_tolerance
from tui.steps.psql.says import error_of
from tui.steps.touched import Looking

if TYPE_CHECKING:
    from tui.sql.psql_files import FileRefused


_INCLUDE: Final = re.compile(r"^[ \t]*\\(i|ir|include|include_relative)[ \t]+([^\s;]+)", re.MULTILINE)
_UNTOLD: Final = re.compile(r"\\(?:gexec|if|elif)\b")
_INCLUDES: Final = 50


class PsqlSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """psql runs with -X, ON_ERROR_STOP and verbose errors."""

    file: File
    """The script, a file beside the plan; what it includes and copies in is frozen and sealed as well. `psql:
    script.sql` is short for it."""
    variables: dict[str, str] = {}
    """psql's variables by name, as `-v` gives them, but by a pipe: no process list shows them. `${NAME}` is taken from
    the environment."""
    single_transaction: bool = True
    """All of the file or nothing, as `psql -1`; a file with transaction control of its own needs `false`."""
    lock_timeout: Duration | UnsetType | None = UNSET
    """The session's lock_timeout: `500ms` where nothing is said, none for a file with commands that wait concurrently.
    `0` is no limit. With its unit: `500ms`, `2s`."""
    statement_timeout: Duration | None = None
    """How long one statement may take, as PostgreSQL's setting of this name; nothing, or `0`, is no limit."""
    row_security: Literal["off", "on"] = "off"
    """`off`: a statement that row-level security would cut short is an error, so that not half of the rows are meant
    unnoticed. `on`: policies apply as they do for the application."""
    timeout: Duration | None = None
    """How long psql may take before it is ended; where nothing is said the step's own `timeout`."""


def execute(context: Context, spec: PsqlSpec) -> StepRun:
    """Have psql run the file. It passes when the server, asked afterwards, says that it is all there."""
    single = {"single_transaction": spec.single_transaction}
    if context.done and context.step.repeat != "always":
        # An earlier attempt committed it all and was not content with its proof, which alone is asked once more.
        return Passed(evidence=single | {"done": context.done}, effect="all")
    limit = yield from _lock_limit(spec)
    settings = SqlSettings(
        role=context.step.as_, lock_timeout=limit, statement_timeout=spec.statement_timeout,
        row_security=spec.row_security == "on", tolerate=tolerance(context.step.tolerate, patient=False),
    )  # fmt: skip
    done: PsqlDone = yield RunPsql(
        file=spec.file, variables=spec.variables, single_transaction=spec.single_transaction, settings=settings,
        timeout=spec.timeout or context.step.timeout,
    )  # fmt: skip
    evidence = child_evidence(done.child) | single | done.facts | ({"commit": done.commit} if done.commit else {})
    if done.child.status == 0 and done.problem is None and done.effect == "all":
        return Passed(evidence=evidence, effect="all")
    failed = failed_child(done.child, evidence, done.effect)
    return msgspec.structs.replace(failed, reason=done.problem or failed.reason, error=done.error)


def _lock_limit(spec: PsqlSpec) -> Generator[Effect, Any, float | None]:
    """The lock timeout of the whole session. What waits for others concurrently is left half done by one."""
    if not isinstance(spec.lock_timeout, UnsetType):
        return spec.lock_timeout
    if spec.single_transaction:
        return LOCK_TIMEOUT
    text: str = yield ReadFile(path=spec.file)
    return 0.0 if any(outside_of(s).concurrent for s in read_script(text).statements) else LOCK_TIMEOUT


def lint(lint: Lint) -> Iterable[Finding]:
    """What psql would do with the script and the files it includes, as far as that is known beforehand."""
    # psql's own language is read here alone, and a run starts without it.
    from tui.sql.psql import objection_to_variable, read_psql

    spec: PsqlSpec = lint.spec
    yield from lint_tolerance(lint, patient=False)
    given = {name: None if "${" in value else value for name, value in spec.variables.items()}
    for name, value in given.items():
        objection = objection_to_variable(name, value, single=spec.single_transaction)
        if objection is not None:
            yield Finding(code="psql-variable", said=objection, key=f"variables.{name}")
    for found in read_psql(spec.file, _Files(lint), given, single=spec.single_transaction):
        code = found.code.replace("_", "-")
        yield Finding(code=code, said=found.message, key="file", file=found.file, line=found.line, level=found.level)
    if lint.step.prove is None and not lint.is_undo and lint.step.repeat != "always" and _may_be_undecided(lint):
        yield Finding(code="no-prove", level="warning")


def _may_be_undecided(lint: Lint) -> bool:
    """Whether the evidence of the step's one transaction may not tell of all that the script does."""
    spec: PsqlSpec = lint.spec
    values = list(spec.variables.values())
    # What the environment holds is known when it runs.
    open_ended = any("${" in value for value in values)
    return not spec.single_transaction or open_ended or reach(spec.file, values, _Files(lint).text).outside


def _refused(code: str, message: str | Said, name: str = "", line: int | None = None) -> FileRefused:
    from tui.sql.psql_files import FileRefused

    return FileRefused(code, message, name, line)


class _Files:
    """The plan's files for the reading of a script: what it names becomes part of the plan."""

    def __init__(self, lint: Lint) -> None:
        self._lint = lint

    def text(self, name: str) -> str:
        """The text of the script itself, or of one that it includes."""
        try:
            return self._lint.read(name if name == self._lint.spec.file else self._lint.include(name))
        except UnusableFile as error:
            raise _refused(error.code, error.message, name, error.line) from None
        except Undecodable as error:
            raise _refused("not-utf8", not_utf8(name), name, error.line) from None
        except OSError as error:
            message = N_("{name} cannot be read: {reason}.")
            raise _refused("unreadable-file", Said(message, name=Quoted(name), reason=why(error))) from None

    def claim(self, name: str) -> None:
        """Have a file of data frozen and sealed with the plan."""
        try:
            self._lint.include(name)
        except UnusableFile as error:
            raise _refused(error.code, error.message, name, error.line) from None


def needs(spec: PsqlSpec) -> Needs:
    """psql, of which an older one may lack what the script asks of it."""
    return Needs(programs=(Program("psql", "lacks"),), texts=tuple(spec.variables.values()))


def beyond_witness(spec: PsqlSpec, read: Read) -> bool:
    """Whether the script may do more than its transaction, whose end the witness tells."""
    return reach(spec.file, spec.variables.values(), read).outside


def rows_behind(spec: PsqlSpec) -> bool:
    """The row of a script of transactions of its own is written behind them."""
    return not spec.single_transaction


def touches(spec: PsqlSpec, looking: Looking) -> Touches:
    """The script's relations, and those of the files that it includes."""
    return _touched(spec.file, looking, [])


def _touched(name: str, looking: Looking, above: list[str]) -> Touches:
    """Where only the moment can tell which files it includes, the whole database."""
    text = looking.file(name)
    if text is None or len(text) > LONGEST or name in above or len(above) > _INCLUDES:
        return WHOLE
    found = looking.text(text)
    if _UNTOLD.search(text):
        found |= WHOLE
    for command, written in _INCLUDE.findall(text):
        base = posixpath.dirname(name) if "r" in command.removeprefix("include") else ""
        included = posixpath.normpath(posixpath.join(base, written.strip("'\"")))
        found |= _touched(included, looking, [*above, name])
    return found


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Exit status and output."""
    return [
        (key, evidence[key]) for key in ("exit_status", "seconds", "output_bytes", "replication") if key in evidence
    ]


TEXTS = {
    "no-prove": N_("It may do more than one transaction can prove: interrupted, without 'prove' it may be undecided."),
    FailReason.END_NOT_REACHED: N_("psql did not come to the end of its script"),
    FailReason.ERRORS_IGNORED: N_("psql met errors and its script went on"),
    FailReason.TRANSACTION_LEFT: N_("the script ended the transaction that was begun for it"),
    FailReason.READ_ONLY: N_("a change was refused: behind the transaction begun for it, a script may only read"),
    FailReason.TRANSACTION_OPEN: N_("the script left a transaction open, which is rolled back"),
    FailReason.SESSION_REPLACED: N_("the script went on in another session than the one it began in"),
    FailReason.ROLE_CHANGED: N_("the script went on as another role than the step's"),
    FailReason.ASYNCHRONOUS_COMMIT: N_("the script made its commit asynchronous, which a crash may lose"),
}

KIND = Kind(
    name="psql", spec=PsqlSpec, execute=execute, fence="child", changes=True, window="always", repeat="after_proof",
    short="file", variables=("variables",), script_variables=("variables",),
    row_security=lambda spec: bool(spec.row_security == "on"),  says_proof=True, commit_tells=True, texts=TEXTS,
    beyond_witness=beyond_witness, rows_behind=rows_behind, error_of=error_of, lint=lint, needs=needs,
    touches=touches, facts=facts, executed=lambda spec, read: read(spec.file),
)  # fmt: skip
