"""What a screen tells of an amendment: in the header, at the steps that come, in the details of what changed."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

import tui.locale
from tests.unit.run.runs import Driven, listed, opening, sign, sql
from tui.journal import events as e
from tui.pictures.checklist import columns_of, step_row
from tui.pictures.details import StepFiles, details
from tui.pictures.header import header
from tui.pictures.lines import plain
from tui.pictures.log import log_lines
from tui.pictures.view import View, moment
from tui.plain.table import status_lines
from tui.run.status import status

DIFFERENCE = "@@ -1 +1 @@\n-insert into ordres\n+insert into orders\x1b[2J"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    tui.locale.use("en")
    yield
    tui.locale.use("en")


def amended(rehearsed: bool | None = False, times: int = 1) -> Driven:
    run = Driven(listed(sql("a"), sql("b"), sign("s", spec={"show": ["lessons"]})))
    for number in range(times):
        file = e.FileChange(name="b.sql", before="1", after="2", difference=DIFFERENCE, more=3)
        step = e.StepChange(step="b", how="changed", title="Do b", files=("b.sql",))
        plan = listed(sql("a"), sql("b"), sign("s", spec={"show": ["lessons"]}))
        run.append(
            e.RunAmended(plan=plan, seal=f"{number:064d}", work=f"{number:064d}", reason="a typo\x07", steps=(step,),
                         files=(file,), rehearsed=rehearsed),
            by="ana@jump1",
        )  # fmt: skip
    return run


def view_of(run: Driven) -> View:
    return View(state=run.state, moment=moment(run.state, run.wall), mode="operator", me="ana@jump1")


def text(run: Driven, step: str) -> str:
    shown = details(view_of(run), run.state.steps[step], StepFiles(), 78)
    return "\n".join(plain(line) for line in shown)


def test_the_header_says_so_and_whether_it_was_rehearsed() -> None:
    assert "AMENDED" not in plain(header(view_of(Driven(listed(sql("a")))), 100)[0])
    assert " AMENDED, NOT REHEARSED " in plain(header(view_of(amended()), 100)[0])
    assert " AMENDED " in plain(header(view_of(amended(rehearsed=True)), 100)[0])
    assert "NOT REHEARSED (3)" in plain(header(view_of(amended(times=3)), 120)[0])
    assert all(len(plain(line)) <= 80 for line in header(view_of(amended(times=3)), 80))


def test_steps_that_come_are_marked_and_the_details_have_the_difference() -> None:
    run = amended(times=2)
    columns = columns_of(run.state.steps, ("pending",), lambda at: None)
    rows = {at.id: plain(step_row(at, view_of(run), 78, columns)) for at in run.state.steps}
    assert "(amended)" in rows["b"] and "(amended)" not in rows["a"]
    shown = text(run, "b")
    assert shown.count("a typo\\x07") == 2 and "by ana@jump1" in shown
    assert "-insert into ordres" in shown and "+insert into orders\\x1b[2J" in shown and "\x1b" not in shown
    assert "and 3 more lines" in shown and "NOT REHEARSED" in shown
    assert "Amended" not in text(run, "a")


def test_a_file_with_a_secret_differs_and_no_more_is_shown() -> None:
    run = amended()
    known = run.state.amendments[0]
    file = e.FileChange(name="b.sql", private=True)
    run.state = msgspec.structs.replace(run.state, amendments=(msgspec.structs.replace(known, files=(file,)),))
    assert "It differs; what it holds is not shown here." in text(run, "b")


def test_log_and_status_tell_it() -> None:
    run = amended()
    (entry,) = log_lines(run.lines[-1:], run.state)
    assert (entry.severity, entry.text) == ("warning", "The plan was AMENDED by ana@jump1: b: a typo\\x07")
    lines = status_lines(status(run.state), None)
    assert any(line.startswith("amendment 1 at ") and line.endswith("by ana@jump1: a typo\\x07") for line in lines)
    assert "  changed: b  Do b" in lines


def test_what_a_signature_rests_on_stands_in_the_details() -> None:
    run = Driven(amended().state.opened.plan)  # type: ignore[union-attr]
    run.append(msgspec.structs.replace(opening(listed(sign("s", spec={"show": ["lessons"]}))),
                                       lessons=(e.PastLesson(run="r0", id="L1", text="ask first"),)))  # fmt: skip
    assert "What it rests on" in text(run, "s") and "r0:L1: ask first" in text(run, "s")
