"""When the work ends: what the engine goes on with, how long that takes, and what nobody knows."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

import tui.locale
from tests.unit.run.runs import OPENED, Driven, companion, listed, phase, plan, query, rollback, section, sign, sql
from tui.journal import events as e
from tui.journal.line import Line
from tui.plain.table import status_lines
from tui.plan.model import Phase, Plan, Section, Step
from tui.run import commands as c
from tui.run.clock import instant
from tui.run.fold import fold_all
from tui.run.projection import Projection, ahead, milestones, projection, rollback_projection
from tui.run.status import status

OPENS = OPENED + 60


def ends(run: Driven, wall: float | None = None) -> float:
    """Seconds from `wall` to the end."""
    at = run.wall if wall is None else wall
    found = projection(run.state, at).ends
    assert found is not None
    return found - at


def test_before_anything_is_estimated_no_end_is_told() -> None:
    assert projection(Driven(listed(sql("a")), window=True).state, OPENS) == Projection(least=True, left=1, unknown=1)


def test_the_end_counts_what_is_left() -> None:
    of = plan(
        phase(section(sql("a", estimate=100.0), companion("log", "a", estimate=1000.0), sql("b", estimate=200.0))),
        phase(section(query("soak", estimate=86400.0)), starts=2700.0),
        phase(section(query("after", estimate=10.0))),
    )
    run = Driven(of, window=True)
    assert ends(run, OPENED) == pytest.approx(300)
    run.do(c.Execute(step="a"))
    started = run.at("a").started
    assert started is not None
    run.sleep(40)
    run.append(e.NoteAdded(text="x"))
    assert ends(run) == pytest.approx(300 - (run.state.mono - started))
    run.sleep(400)
    run.append(e.NoteAdded(text="x"))
    assert ends(run) == pytest.approx(200), "a step that is late takes no negative time"
    run.passed("a")
    run.passed("log")
    run.ran(["b"])
    assert projection(run.state, run.wall).left == 0, "the soak lies after the window, and so does what follows it"
    assert [(due.at.id, due.inside) for due in ahead(run.state, run.wall)] == [("soak", False), ("after", False)]


def test_what_is_only_watched_behind_the_last_change_needs_no_window() -> None:
    of = plan(
        phase(section(query("look", estimate=50.0))),
        phase(section(sql("a", estimate=100.0), query("verify", estimate=20.0))),
        phase(section(query("watch", estimate=3600.0))),
    )
    assert ends(Driven(of, window=True), OPENED) == pytest.approx(170)
    watched = plan(phase(section(query("look", estimate=50.0))), phase(section(query("watch", estimate=3600.0))))
    assert ends(Driven(watched, window=True), OPENED) == pytest.approx(3650), "without a change all of it is the work"


def test_a_step_without_an_estimate_makes_the_end_the_earliest() -> None:
    run = Driven(listed(sql("a", estimate=100.0), query("b"), query("d"), sign("e"), companion("f", "d")), window=True)
    found = projection(run.state, OPENS)
    assert found.ends == pytest.approx(OPENS + 100)
    assert (found.least, found.unknown) == (True, 2)
    run.ran(["a", "b"])
    run.do(c.Execute(step="d"))
    run.passed("f")
    run.passed("d")
    assert projection(run.state, run.wall) == Projection(left=1), "how long a person takes to sign is not told"


def test_a_section_stands_for_the_steps_in_it_that_have_no_estimate() -> None:
    steps = (sql("a", estimate=100.0), query("b"), query("d"))
    run = Driven(plan(phase(section(*steps, estimate=300.0))), window=True)
    found = projection(run.state, OPENS)
    assert found.ends == pytest.approx(OPENS + 300)
    assert (found.unknown, found.least) == (0, False)
    run.ran(["a"])
    run.do(c.Execute(step="b"))
    run.sleep(50)
    taken = run.wall - OPENED - (run.at("b").started or 0.0)
    assert ends(run) == pytest.approx(200 - taken), "what has been done counts"
    run.passed("b")
    assert ends(run) == pytest.approx(200 - ((run.at("b").ended or 0.0) - (run.at("b").started or 0.0)))


def test_a_section_that_is_used_up_says_nothing_of_what_is_to_come() -> None:
    run = Driven(plan(phase(section(query("b"), query("d"), estimate=60.0))), window=True)
    run.do(c.Execute(step="b"))
    run.sleep(100)
    found = projection(run.state, run.wall)
    assert found.ends == pytest.approx(run.wall)
    assert found.unknown == 1, "b is late, d is unknown"
    full = Driven(plan(phase(section(sql("a", estimate=90.0), query("b"), estimate=60.0))), window=True)
    assert projection(full.state, OPENS).unknown == 1


def test_steps_beside_each_other_end_with_the_longest() -> None:
    steps = (sql("a", estimate=100.0), sql("b", estimate=40.0), sql("d", estimate=80.0, needs=("b",)), query("f"))
    of = plan(phase(section(*steps, parallel=True, estimate=110.0), section(sql("g", estimate=5.0))))
    run = Driven(of, window=True)
    assert ends(run, OPENS) == pytest.approx(125), "d waits for b; f takes what the section takes"
    assert [due.begins - OPENS for due in ahead(run.state, OPENS)] == pytest.approx([0, 0, 40, 0, 120])


def test_a_phase_that_waits_for_its_time_is_waited_for() -> None:
    of = plan(
        phase(section(sql("a", estimate=10.0))),
        phase(section(sql("b", estimate=10.0, milestone=600.0)), starts=600.0),
    )
    run = Driven(of, window=True)
    assert ends(run, OPENS) == pytest.approx(610)
    assert [m.projected for m in milestones(run.state, OPENS)] == [pytest.approx(600)]


def test_what_has_no_time_of_its_own_goes_on_before_the_window() -> None:
    of = plan(
        phase(section(sql("prepare", estimate=1800.0), sql("ready", milestone=-1800.0, estimate=60.0))),
        phase(section(sql("b", estimate=10.0, milestone=0.0)), starts=0.0),
    )
    run = Driven(of, window=True)
    at = OPENS - 3600
    assert [(m.step, m.projected) for m in milestones(run.state, at)] == [("ready", -1800.0), ("b", 0.0)]
    assert projection(run.state, at).ends == pytest.approx(OPENS + 10)


def test_silence_moves_no_end() -> None:
    run = Driven(listed(sql("a", estimate=280.0), sql("b", milestone=300.0, estimate=10.0)), window=True)
    run.sleep(60)
    run.do(c.Execute(step="a"))
    before, silent = projection(run.state, run.wall), projection(run.state, run.wall + 240)
    assert before.ends == pytest.approx(silent.ends)
    first, later = (milestones(run.state, at)[0].projected for at in (run.wall, run.wall + 240))
    assert first == pytest.approx(later)


def test_what_was_rehearsed_counts_more_than_an_estimate() -> None:
    run = Driven(listed(sql("a", estimate=100.0), sql("b", estimate=5.0), sql("d")), window=True)
    opened = run.state.opened
    assert opened is not None
    state = replace(run.state, opened=replace(opened, durations={"a": 7.0}))
    found = projection(state, OPENS)
    assert found.ends == pytest.approx(OPENS + 12)
    assert found.unknown == 1


def test_milestones_are_planned_reached_and_projected() -> None:
    run = Driven(
        listed(
            sql("a", milestone=0.0, estimate=50.0), sql("b", milestone=60.0, estimate=10.0), query("x"),
            sql("d", milestone=90.0),
        ),
        window=True,
    )  # fmt: skip
    before = milestones(run.state, OPENED)
    assert [(m.step, m.planned, m.actual, m.projected, m.least) for m in before] == [
        ("a", 0.0, None, -60.0, False), ("b", 60.0, None, -10.0, False), ("d", 90.0, None, 0.0, True),
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


# -- rollback


def rolling(*, undo: float | None = 240.0, check: float | None = 30.0, to: str | None = None) -> Driven:
    """Two steps are applied and a rollback of them has begun, 200 s after the window opened."""
    back = (
        phase(
            section(sign("tell")), section(undo_applied=True, estimate=undo), section(query("verify", estimate=check))
        ),
    )
    of = listed(sql("a", estimate=60.0, milestone=0.0), sql("b", estimate=60.0, milestone=60.0), sql("d"), back=back)
    run = Driven(of, window=True)
    run.sleep(60)
    run.ran(["a", "b"])
    run.sleep(max(0.0, OPENS + 200 - run.wall))
    run.do(rollback(to=to))
    return run


def test_a_rollback_has_an_end_of_its_own() -> None:
    run = rolling()
    assert run.state.rollback is not None
    began = OPENED + run.state.rollback.started
    found = rollback_projection(run.state, began)
    assert found.ends == pytest.approx(began + 270)
    assert (found.least, found.unknown) == (False, 0)
    run.do(c.Sign(step="tell", note="told"))
    assert run.active() == ("undo.b",)
    began = OPENED + (run.at("undo.b").started or 0.0)
    assert rollback_projection(run.state, began + 100).ends == pytest.approx(began + 270), "what has been done counts"
    assert milestones(run.state, run.wall)[1].projected is None, "nothing further of the checklist is to be expected"


def test_a_rollback_of_which_a_part_is_unknown_ends_at_the_earliest() -> None:
    run = rolling(check=None)
    found = rollback_projection(run.state, run.wall)
    assert (found.least, found.unknown) == (True, 1)
    unknown = rolling(undo=None, check=None)
    assert rollback_projection(unknown.state, unknown.wall).ends is None


def test_a_rollback_that_was_rehearsed_takes_as_long_until_it_is_late() -> None:
    run = rolling(undo=None, check=None)
    opened, back = run.state.opened, run.state.rollback
    assert opened is not None and back is not None
    state = replace(run.state, opened=replace(opened, rollback_s=500.0))
    began = OPENED + back.started
    for at in (began, began + 499):
        found = rollback_projection(state, at)
        assert found.ends == pytest.approx(began + 500)
        assert not found.least
    late = rollback_projection(state, began + 600)
    assert late.ends == pytest.approx(began + 600)
    assert late.least


def test_after_a_rollback_of_a_part_the_checklist_is_ahead_again() -> None:
    run = rolling(to="a")
    assert run.state.given_up and milestones(run.state, run.wall)[1].actual is not None
    run.passed("undo.b")
    assert run.state.rollback is not None and run.state.rollback.status == "rolled_back_to"
    assert not run.state.given_up
    assert ends(run) == pytest.approx(60)
    a, b = milestones(run.state, run.wall)
    assert a.actual is not None
    assert (b.actual, b.projected) == (None, pytest.approx(run.wall - OPENS)), "what is undone is yet to be reached"


def test_milestones_stand_in_status_and_on_paper() -> None:
    tui.locale.use("en")
    steps = (sql("a", milestone=0.0, estimate=50.0), sql("b", milestone=60.0), sql("d", milestone=90.0))
    run = Driven(listed(*steps), window=True)
    run.do(c.Execute(step="a"))
    told = status(run.state)
    assert [(each["step"], each["planned_s"]) for each in told["milestones"]] == [("a", 0.0), ("b", 60.0), ("d", 90.0)]
    first, second, third = told["milestones"]
    assert first["actual_s"] == pytest.approx(-57, abs=3) and first["projected_s"] is None
    assert second["projected_s"] is not None and not second["at_least"] and third["at_least"]
    lines = [line for line in status_lines(told, None) if line.startswith("milestone")]
    assert lines[0].startswith("milestone T+0:00: reached T-0:5") and lines[0].endswith(", Do a")
    assert lines[1].startswith("milestone T+1:00: expected T") and lines[2].endswith("at the earliest, Do d")
    assert status(Driven(listed(sql("a", milestone=0.0))).state)["milestones"] == [], "without a window there is no T"
