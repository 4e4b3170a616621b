"""Room is used: titles have the columns that nothing else needs, the header the time of day, the whole its share."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.console.journals import ANA, BRUNO, KEYS, Story, failed, long_plan, migrating, plan, prepared, rolled_back
from tests.console.twin import Seen, shown
from tui.journal import events as e
from tui.pictures.cells import cells
from tui.pictures.header import badge, header
from tui.pictures.lines import plain
from tui.pictures.overall_progress import overall
from tui.pictures.view import Moment, View
from tui.plan.model import Phase, Plan, Section
from tui.run.clock import instant

SIZES = [(80, 24), (120, 40), (200, 60)]


def titled(*titles: str) -> Plan:
    """A plan of steps with these titles, without roles and estimates."""
    step = plan().phases[0].sections[0].steps[0]
    steps = tuple(
        replace(step, id=f"s{n}", title=title, role=None, estimate=None) for n, title in enumerate(titles)
    )  # fmt: skip
    return replace(plan(), phases=(Phase(title="All", sections=(Section(title="Only", steps=steps),)),))


def row_of(seen: Seen, number: str) -> str:
    """The row of a step in the checklist, without what stands in the other column of panes."""
    line = next(line for line in seen.text().splitlines() if f" {number} " in line)
    return line.partition("│")[0]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("title", ["Reindex the orders by region", "注文表に地域の列を加える作業"])
async def test_a_title_is_cut_only_where_no_column_is_empty(title: str, size: tuple[int, int], tmp_path: Path) -> None:
    long = " ".join([title] * 6)
    story = Story(titled(title, long), durations={}).helm()
    async with shown(story, tmp_path, size=size) as seen:
        assert title in row_of(seen, "1.1.1")
        row = row_of(seen, "1.1.2").rstrip()
        width = seen.app.overview.query_one("#left").size.width
        assert cells(row) <= width and (row.endswith(long[-4:]) or (row.endswith("…") and cells(row) >= width - 2))
        # What stands before the title is no wider than what may stand in it; behind it nothing stands.
        assert cells(row[: row.index(long[:4])]) == len(" · running 1.1.2 ")


@pytest.mark.parametrize("size", SIZES[1:])
async def test_the_panes_share_the_width_by_what_they_need(size: tuple[int, int], tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path, size=size) as seen:
        assert seen.app.overview.log_pane.size.width >= (90 if size[0] >= 200 else 48)
        if size[0] >= 200:
            assert "Confirmar espaço em disco suficiente (2x o banco)" in row_of(seen, "1.1.1")


async def test_two_thousand_steps_are_counted(tmp_path: Path) -> None:
    story = Story(long_plan(2000), environment="staging", window=False)
    async with shown(story, tmp_path, size=(120, 40)) as seen:
        await seen.press("end")
        assert "Step number 1999 of a very long plan" in seen.text()
        assert "0 of 2,000" in seen.text() and "~34 min to go" in seen.text()


def test_who_has_not_got_the_helm_is_no_operator() -> None:
    def looks(story: Story, me: str = ANA) -> str:
        state = story.state()
        return badge(View(state=state, moment=Moment(0.0, state.mono, 0.0), mode="operator", keys=KEYS, me=me))

    assert looks(prepared()) == "operator"
    assert looks(prepared(), BRUNO) == "observer", "another has it"
    assert looks(prepared().add(e.HelmReleased(person=ANA), by=ANA)) == "observer", "nobody has it"
    assert looks(prepared(), "") == "observer", "who I am is not known yet"
    assert looks(rolled_back()) == "observer", "it is closed"


def test_that_a_command_takes_a_free_helm_is_said() -> None:
    def second(story: Story) -> str:
        state = story.state()
        view = View(state=state, moment=Moment(0.0, state.mono, 0.0), mode="operator", keys=KEYS, me=ANA)
        return plain(header(view, 80)[1])

    assert second(prepared().add(e.HelmReleased(person=ANA), by=ANA)).endswith(
        "helm: free, your first command takes it · you: ana@jump1"
    )
    assert "takes it" not in second(prepared()) and "takes it" not in second(rolled_back())


def test_the_time_of_day_is_that_of_the_log() -> None:
    state = prepared().state()
    view = View(
        state=state, moment=Moment(instant(state.at) + 61.0, state.mono, 0.0), mode="operator", keys=KEYS, me=ANA
    )
    assert " 22:01  running  OPERATOR " in plain(header(view, 80)[0])
    assert " 22:01 -03  running  OPERATOR " in plain(header(view, 120)[0]), "São Paulo's"


def told(story: Story, room: int, done: int, total: int) -> str:
    state = story.state()
    view = View(state=state, moment=Moment(instant(state.at), state.mono, 0.0), mode="operator", keys=KEYS, me=ANA)
    return plain(tuple(overall(view, done, total, room)))


def test_what_is_done_and_left_stands_in_as_many_columns_as_there_are() -> None:
    story = migrating()
    assert told(story, 60, 5, 11) == "5 of 11 steps in 11 min, 6 left, ~4 min to go"
    assert told(story, 35, 5, 11) == "5 of 11 in 11 min, ~4 min to go"
    assert told(story, 25, 5, 11) == "5 of 11, ~4 min to go"
    assert told(story, 10, 5, 11) == "5 of 11"
    assert told(story, 3, 5, 11) == ""


def test_what_nobody_knows_is_not_told() -> None:
    unknown = Story(titled("a", "b"), durations={}).helm()
    assert told(unknown, 60, 0, 2).endswith("2 left, end not known")
    some = Story(titled("a", "b"), durations={"s0": 60.0}).helm()
    assert told(some, 60, 0, 2).endswith("2 left, over 1 min to go")


async def test_of_a_rollback_its_own_steps_are_told(tmp_path: Path) -> None:
    story = failed().add(e.RollbackStarted(reason="r", undo=("backfill", "migrate")), by=ANA)
    async with shown(story.signs("rb-tell"), tmp_path) as seen:
        assert "rollback: 1 of 4 steps in <1 min, 3 left, ~4 min to go" in seen.text()
    async with shown(rolled_back(), tmp_path / "b") as seen:
        assert "rollback: 4 of 4 steps in <1 min" in seen.text() and " to go" not in seen.text()
