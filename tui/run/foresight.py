"""What will happen without a further key, from a state on: told before the key is pressed. Pure.

Nothing is known here of what the engine does by itself: `next_effects` is asked, what it says is folded, and it is
asked again, as the engine does. Every step is taken to pass, and to last as long as it is expected to; where one fails,
all of this ends there.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tui.journal import events as e
from tui.journal.codes import CancelReason
from tui.journal.line import VERSION, Line
from tui.run import commands as c
from tui.run.clock import expected, rfc3339
from tui.run.decide import decide
from tui.run.fold import apply
from tui.run.next import Append, Interrupt, Recover, Run, Wait, next_effects
from tui.run.order import Refusal
from tui.run.state import RunState
from tui.run.steps import StepState

LIMIT = 400
"""Steps that are looked at, at most: what nobody reads is not worked out."""
_NOTHING = msgspec.Raw(b"{}")


class Due(Struct, frozen=True, kw_only=True):
    """A step that will begin by itself. `signed`: nobody is asked, the policy's text stands for a person's; `at`: the
    instant (seconds since the epoch) for which it waits, None when it follows the one before it."""

    step: str
    number: str
    signed: bool = False
    at: float | None = None


class Foreseen(Struct, frozen=True, kw_only=True):
    """What begins without a further key, in order, companions left out, if every step passes.

    `stop`: for what it then waits (`reason` as in `tui.run.next.Wait`); None where the run is then closed (`closes`,
    with that outcome), and where nobody has looked further (`whole` is False). `at`: the step at which it then stands.
    `rolls_back`: a step that fails begins the rollback by itself.
    """

    due: tuple[Due, ...] = ()
    stop: Wait | None = None
    at: StepState | None = None
    closes: str | None = None
    rolls_back: bool = False
    whole: bool = True


def after(state: RunState, command: c.Command, by: str, wall: float, keep_driving: bool = False) -> RunState | Refusal:
    """The state behind a command, before anything has followed from it."""
    decision = decide(state, command, by, wall, keep_driving)
    return decision if isinstance(decision, Refusal) else _folded(state, decision, by, state.mono, wall)


def announced(
    state: RunState, command: c.Command, by: str, wall: float, keep_driving: bool = False, limit: int = LIMIT
) -> Foreseen | Refusal:
    """What will happen without a further key once the command is given; the step it is about is not among it."""
    behind = after(state, command, by, wall, keep_driving)
    return behind if isinstance(behind, Refusal) else foresee(behind, wall, limit)


def foresee(state: RunState, wall: float, limit: int = LIMIT) -> Foreseen:
    """What will happen without a key from here on. `wall`: seconds since the epoch, now."""
    now, mono = wall, state.mono
    due: list[Due] = []
    waited: float | None = None
    policy = state.policy
    rolls_back = policy.on_failure == "rollback" and policy.drive != "by_hand" and not state.given_up
    if state.barrier is not None:
        # Whatever runs waits for the target, and nothing else begins.
        return Foreseen(stop=Wait(reason="held"))
    for _turn in range(6 * limit):
        if len(due) >= limit:
            break
        effects = next_effects(state, now)
        last = effects[-1]
        if isinstance(last, Append):
            begun = _begun(state, last.events, waited)
            if begun:
                due, waited = [*due, *begun], None
            state = _folded(state, last.events, last.by, mono, now)
            continue
        ended = _ended(state, effects)
        if ended is not None:
            ending, event = ended
            taken = _left(state, ending, mono)
            now, mono = now + taken, mono + taken
            state = _folded(state, (event,), "engine", mono, now)
            continue
        assert isinstance(last, Wait)
        if last.until is not None:
            now, mono, waited = max(now, last.until), mono + max(0.0, last.until - now), last.until
            continue
        closes = None if state.closed is None else state.closed.outcome
        stop = None if closes else last
        at = None if stop is None or stop.step is None else state.steps.get(stop.step)
        return Foreseen(due=tuple(due), stop=stop, at=at, closes=closes, rolls_back=rolls_back and bool(due))
    return Foreseen(due=tuple(due), rolls_back=rolls_back, whole=False)


def _begun(state: RunState, events: Iterable[e.Event], waited: float | None) -> list[Due]:
    found: list[Due] = []
    for event in events:
        if isinstance(event, e.StepSigned) or (isinstance(event, e.StepStarted) and event.companion_of is None):
            signed = isinstance(event, e.StepSigned)
            found.append(Due(step=event.step, number=state.steps[event.step].place.number, signed=signed, at=waited))
    return found


def _ended(state: RunState, effects: Iterable[object]) -> tuple[StepState, e.Event] | None:
    """How the first of what runs comes to its end; a companion ends with the step that it accompanies."""
    companions: tuple[StepState, e.Event] | None = None
    for effect in effects:
        if not isinstance(effect, Run | Recover | Interrupt):
            continue
        at = state.steps[effect.step]
        name = {"step": at.id, "attempt": at.attempt}
        event: e.Event = e.StepPassed(**name, effect="all" if at.group == "main" else "none")  # type: ignore[arg-type]
        if isinstance(effect, Interrupt):
            reason = CancelReason.COMPANION if effect.companion else CancelReason.PERSON
            event = e.StepCancelled(**name, reason=reason, effect=at.residue)  # type: ignore[arg-type]
        if at.step.with_ is None:
            return at, event
        companions = companions or (at, event)
    return companions


def _left(state: RunState, at: StepState, mono: float) -> float:
    """Seconds that it still takes, as far as that is known."""
    planned = expected(state, at)
    return 0.0 if planned is None else max(0.0, planned - (mono - (at.started or mono)))


def _folded(state: RunState, events: Iterable[e.Event], by: str, mono: float, wall: float) -> RunState:
    at = rfc3339(wall)
    for event in events:
        line = Line(VERSION, state.seq + 1, at, mono, event.TYPE, by, _NOTHING, "")
        state = apply(replace(state, seq=line.seq, mono=mono, at=at), event, line)
    return state
