"""Whether people can be told from here: what speaks to them is installed, and the target has the channels."""

from __future__ import annotations

from tui.engine.preflight.findings import Findings
from tui.plan.extras import lacking
from tui.plan.model import Plan, Target, actions
from tui.said import N_, Quoted, Said
from tui.steps.registry import needs_of


def channel_problems(found: Findings, target: Target, plan: Plan) -> None:
    """Each with the first step that it concerns."""
    told: set[str] = set()
    for step, action in actions(plan):
        needs, at = needs_of(action), f"steps.{step.id}"
        if needs.extra is not None and needs.extra not in told:
            told.add(needs.extra)
            lacks = lacking(needs.extra)
            if lacks is not None:
                found.add("error", "no-extra", lacks, at)
        for name in needs.channels:
            if name not in target.channels:
                text = N_("This target has no channel {channel}; the step would tell nobody, and fail.")
                found.add("error", "no-channel", Said(text, channel=Quoted(name)), at)
