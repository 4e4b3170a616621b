"""When people count as told: by what came of each service, and not by what a library calls a success."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import Played, play
from tui.plan.model import Plan, Target
from tui.steps.effects import Effect, Failed, Passed
from tui.steps.network import Notified, Notify, RunFacts, ServiceTold
from tui.steps.notify import KIND

PLAN = Plan(name="P", targets={"demo": Target(environment="development", channels={"team": "${TEAM_URL}"})})
TAKEN = ServiceTold(name="Slack", url="slack://T...A", status="delivered")
REFUSED = ServiceTold(name="E-Mail", url="mailto://host", status="failed", reason="550")
MAY_FAIL = ServiceTold(name="JSON", url="json://host", status="failed", optional=True)
SENT = ServiceTold(name="Remote Syslog", url="rsyslog://host", status="unconfirmed")
CUT = {"code": "no_answer_in_time", "facts": {}}


def told(*services: ServiceTold, error: Any = None, channel: str = "team", **spec: Any) -> Played:
    def answer(effect: Effect) -> Any:
        if isinstance(effect, RunFacts):
            return {"plan": "P", "next": "Migrate"}
        return Notified(services=services, error=error, seconds=1.0)

    return play(KIND, {"channel": channel, "text": "{next} of {plan}, {projected_end}"} | spec, answer, plan=PLAN)


@pytest.mark.parametrize(
    ("services", "error", "passes"),
    [
        ((TAKEN,), None, True),
        ((TAKEN, MAY_FAIL), None, True),
        ((TAKEN, SENT), None, True),
        ((TAKEN, REFUSED), None, False),
        ((MAY_FAIL,), None, False),
        ((SENT,), None, False),
        ((), None, False),
        ((TAKEN,), CUT, False),
    ],
)
def test_everybody_who_must_be_told_is_or_the_step_fails(
    services: tuple[ServiceTold, ...], error: Any, passes: bool
) -> None:
    played = told(*services, error=error)
    (sent,) = played.emitted
    assert isinstance(played.ended, Passed if passes else Failed)
    evidence = played.ended.evidence
    assert evidence["count"] == len(services) == sent.count and evidence["delivered"] == sent.delivered
    assert evidence.get("error") == error == sent.error
    assert isinstance(played.ended, Passed) or played.ended.reason == "not_delivered"


def test_what_is_said_has_the_facts_of_the_run_and_addresses_stay_variables() -> None:
    (asked,) = told(TAKEN, title="{plan}: {{1}}").of(Notify)
    assert (asked.title, asked.text, asked.addresses) == ("P: {1}", "Migrate of P, ?", "${TEAM_URL}")


def test_a_channel_that_the_target_does_not_have_has_no_addresses() -> None:
    (asked,) = told(channel="users").of(Notify)
    assert asked.addresses == ""
