"""`http`: one request to an address of the application's, and what the answer must be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.plan.kinds import Finding, Kind, Lint, Needs
from tui.plan.scalars import Duration
from tui.plan.services import Service, mistakes
from tui.steps.context import Context, StepRun
from tui.steps.effects import Failed, Passed
from tui.steps.service import asked, judged
from tui.steps.touched import nothing


class HttpSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A redirection is not followed: it is the answer. Proxies of the environment are not used."""

    url: str
    """The address; `${NAME}` is taken from the environment here, in `headers` and in `body`. `http: "..."` is short
    for it."""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    """What is asked for. An attempt that was interrupted is asked again, whatever it is."""
    headers: dict[str, str] = {}
    """Further headers; keys come from the environment: `{Authorization: "Bearer ${TOKEN}"}`."""
    body: str | None = None
    """What is sent."""
    status: int | None = None
    """The status of the answer; where nothing is said any from 200 to 299."""
    json: dict[str, Any] = {}
    """What must stand in the answer, by where: `{"$.status": ok, "$.replicas[0].lag": 0}`; a text is no number."""
    within: Duration = 10.0
    """How long connection and answer may take; then it has failed."""
    certificate: Duration | None = None
    """For how long its certificate must still be valid: `14d`. An expired one is looked at as well, and named."""


def execute(context: Context, spec: HttpSpec) -> StepRun:
    """Ask once. Nothing that was to be asked and was not says anything of the application."""
    rows = yield from asked(_service(spec))
    evidence: dict[str, Any] = {"checks": rows}
    holds = judged(rows)
    if holds:
        return Passed(evidence=evidence)
    if holds is None:
        return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence)
    failed = [row["name"] for row in rows if row["holds"] is False]
    return Failed(reason=FailReason.NOT_AS_EXPECTED, evidence=evidence | {"failed": failed})


def _service(spec: HttpSpec) -> Service:
    return Service(
        http=spec.url, method=spec.method, headers=spec.headers, body=spec.body, status=spec.status, json=spec.json,
        certificate=spec.certificate, within=spec.within,
    )  # fmt: skip


def lint(lint: Lint) -> Iterable[Finding]:
    """An address, places in an answer, time."""
    yield from mistakes(_service(lint.spec), "url")


def needs(spec: HttpSpec) -> Needs:
    """The variables of address, headers and body."""
    return Needs(texts=(spec.url, *spec.headers.values(), *(() if spec.body is None else (spec.body,))))


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """What was found."""
    return [(row["name"], row) for row in evidence["checks"] if row["found"] is not None]


KIND = Kind(
    name="http", spec=HttpSpec, execute=execute, roleless=True, short="url", lint=lint, needs=needs, touches=nothing,
    facts=facts,
)  # fmt: skip
