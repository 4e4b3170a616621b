"""`command`: a program of the plan's own, run on the jump host in its own process group."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct

from tui.journal.events import Effect
from tui.plan.kinds import Finding, Kind, Lint, Needs
from tui.plan.scalars import Duration, File
from tui.said import N_, Quoted
from tui.steps.child import child_evidence, failed_child
from tui.steps.context import Context, StepRun
from tui.steps.effects import ChildDone, Passed, RunChild
from tui.steps.locks import settings_of


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
    timeout: Duration | None = None
    """How long it may take before it is ended; where nothing is said the step's own `timeout`."""


def execute(context: Context, spec: CommandSpec) -> StepRun:
    """Run it; its exit status decides. What it did in the database only the step's proof can tell, or the plan, which
    says that it changes nothing."""
    done: ChildDone = yield RunChild(
        argv=spec.run, environment=spec.environment, timeout=spec.timeout or context.step.timeout, target=True,
        authored=True, settings=settings_of(context, spec), changes=True, files=True,
    )  # fmt: skip
    evidence = child_evidence(done)
    effect: Effect = "none" if context.step.changes is False else "unknown"
    if done.status == spec.expect_status and not done.timed_out:
        return Passed(evidence=evidence, effect=effect)
    return failed_child(done, evidence, effect)


def lint(lint: Lint) -> Iterable[Finding]:
    """Something to run, which is there."""
    spec: CommandSpec = lint.spec
    if not spec.run:
        yield Finding(code="command-empty", key="run")
        return
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
    return [(key, evidence[key]) for key in ("exit_status", "seconds", "output_bytes") if key in evidence]


TEXTS = {
    "command-empty": N_("command needs a program to run"),
    "command-file": N_("{name} is looked for among the plan's files; name it in `files`, so that it is there."),
}

KIND = Kind(
    name="command", spec=CommandSpec, execute=execute, fence="child", changes=False, window="unless_said",
    repeat="after_proof", short="run", arguments=("run",), variables=("environment",),
    exit_status=exit_status, texts=TEXTS, lint=lint, needs=needs, facts=facts,
)  # fmt: skip
