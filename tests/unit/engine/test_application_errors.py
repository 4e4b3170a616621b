"""Which errors of others came with a change: by SQLSTATE and relation, against what was seen before it."""

from __future__ import annotations

from msgspec.structs import replace

from tests.unit.run.runs import Driven, listed, query, sql
from tui.engine.watch.application_errors import MOST, ApplicationErrors
from tui.journal import events as e
from tui.postgres.logs.record import LogRecord
from tui.run import commands as c
from tui.run.state import RunState


class Scene:
    """A run, a clock, and a log that is looked at once a second."""

    def __init__(self, counted: dict[str, object] | None = None) -> None:
        self.run = Driven(listed(query("ask"), sql("a")))
        self.now = 100.0
        self.errors = ApplicationErrors(self.state, lambda: "app", counted, lambda: self.now)

    def state(self) -> RunState:
        opened = self.run.state.opened
        assert opened is not None
        sizes = e.Sizes(relations={"shop.orders": 1, "carts": 1})
        return replace(self.run.state, opened=replace(opened, sizes=sizes))

    def looks(self, *lines: LogRecord, seconds: float = 1.0, more: bool = False) -> list[e.ErrorRecorded]:
        self.now += seconds
        self.errors.meet(lines, more=more)
        return self.errors.taken(0)

    def change(self) -> None:
        if self.run.at("ask").status == "pending":
            self.run.ran(["ask"])
        self.run.do(c.Execute(step="a"))


def error(sql: str = "select x from orders", state: str = "42703", **more: object) -> LogRecord:
    given: dict[str, object] = {"severity": "ERROR", "text": "boom", "database": "app", "statement": sql} | more
    return LogRecord(at="t", sqlstate=state, pid=7, application="shop", **given)  # type: ignore[arg-type]


def test_what_was_not_there_before_came_with_the_change() -> None:
    scene = Scene()
    assert scene.looks(seconds=0) == [] and scene.looks(error("select 1 from carts"), seconds=30) == []
    scene.run.do(c.Execute(step="ask"))
    scene.run.passed("ask")
    assert scene.looks(error("select 1 from carts"), seconds=30) == [], "what only asks is no change"
    scene.change()
    scene.looks()
    assert scene.looks(error("select 1 from carts")) == [], "it was there before"
    (found,) = scene.looks(error("update Shop.Orders set x = 1"), error("select x from orders"))
    assert (found.sqlstate, found.relations, found.source) == ("42703", ("shop.orders",), "application")
    assert found.seen == {"count": 2, "seconds": 2.0, "before": 0, "before_s": 60.0}
    assert scene.looks(error()) == [], "each sort is recorded once"


def test_of_the_second_in_which_it_began_nobody_can_say() -> None:
    scene = Scene()
    scene.looks(seconds=0)
    scene.looks(seconds=20)
    scene.change()
    (found,) = scene.looks(error(), more=True)
    assert found.seen["between"] == 1
    scene.looks(error("select 1 from carts"), more=False)
    (found,) = scene.looks(error(state="23505"))
    assert "between" not in found.seen


def test_much_more_often_than_before_is_the_changes_too() -> None:
    scene = Scene()
    scene.looks(seconds=0)
    for _ in range(20):
        scene.looks(error(state="23505"), seconds=10)
    scene.change()
    scene.looks()
    assert all(not scene.looks(error(state="23505"), seconds=10) for _ in range(6)), "as often as before"
    assert scene.looks(*[error(state="23505")] * 30, seconds=1)[0].seen["before"] == 20


def test_what_does_not_concern_it() -> None:
    scene = Scene()
    scene.looks(seconds=0)
    scene.change()
    scene.looks()
    lines = (
        error(state="22012"), error(state="57014"), error(database="other"), error(severity="LOG"),
        error(severity="WARNING"), error(state=""),
    )  # fmt: skip
    assert scene.looks(*lines) == [] and scene.errors.others == 1
    assert len(scene.looks(error(severity="FEHLER", database=None))) == 1, "the word is translated, and the state tells"


def test_a_statement_that_stands_behind_its_error() -> None:
    scene = Scene()
    scene.looks(seconds=0)
    scene.change()
    scene.looks()
    part = error(severity="STATEMENT", state="42703", text="select x\nfrom carts", statement=None)
    other = error(severity="STATEMENT", text="select 1 from orders", statement=None)
    (found,) = scene.looks(error(statement=None), part, replace(other, pid=8))
    assert found.relations == ("carts",)


def test_a_storm_is_bounded_and_another_engine_goes_on_counting() -> None:
    scene = Scene()
    scene.looks(seconds=0)
    scene.looks(error("select 1 from carts"), seconds=12)
    scene.change()
    scene.looks()
    found = scene.looks(*(error(state=f"42{n:03d}") for n in range(3 * MOST)))
    assert MOST <= len(found) <= MOST + 3 and sum(each.seen["count"] for each in found) == 3 * MOST
    told = scene.errors.facts()["application_errors"]
    assert scene.errors.facts() == {}, "now and then"
    after = Scene(told)
    assert after.errors.before_s == 12.0
    after.change()
    after.looks(seconds=0)
    after.looks()
    assert after.looks(error("select 1 from carts")) == [], "it was there before"
