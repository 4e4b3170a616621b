"""What only reads is nowhere left behind, and closing a run names what is."""

from __future__ import annotations

import pytest

import tui.locale
from tests.unit.run.runs import TARGET, Driven, listed, query, sign, sql
from tests.unit.run.runs import rollback as back
from tests.unit.run.test_ended import fails, resolved, skipped
from tui.plan.model import Step
from tui.run import commands as c
from tui.run.rollback import stays
from tui.words.refusals import refusal_words


def only_reading() -> Driven:
    program = Step(id="report", title="Report", kind="command", spec={"run": ["true"]}, changes=False)
    dump = Step(id="dump", title="Dump", kind="backup")
    watch = Step(id="watch", title="Watch", kind="monitor", spec={"duration": 1.0})
    looks = Step(id="look", title="Look", kind="check")
    return Driven(listed(query("ask"), looks, sign("agree"), program, dump, watch))


@pytest.mark.parametrize("how", ["passed", "failed", "by_hand", "skipped", "cancelled", "undecided"])
def test_what_only_reads_stays_nowhere(how: str) -> None:
    """Whatever became of it, and whatever was written down of its effect."""
    run = only_reading()
    for at in [run.at("ask"), run.at("look"), *[run.at(step) for step in ("report", "dump", "watch")]]:
        if at.id == "report":
            run.do(c.Sign(step="agree", note="seen"))
        if how == "by_hand":
            run.do(c.ByHand(step=at.id, note="by hand"))
            continue
        run.do(c.Execute(step=at.id))
        if how == "passed":
            run.passed(at.id, effect="unknown")
            continue
        if how == "undecided":
            run.crash()
            run.undecided(at.id)
        elif how == "cancelled":
            run.cancelled(at.id, effect="unknown")
        else:
            run.failed(at.id, effect="some")
        if how != "failed" or at.id != "watch":
            run.do(c.Skip(step=at.id, reason="no matter"))
    assert run.ask(back()) and run.state.rollback is not None and run.state.rollback.without_undo == ()
    run.go()
    assert run.status() == "rolled_back" and stays(run.state) == ()


def test_a_program_of_which_the_plan_says_nothing_stays() -> None:
    run = Driven(listed(Step(id="report", title="Report", kind="command", spec={"run": ["true"]})))
    run.do(c.Execute(step="report"))
    run.passed("report", effect="unknown")
    run.do(back())
    assert stays(run.state) == ("report",)


def test_a_kind_that_this_version_does_not_know_may_have_changed_something() -> None:
    run = Driven(listed(Step(id="later", title="Later", kind="of-later")))
    run.do(c.Execute(step="later"))
    run.passed("later", effect="unknown")
    run.do(back())
    assert stays(run.state) == ("later",)


def test_closing_names_what_stays_and_what_nobody_answered_for() -> None:
    tui.locale.use("en")
    run = Driven(listed(sql("a"), query("ask"), sql("b")))
    run.ran(["a", "ask"])
    run.do(c.Execute(step="b"))
    fails(run, effect="unknown")
    refused = run.refused(c.Close())
    assert (refused.code, refused.facts["why"]) == ("confirm", "close")
    words = refusal_words(refused)
    assert words is not None and "stays applied: a, b." in words and "Unresolved: E1." in words and TARGET in words
    skipped(run)
    resolved("E1")(run)
    # Completed, it is closed as ever.
    run.do(c.Close())
    only_read = only_reading()
    only_read.do(c.ByHand(step="ask", note="in psql"))
    assert only_read.refused(c.Close()).code == "reason"
    only_read.do(c.Close(reason="nothing was changed"))
