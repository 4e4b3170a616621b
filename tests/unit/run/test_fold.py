from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.run.runs import (
    ANA,
    TARGET,
    Driven,
    close,
    companion,
    listed,
    opening,
    phase,
    plan,
    query,
    rollback,
    section,
    sign,
    sql,
    undo,
)
from tests.unit.run.world import World
from tui.journal import events as e
from tui.journal.line import Line, encode_data
from tui.plan.model import Guard, Phase, Plan, Proof, Section, Step
from tui.recording.keyframes import decode_state, encode_state
from tui.run import commands as c
from tui.run.decide import decide
from tui.run.fold import fold, fold_all
from tui.run.next import Append, Wait, next_effects
from tui.run.order import Refusal
from tui.run.state import RunState

PROOF = Proof(query="select 1", equals=1)


@st.composite
def a_step(draw: st.DrawFn, name: str) -> Step:
    kind = draw(st.sampled_from(["sql", "sql", "sql", "query", "sign"]))
    failure = draw(st.sampled_from(["hold", "hold", "continue", "propose_rollback"]))
    if kind == "sign":
        return sign(name)
    if kind == "query":
        return query(name, on_failure=failure)
    more: dict[str, Any] = {"on_failure": failure}
    if draw(st.integers(0, 4)) == 0:
        more["undo"] = None
    if draw(st.integers(0, 3)) == 0:
        more["prove"] = PROOF
    if draw(st.integers(0, 4)) == 0:
        more["confirm"] = "typed"
    return sql(name, **more)


@st.composite
def a_section(draw: st.DrawFn, name: str) -> Section:
    parallel = draw(st.integers(0, 3)) == 0
    steps: list[Step] = []
    for number in range(draw(st.integers(1, 3))):
        steps.append(draw(a_step(f"{name}{number}")))
        if draw(st.integers(0, 4)) == 0 and steps[-1].kind != "sign":
            steps.append(companion(f"{name}{number}w", f"{name}{number}"))
    return section(*steps, parallel=parallel)


@st.composite
def a_plan(draw: st.DrawFn) -> Plan:
    phases = []
    for p in range(draw(st.integers(1, 2))):
        sections = [draw(a_section(f"{'ab'[p]}{s}")) for s in range(draw(st.integers(1, 2)))]
        phases.append(phase(*sections, starts=draw(st.sampled_from([None, None, 90.0]))))
    back: tuple[Phase, ...] = ()
    if draw(st.booleans()):
        sections = [section(query("r0"))]
        if draw(st.booleans()):
            sections.append(section(undo_applied=True))
        if draw(st.booleans()):
            sections.append(section(sql("r1", undo=None), companion("r1w", "r1")))
        if draw(st.booleans()):
            sections.append(section(sign("r2")))
        back = (phase(*sections),)
    return plan(*phases, back=back)


POLICIES = st.builds(
    e.Policy,
    drive=st.sampled_from(["by_hand", "by_hand", "headless", "autopilot"]),
    sign_off=st.sampled_from([None, "as agreed"]),
    on_failure=st.sampled_from(["hold", "rollback"]),
)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["command"] * 6 + ["finish"] * 6 + ["commit"] * 3 + ["crash", "lost commit", "abort", "sleep", "sample"]
        ),
        st.integers(0, 2**16),
        st.integers(0, 2**16),
        st.booleans(),
    ),
    min_size=12,
    max_size=60,
)
WEIGHTS = {
    "execute": 2, "unconfirmed": 1, "retry": 2, "skip": 1, "sign": 2, "by-hand": 1, "run-to": 1, "undo": 1,
    "cancel": 1, "hold": 1, "resume": 1, "rollback": 1, "back-to": 1, "note": 1, "close": 1, "resolve": 1,
    "handover": 1,
}  # fmt: skip
COMMANDS = [name for name, weight in WEIGHTS.items() for _ in range(weight)]


def command(name: str, step: str) -> c.Command:
    made: dict[str, c.Command] = {
        "execute": c.Execute(step=step, confirm=TARGET, reason="as agreed"), "unconfirmed": c.Execute(step=step),
        "retry": c.Retry(step=step, reason="it is not there", confirm=TARGET),
        "skip": c.Skip(step=step, reason="no need"), "sign": c.Sign(step=step, note="seen"),
        "by-hand": c.ByHand(step=step, note="in psql"), "run-to": c.RunTo(step=step), "undo": undo(step),
        "cancel": c.Cancel(step=step), "hold": c.Hold(), "resume": c.Resume(), "rollback": rollback(),
        "back-to": rollback(to=step), "note": c.Note(text="hm"), "close": close(),
        "resolve": c.Resolve(error="E1", text="done"), "handover": c.Handover(note="over to you"),
    }  # fmt: skip
    return made[name]


def targets(state: RunState) -> list[str]:
    """Steps worth a command: those where the run stands, before all others, and one that there is not."""
    current = state.current()
    near = [] if current is None else [current.id] * 4
    troubled = [at.id for at in state.steps if at.status not in ("pending", "passed", "skipped")]
    return [*near, *troubled, *(at.id for at in state.steps), "nowhere"]


def act(world: World, what: str, one: int, two: int, at_once: bool) -> None:
    run = world.run
    if what == "command":
        name = COMMANDS[one % len(COMMANDS)]
        steps = targets(run.state)
        step = steps[two % len(steps)]
        if name == "retry" and not isinstance(decide(run.state, command(name, step), ANA, run.wall), Refusal):
            world.person_looks(step)
        # Half of them leave the driving as it is, so that what goes on by itself is met as well.
        run.ask(command(name, step), keep_driving=two % 2 == 0)
    elif what == "sleep":
        run.sleep((60.0, 60.0, 1500.0)[one % 3])
    elif what == "sample":
        run.append(e.MetricsSampled(values={"cpu": 0.5}))
    elif what == "crash":
        if run.state.closed is None:
            world.crash()
    else:
        running = world.running()
        if running and run.state.closed is None:
            at = running[one % len(running)]
            if what == "finish":
                world.finish(at, ("pass", "pass", "pass", "fail", "lose")[two % 5])
            elif what == "abort":
                world.abort(at)
            else:
                world.commit(at, acknowledged=what == "commit")
    if not at_once:
        world.go()
        world.effects_fit()


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(of=a_plan(), policy=POLICIES, window=st.booleans(), acts=ACTS)
def test_whatever_happens_the_rules_hold(
    of: Plan, policy: e.Policy, window: bool, acts: list[tuple[str, int, int, bool]]
) -> None:
    world = World(of, policy, window=window)
    world.go()
    for what, one, two, at_once in acts:
        act(world, what, one, two, at_once)
    world.go()
    run = world.run
    assert fold_all(run.lines) == run.state
    for cut in {0, len(run.lines) // 3, len(run.lines) // 2, len(run.lines) - 1}:
        assert fold_all(run.lines[: cut + 1]) == run.states[cut]
        assert fold_all(run.lines[cut + 1 :], run.states[cut]) == run.state
        # What is kept of a state beside the journal is that state.
        assert decode_state(encode_state(run.states[cut]), run.states[0]) == run.states[cut]
    assert run.state.unknown_events == 0


TAKEN_BACK = ("undo", "retry", "back-to", "rollback", "resume", "skip", "by-hand")
ENDINGS = ("pass", "pass", "pass", "fail", "lost commit", "crash")
BACK_AND_FORTH = st.lists(
    st.tuples(st.sampled_from((*TAKEN_BACK, *ENDINGS)), st.integers(0, 2**16)), min_size=8, max_size=50
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(of=a_plan(), acts=BACK_AND_FORTH)
def test_back_and_forth_the_database_is_what_the_journal_says(of: Plan, acts: list[tuple[str, int]]) -> None:
    """Undo, retry and rollback over a run that has been executed: nothing twice, nothing forgotten, latest first."""
    world = World(of, e.Policy(drive="headless", sign_off="as agreed"), window=False)
    run = world.run
    run.append(e.RunResumed(policy=e.Policy()))
    for at in list(run.state.steps):
        run.ask(c.Execute(step=at.id, confirm=TARGET) if at.step.kind != "sign" else c.Sign(step=at.id, note="seen"))
        world.go()
        while run.state.active:
            world.finish(run.at(run.state.active[0]), "pass")
            world.go()
    assert run.state.all_ended
    for what, one in acts:
        running = world.running()
        if what in WEIGHTS:
            names = [at.id for at in run.state.steps if at.step.with_ is None]
            step = names[one % len(names)]
            if what == "retry" and not isinstance(decide(run.state, command(what, step), ANA, run.wall), Refusal):
                world.person_looks(step)
            run.ask(command(what, step))
        elif what == "crash":
            world.crash()
        elif running:
            at = running[one % len(running)]
            if what == "lost commit":
                world.commit(at, acknowledged=False)
            else:
                world.finish(at, what)
        world.go()
        world.effects_fit()
    assert fold_all(run.lines) == run.state


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(of=a_plan(), policy=POLICIES, acts=ACTS)
def test_every_state_has_a_word_and_every_command_an_answer(
    of: Plan, policy: e.Policy, acts: list[tuple[str, int, int, bool]]
) -> None:
    world = World(of, policy, window=True)
    for what, one, two, at_once in acts:
        act(world, what, one, two, at_once)
    for state in world.run.states[:: max(1, len(world.run.states) // 12)]:
        assert isinstance(state.status, str)
        assert isinstance(next_effects(state, world.run.wall)[-1], (Wait, Append))
        for step in [*(at.id for at in state.steps), "nowhere"]:
            for name in COMMANDS:
                decision = decide(state, command(name, step), ANA, world.run.wall)
                assert isinstance(decision, Refusal) or decision
                if isinstance(decision, Refusal):
                    assert decision.code and decision.message


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(of=a_plan(), acts=ACTS)
def test_a_run_can_always_be_brought_to_an_end(of: Plan, acts: list[tuple[str, int, int, bool]]) -> None:
    """From wherever it stands: a person settles what is open, skips the rest, and closes it."""
    world = World(of, e.Policy(), window=False)
    for what, one, two, at_once in acts:
        act(world, what, one, two, at_once)
    run = world.run
    world.go()
    for _ in range(8 * len(run.state.steps) + 20):
        if run.state.closed is not None:
            break
        if run.state.active:
            world.finish(run.at(run.state.active[0]), "pass")
            world.go()
            continue
        wanted: list[c.Command] = [c.Resume()]
        for at in run.state.steps:
            wanted += [c.ByHand(step=at.id, note="x"), c.Sign(step=at.id, note="x"), c.Skip(step=at.id, reason="x")]
        if run.go() == Wait(reason="unsettled", step=getattr(run.state.unsettled, "id", None)):
            # What failed and was left out before: with a reason it is closed as what it is.
            wanted.append(close("x"))
        for asked in [c.Close(), *wanted]:
            if not isinstance(run.ask(asked), Refusal):
                world.go()
                break
        else:
            raise AssertionError(f"nothing is possible: {run.state.status}, {run.statuses()}")
    assert run.state.closed is not None
    assert run.state.status in ("completed", "rolled_back", "undecided", "failed")
    assert run.state.status != "failed" or run.state.unsettled is not None


# -- single rules of the fold -----------------------------------------------------------------------------------


def test_a_type_it_does_not_know_changes_nothing_but_place_and_time() -> None:
    run = Driven(listed(sql("a")))
    line = Line(1, 1, "2026-11-22T06:10:00.000000Z", 600.0, "fleet.moved", "engine", encode_data({"x": 1}), "0" * 64)
    after = fold(run.state, line)
    expected = msgspec.structs.replace(
        run.state, seq=1, mono=600.0, at="2026-11-22T06:10:00.000000Z", unknown_events=1
    )  # fmt: skip
    assert after == expected


@pytest.mark.parametrize(
    "event",
    [
        e.StepStarted(step="x", attempt=1),
        e.StepStarted(step="undo.x", attempt=1, undoes="x"),
        e.StepStarted(step="undo.q", attempt=1, undoes="q"),
        e.StepPassed(step="x", attempt=1),
        e.StepFate(step="x", attempt=1, fate="undecided", reason="r"),
        e.StepFate(step="a", attempt=7, fate="undecided", reason="r"),
    ],
)
def test_what_is_about_no_step_of_the_plan_changes_nothing(event: e.Event) -> None:
    run = Driven(listed(sql("a"), query("q")))
    before = run.state
    run.append(event)
    assert run.state.steps == before.steps
    assert run.state.active == ()
    assert run.state.unknown_events == 1


def test_data_that_does_not_fit_its_type_is_passed_over() -> None:
    run = Driven(listed(sql("a")))
    data = encode_data({"step": 7, "attempt": "x"})
    line = Line(1, 1, "2026-11-22T06:10:00.000000Z", 600.0, "step.started", "engine", data, "0" * 64)
    assert fold(run.state, line).unknown_events == 1


def test_time_never_steps_back() -> None:
    run = Driven(listed(sql("a")))
    line = Line(1, 1, "2026-11-22T05:00:00.000000Z", 0.0, "note.added", "ana", encode_data({"text": "x"}), "0" * 64)
    assert fold(run.state, line).mono == run.state.mono


def test_what_belongs_to_another_attempt_is_left_out() -> None:
    run = Driven(listed(sql("a")))
    run.do(c.Execute(step="a"))
    run.failed("a")
    run.do(c.Retry(step="a"))
    run.append(
        e.StepProgress(step="a", attempt=1, done=5.0),
        e.TxCommitted(step="a", attempt=1, statement=3),
        e.CancelRequested(step="a", attempt=1),
    )
    at = run.at("a")
    assert (at.progress, at.done, at.cancel) == (None, 0, False)


def test_waiting_says_since_when() -> None:
    run = Driven(listed(sql("a")))
    run.do(c.Execute(step="a"))
    run.append(e.StepWaiting(step="a", attempt=1, reason="lock", facts={"pid": 1}))
    since = run.at("a").waiting_since
    run.append(e.StepWaiting(step="a", attempt=1, reason="lock", facts={"pid": 2}))
    assert (run.at("a").waiting, run.at("a").waiting_facts) == ("lock", {"pid": 2})
    assert run.at("a").waiting_since == since == run.state.mono - run.tick
    run.append(e.StepWaiting(step="a", attempt=1))
    assert (run.at("a").waiting, run.at("a").waiting_since) == (None, None)


def test_a_step_keeps_what_it_took_when_it_is_undone() -> None:
    run = Driven(listed(sql("a")))
    run.ran(["a"])
    before = run.at("a")
    run.do(undo("a"))
    run.passed("undo.a")
    after = run.at("a")
    assert (after.started, after.ended, after.ended_at) == (before.started, before.ended, before.ended_at)
    assert (after.status, after.done, after.effect) == ("undone", 0, "none")


def test_samples_are_kept_for_a_while_and_figures_for_as_long_as_they_are_measured() -> None:
    run = Driven(listed(sql("a")))
    run.append(e.MetricsSampled(values={"tps": 1.0}, sources={"tps": "db1"}, facts={"x": 1}))
    for number in range(130):
        run.append(e.MetricsSampled(values={"cpu": float(number)}))
    assert len(run.state.samples) == 120
    assert run.state.samples[-1].values == {"cpu": 129.0}
    assert run.state.metrics == {"cpu": 129.0}
    assert (run.state.sources, run.state.facts) == ({}, {"x": 1})
    assert run.state.latest["tps"].value == 1.0, "what it was last is remembered, for who does not ask about now"


def test_a_figure_that_is_no_longer_measured_is_unknown_after_three_seconds() -> None:
    run = Driven(listed(sql("a"), success=(Guard(metric="cpu", below=0.7), Guard(metric="tps", above=1.0))))
    run.append(e.MetricsSampled(values={"cpu": 0.12, "tps": 9.0}, sources={"cpu": "db1", "tps": "db1"}))
    seen = run.state.mono
    for _tick in range(3):
        run.append(e.MetricsSampled(values={"tps": 9.0}, sources={"tps": "db1"}))
        assert run.state.metrics == {"cpu": 0.12, "tps": 9.0}, "a source may be late"
    run.append(e.MetricsSampled(values={"tps": 9.0}, sources={"tps": "db1"}))
    assert (run.state.metrics, run.state.sources) == ({"tps": 9.0}, {"tps": "db1"})
    cpu, tps = run.state.guards
    assert (cpu.value, cpu.state, cpu.sampled, cpu.source) == (None, "unknown", seen, "db1")
    assert tps.state == "ok"
    assert fold_all(run.lines) == run.state
    run.append(e.MetricsSampled(values={"cpu": 0.2}, sources={"cpu": "db1"}))
    assert run.state.guards[0].state == "ok" and run.state.metrics["cpu"] == 0.2


def test_backups_and_errors_are_remembered() -> None:
    run = Driven(listed(sql("a")))
    run.append(
        e.BackupRecorded(step="a", attempt=1, path="/b", format="custom", bytes=1, sha256="00"),
        e.ErrorRecorded(id="E1", text="x", step="a", sqlstate="42P07", source="step"),
    )
    assert run.state.backups[0]["path"] == "/b"
    assert run.state.errors[0].sqlstate == "42P07"


def test_many_errors_cost_no_more_than_few_and_keep_their_ids() -> None:
    state = fold(RunState(), Driven(listed(sql("a"))).lines[0])
    began = time.perf_counter()
    for number in range(1, 60_001):
        source = "step" if number % 3 else "server"
        data = {"id": f"E{len(state.errors) + 1}", "text": "deadlock detected", "source": source}
        state = fold(state, Line(1, number, "2026-11-22T06:00:01.000000Z", 1.0, "error.recorded", "engine",
                                 encode_data(data), ""))  # fmt: skip
    assert time.perf_counter() - began < 6.0
    assert (len(state.errors), state.errors.unresolved, state.errors.server) == (60_000, 60_000, 20_000)
    assert [state.errors[at].id for at in (0, 255, 256, 59_999)] == ["E1", "E256", "E257", "E60000"]
    assert [error.id for error in state.errors] == [f"E{number}" for number in range(1, 60_001)]
    assert "E300" in state.errors and "E60001" not in state.errors


@pytest.mark.parametrize("id", ["E1", "E256", "E300", "E512", "E600"])
def test_an_error_is_resolved_wherever_it_stands(id: str) -> None:
    run = Driven(listed(sql("a")))
    run.append(*(e.ErrorRecorded(id=f"E{number}", text="x") for number in range(1, 601)))
    before = run.state
    run.do(c.Resolve(error=id, text="a known one"))
    assert [error.id for error in run.state.errors if error.resolved == "a known one"] == [id]
    assert (run.state.errors.unresolved, before.errors.unresolved) == (599, 600)
    latest = run.state.errors.latest()
    assert latest is not None and latest.id == ("E599" if id == "E600" else "E600")
    assert run.refused(c.Resolve(error="E601", text="?")).code == "no-error"
    assert fold_all(run.lines) == run.state
    assert decode_state(encode_state(run.state), run.states[0]) == run.state


@pytest.mark.parametrize("fate", ["applied", "not_applied", "still_running", "undecided"])
def test_once_the_fate_of_a_commit_is_asked_nobody_awaits_its_answer(fate: e.FateWord) -> None:
    run = Driven(listed(sql("a")))
    run.do(c.Execute(step="a"))
    run.append(e.TxBegin(step="a", attempt=1, witness={"xid": "7"}), e.TxCommitSent(step="a", attempt=1))
    assert run.at("a").tx_sent
    run.append(e.StepFate(step="a", attempt=1, fate=fate, reason="asked"))
    assert not run.at("a").tx_sent


def test_a_step_that_has_ended_awaits_no_answer_to_its_commit() -> None:
    run = Driven(listed(sql("a")))
    run.do(c.Execute(step="a"))
    run.append(e.TxBegin(step="a", attempt=1, witness={"xid": "7"}), e.TxCommitSent(step="a", attempt=1))
    run.failed("a", effect="unknown")
    assert not run.at("a").tx_sent


def test_the_word_for_the_run() -> None:
    run = Driven(listed(sql("a"), sql("b")))
    words = [run.state.status]
    run.do(c.Execute(step="a"))
    words.append(run.state.status)
    run.failed("a")
    words.append(run.state.status)
    run.do(c.Hold())
    words.append(run.state.status)
    run.do(c.Resume())
    run.do(c.Retry(step="a"))
    run.passed("a")
    words.append(run.state.status)
    run.ran(["b"])
    words.append(run.state.status)
    assert words == ["scheduled", "running", "failed", "held", "running", "completed"]


# -- how long it takes ------------------------------------------------------------------------------------------


def long_run(steps: int) -> tuple[Plan, list[Line]]:
    of = plan(
        *(
            phase(*(section(*(sql(f"s{p}.{s}.{n}") for n in range(100))) for s in range(10)))
            for p in range(steps // 1000)
        )
    )
    lines: list[Line] = []

    def add(event: e.Event) -> None:
        at = f"2026-11-22T{6 + len(lines) // 36000:02}:{len(lines) // 600 % 60:02}:{len(lines) // 10 % 60:02}.000000Z"
        lines.append(Line(1, len(lines), at, len(lines) / 10, event.TYPE, "engine", encode_data(event), "0" * 64))

    add(opening(of, policy=e.Policy(drive="headless"), window=True))
    for part in of.phases:
        for within in part.sections:
            for step in within.steps:
                add(e.StepStarted(step=step.id, attempt=1, kind="sql"))
                add(e.StepProgress(step=step.id, attempt=1, done=1.0))
                add(e.StepPassed(step=step.id, attempt=1, effect="all", evidence={"rows": 1}))
    return of, lines


def timed(call: Any) -> float:
    """Seconds of a call, on average, in the best of five rounds: what else the machine does is not measured."""
    rounds = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(40):
            call()
        rounds.append((time.perf_counter() - began) / 40)
    return min(rounds)


def test_ten_thousand_steps_are_folded_in_good_time(record_property: Callable[[str, object], None]) -> None:
    _, lines = long_run(10_000)
    began = time.perf_counter()
    state = fold_all(lines)
    folding = time.perf_counter() - began
    assert state.status == "completed"
    middle = fold_all(lines[:15_001])
    standing = middle.current()
    assert standing is not None
    command = c.Execute(step=standing.id)
    back = fold_all([*lines, _line(len(lines), e.RollbackStarted(reason="x", undo=_undone(state)))])
    seconds = {
        "next": timed(lambda: next_effects(middle, 0.0)),
        "status": timed(lambda: middle.status),
        "decide": timed(lambda: decide(middle, command, ANA, 2e9)),
        "next in a rollback": timed(lambda: next_effects(back, 0.0)),
    }
    record_property("folding_s", folding)
    for name, value in seconds.items():
        record_property(f"{name}_s", value)
    # Generous, for machines that do other things as well: a look at every step would be far above.
    assert folding < 12.0
    assert max(seconds.values()) < 0.001, seconds


def _line(seq: int, event: e.Event) -> Line:
    return Line(1, seq, "2026-11-22T08:00:00.000000Z", 9000.0, event.TYPE, "ana", encode_data(event), "0" * 64)


def _undone(state: RunState) -> tuple[str, ...]:
    return tuple(reversed([at.id for at in state.steps]))


def test_a_rollback_of_many_steps_does_not_slow_down_with_its_length() -> None:
    _, lines = long_run(1000)
    state = fold_all(lines)
    seq = len(lines)
    state = fold(state, _line(seq, e.RollbackStarted(reason="x", undo=_undone(state))))
    began = time.perf_counter()
    while state.rollback is not None and state.rollback.status == "running":
        effect = next_effects(state, 0.0)[-1]
        events: tuple[e.Event, ...]
        if isinstance(effect, Append):
            events = effect.events
        else:
            at = state.running()[0]
            events = (
                e.StepPassed(step=at.id, attempt=1, effect="all"),
                e.StepUndone(step=at.undoes or "", attempt=1, by_step=at.id),
            )
        for event in events:
            seq += 1
            state = fold(state, _line(seq, event))
    assert state.status == "rolled_back"
    assert time.perf_counter() - began < 5.0
