"""Who drives is on the screen, and so is what will happen without a further key, before a key is pressed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.console.journals import ANA, BRUNO, KEYS, Story, failed, migrated, migrating, prepared
from tests.console.twin import shown
from tests.unit.run.runs import Driven
from tests.unit.run.test_fold import ACTS, POLICIES, a_plan, act
from tests.unit.run.world import World
from tui.console.screens.question import QuestionOverlay
from tui.journal import events as e
from tui.pictures import foreseen
from tui.pictures.header import header
from tui.pictures.lines import plain
from tui.pictures.milestones import milestone_lines
from tui.pictures.now import now
from tui.pictures.view import Moment, View, moment
from tui.pictures.window_bar import window_lines
from tui.plan.model import Plan
from tui.run import commands as c
from tui.run.clock import instant
from tui.run.foresight import Foreseen, announced
from tui.run.order import Refusal


def view_of(story: Story) -> View:
    """What its pictures are made from, for Ana at the helm."""
    state = story.state()
    return View(state=state, moment=moment(state, instant(story.lines[-1].at)), mode="operator", keys=KEYS, me=ANA)


HEADLESS = e.Policy(drive="headless", sign_off="agreed")


def headless(story: Callable[[], Story] = prepared) -> Story:
    return story().add(e.HelmTaken(person=ANA)).add(e.RunResumed(policy=HEADLESS), by=BRUNO)


def at_the_signature() -> Story:
    story = migrating().add(e.StepPassed(step="migrate", attempt=1, effect="all"), after=2.0)
    story.add(e.StepCancelled(step="follow-log", attempt=1, reason="companion"))
    return story.passes("backfill", effect="all")


def signing() -> Story:
    return at_the_signature().add(e.RunResumed(policy=e.Policy(drive="run_to", until="rls")), by=ANA)


def rolling_back() -> Story:
    story = migrating().add(e.StepFailed(step="migrate", attempt=1, effect="all", reason="sql_error"))
    story.add(e.StepCancelled(step="follow-log", attempt=1, reason="companion"))
    story.add(e.RollbackStarted(reason="twelve rows", undo=("migrate",)), by=ANA)
    return story.add(e.StepSigned(step="rb-tell", attempt=1, note="told", person=ANA), by=ANA)


def words(story: Story, *, keeps: bool = False, width: int = 240) -> str:
    """What is now, in as many columns as it likes."""
    from msgspec.structs import replace

    view = replace(view_of(story), keeps_driving=keeps)
    return "\n".join("".join(text for text, _style in line) for line in now(view, width, 4))


def top(story: Story) -> str:
    return "".join(text for text, _style in header(view_of(story), 100)[1])


def test_the_header_says_who_drives() -> None:
    assert "by hand" in top(prepared())
    assert "HEADLESS" in top(headless())
    assert "RUNS TO 2.3.2" in top(signing())
    assert "AUTOPILOT" in top(prepared().add(e.RunResumed(policy=e.Policy(drive="autopilot"))))
    assert "ROLLBACK GOES ON" in top(rolling_back())
    taken = headless().add(e.RunDriven(policy=e.Policy(), reason="joined"), by=ANA)
    assert "by hand" in top(taken) and "HEADLESS" not in top(taken)


def test_what_goes_on_by_itself_is_told_while_a_step_runs() -> None:
    told = words(headless(migrating))
    # On production a text signs only what the plan allows it to.
    assert "; by itself: 2.2.3; then 2.2.4 waits to be signed" in told


def test_a_signature_is_told_with_what_it_ends_and_with_what_it_sets_going() -> None:
    assert "s signs it; then nothing goes on by itself any more." in words(signing())
    assert "s signs it; then 2.3.1 to 2.3.2 run by themselves" in words(signing(), keeps=True)
    assert "s signs it.\n" in words(at_the_signature()) + "\n"


def test_a_hold_is_told_with_what_goes_on_when_it_is_over() -> None:
    held = headless().add(e.RunHeld(reason="coffee"))
    assert "h lets it go on: 2.1.1 to 2.1.2 run by themselves; then 2.2.1 waits" in words(held)


async def test_the_question_of_a_signature_says_what_follows(tmp_path: Path) -> None:
    async with shown(signing(), tmp_path / "ends") as seen:
        await seen.press("s")
        assert "This ends run-to 2.3.2: nothing further begins without a key." in seen.text()
    async with shown(signing(), tmp_path / "keeps", keeps_driving=True) as seen:
        await seen.press("s")
        assert "Then 2.3.1 to 2.3.2 run by themselves" in seen.text()


async def test_the_footer_names_what_a_run_to_sets_going(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path, size=(80, 24)) as seen:
        await seen.press("j")
        assert "X run 2.1.1 to 2.1.2" in seen.text().splitlines()[-1]
        # Further on it stops before the dangerous step: no more is announced.
        await seen.press("j", "j", "j")
        assert "X run 2.1.1 to 2.1.2" in seen.text().splitlines()[-1]
        await seen.press("X")
        assert await seen.commands() == [c.RunTo(step="backfill")]


async def test_a_run_to_that_would_begin_nothing_says_so(tmp_path: Path) -> None:
    async with shown(at_the_signature(), tmp_path) as seen:
        await seen.press("j", "X")
        assert "Nothing would run by itself: 2.2.4 waits to be signed." in seen.text()
        assert seen.helm.taken == []


async def test_who_takes_the_helm_is_told_what_ends_with_it(tmp_path: Path) -> None:
    story = headless().add(e.HelmTaken(person=BRUNO), by=BRUNO)
    async with shown(story, tmp_path) as seen:
        await seen.press("colon")
        await seen.type("take the helm")
        await seen.settle()
        await seen.press("enter")
        assert "This ends headless" in seen.text()


async def test_a_rollback_says_what_runs_by_itself(tmp_path: Path) -> None:
    story = failed().add(e.StepByHand(step="verify", attempt=2, note="n", person=ANA))
    async with shown(story, tmp_path) as seen:
        await seen.press("R")
        assert "nothing runs by itself" not in seen.text()
        await seen.press("escape")


# -- kept order -------------------------------------------------------------------------------------------------------


async def test_elsewhere_it_asks_for_the_step_that_comes_next(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        await seen.press("j", "j", "x")
        assert isinstance(seen.app.screen, QuestionOverlay) and seen.helm.taken == []
        text = " ".join(seen.text().split())
        assert "2.2.1 Executar script de migração cannot be executed now." in text
        assert "Next is 2.1.1 Executar backup completo." in text
        await seen.settle()
        await seen.press("enter")
        assert seen.helm.taken == [], "where it is asked, nothing is done by a single key"
        await seen.press("x")
        await seen.settle()
        await seen.press("right", "enter")
        assert await seen.commands() == [c.Execute(step="backup")]
        assert seen.app.overview.checklist.following and seen.app.overview.checklist.selected == "backup"


async def test_elsewhere_it_asks_for_a_signature_and_for_a_name(tmp_path: Path) -> None:
    async with shown(at_the_signature(), tmp_path / "sign") as seen:
        await seen.press("j", "x")
        await seen.settle()
        await seen.type("seen")
        await seen.press("enter")
        assert await seen.commands() == [c.Sign(step="warnings", note="seen")]
    dangerous = prepared().passes("backup").passes("verify-backup")
    async with shown(dangerous, tmp_path / "typed") as seen:
        await seen.press("j", "j", "x")
        await seen.settle()
        assert "Next is 2.2.1" in " ".join(seen.text().split())
        await seen.press("tab")
        await seen.type("production")
        await seen.press("tab", "enter")
        assert await seen.commands() == [c.Execute(step="migrate", confirm="production")]


async def test_elsewhere_nothing_is_asked_that_would_be_refused(tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path) as seen:
        await seen.press("j", "j", "x")
        assert not isinstance(seen.app.screen, QuestionOverlay) and seen.helm.taken == []
        assert "is running" in seen.text()


async def test_the_selection_goes_where_next_is_unless_it_was_moved(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        checklist = seen.app.overview.checklist
        # Moved to what is still to come: there it stays, until the run waits there for the person who went before.
        await seen.press("j")
        assert (checklist.selected, checklist.following) == ("verify-backup", False)
        state = seen.story.passes("backup").state()
        checklist.update(state)
        assert (checklist.selected, checklist.following) == ("verify-backup", True)
        checklist.update(seen.story.passes("verify-backup").state())
        assert checklist.selected == "migrate"


def test_next_is_where_the_engine_would_go_on() -> None:
    interrupted = prepared().begin("backup").add(e.StepCancelled(step="backup", attempt=1, reason="interrupted"))
    assert "Next for DBA: 2.1.1" in words(interrupted)
    from tui.run.upcoming import comes_next, stands_at

    state = interrupted.state()
    after, here = comes_next(state), stands_at(state)
    assert after is not None and here is not None and (after.id, here.id) == ("backup", "backup")


# -- a rollback -------------------------------------------------------------------------------------------------------


async def test_in_a_rollback_the_forward_order_is_gone(tmp_path: Path) -> None:
    story = rolling_back()
    view = view_of(story)
    for picture in (window_lines(view, 120), milestone_lines(view, 120)):
        text = "\n".join("".join(piece for piece, _style in line) for line in picture)
        assert "about" not in text and "work is expected" not in text and "last safe rollback" not in text
        assert "Verificar" not in text, "a milestone that was not reached is not to be expected"
    async with shown(story, tmp_path, size=(120, 40)) as seen:
        rows = [line for line in seen.text().splitlines()[:-1] if " next " in f" {line} "]
        assert all(" U2." in row or " R1." in row for row in rows), rows
        rls = next(line for line in seen.text().splitlines() if "2.3.2" in line)
        assert "~" not in rls.split("2.3.2")[0], "what is taken back is expected to take no time"
        assert "X run" not in seen.text().splitlines()[-1]


# -- the shortcut is what it stands for -------------------------------------------------------------------------------


def looked_at(run: Driven) -> View:
    return View(state=run.state, moment=Moment(run.wall, run.state.mono, 0.0), mode="operator", keys=KEYS, me=ANA)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(of=a_plan(), policy=POLICIES, acts=ACTS, window=st.booleans())
def test_what_stands_in_the_footer_is_what_a_run_to_does(
    of: Plan, policy: e.Policy, acts: list[tuple[str, int, int, bool]], window: bool
) -> None:
    world = World(of, policy, window=window)
    world.run.watch = None
    for what, one, two, at_once in acts:
        act(world, what, one, two, at_once)
    view = looked_at(world.run)
    for at in view.state.steps:
        told = announced(view.state, c.RunTo(step=at.id), ANA, view.moment.wall)
        short = foreseen.run_to(view, at)
        if isinstance(told, Refusal):
            continue
        assert isinstance(told, Foreseen) and short is not None
        assert [due.step for due in short.due] == [due.step for due in told.due], at.id


def test_where_a_run_can_be_closed_its_owner_is_told_how() -> None:
    ended = migrated().passes("verify").passes("rls")
    for mode, told in (("operator", "  : and “close the run” ends it."), ("observer", "")):
        view = msgspec.structs.replace(view_of(ended), mode=mode)
        assert plain(now(view, 80, 3)[0]).rstrip() == f"Every step has ended; the run can be closed.{told}"
