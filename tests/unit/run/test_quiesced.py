"""A target that is closed to others: every screen says so, nothing closes the run, a rollback opens it last."""

from __future__ import annotations

from typing import Any

from tests.unit.run.runs import ANA, AUTOMATIC, Driven, listed, rollback, sql
from tui.journal import events as e
from tui.pictures.header import header
from tui.pictures.lines import plain
from tui.pictures.now import now
from tui.pictures.view import View, moment
from tui.plain.table import status_lines
from tui.plan.model import Action, Step
from tui.run import commands as c
from tui.run.clock import instant
from tui.run.next import Wait
from tui.run.order import Refusal
from tui.run.status import status

FORMER = (("own", "", "CONNECT", False),)
CLOSE = Step(
    id="close", title="Close it", kind="quiesce", undo=Action(kind="release", spec={"of": "close"})
)  # fmt: skip


def closed(run: Driven) -> Driven:
    """The step has closed it."""
    run.go()
    run.append(e.QuiesceBegun(step="close", attempt=1, database="shop", oid=7, former=FORMER))
    run.append(e.StepPassed(step="close", attempt=1, effect="all"))
    return run


def test_nobody_closes_the_run_and_all_screens_say_why() -> None:
    run = closed(Driven(listed(CLOSE), policy=AUTOMATIC))
    assert run.go() == Wait(reason="quiesced", step="close"), "headless does not close it"
    refused = run.ask(c.Close(reason="done", confirm="demo"))
    assert isinstance(refused, Refusal) and (refused.code, refused.facts) == ("quiesced", {"step": "close"})
    view = View(state=run.state, moment=moment(run.state, instant(run.state.at), engine=True), mode="observer")
    assert "CLOSED TO OTHERS" in plain(header(view, 120)[0]) and "CLOSED TO OTHERS" in plain(header(view, 80)[0])
    assert "still CLOSED to others" in " ".join(plain(line) for line in now(view, 120))
    told = status(run.state)
    assert told["quiesced"] == [{"step": "close", "since": run.state.quiesced[0].since_at}]
    assert any("CLOSED to others" in line for line in status_lines(told))


def test_what_was_there_before_the_first_attempt_is_what_there_is_to_give_back() -> None:
    run = Driven(listed(CLOSE))
    run.append(e.StepStarted(step="close", attempt=1, kind="quiesce"))
    run.append(e.QuiesceBegun(step="close", attempt=1, oid=7, former=FORMER))
    run.append(e.StepCancelled(step="close", attempt=1, reason="interrupted", effect="unknown"))
    run.append(e.StepStarted(step="close", attempt=2, kind="quiesce"))
    run.append(e.QuiesceBegun(step="close", attempt=2, oid=7, former=()))
    assert run.state.quiesced[0].former == {"7": FORMER}


def test_a_rollback_opens_it_behind_everything_else_and_not_twice() -> None:
    for released in (False, True):
        run = closed(Driven(listed(CLOSE, sql("work"))))
        run.append(e.StepStarted(step="work", attempt=1, kind="sql"))
        run.append(e.StepPassed(step="work", attempt=1, effect="all"))
        if released:
            run.append(e.QuiesceReleased(of="close"))
        begun = run.do(rollback())
        assert run.state.rollback is not None
        assert run.state.rollback.undo == (("work",) if released else ("work", "close")), "as it is told"
        assert begun == Wait(reason="running", step="undo.work")
        then = run.passed("undo.work")
        assert then == Wait(reason="rolled_back" if released else "running", step=None if released else "undo.close")
        if not released:
            run.append(e.QuiesceReleased(of="close"))
            run.passed("undo.close")
        assert run.state.status == "rolled_back" and not run.state.quiesced


def test_a_person_s_word_for_the_release_is_enough() -> None:
    run = closed(Driven(listed(CLOSE, Step(id="open", title="Open", kind="release", spec={"of": "close"}))))
    run.append(e.StepByHand(step="open", attempt=1, note="resumed the pooler", person=ANA), by=ANA)
    assert not run.state.quiesced and run.state.steps["close"].effect == "none"


def test_another_database_under_the_name_is_the_target_and_takes_back_what_lay_in_the_old_one() -> None:
    run = Driven(listed(sql("work")))
    run.append(e.StepStarted(step="work", attempt=1, kind="sql"))
    run.append(e.StepPassed(step="work", attempt=1, effect="all"))
    run.append(e.RollbackStarted(reason="wrong", without_undo=("work",)), by=ANA)
    names: dict[str, Any] = {"database": "shop", "called": "shop_restored", "kept_as": "shop_before"}
    run.append(e.SwapBegun(step="restore", attempt=1, old_oid=7, new_oid=9, **names))
    assert run.state.identity.get("database_oid") != 9, "an intent is not the deed"
    run.append(e.SwapDone(step="restore", attempt=1, new_oid=9))
    assert run.state.identity["database_oid"] == 9 and run.state.steps["work"].status == "undone"
    back: dict[str, Any] = {"database": "shop", "called": "shop_before", "kept_as": "shop_restored"}
    run.append(e.SwapBegun(step="undo.restore", attempt=1, old_oid=9, new_oid=7, back=True, **back))
    run.append(e.SwapDone(step="undo.restore", attempt=1, new_oid=7))
    assert run.state.identity["database_oid"] == 7
    assert (run.state.steps["work"].status, run.state.steps["work"].effect) == ("passed", "all")
