from __future__ import annotations

import msgspec
import pytest

from tests.unit.run.runs import OPENED, Driven, companion, listed, phase, plan, query, section, sql
from tui.journal import events as e
from tui.journal.line import Line
from tui.plan.model import Phase, Plan, Section, Step
from tui.run import commands as c
from tui.run.clock import expected, instant, milestones, rfc3339, rollback_seconds, starts_in, window_clock, work_left
from tui.run.fold import fold_all
from tui.run.state import RunState

OPENS = OPENED + 60
CLOSES = OPENED + 3660


def test_instants_are_read_and_written() -> None:
    assert instant("1970-01-01T00:00:01Z") == 1.0
    assert instant("1970-01-01T01:00:01.500000+01:00") == 1.5
    assert rfc3339(1.5) == "1970-01-01T00:00:01.500000Z"
    assert instant(rfc3339(OPENED + 0.123456)) == pytest.approx(OPENED + 0.123456, abs=1e-6)
    with pytest.raises(ValueError):
        instant("yesterday")


def test_without_a_window_there_is_no_clock() -> None:
    run = Driven(listed(sql("a", milestone=60.0)))
    assert window_clock(run.state, run.wall) is None
    assert milestones(run.state, run.wall) == ()
    assert work_left(run.state) is None
    assert starts_in(run.state, 60.0, run.wall) is None
    assert window_clock(RunState(), 0.0) is None
    assert rollback_seconds(RunState()) is None


@pytest.mark.parametrize(
    ("wall", "t", "remaining", "is_open", "in_buffer", "is_over"),
    [
        (OPENS - 30, -30, 30, False, False, False),
        (OPENS, 0, 3600, True, False, False),
        (CLOSES - 900, 2700, 900, True, True, False),
        (CLOSES - 1, 3599, 1, True, True, False),
        (CLOSES, 3600, 0, False, False, True),
        (CLOSES + 10, 3610, -10, False, False, True),
    ],
)
def test_the_window(wall: float, t: float, remaining: float, is_open: bool, in_buffer: bool, is_over: bool) -> None:
    clock = window_clock(Driven(listed(sql("a")), window=True).state, wall)
    assert clock is not None
    assert clock.t == pytest.approx(t)
    assert clock.remaining_s == pytest.approx(remaining)
    assert (clock.is_open, clock.in_buffer, clock.is_over) == (is_open, in_buffer, is_over)
    assert clock.projected_end is None, "nobody has said how long anything takes"
    assert clock.last_safe_rollback is None


def test_a_phase_starts_relative_to_the_opening() -> None:
    run = Driven(listed(sql("a")), window=True)
    assert starts_in(run.state, -1800.0, OPENS) == pytest.approx(-1800)
    assert starts_in(run.state, None, OPENS) is None
    fast = Driven(listed(sql("a")), window=True, compress=60.0)
    assert starts_in(fast.state, 600.0, OPENS) == pytest.approx(10)


def test_the_projected_end_counts_what_is_left() -> None:
    of = plan(
        phase(section(sql("a", estimate=100.0), companion("log", "a", estimate=1000.0), sql("b", estimate=200.0))),
        phase(section(query("soak", estimate=86400.0)), starts=2700.0),
    )
    run = Driven(of, window=True)
    assert work_left(run.state) == pytest.approx(300)
    clock = window_clock(run.state, OPENED)
    assert clock is not None and clock.projected_end == pytest.approx(OPENS + 300), (
        "nothing is expected before it opens"
    )
    run.do(c.Execute(step="a"))
    run.sleep(40)
    run.append(e.NoteAdded(text="x"))
    started = run.at("a").started
    assert started is not None
    assert work_left(run.state) == pytest.approx(300 - (run.state.mono - started))
    run.sleep(400)
    run.append(e.NoteAdded(text="x"))
    assert work_left(run.state) == pytest.approx(200), "a step that is late takes no negative time"
    run.passed("a")
    run.passed("log")
    run.ran(["b"])
    assert work_left(run.state) is None, "the soak lies after the window"


def test_a_phase_that_waits_for_its_time_is_waited_for() -> None:
    of = plan(
        phase(section(sql("a", estimate=10.0))),
        phase(section(sql("b", estimate=10.0, milestone=600.0)), starts=600.0),
    )
    run = Driven(of, window=True)
    clock = window_clock(run.state, OPENS)
    assert clock is not None and clock.projected_end == pytest.approx(OPENS + 610)
    assert [m.projected for m in milestones(run.state, OPENS)] == [pytest.approx(600)]
    assert work_left(run.state) == pytest.approx(20)


def test_what_was_rehearsed_counts_more_than_an_estimate() -> None:
    run = Driven(listed(sql("a", estimate=100.0), sql("b", estimate=5.0), sql("d")), window=True)
    opened = run.state.opened
    assert opened is not None
    from msgspec.structs import replace

    state = replace(run.state, opened=replace(opened, durations={"a": 7.0}))
    assert expected(state, state.steps["a"]) == 7.0
    assert expected(state, state.steps["b"]) == 5.0
    assert expected(state, state.steps["d"]) is None
    assert work_left(state) == pytest.approx(12)


def test_the_last_safe_rollback() -> None:
    back = (phase(section(query("r", estimate=100.0), query("s", estimate=20.0)), section(query("t"), estimate=30.0)),)
    run = Driven(listed(sql("a"), back=back), window=True)
    assert rollback_seconds(run.state) == 150.0
    clock = window_clock(run.state, OPENS)
    assert clock is not None
    assert clock.last_safe_rollback == pytest.approx(CLOSES - 150)
    assert clock.last_safe_rollback_s == pytest.approx(3450)
    from msgspec.structs import replace

    opened = run.state.opened
    assert opened is not None
    rehearsed = replace(run.state, opened=replace(opened, rollback_s=600.0))
    assert rollback_seconds(rehearsed) == 600.0


def test_milestones_are_planned_reached_and_projected() -> None:
    run = Driven(
        listed(
            sql("a", milestone=0.0, estimate=50.0), sql("b", milestone=60.0, estimate=10.0), sql("d", milestone=90.0)
        ),
        window=True,
    )
    before = milestones(run.state, OPENED)
    assert [(m.step, m.planned, m.actual, m.projected) for m in before] == [
        ("a", 0.0, None, 0.0), ("b", 60.0, None, 50.0), ("d", 90.0, None, 60.0),
    ]  # fmt: skip
    run.sleep(70)
    run.do(c.Execute(step="a"))
    began = run.at("a").started_at
    assert began is not None
    first, second, _third = milestones(run.state, run.wall)
    assert first.actual == pytest.approx(instant(began) - OPENS)
    assert first.projected is None
    assert second.projected == pytest.approx(run.wall - OPENS + 50)
    run.passed("a")
    run.do(c.Skip(step="b", reason="no"))
    _first, second, third = milestones(run.state, run.wall)
    assert (second.actual, second.projected) == (None, None), "what was skipped is neither reached nor to be expected"
    assert third.projected == pytest.approx(run.wall - OPENS)


def test_a_signed_milestone_is_reached_when_it_is_signed() -> None:
    opened = e.RunOpened(
        id="r", seal="0", work="1", target="t", environment="development",
        plan=Plan(
            name="p",
            phases=(Phase(title="P", sections=(Section(title="S", steps=(
                Step(id="go", title="Go", kind="sign", milestone=60.0),
            )),)),),
        ),
        window=e.OpenWindow(
            opens="2026-01-01T00:00:00.000000Z", closes="2026-01-01T01:00:00.000000Z", duration_s=3600, buffer_s=0
        ),
    )  # fmt: skip
    events: list[e.Event] = [opened, e.StepSigned(step="go", attempt=1, note="yes", person="ana")]
    lines = [
        Line(1, seq, f"2026-01-01T00:0{seq}:30.000000Z", float(seq), event.TYPE, "engine",
             msgspec.Raw(msgspec.json.encode(event)), "")
        for seq, event in enumerate(events)
    ]  # fmt: skip
    (found,) = milestones(fold_all(lines), instant("2026-01-01T00:05:00.000000Z"))
    assert (found.planned, found.actual, found.projected) == (60.0, 90.0, None)
