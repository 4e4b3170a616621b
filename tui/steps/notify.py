"""`notify`: people are told, over a channel of the target's, by Apprise in a process of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import Struct

from tui.journal.codes import FailReason
from tui.journal.cut import REPEATED, cut
from tui.journal.events import NotifySent
from tui.plan.kinds import Finding, Kind, Lint, Needs
from tui.plan.template import NAMES, filled, unknown_names
from tui.said import N_, Quoted
from tui.steps.context import Context, StepRun
from tui.steps.effects import Emit, Failed, Passed
from tui.steps.network import Notified, Notify, RunFacts, ServiceTold
from tui.steps.touched import nothing

TITLE: Final = "{plan} ({target})"
_PATIENCE: Final = 60.0
"""Seconds for all services of a channel together."""
_NAMED: Final = 50
"""Services that become evidence one by one."""


class NotifySpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`{plan}`, `{target}`, `{environment}`, `{run}`, `{mode}`, `{status}`, `{phase}`, `{step}` (carried out last),
    `{next}`, `{next.role}`, `{window.opens}`, `{window.closes}`, `{projected_end}`, `{last_safe_rollback}`,
    `{now}`, `{failed}`, `{errors}`, `{reason}` (of the rollback) and `{operator}` in title and text are replaced,
    codes in the plan's language; what nobody knows is `?`, and `{{` is a brace. The step passes when every service
    took it. One that its address marks as `optional=yes` may fail beside one that took it; a redirection, and a
    syslog that nobody listens to, count as failures. That somebody has read it is no machine's to know: let a
    `sign` step follow.
    """

    channel: str
    """A name of the target's `channels`."""
    title: str = TITLE
    """The subject, where a service has one."""
    text: str
    """What is said."""


def execute(context: Context, spec: NotifySpec) -> StepRun:
    """Tell every service of the channel, and say of each what came of it."""
    facts: dict[str, str] = yield RunFacts()
    title, text = filled(spec.title, facts), filled(spec.text, facts)
    target = context.plan.targets.get(context.target)
    addresses = "" if target is None else target.channels.get(spec.channel, "")
    timeout = context.step.timeout or _PATIENCE
    told: Notified = yield Notify(addresses=addresses, title=title, text=text, timeout=timeout)
    services = [msgspec.to_builtins(service) for service in told.services[:_NAMED]]
    delivered = sum(service.status == "delivered" for service in told.services)
    yield Emit(
        event=NotifySent(
            step=context.step.id, attempt=context.attempt, channel=spec.channel, title=cut(title, REPEATED),
            text=cut(text, REPEATED), services=tuple(services), delivered=delivered, count=len(told.services),
            error=told.error,
        )
    )  # fmt: skip
    evidence: dict[str, Any] = {
        "channel": spec.channel, "count": len(told.services), "delivered": delivered, "services": services,
        "seconds": told.seconds,
    }  # fmt: skip
    if told.error is None and delivered and not any(map(_failed, told.services)):
        return Passed(evidence=evidence)
    if told.error is not None:
        evidence["error"] = told.error
    return Failed(reason=FailReason.NOT_DELIVERED, evidence=evidence)


def _failed(service: ServiceTold) -> bool:
    return service.status == "failed" and not service.optional


def lint(lint: Lint) -> Iterable[Finding]:
    """A text, and places that stand for something."""
    spec: NotifySpec = lint.spec
    if not spec.text.strip():
        yield Finding(code="notify-empty", key="text")
    for key, text in (("title", spec.title), ("text", spec.text)):
        for name in dict.fromkeys(unknown_names(text)):
            facts = {"name": Quoted(name), "names": ", ".join(NAMES)}
            yield Finding(code="unknown-placeholder", facts=facts, key=key)


def needs(spec: NotifySpec) -> Needs:
    """The channel, and who can speak over it."""
    return Needs(channels=(spec.channel,), extra="notify")


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """The channel, and how many services took it."""
    return [(key, evidence[key]) for key in ("channel", "delivered", "count")]


TEXTS = {
    "notify-empty": N_("notify needs a text"),
    "unknown-placeholder": N_("{name} in braces stands for nothing; there are: {names}. A brace is written twice."),
    FailReason.NOT_DELIVERED: N_("not everybody who was to be told has been"),
}

KIND = Kind(
    name="notify", spec=NotifySpec, execute=execute, roleless=True, verbatim=("text",), texts=TEXTS, lint=lint,
    needs=needs, touches=nothing, facts=facts,
)  # fmt: skip
