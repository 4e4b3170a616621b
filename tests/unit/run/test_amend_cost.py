"""What it costs to begin what an amendment has made of a step, and of what accompanies one."""

from __future__ import annotations

import msgspec
import pytest

from tests.unit.run.runs import Driven, listed, query, sql
from tests.unit.run.test_amend import OTHER, asked, begun, on_production, windowed
from tui.journal import events as e
from tui.run import commands as c
from tui.run.confirmation import beginning, late
from tui.run.next import Wait
from tui.run.order import Refusal


def test_on_production_what_changed_and_was_not_rehearsed_costs_the_name_to_begin() -> None:
    of = listed(sql("a"), sql("b"), query("q"))
    run = on_production(of)
    assert run.state.opened is not None
    targets = run.state.opened.plan.targets
    after = msgspec.structs.replace(listed(sql("a"), sql("b", **OTHER), query("q", timeout=2.0)), targets=targets)
    assert isinstance(asked(run, after, command={"confirm": "demo"}), e.RunAmended)
    found = [beginning(run.state, run.state.steps[step], run.wall) for step in ("a", "b", "q")]
    assert [None if cost is None else cost.why for cost in found] == [None, "amended", None]
    begun(run, "a", effect="all")
    decision = run.ask(c.Execute(step="b"))
    assert isinstance(decision, Refusal) and decision.facts["why"] == "amended"
    run.ask(c.RunTo(step="q"))
    assert run.go() == Wait(reason="amended", step="b"), "nothing begins it by itself"
    rehearsed = msgspec.structs.replace(after, team=())
    event = asked(run, msgspec.structs.replace(rehearsed, locale="en"), seal="e1" * 32, rehearsed=True,
                  command={"confirm": "demo"})  # fmt: skip
    assert isinstance(event, e.RunAmended)
    assert beginning(run.state, run.state.steps["b"], run.wall) is None, "its work is one that was rehearsed"


@pytest.mark.parametrize("rehearsed", [False, True])
def test_a_companion_that_was_amended_in_is_not_begun_by_the_name_typed_for_its_host(rehearsed: bool) -> None:
    run = on_production(listed(sql("a"), sql("w", with_="a")))
    assert run.state.opened is not None
    targets = run.state.opened.plan.targets
    after = listed(sql("a"), sql("w", with_="a"), sql("n", with_="a"))
    event = asked(run, msgspec.structs.replace(after, targets=targets), command={"confirm": "demo"},
                  rehearsed=rehearsed)  # fmt: skip
    assert isinstance(event, e.RunAmended)
    run.do(c.Execute(step="a", confirm="demo", reason="it is late"))
    assert [run.at(step).status for step in ("a", "w", "n")] == ["running", "running"] + (
        ["running"] if rehearsed else ["pending"]
    )
    if not rehearsed:
        assert run.refused(c.Execute(step="n")).facts["why"] == "amended"
        run.do(c.Execute(step="n", confirm="demo"))
        assert run.at("n").status == "running"


def test_outside_the_window_a_companion_that_was_amended_in_is_not_told_among_what_begins_with_its_host() -> None:
    of = windowed()
    own = msgspec.structs.replace(of.targets["demo"], environment="production")
    before = msgspec.structs.replace(listed(sql("a"), sql("w", with_="a")), targets={"demo": own})
    run = Driven(before, window=True)
    assert run.state.opened is not None
    run.append(msgspec.structs.replace(run.state.opened, environment="production", mode="live"))
    after = msgspec.structs.replace(listed(sql("a"), sql("w", with_="a"), sql("n", with_="a")), targets={"demo": own})
    paid = {"confirm": "demo"}
    assert isinstance(asked(run, after, command=paid), e.RunAmended)
    run.sleep(2 * 3600)
    assert run.refused(c.Execute(step="a")).facts["with"] == ["w"]
    run.do(c.Execute(step="a", confirm="demo", reason="it is late"))
    assert [run.at(step).status for step in ("w", "n")] == ["running", "pending"]
    assert not late(run.state, run.at("w"), run.wall)
