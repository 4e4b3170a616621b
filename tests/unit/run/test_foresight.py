"""What is announced before a key is pressed is what then happens without a further one."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.run.runs import (
    ANA,
    AUTOMATIC,
    OPENED,
    TARGET,
    UNSIGNED,
    Driven,
    companion,
    listed,
    phase,
    plan,
    query,
    rollback,
    section,
    sign,
    sql,
)
from tests.unit.run.test_fold import ACTS, COMMANDS, POLICIES, a_plan, act, command, targets
from tests.unit.run.world import World
from tui.journal import events as e
from tui.plan.model import Plan
from tui.run import commands as c
from tui.run.foresight import Foreseen, announced, foresee
from tui.run.next import Append, Interrupt, Run, Wait, next_effects
from tui.run.order import Refusal


def goes_on(run: Driven) -> tuple[list[tuple[str, bool]], Wait, str | None]:
    """Let everything that runs pass, and time come, until nothing happens without a person: which steps began or were
    signed, companions left out, and why it stands."""
    began: list[tuple[str, bool]] = []
    run.tick = 0.0
    for _ in range(40 * len(run.state.steps) + 100):
        effects = next_effects(run.state, run.wall)
        last = effects[-1]
        if isinstance(last, Append):
            for event in last.events:
                if isinstance(event, e.StepStarted) and event.companion_of is None:
                    began.append((event.step, False))
                elif isinstance(event, e.StepSigned):
                    began.append((event.step, True))
            run.append(*last.events, by=last.by)
            continue
        doing = [d for d in effects if not isinstance(d, Wait)]
        doing.sort(key=lambda d: run.at(d.step).step.with_ is not None)  # type: ignore[attr-defined]
        if doing and run.state.barrier is None:
            first = doing[0]
            at = run.at(first.step)  # type: ignore[attr-defined]
            if isinstance(first, Interrupt):
                reason = "companion" if first.companion else "person"
                run.append(e.StepCancelled(step=at.id, attempt=at.attempt, reason=reason))
            else:
                run.append(e.StepPassed(step=at.id, attempt=at.attempt, effect="all"))
            continue
        assert isinstance(last, Wait)
        if last.until is None:
            return began, last, None if run.state.closed is None else run.state.closed.outcome
        run.sleep(last.until - run.wall)
    raise AssertionError("it does not come to rest")


def seen(told: Foreseen | Refusal) -> tuple[list[str], str]:
    """The steps that begin by themselves, and where it ends."""
    assert isinstance(told, Foreseen), told
    end = told.closes or (f"{told.stop.reason} {told.stop.step or ''}".rstrip() if told.stop is not None else "")
    return [due.step + " signed" * due.signed for due in told.due], end


def same(told: Foreseen, run: Driven) -> None:
    began, wait, outcome = goes_on(run)
    assert told.whole
    assert [(due.step, due.signed) for due in told.due] == began
    assert told.closes == outcome
    if outcome is None:
        assert told.stop == wait


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    of=a_plan(), policy=POLICIES, window=st.booleans(), acts=ACTS, what=st.sampled_from(COMMANDS),
    where=st.integers(0, 2**16), keep=st.booleans(),
)  # fmt: skip
def test_what_is_announced_is_what_then_happens(
    of: Plan, policy: e.Policy, window: bool, acts: list[tuple[str, int, int, bool]], what: str, where: int, keep: bool
) -> None:
    world = World(of, policy, window=window)
    world.go()
    for name, one, two, at_once in acts:
        act(world, name, one, two, at_once)
    run = world.run
    run.watch, run.tick = None, 0.0
    asked = command(what, targets(run.state)[where % len(targets(run.state))])
    told = announced(run.state, asked, ANA, run.wall, keep)
    decision = run.ask(asked, keep_driving=keep)
    assert isinstance(told, Refusal) is isinstance(decision, Refusal)
    # Without an accepted command: what happens although no key is pressed.
    same(foresee(run.state, run.wall) if isinstance(told, Refusal) else told, run)


def test_by_hand_nothing_follows_but_what_accompanies_the_step() -> None:
    run = Driven(listed(sql("a"), companion("w", "a"), sql("b")))
    assert seen(announced(run.state, c.Execute(step="a"), ANA, run.wall)) == ([], "person b")
    assert seen(foresee(run.state, run.wall)) == ([], "person a")


def test_a_signature_that_keeps_the_drive_says_what_runs_then() -> None:
    run = Driven(listed(sign("a"), sql("b"), query("d"), sign("f"), sql("g")), policy=UNSIGNED)
    run.go()
    signing = c.Sign(step="a", note="seen")
    assert seen(announced(run.state, signing, ANA, run.wall, keep_driving=True)) == (["b", "d"], "person f")
    assert seen(announced(run.state, signing, ANA, run.wall)) == ([], "person b")


def test_headless_with_a_sign_off_signs_goes_on_to_the_end_and_closes() -> None:
    run = Driven(listed(sql("a"), sign("b"), query("d")), policy=AUTOMATIC)
    told = foresee(run.state, run.wall)
    assert seen(told) == (["a", "b signed", "d"], "completed")
    assert [due.number for due in told.due] == ["1.1.1", "1.1.2", "1.1.3"]


def test_a_phase_that_starts_later_is_told_with_its_time() -> None:
    run = Driven(plan(phase(section(sql("a"))), phase(section(sql("b")), starts=120.0)), window=True, policy=UNSIGNED)
    told = foresee(run.state, run.wall)
    # The window opens a minute behind the run.
    assert [(due.step, due.at) for due in told.due] == [("a", None), ("b", OPENED + 180)]


def test_a_run_to_stops_before_what_is_dangerous() -> None:
    run = Driven(listed(sql("a"), sql("b", confirm="typed"), sql("d")))
    told = announced(run.state, c.RunTo(step="d"), ANA, run.wall)
    assert seen(told) == (["a"], "typed b")


def test_a_failure_that_would_roll_back_by_itself_is_told() -> None:
    policy = e.Policy(drive="headless", on_failure="rollback")
    run = Driven(listed(sql("a"), sql("b")), policy=policy)
    assert foresee(run.state, run.wall).rolls_back
    # What was decided for a failure holds again as soon as the engine drives: that is said before the key.
    run.ask(c.Hold())
    run.ask(c.Resume())
    told = announced(run.state, c.RunTo(step="b"), ANA, run.wall)
    assert isinstance(told, Foreseen) and told.rolls_back


def test_a_rollback_goes_on_by_itself_up_to_what_a_person_signs() -> None:
    back = (phase(section(undo_applied=True), section(query("r1"), sign("r2"), query("r3"))),)
    run = Driven(listed(sql("a"), sql("b"), sql("d"), back=back))
    for step in "ab":
        run.do(c.Execute(step=step))
        run.passed(step)
    told = announced(run.state, rollback(), ANA, run.wall)
    assert seen(told) == (["undo.b", "undo.a", "r1"], "person r2")
    assert isinstance(told, Foreseen) and told.due[0].number == "U1.1.2"


def test_what_nobody_reads_is_not_worked_out() -> None:
    run = Driven(listed(*(sql(f"s{n}") for n in range(30))), policy=UNSIGNED)
    told = foresee(run.state, run.wall, limit=10)
    assert len(told.due) == 10 and not told.whole and told.stop is None


@pytest.mark.parametrize("held", [True, False])
def test_a_run_that_is_held_begins_nothing(held: bool) -> None:
    run = Driven(listed(sql("a"), sql("b")), policy=UNSIGNED)
    if held:
        run.append(e.RunHeld(reason="coffee"), by=ANA)
        assert foresee(run.state, run.wall).stop == Wait(reason="held")
    else:
        run.append(e.RunHeld(code="other_timeline"))
        run.append(e.StepStarted(step="a", attempt=1))
        assert foresee(run.state, run.wall).stop == Wait(reason="held")
    assert TARGET == "demo" and next_effects(run.state, run.wall)[:1] != (Run(step="b", attempt=1),)
