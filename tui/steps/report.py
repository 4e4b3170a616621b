"""`report`: the run's document so far becomes files among its artifacts, with their hashes as evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, Literal

from msgspec import Struct

from tui.plan.kinds import Finding, Kind, Lint
from tui.plan.scalars import Duration
from tui.said import N_, Quoted
from tui.steps.child import child_evidence, failed_child
from tui.steps.context import Context, StepRun
from tui.steps.effects import MakeReport, Passed, ReportMade
from tui.steps.touched import nothing

Part = Literal["summary", "log", "metrics", "errors", "feedback", "dashboards", "recording", "performance", "tests"]
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,120}")


class ReportSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The document that `virada report` makes, from the journal as it is when the step runs: what comes behind the step
    is not in it. `virada verify RUN --report FILE` says whether a file is that document. `report: true` is all of it,
    `report: [log, errors]` these parts alone."""

    parts: tuple[Part, ...] = ()
    """`summary`, `log`, `metrics`, `errors`, `feedback`, `dashboards`, `recording`, `performance`, `tests`; all of them
    where nothing is said."""
    formats: tuple[Literal["html", "md", "json"], ...] = ("html",)
    """A file in each of these: for a browser and for paper, for a wiki or a ticket, for other programs."""
    name: str | None = None
    """What the files are called, without an ending; where nothing is said the step's id and the attempt."""
    cast: bool = False
    """`true`: an asciicast of the whole run beside it, for any asciinema player. It takes a while of a long run."""
    timeout: Duration | None = None
    """How long each file may take; where nothing is said the step's own `timeout`."""


def execute(context: Context, spec: ReportSpec) -> StepRun:
    """A file in each format."""
    called = spec.name or f"{context.step.id}.{context.attempt}"
    evidence: dict[str, Any] = {}
    documents: list[dict[str, Any]] = []
    for place, format_ in enumerate(dict.fromkeys(spec.formats)):
        made: ReportMade = yield MakeReport(
            name=f"{called}.{format_}", format=format_, parts=spec.parts, cast=spec.cast and not place,
            timeout=spec.timeout or context.step.timeout,
        )  # fmt: skip
        evidence = child_evidence(made.done)
        if made.done.status != 0:
            return failed_child(made.done, evidence, "none")
        documents += made.files
    return Passed(evidence=evidence | {"documents": documents})


def lint(lint: Lint) -> Iterable[Finding]:
    """A format, and a plain name."""
    spec: ReportSpec = lint.spec
    if not spec.formats:
        yield Finding(code="report-formats", key="formats")
    if spec.name is not None and _NAME.fullmatch(spec.name) is None:
        yield Finding(code="report-name", facts={"name": Quoted(spec.name)}, key="name")


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """The files, each with its size and hash."""
    return [(key, evidence[key]) for key in ("documents", "exit_status") if key in evidence and evidence[key] != 0]


TEXTS = {
    "report-formats": N_("report needs at least one format"),
    "report-name": N_("{name} is no plain name of a file"),
}

KIND = Kind(
    name="report", spec=ReportSpec, execute=execute, fence="child", repeat="always", roleless=True, short="parts",
    texts=TEXTS, lint=lint, touches=nothing, facts=facts,
)  # fmt: skip
