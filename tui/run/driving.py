"""Who drives a run: a person step by step, or the engine by itself; and when a person takes over. Pure."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from tui.journal import events as e
from tui.journal.codes import DriveReason
from tui.run import commands as c
from tui.run.state import RunState

ENDING = (c.Execute, c.Skip, c.Sign, c.ByHand, c.Retry, c.Undo, c.Cancel, c.Hold, c.Rollback, c.Amend)
"""Commands with which a person drives: what went on by itself ends with them. `RunTo` and `Drive` say themselves how
the run goes on."""


class Driver(Struct, frozen=True, kw_only=True):
    """Who drives. `how`: `by_hand` (`person` has the helm, None while it is free), `run_to` (on to the step `until`),
    `headless`, `autopilot`, or `rollback`, which goes on by itself whoever drove before; `person` is always who has
    the helm."""

    how: Literal["by_hand", "run_to", "headless", "autopilot", "rollback"]
    person: str | None = None
    until: str | None = None

    @property
    def by_itself(self) -> bool:
        """Whether steps begin without anybody's key."""
        return self.how != "by_hand"


def driver(state: RunState) -> Driver | None:
    """Who drives now; None in a run that is closed or has not been opened."""
    if state.opened is None or state.closed is not None:
        return None
    if state.rolling_back:
        return Driver(how="rollback", person=state.helm)
    until = state.policy.until if state.policy.drive == "run_to" else None
    return Driver(how=state.policy.drive, person=state.helm, until=until)


def taken_over(state: RunState, reason: DriveReason) -> tuple[e.Event, ...]:
    """What a person's coming or deed makes of a run that goes on by itself: nothing begins without them any more."""
    if state.opened is None or state.closed is not None or state.policy.drive == "by_hand":
        return ()
    return (e.RunDriven(policy=by_hand(state.policy), reason=reason),)


def driven(state: RunState, command: c.Command) -> tuple[e.Event, ...]:
    """As `taken_over`, where the command is one that drives."""
    return taken_over(state, DriveReason.COMMANDED) if isinstance(command, ENDING) else ()


def wished(state: RunState, wish: e.Wish | None) -> e.Policy | None:
    """The policy under which another engine goes on; None where it stays as it is."""
    if wish == "by_hand":
        return None if state.policy.drive == "by_hand" else by_hand(state.policy)
    return wish


def by_hand(policy: e.Policy) -> e.Policy:
    """The same under a person's hand. What they decided for a failure counts when the engine drives again; nobody signs
    in their place."""
    return e.Policy(on_failure=policy.on_failure)


def without_goal(policy: e.Policy) -> e.Policy:
    """A run-to that has come to its end, or to a rollback, is over; what goes on without a goal is not."""
    return replace(policy, drive="by_hand", until=None) if policy.drive == "run_to" else policy
