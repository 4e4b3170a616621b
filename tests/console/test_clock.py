"""The clock's two lines: the verdict is never cut, never better than what is known, and of what really goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.console.journals import ANA, KEYS, Story, failed, migrated, migrating, plan, prepared, rolled_back
from tests.console.twin import shown
from tui.journal import events as e
from tui.pictures.clock import clock_lines
from tui.pictures.lines import Line, plain, width_of
from tui.pictures.now import now
from tui.pictures.view import View, moment
from tui.pictures.window_bar import window_lines
from tui.plan.model import Plan
from tui.run.clock import instant
from tui.run.status import status
from tui.run.upcoming import comes_next


def view_of(story: Story, silent: float = 0.0) -> View:
    state = story.state()
    return View(state=state, moment=moment(state, instant(story.lines[-1].at) + silent), mode="operator", keys=KEYS)


def lines_of(story: Story, width: int = 80, silent: float = 0.0) -> tuple[Line, Line]:
    first, second = clock_lines(view_of(story, silent), width)
    assert width_of(first) <= width and width_of(second) <= width
    return first, second


def unestimated(*kept: str) -> Plan:
    """The plan without the estimates of sections, and of steps but for those kept."""
    whole = plan()
    phases = tuple(
        replace(phase, sections=tuple(
            replace(section, estimate=None, steps=tuple(
                step if step.id in kept else replace(step, estimate=None) for step in section.steps
            )) for section in phase.sections
        )) for phase in whole.phases
    )  # fmt: skip
    return replace(whole, phases=phases)


def rolling() -> Story:
    return failed().add(e.RollbackStarted(reason="r", undo=("backfill", "migrate")), by=ANA, after=40.0)


def partly_rolled_back() -> Story:
    """The backfill alone was taken back; the run has been resumed and the backfill has run again."""
    story = failed().add(e.RollbackStarted(reason="r", undo=("backfill",), to="follow-log"), by=ANA, after=40.0)
    story.add(e.StepStarted(step="undo.backfill", attempt=1, undoes="backfill"), after=1.0)
    story.add(e.StepPassed(step="undo.backfill", attempt=1, effect="all"), after=9.0)
    story.add(e.StepUndone(step="backfill", attempt=1, by_step="undo.backfill"))
    story.add(e.RollbackFinished(outcome="rolled_back_to", duration_s=10.0)).add(e.RunResumed(), by=ANA)
    return story.passes("backfill", attempt=2, took=44.0, effect="all")


def completed() -> Story:
    return migrated().passes("verify").passes("rls")


def test_what_is_not_estimated_is_said_and_nothing_is_well() -> None:
    story = prepared(of=unestimated("backfill"), durations={})
    first, _second = lines_of(story)
    assert "not before T+1m, 5 steps without estimate" in plain(first)
    assert "ok" not in {style for _text, style in first}
    words = plain(window_lines(view_of(story), 200)[1])
    assert "not before T+1m (planned T+13m)" in words and "about T+0m (planned T+0m)" in words


def test_the_end_does_not_wander_while_nothing_is_journaled() -> None:
    story = prepared().begin("backup")
    shown = [plain(lines_of(story, silent=silent)[0]).partition("ends about ")[2] for silent in (0.0, 240.0)]
    assert shown[0].startswith("T+9m") and shown[0] == shown[1]


def test_a_rollback_shows_its_own_end() -> None:
    first, second = lines_of(rolling())
    assert "rollback ends about T+12m, 48 min to spare" in plain(first)
    assert "rolling back for 0:00" in plain(second) and "next:" not in plain(second)
    story = rolling().signs("rb-tell").begin("undo.backfill")
    ends = [plain(lines_of(story, silent=silent)[0]).partition("rollback ends")[2] for silent in (0.0, 120.0)]
    assert ends[0] == ends[1] == " about T+12m, 48 min to spare"


def test_a_rollback_that_is_late_or_has_ended_says_so() -> None:
    assert "rollback not before T+27m" in plain(lines_of(rolling(), silent=15 * 60.0)[0])
    late, _second = lines_of(rolling(), silent=52 * 60.0)
    assert "rollback not before T+64m, 3 min TOO LATE" in plain(late) and late[-1][1] == "bad"
    story = rolling().add(e.RollbackFinished(outcome="failed", step="undo.migrate", duration_s=75.0), after=75.0)
    first, second = lines_of(story)
    assert "end of the rollback not known" in plain(first) and "rollback FAILED after 1:15" in plain(second)
    ended = rolling().add(e.RollbackFinished(outcome="rolled_back", duration_s=75.0), after=75.0)
    first, second = lines_of(ended)
    assert "the rollback has ended" in plain(first) and "rollback took 1:15" in plain(second)


def test_a_run_that_has_come_to_its_end_says_so() -> None:
    assert plain(lines_of(completed())[0]).endswith("all steps have ended")


def test_a_run_that_stands_still_is_not_well() -> None:
    first, _second = lines_of(failed())
    assert "min to spare" in plain(first) and "ok" not in {style for _text, style in first}


def test_after_a_rollback_of_a_part_the_screen_tells_all_it_told_before() -> None:
    story = partly_rolled_back()
    first, second = lines_of(story)
    assert "ends about" in plain(first) and "roll back within" in plain(second)
    assert comes_next(story.state()) is None, "the verification has failed"
    assert "PROPOSED" not in "".join(map(plain, now(view_of(story), 80, 3))), "the rollback was its answer"
    assert status(story.state())["proposed"] == []
    story.begin("verify", attempt=2).add(e.StepFailed(step="verify", attempt=2, reason="not_as_expected"))
    story.add(e.TriggerFired(title="Inconsistências nos dados", reason="step_failed", step="verify"))
    assert "Rollback is PROPOSED: Inconsistências" in "".join(map(plain, now(view_of(story), 80, 3)))
    assert [each["step"] for each in status(story.state())["proposed"]] == ["verify"]
    story.begin("verify", attempt=3).add(e.StepFate(step="verify", attempt=3, fate="undecided", reason="no_proof"))
    assert "Look at the database." in "".join(map(plain, now(view_of(story), 80, 3)))
    story.passes("verify", attempt=4)
    found = comes_next(story.state())
    assert found is not None and found.id == "rls"


def test_the_next_milestone_is_told_after_a_rollback_of_a_part() -> None:
    story = migrating().add(e.StepCancelled(step="migrate", attempt=1, reason="person"))
    story.add(e.RollbackStarted(reason="r", undo=(), to="backup"), by=ANA, after=600.0)
    story.add(e.RollbackFinished(outcome="rolled_back_to", duration_s=1.0), after=1.0).add(e.RunResumed(), by=ANA)
    _first, second = lines_of(story)
    assert "next: Verificar" in plain(second) and plain(second).rstrip().endswith("6 min late")


STORIES: tuple[Callable[[], Story], ...] = (
    prepared, migrating, failed, rolling, partly_rolled_back, completed, rolled_back,
    lambda: prepared(of=unestimated("backfill"), durations={}),
)  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 92, 120, 200])
def test_the_verdict_is_never_cut(width: int) -> None:
    for story in STORIES:
        for silent in (0.0, 2000.0, 2900.0, 3400.0, 20000.0):
            first, second = lines_of(story(), width, silent)
            assert "…" not in plain(first) or width < 80, plain(first)
            assert not first[-1][0].endswith("…"), plain(first)
            assert not plain(second).rstrip().endswith("…"), plain(second)


def test_a_title_gives_way_to_how_late_it_is() -> None:
    _first, second = lines_of(prepared().sample(after=1500.0), 70)
    assert "…" in plain(second) and plain(second).endswith("25 min late")


def test_work_before_the_window_is_not_counted_inside_it() -> None:
    whole = plan()
    prepare, *others = whole.phases
    tell = [replace(s, milestone=-1800.0) if s.id == "tell-users" else s for s in prepare.sections[0].steps]
    tell[0] = replace(tell[0], estimate=1200.0)
    sections = (replace(prepare.sections[0], steps=tuple(tell), estimate=None),)
    story = Story(of=replace(whole, phases=(replace(prepare, sections=sections), *others)))
    state = story.state()
    early = story.opens - timedelta(minutes=60)
    view = View(state=state, moment=moment(state, early.timestamp()), mode="operator", keys=KEYS)
    first, second = (plain(line) for line in clock_lines(view, 80))
    assert "next: " in second and "T-30:00" in second and "late" not in second
    assert "ends about T+9m" in first


def test_a_rollback_that_was_never_rehearsed_is_safe_for_less_than_what_is_known_of_it() -> None:
    story = prepared(rollback_s=None)
    assert "roll back within 56:00 at most" in plain(lines_of(story)[1]), "nobody knows how long rb-check takes"
    assert "R last safe rollback before T+56m" in plain(window_lines(view_of(story), 160)[1])


async def test_the_question_before_a_rollback_tells_what_is_not_known(tmp_path: Path) -> None:
    async with shown(prepared(rollback_s=None), tmp_path, mode="operator") as seen:
        await seen.press("R")
        await seen.until(lambda: "It is expected to take at least 4:00." in seen.text())
        assert "at most" in seen.text()
