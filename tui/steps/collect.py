"""`collect`: what a query or a program tells, or the hashes of a backup, is kept among the run's artifacts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, Literal

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.plan.kinds import Finding, Kind, Lint, Needs, Program
from tui.plan.scalars import Duration, EarlierStep, disk_need
from tui.said import N_, Quoted
from tui.sql.question import review_question
from tui.sql.quoting import identifier
from tui.steps.child import child_evidence, failed_child
from tui.steps.context import Context, StepRun
from tui.steps.effects import (
    ChildDone,
    Failed,
    KeepOutput,
    KeptArtifact,
    OutputKept,
    Passed,
    RunChild,
    StoreArtifact,
)


class CollectSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Exactly one of `query`, `command` and `checksums_of`. What is taken for a secret is left out of what is kept; the
    rest goes from the server, or the program, into the file, however much it is."""

    query: str | None = None
    """A question, whose rows are kept as CSV. It is asked in a transaction that only reads."""
    command: tuple[str, ...] = ()
    """A program and its arguments that changes nothing; what it prints is kept."""
    checksums_of: EarlierStep | None = None
    """The id of a `backup` step: its files' hashes, as `sha256sum -c` reads them."""
    name: str | None = None
    """The file's name among the artifacts; where nothing is said the step's id and the attempt."""
    limit: str = "64MB"
    """How much of it is kept at most."""
    row_security: Literal["off", "on"] = "off"
    """`off`: rows that policies hide from the role are an error. `on`: they are left out, as the application has it."""
    timeout: Duration | None = None
    """How long it may take; where nothing is said the step's own `timeout`."""


_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,120}")
_WAYS: Final = ("query", "command", "checksums_of")


def execute(context: Context, spec: CollectSpec) -> StepRun:
    """Have it printed, keep what was, with its hash."""
    ending = "csv" if spec.query is not None else "txt" if spec.command else "SHA256SUMS"
    name = spec.name or f"{context.step.id}.{context.attempt}.{ending}"
    if spec.checksums_of is not None:
        return (yield from _checksums(context, spec.checksums_of, name))
    limit = spec.timeout or context.step.timeout
    argv = spec.command
    if spec.query is not None:
        script = f"{context.step.id}.{context.attempt}.sql"
        yield StoreArtifact(name=script, text=_script(context, spec.query, spec.row_security))
        argv = ("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--no-password", f"--file={context.artifacts}/{script}")
    done: ChildDone = yield RunChild(argv=argv, timeout=limit, target=True, authored=spec.query is None)
    evidence = child_evidence(done)
    if done.status != 0:
        return failed_child(done, evidence, "none")
    kept: OutputKept = yield KeepOutput(name=name, limit=disk_need(spec.limit, 0) or 0)
    if kept.error is not None:
        return Failed(reason=FailReason.NOT_KEPT, evidence=evidence | {"error": kept.error})
    evidence |= {"kept_as": name, "bytes": kept.bytes, "sha256": kept.sha256}
    return Passed(evidence=evidence | ({"left_out_bytes": kept.left_out} if kept.left_out else {}))


def _script(context: Context, query: str, policies: str) -> str:
    """The question for psql, which gets its rows as they come."""
    role = "" if context.step.as_ is None else f"set local role {identifier(context.step.as_)};\n"
    begin = f"begin transaction read only;\nset local row_security to {policies};\n{role}"
    asked = query.strip().rstrip(";")
    copy = f"copy (\n{asked}\n) to stdout with (format csv, header)\n;\ncommit;\n"
    return f"set client_min_messages to error;\n{begin}{copy}"


def _checksums(context: Context, of: str, name: str) -> StepRun:
    recorded = context.evidence(of)
    text: str | None = None
    if recorded.get("checksums"):
        text = yield KeptArtifact(name=str(recorded["checksums"]))
    if text is None:
        return Failed(reason=FailReason.NO_BACKUP, evidence={"of": of})
    yield StoreArtifact(name=name, text=text)
    return Passed(evidence={"of": of, "kept_as": name, "bytes": len(text.encode()), "sha256": recorded["sha256"]})


def lint(lint: Lint) -> Iterable[Finding]:
    """One thing to keep, under a plain name; a question that only asks."""
    spec: CollectSpec = lint.spec
    if sum((spec.query is not None, bool(spec.command), spec.checksums_of is not None)) != 1:
        yield Finding(code="collect-what", facts={"keys": _WAYS})
    if spec.name is not None and _NAME.fullmatch(spec.name) is None:
        yield Finding(code="collect-name", facts={"name": Quoted(spec.name)}, key="name")
    if disk_need(spec.limit, 0) is None:
        yield Finding(code="collect-limit", facts={"limit": Quoted(spec.limit)}, key="limit")
    if spec.query is not None:
        for found in review_question(spec.query):
            yield Finding(code=found.code.replace("_", "-"), said=found.message, key="query", level=found.level)
    if spec.checksums_of is not None:
        kind = lint.kinds_of_steps.get(spec.checksums_of)
        if kind is None or not kind.makes_backup:
            yield Finding(code="collect-of", facts={"of": Quoted(spec.checksums_of)}, key="checksums_of")


def needs(spec: CollectSpec) -> Needs:
    """psql, which hands over rows as they come."""
    return Needs(programs=(Program("psql"),) if spec.query is not None else ())


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Under which name it is kept, how much it is, its hash."""
    named = ("kept_as", "bytes", "sha256", "left_out_bytes", "exit_status")
    return [(key, evidence[key]) for key in named if key in evidence]


TEXTS = {
    "collect-what": N_("collect needs exactly one of {keys}"),
    "collect-name": N_("{name} is no plain name of a file"),
    "collect-limit": N_("{limit} is no size such as 64MB"),
    "collect-of": N_("'checksums_of' must name a backup step; {of} is none"),
    FailReason.NOT_KEPT: N_("what was printed could not be kept"),
}

KIND = Kind(
    name="collect", spec=CollectSpec, execute=execute, fence="child", repeat="always", arguments=("command",),
    texts=TEXTS, lint=lint, needs=needs, facts=facts,
)  # fmt: skip
