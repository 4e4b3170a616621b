"""Which changed plan takes the place of the one in force: what has begun stays, and so does the target."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.unit.run.runs import ANA, OPENED, Driven, companion, listed, phase, plan, query, rollback, section, sign, sql
from tui.journal import events as e
from tui.plan.model import (
    Action,
    Canary,
    Dependency,
    Guard,
    Member,
    Phase,
    PhaseWindow,
    Plan,
    Quality,
    Target,
    Trigger,
    Window,
)
from tui.run import commands as c
from tui.run.amend import ProposedPlan
from tui.run.confirmation import beginning
from tui.run.decide import decide
from tui.run.differing import PlanText, differing
from tui.run.order import Refusal
from tui.run.state import RunState
from tui.words.amendments import amendment_lines

SEAL, WORK, BASE = "ee" * 32, "ff" * 32, "5e" * 32
OTHER: dict[str, Any] = {"spec": {"text": "select 2"}}
FILE: dict[str, Any] = {"kind": "sql", "spec": {"file": "a.sql"}}


def text(of: Plan, **files: str) -> PlanText:
    """Files by their names without `.sql`."""
    named = {f"{name}.sql": content for name, content in files.items()}
    uses = {step.id: (step.spec["file"],) for p in of.phases for s in p.sections for step in s.steps
            if "file" in step.spec}  # fmt: skip
    return PlanText(plan=of, digests={name: content * 8 for name, content in named.items()}, uses=uses,
                    text=named.get)  # fmt: skip


def proposal(state: RunState, after: Plan, *, seal: str = SEAL, work: str = WORK, rehearsed: bool | None = False,
             was: dict[str, str] | None = None, now: dict[str, str] | None = None) -> ProposedPlan:  # fmt: skip
    assert state.opened is not None
    found = differing(text(state.opened.plan, **(was or {})), text(after, **(now or {})))
    event = e.RunAmended(plan=after, seal=seal, work=work, reason="", steps=found.steps, files=found.files,
                         parts=found.parts, rehearsed=rehearsed)  # fmt: skip
    return ProposedPlan(event=event, base=state.opened.seal)


def asked(run: Driven, after: Plan, *, command: dict[str, Any] | None = None, **more: Any) -> e.RunAmended | Refusal:
    """Decided, and appended where it is accepted."""
    assert run.state.opened is not None
    wanted = c.Amend(
        **{"base": run.state.opened.seal, "seal": more.get("seal", SEAL), "reason": "a typo"} | (command or {})
    )
    decision = decide(run.state, wanted, ANA, run.wall, proposal=proposal(run.state, after, **more))
    if isinstance(decision, Refusal):
        return decision
    run.append(*decision, by=ANA)
    event = decision[-1]
    assert isinstance(event, e.RunAmended)
    return event


def refused(run: Driven, after: Plan, **more: Any) -> str:
    decision = asked(run, after, **more)
    assert isinstance(decision, Refusal), decision
    return decision.code


def begun(run: Driven, step: str, outcome: type[e.StepOutcome] | None = e.StepPassed, **more: Any) -> Driven:
    attempt = run.state.steps[step].attempt + 1
    run.append(e.StepStarted(step=step, attempt=attempt))
    if outcome is not None:
        run.append(outcome(step=step, attempt=attempt, **more))
    return run


def on_production(of: Plan, **target: Any) -> Driven:
    """A run whose target is production."""
    targets = {"demo": Target(environment="production", dsn="x", **target)}
    of = msgspec.structs.replace(of, targets=targets)
    run = Driven(of)
    assert run.state.opened is not None
    opened = msgspec.structs.replace(run.state.opened, environment="production", mode="live")
    run.append(opened)
    return run


def test_what_has_not_begun_may_change_come_and_go() -> None:
    run = begun(Driven(listed(sql("a"), sql("b"), sign("d"))), "a", effect="all")
    event = asked(run, listed(sql("a"), query("n"), sql("b", **OTHER)))
    assert isinstance(event, e.RunAmended) and event.reason == "a typo"
    assert {change.step: change.how for change in event.steps} == {"n": "added", "b": "changed", "d": "removed"}
    changed = next(change for change in event.steps if change.step == "b")
    assert changed.difference.splitlines()[-3:] == ["-  text: select 1", "+  text: select 2", " undo:"] or (
        "-  text: select 1\n+  text: select 2" in changed.difference
    )
    assert [at.id for at in run.state.steps] == ["a", "n", "b"]


@pytest.mark.parametrize(
    ("outcome", "more", "may"),
    [
        (None, {}, False),
        (e.StepPassed, {"effect": "all"}, False),
        (e.StepFailed, {"effect": "none"}, True),
        (e.StepFailed, {"effect": "some"}, False),
        (e.StepFailed, {"effect": "unknown"}, False),
        (e.StepCancelled, {"effect": "none"}, True),
        (e.StepSkipped, {}, False),
        (e.StepByHand, {"effect": "unknown"}, False),
    ],
)
def test_only_what_has_left_nothing_may_change(outcome: type[e.StepOutcome] | None, more: dict[str, Any],
                                               may: bool) -> None:  # fmt: skip
    run = begun(Driven(listed(sql("a"), sql("b"))), "a", outcome, **more)
    decision = asked(run, listed(sql("a", **OTHER), sql("b")))
    assert isinstance(decision, e.RunAmended) if may else decision.code == "amend-step"  # type: ignore[union-attr]


def test_an_undecided_one_may_not_and_one_that_was_taken_back_may() -> None:
    run = begun(Driven(listed(sql("a"), sql("b"))), "a", None)
    run.append(e.StepFate(step="a", attempt=1, fate="undecided", reason="other_timeline"))
    assert refused(run, listed(sql("a", **OTHER), sql("b"))) == "amend-step"
    run = begun(Driven(listed(sql("a"), sql("b"))), "a", effect="all")
    run.append(e.StepUndone(step="a", attempt=1))
    assert isinstance(asked(run, listed(sql("a", **OTHER), sql("b"))), e.RunAmended)


def test_the_undo_of_what_is_applied_belongs_to_it() -> None:
    run = begun(Driven(listed(sql("a"), sql("b"))), "a", effect="all")
    undo = Action(kind="sql", spec={"text": "select 9"})
    assert refused(run, listed(sql("a", undo=undo), sql("b"))) == "amend-step"


def test_a_file_that_something_applied_uses_stays_and_others_may_change() -> None:
    files = listed(sql("a", **FILE), sql("b", kind="sql", spec={"file": "b.sql"}))
    run = begun(Driven(files), "a", effect="all")
    was = {"a": "one", "b": "two"}
    decision = asked(run, files, was=was, now={"a": "ONE", "b": "two"})
    assert isinstance(decision, Refusal) and decision.code == "amend-file" and decision.facts["file"] == "a.sql"
    event = asked(run, files, was=was, now={"a": "one", "b": "TWO"})
    assert isinstance(event, e.RunAmended)
    assert [(change.step, change.how, change.files) for change in event.steps] == [("b", "changed", ("b.sql",))]
    assert [(file.name, "-two\n+TWO" in file.difference) for file in event.files] == [("b.sql", True)]


def test_nothing_comes_before_what_has_begun_nor_changes_its_place() -> None:
    run = begun(Driven(listed(sql("a"), sql("b"), sql("d"))), "a", effect="all")
    begun(run, "b", None)
    assert refused(run, listed(query("n"), sql("a"), sql("b"), sql("d"))) == "amend-order"
    assert refused(run, listed(sql("a"), query("n"), sql("b"), sql("d"))) == "amend-order"
    assert refused(run, listed(sql("b"), sql("a"), sql("d"))) == "amend-order"
    assert refused(run, listed(sql("b"), sql("d"))) == "amend-removed"
    parallel = plan(phase(section(sql("a"), sql("b"), sql("d"), parallel=True)))
    assert refused(run, parallel) == "amend-order"
    assert isinstance(asked(run, listed(sql("a"), sql("b"), query("n"), sql("d"))), e.RunAmended)
    assert isinstance(asked(run, listed(sql("a"), sql("b"), sql("d"), query("n")), seal="e1" * 32), e.RunAmended)
    assert [at.id for at in run.state.steps] == ["a", "b", "d", "n"]


def test_one_that_has_begun_and_left_nothing_stays_in_the_plan() -> None:
    run = begun(Driven(listed(sql("a"), sql("b"))), "a", e.StepFailed, effect="none")
    assert refused(run, listed(sql("b"))) == "amend-removed"


def test_whatever_else_is_changed_is_told_by_its_name() -> None:
    replace = msgspec.structs.replace

    def of(*phases: Phase, back: tuple[Phase, ...] = (), **more: Any) -> Plan:
        return replace(plan(*phases, back=back), **more)

    was = of(phase(section(sql("a"), sql("b"))), back=(phase(section(query("r"))),))
    run = Driven(was)
    slower = phase(section(sql("a"), sql("b"), estimate=3600.0))
    back = (phase(section(query("r"), undo_applied=True)),)
    after = of(slower, back=back, locale="en", team=(Member(role="DBA", name="Ana"),),
               dependencies=(Dependency(tcp="cache:6379"),))  # fmt: skip
    event = asked(run, after)
    assert isinstance(event, e.RunAmended) and event.steps == () and event.files == ()
    told = {change.part: change.difference for change in event.parts}
    assert set(told) == {"locale", "team", "dependencies", "phases", "rollback.phases"}
    assert "+  estimate: 3600.0" in told["phases"].splitlines() and "Ana" in told["team"]
    assert "cache:6379" in told["dependencies"] and "+  undo_applied: true" in told["rollback.phases"].splitlines()
    assert "select" not in "".join(told.values()), "steps are told by themselves"
    known = run.state.amendments[0]
    assert known.parts == event.parts
    assert any(line.startswith("  also changed: ") and "the team" in line for line in amendment_lines(known))
    again = asked(run, replace(after, phases=(replace(slower, title="Another"),)), seal="e1" * 32)
    assert isinstance(again, e.RunAmended) and [change.part for change in again.parts] == ["phases"]
    longer = asked(run, replace(run.state.opened.plan, team=()), seal="e2" * 32)  # type: ignore[union-attr]
    assert isinstance(longer, e.RunAmended) and [change.part for change in longer.parts] == ["team"]


def test_a_running_companion_stays_and_another_may_join_a_step_that_has_not_begun() -> None:
    of = listed(sql("a"), companion("w", "a"), sql("b"))
    run = begun(Driven(of), "a", None)
    begun(run, "w", None)
    assert refused(run, listed(sql("a"), companion("w", "a", timeout=3.0),
                               sql("b"))) == "amend-step"  # fmt: skip
    assert isinstance(asked(run, listed(sql("a"), companion("w", "a"), sql("b"), companion("v", "b"))), e.RunAmended)
    assert run.state.steps["w"].status == "running" and run.state.companions["b"] == ("v",)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("name", {"name": "another"}),
        ("canary", {"canary": Canary(sql="select 1")}),
        ("success", {"success": (Guard(metric="cpu", below=0.7),)}),
        ("quality", {"quality": (Quality(title="It works", steps=("a",)),)}),
        ("targets", {"targets": {"demo": Target(environment="development", dsn="y")}}),
        ("targets", {"targets": {"demo": Target(environment="production", dsn="x")}}),
        ("targets", {"targets": {}}),
    ],
)
def test_the_target_and_what_is_watched_stay(part: str, change: dict[str, Any]) -> None:
    run = Driven(listed(sql("a")))
    assert run.state.opened is not None
    decision = asked(run, msgspec.structs.replace(run.state.opened.plan, **change))
    assert isinstance(decision, Refusal) and (decision.code, decision.facts) == ("amend-part", {"part": part})


def test_triggers_stay() -> None:
    run = Driven(listed(sql("a")))
    assert refused(run, listed(sql("a"), triggers=(Trigger(title="Hot", guard="cpu"),))) == "amend-part"


def windowed(**window: Any) -> Plan:
    given: dict[str, Any] = {"opens": "+1m", "duration": 2700.0, "buffer": 900.0} | window
    return msgspec.structs.replace(
        listed(sql("a")), targets={"demo": Target(environment="development", dsn="x", window=Window(**given))}
    )


def test_the_window_is_made_longer_at_any_time_and_moved_before_it_opens() -> None:
    run = Driven(windowed(), window=True)
    assert run.state.opened is not None and run.state.opened.window is not None
    before = run.state.opened.window
    event = asked(run, windowed(duration=5400.0))
    assert isinstance(event, e.RunAmended) and event.window is not None
    assert (event.window.opens, event.window.closes) == (before.opens, "2026-11-22T07:46:00.000000Z")
    assert run.state.opened.window == event.window
    event = asked(run, windowed(opens="+30m"), seal="e1" * 32)
    assert isinstance(event, e.RunAmended) and event.window is not None
    assert event.window.opens == "2026-11-22T06:30:02.000000Z", "from the amendment on"
    run.sleep(3600)
    assert run.wall > OPENED + 1802
    assert refused(run, windowed(opens="+40m"), seal="e2" * 32) == "amend-window"
    event = asked(run, windowed(opens="+30m", duration=7200.0), seal="e2" * 32)
    assert isinstance(event, e.RunAmended) and event.window is not None
    assert event.window.opens == "2026-11-22T06:30:02.000000Z", "T+0 stays where it was"
    assert run.state.amendments[-1].before_window is not None and not event.steps


def test_once_the_window_is_open_no_phase_gets_another_opening_of_its_own() -> None:
    run = Driven(windowed(), window=True)
    assert run.state.opened is not None
    plan = run.state.opened.plan
    own = PhaseWindow(opens=0.0, duration=3650 * 86400.0)
    after = msgspec.structs.replace(plan, phases=tuple(msgspec.structs.replace(p, window=own) for p in plan.phases))
    run.sleep(3600)
    assert refused(run, after) == "amend-window"


def test_what_is_moved_on_production_costs_the_name_as_well() -> None:
    run = begun(on_production(listed(sql("a"), sql("b"), sql("c"))), "a", effect="all")
    assert run.state.opened is not None
    after = msgspec.structs.replace(listed(sql("a"), sql("c"), sql("b")), targets=run.state.opened.plan.targets)
    event = asked(run, after, command={"confirm": "demo"})
    assert isinstance(event, e.RunAmended) and {change.how for change in event.steps} == {"moved"}
    run.ask(c.RunTo(step="b"))
    (moved,) = [change.step for change in event.steps]
    assert run.state.steps[moved].amended == 1
    cost = beginning(run.state, run.state.steps[moved], run.wall)
    assert cost is not None and cost.why == "amended"


def test_a_window_of_the_past_or_of_no_time_is_none() -> None:
    run = Driven(windowed(), window=True)
    assert refused(run, windowed(opens="2020-01-01T10:00")) == "amend-window"
    assert refused(run, windowed(opens="2031-02-30T10:00")) == "amend-window"
    assert refused(run, listed(sql("a"))) == "amend-part", "a run keeps the window that it has"


def test_two_amendments_of_one_plan_are_one() -> None:
    run = Driven(listed(sql("a"), sql("b")))
    stale = proposal(run.state, listed(sql("a"), sql("b", **OTHER)), seal="e1" * 32)
    assert isinstance(asked(run, listed(sql("a", **OTHER), sql("b"))), e.RunAmended)
    for base in (BASE, SEAL):
        command = c.Amend(base=base, seal="e1" * 32, reason="late")
        decision = decide(run.state, command, ANA, run.wall, proposal=stale)
        assert isinstance(decision, Refusal) and decision.code == "amend-base"


def test_the_step_began_while_the_plan_was_read() -> None:
    run = Driven(listed(sql("a"), sql("b")))
    late = proposal(run.state, listed(sql("a", **OTHER), sql("b")))
    begun(run, "a", None)
    decision = decide(run.state, c.Amend(base=BASE, seal=SEAL, reason="x"), ANA, run.wall, proposal=late)
    assert isinstance(decision, Refusal) and decision.code == "amend-step"


def test_in_a_rollback_only_its_own_steps_that_have_not_begun_may_change() -> None:
    def of(told: dict[str, Any] | None = None, looked: dict[str, Any] | None = None, b: dict[str, Any] | None = None,
           ) -> Plan:  # fmt: skip
        back = (phase(section(query("told", **(told or {})), query("looked", **(looked or {})))),)
        return listed(sql("a"), sql("b", **(b or {})), back=back)

    run = begun(Driven(of()), "a", effect="all")
    run.do(rollback())
    run.append(e.StepPassed(step="undo.a", attempt=1, effect="all"))
    run.go()
    assert run.state.steps["told"].status == "running"
    assert refused(run, of(b=OTHER)) == "amend-rollback"
    assert refused(run, of(told={"timeout": 3.0})) == "amend-step"
    event = asked(run, of(looked={"timeout": 3.0}))
    assert isinstance(event, e.RunAmended) and event.steps[0].back
    assert run.state.steps["looked"].step.timeout == 3.0 and run.state.rolling_back


def test_it_needs_a_reason_and_on_production_the_name_of_the_target() -> None:
    run = Driven(listed(sql("a"), sql("b")))
    assert refused(run, listed(sql("a", **OTHER), sql("b")), command={"reason": "  "}) == "reason"
    run = on_production(listed(sql("a"), sql("b")))
    assert run.state.opened is not None
    after = msgspec.structs.replace(listed(sql("a"), sql("b", **OTHER)), targets=run.state.opened.plan.targets)
    decision = asked(run, after)
    assert isinstance(decision, Refusal) and (decision.code, decision.facts["why"]) == ("confirm", "amend")
    assert refused(run, after, command={"confirm": "staging"}) == "confirm"
    event = asked(run, after, command={"confirm": "demo"})
    assert isinstance(event, e.RunAmended) and event.confirm == "demo"


def test_a_target_that_wants_a_rehearsal_wants_one_of_what_changed() -> None:
    run = on_production(listed(sql("a"), sql("b")), rehearsal="required")
    assert run.state.opened is not None
    after = msgspec.structs.replace(listed(sql("a"), sql("b", **OTHER)), targets=run.state.opened.plan.targets)
    paid = {"confirm": "demo"}
    assert refused(run, after, command=paid) == "amend-rehearsal"
    event = asked(run, after, command=paid | {"despite": ("no-rehearsal",)})
    assert isinstance(event, e.RunAmended) and event.despite == ("no-rehearsal",)
    run = on_production(listed(sql("a"), sql("b")), rehearsal="required")
    event = asked(run, after, command=paid | {"despite": ("no-rehearsal",)}, rehearsed=True)
    assert isinstance(event, e.RunAmended) and event.despite == (), "it was rehearsed elsewhere"


def test_an_amendment_is_a_deed_of_whoever_drives() -> None:
    run = Driven(listed(sql("a"), sql("b")), policy=e.Policy(drive="headless"))
    after = listed(sql("a"), sql("b", **OTHER))
    assert isinstance(asked(run, after), e.RunAmended)
    assert run.state.policy.drive == "by_hand"


def test_what_lies_there_no_more_is_not_put_in_force() -> None:
    run = Driven(listed(sql("a")))
    command = c.Amend(base=BASE, seal=SEAL, reason="x")
    for given in (None, proposal(run.state, listed(sql("a")), seal="e1" * 32)):
        decision = decide(run.state, command, ANA, run.wall, proposal=given)
        assert isinstance(decision, Refusal) and decision.code == "amend-gone"
    same = c.Amend(base=BASE, seal=BASE, reason="x")
    decision = decide(run.state, same, ANA, run.wall, proposal=proposal(run.state, listed(sql("a")), seal=BASE))
    assert isinstance(decision, Refusal) and decision.code == "amend-same"
