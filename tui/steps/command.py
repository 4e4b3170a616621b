"""`command`: a program of the plan's own, run on the jump host in its own process group."""

from __future__ import annotations

import posixpath
from collections.abc import Generator, Iterable
from typing import Any, Literal

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.journal.events import Effect
from tui.plan.kinds import Finding, Kind, Lint, Needs
from tui.plan.scalars import Duration, File
from tui.said import N_, Quoted
from tui.steps.child import child_evidence, failed_child
from tui.steps.context import Context, StepRun
from tui.steps.effects import ChildDone, Failed, KeptArtifact, Passed, ReadOutput, RunChild, StoreArtifact
from tui.steps.effects import Effect as Fx
from tui.steps.locks import settings_of
from tui.steps.results import TestResults, of_junit, of_tap

_LONGEST = 16 * 1024 * 1024
"""Bytes of tests' results that are read; nobody knows what longer ones say."""


class CommandSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """It runs in a working directory of its own that holds the plan's files and is gone when it ends; what it is to
    leave behind it writes elsewhere, for example below `$VIRADA_ARTIFACTS`. What it does through libpq it does on the
    plan's target, in sessions that begin with these limits.
    """

    run: tuple[str, ...]
    """The program and its arguments; no shell is between. `command: [program, argument]` is short for it. One of the
    plan's own (`./migrate.sh`) is named in `files` too."""
    environment: dict[str, str] = {}
    """Variables for the program, beside those of the engine. `${NAME}` is taken from the environment."""
    expect_status: int = 0
    """The exit status that means success."""
    files: tuple[File, ...] = ()
    """Files beside the plan that it needs; they are frozen, sealed, and stand in its working directory, which is gone
    when it ends."""
    lock_timeout: Duration | None = 0.5
    """The lock_timeout that its sessions begin with. `0` is no limit. With its unit: `500ms`, `2s`."""
    statement_timeout: Duration | None = None
    """How long one statement may take, as PostgreSQL's setting of this name; nothing, or `0`, is no limit."""
    row_security: Literal["off", "on"] = "off"
    """`off`: a statement that row-level security would cut short is an error, so that not half of the rows are meant
    unnoticed. `on`: policies apply as they do for the application."""
    tap: bool = False
    """`true`: it prints TAP, as pgTAP by psql or `pg_prove --verbose` do (pg_prove's summary will do): a test that
    failed, fewer tests than planned or none are a failure, whatever the exit status."""
    junit: str | None = None
    """The JUnit XML that it writes, a name below `$VIRADA_ARTIFACTS`: read as `tap` is."""
    timeout: Duration | None = None
    """How long it may take before it is ended; where nothing is said the step's own `timeout`."""


def execute(context: Context, spec: CommandSpec) -> StepRun:
    """Run it; its exit status decides. What it did in the database only the step's proof can tell, or the plan, which
    says that it changes nothing."""
    if spec.junit is not None:
        # What an earlier attempt left there is none of this one's.
        yield StoreArtifact(name=spec.junit, text="")
    done: ChildDone = yield RunChild(
        argv=spec.run, environment=spec.environment, timeout=spec.timeout or context.step.timeout, target=True,
        authored=True, settings=settings_of(context, spec), changes=True, files=True,
    )  # fmt: skip
    evidence = child_evidence(done)
    effect: Effect = "none" if context.step.changes is False else "unknown"
    ended = done.status is not None and done.status >= 0 and not done.timed_out and done.severed is None
    failed = None
    if ended and (spec.tap or spec.junit is not None):
        failed, told = yield from _tests(spec)
        evidence |= told
    if failed == FailReason.TESTS_FAILED:
        return Failed(reason=failed, evidence=evidence, effect=effect)
    if done.status != spec.expect_status or not ended:
        return failed_child(done, evidence, effect)
    if failed is not None:
        return Failed(reason=failed, evidence=evidence | {"tail": done.tail}, effect=effect)
    return Passed(evidence=evidence, effect=effect)


def _tests(spec: CommandSpec) -> Generator[Fx, Any, tuple[FailReason | None, dict[str, Any]]]:
    """What its tests found: why it fails, and what of it is told."""
    texts: list[TestResults | None] = []
    if spec.tap:
        printed: str | None = yield ReadOutput(limit=_LONGEST)
        texts.append(None if printed is None else of_tap(printed))
    if spec.junit is not None:
        written: str | None = yield KeptArtifact(name=spec.junit, limit=_LONGEST)
        texts.append(None if written is None else of_junit(written))
    known = [results for results in texts if results is not None]
    told = {} if not known else {"tests": known[0].facts() if len(known) == 1 else [one.facts() for one in known]}
    if any(results.failed for results in known):
        return FailReason.TESTS_FAILED, told
    if len(known) < len(texts) or any(results.none or results.cut for results in known):
        return FailReason.NO_TESTS, told
    return None, told


def lint(lint: Lint) -> Iterable[Finding]:
    """Something to run, which is there."""
    spec: CommandSpec = lint.spec
    if not spec.run:
        yield Finding(code="command-empty", key="run")
        return
    if spec.junit is not None and (spec.junit != posixpath.basename(spec.junit) or spec.junit in ("", ".", "..")):
        yield Finding(code="command-junit", facts={"name": Quoted(spec.junit)}, key="junit")
    program = spec.run[0]
    own = "/" in program and not program.startswith("/")
    if own and posixpath.normpath(program) not in map(posixpath.normpath, spec.files):
        yield Finding(code="command-file", facts={"name": Quoted(program)}, key="run", level="warning")


def needs(spec: CommandSpec) -> Needs:
    """The variables that its own are made of."""
    return Needs(texts=tuple(spec.environment.values()))


def exit_status(spec: CommandSpec) -> int:
    """By which it says that it is done."""
    return spec.expect_status


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Exit status and output."""
    return [(key, evidence[key]) for key in ("exit_status", "tests", "seconds", "output_bytes") if key in evidence]


TEXTS = {
    "command-empty": N_("command needs a program to run"),
    "command-junit": N_("{name} is no name of a file below $VIRADA_ARTIFACTS"),
    FailReason.TESTS_FAILED: N_("tests failed"),
    FailReason.NO_TESTS: N_("what its tests found is not known, or not all of it"),
    "command-file": N_("{name} is looked for among the plan's files; name it in `files`, so that it is there."),
}

KIND = Kind(
    name="command", spec=CommandSpec, execute=execute, fence="child", changes=False, window="unless_said",
    repeat="after_proof", short="run", arguments=("run",), variables=("environment",),
    row_security=lambda spec: bool(spec.row_security == "on"),
    exit_status=exit_status, texts=TEXTS, lint=lint, needs=needs, facts=facts,
)  # fmt: skip
