"""`sign`: a person attests what no machine can know, with a note. The engine never executes it."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.plan.kinds import Attestation, Kind
from tui.said import N_
from tui.steps.context import Context, StepRun
from tui.steps.effects import Failed
from tui.steps.touched import nothing


class SignSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A note is asked for when it is signed: what was seen or done."""

    text: str | None = None
    """What is attested, in whole sentences; shown when it is signed. `sign: "..."` is short for it."""
    expect: str | None = None
    """What the note must tell, such as `channel and time`: the question's label."""
    show: tuple[Literal["metrics", "errors", "feedback", "lessons", "improvements"], ...] = ()
    """What is shown to who signs: `metrics`, the criteria before and now; `errors`, with what resolved them;
    `feedback`; `lessons` and `improvements`, those of earlier runs of the plan among them."""
    wants: Literal["lesson", "improvement"] | None = None
    """What must have been written down in the run before it is signed: a `lesson` (`do RUN lesson TEXT`), or an
    `improvement` with owner and day (`do RUN improve TEXT --owner NAME --due DATE`). A rehearsal's sign-off needs none.
    """
    sign_off: bool = False
    """Whether `--sign-off TEXT` may sign it on a production target as well, where nobody looks. Elsewhere it signs
    every such step."""


def attestation(spec: SignSpec) -> Attestation:
    """What is asked of who signs."""
    return Attestation(text=spec.text, expect=spec.expect, by_policy=spec.sign_off, show=spec.show, wants=spec.wants)


def execute(context: Context, spec: SignSpec) -> StepRun:
    """Signing is a person's command, decided without the engine's drivers; to execute it is a failure."""
    yield from ()
    return Failed(reason=FailReason.NEEDS_SIGNATURE)


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Who signed, and the note."""
    return [(key, evidence[key]) for key in ("signed_by", "note") if key in evidence]


TEXTS: dict[str, str] = {FailReason.NEEDS_SIGNATURE: N_("only a person can sign it")}

KIND = Kind(
    name="sign", spec=SignSpec, execute=execute, signed=True, repeat="never", roleless=True, texts=TEXTS, short="text",
    verbatim=("text",), attestation=attestation, touches=nothing, facts=facts,
)  # fmt: skip
