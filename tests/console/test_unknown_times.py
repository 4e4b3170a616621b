"""A time that is not known says what would make it known; a figure from other data is not used, and is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

import tui.locale
from tests.console.journals import Story, plan, prepared
from tests.console.test_clock import lines_of, unestimated, view_of
from tests.console.twin import shown
from tui.journal import events as e
from tui.pictures.checklist import columns_of, step_row
from tui.pictures.details import StepFiles, details
from tui.pictures.lines import plain
from tui.pictures.now import now
from tui.plain.narrator import narrate
from tui.plain.table import status_lines
from tui.plan.model import Plan
from tui.run.fold import fold
from tui.run.state import RunState
from tui.run.status import status
from tui.words.unknown import share

SMALL = e.Basis(
    run="r", target="staging", environment="staging", server_version=150018, same_server=False,
    sizes={"app.orders": (12_000_000, 1_200_000_000)}, comparable=False, why="sizes_differ",
)  # fmt: skip


def bare(undo: bool = True) -> Plan:
    """The plan without estimates, and without a rollback of its own."""
    whole = unestimated()
    whole = replace(whole, rollback=replace(plan().rollback, phases=()))
    if undo:
        return whole
    phases = tuple(
        replace(phase, sections=tuple(
            replace(section, steps=tuple(replace(step, undo=None) for step in section.steps))
            for section in phase.sections
        )) for phase in whole.phases
    )  # fmt: skip
    return replace(whole, phases=phases)


def never(**more: object) -> Story:
    given: dict[str, object] = {"of": bare(), "durations": {}, "rollback_s": None} | more
    return prepared(**given)


def on_a_hundredth() -> Story:
    """Rehearsed, on a hundredth of the data."""
    known = {step: e.Rehearsed(2.0, 0) for step in ("backup", "verify-backup", "migrate", "backfill")}
    return never(rehearsed=known, rollback_rehearsed=e.Rehearsed(3.0, 0), bases=(SMALL,))


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_it_fits_on_the_narrowest_screen(language: str) -> None:
    tui.locale.use(language)
    try:
        for story in (never(), never(of=bare(undo=False)), on_a_hundredth(), never(window=False)):
            for line in lines_of(story, 80):
                assert "…" not in plain(line).partition("  ")[0], plain(line)
    finally:
        tui.locale.use("en")


def test_what_was_never_rehearsed() -> None:
    first, second = (plain(line) for line in lines_of(never()))
    assert second.startswith("last safe rollback not known: no rehearsal of this work has rolled back")
    assert first.endswith("end not known: 6 steps without estimate")
    assert "6 steps neither rehearsed nor estimated" in plain(lines_of(never(), 120)[0])
    assert "(not rehearsed) 2.1.1" in plain(now(view_of(never().begin("backup")), 80, 3)[0])


def test_a_plan_that_cannot_go_back() -> None:
    _first, second = (plain(line) for line in lines_of(never(of=bare(undo=False))))
    assert second.startswith("no last safe rollback: the plan has neither undo nor rollback")


def test_without_a_window() -> None:
    first, second = (plain(line) for line in lines_of(never(window=False)))
    assert "no window" in first
    assert second.startswith("time of a rollback not known: no rehearsal of this work has rolled back")
    assert plain(lines_of(never(window=False, rollback_s=240.0))[1]).startswith("a rollback takes about 4:00")


def test_a_rehearsal_on_a_hundredth_of_the_data_does_not_reassure() -> None:
    first, second = (plain(line) for line in lines_of(on_a_hundredth()))
    assert second.startswith("last safe rollback not known: rehearsed on 1 % of the data")
    assert first.endswith("end not known: rehearsed on 1 % of the data")
    assert "(app.orders 12.0 MB then, 1.2 GB now)" in plain(lines_of(on_a_hundredth(), 120)[1])
    line = plain(now(view_of(on_a_hundredth().begin("backup")), 80, 3)[0])
    assert "0:00 (2.0 s, rehearsed on 1 % of the data) 2.1.1" in line


def test_a_rollback_that_goes_on_says_why_nobody_knows_its_end() -> None:
    def rolling(**more: object) -> Story:
        story = never(**more).passes("backup").passes("verify-backup").passes("migrate", effect="all")
        story.add(e.RollbackStarted(reason="r", undo=("migrate",)))
        return story.add(e.StepStarted(step="undo.migrate", attempt=1, undoes="migrate"))

    assert "end of the rollback not known: neither" in plain(lines_of(rolling(), 120)[0])
    assert status(rolling().state())["projected_end"]["unknown"]["steps"] == ["undo.migrate"]
    other = rolling(rehearsed={"undo.migrate": e.Rehearsed(1.0, 0)}, bases=(SMALL,))
    assert "end of the rollback not known: rehearsed on 1 % of the data" in plain(lines_of(other, 120)[0])
    assert plain(lines_of(other, 80)[0]).rstrip().endswith("end of the rollback not known")


def test_what_nobody_saw_the_end_of_is_no_figure() -> None:
    story = prepared().begin("backup")
    story.add(e.RunRecovered(), after=36000.0).add(
        e.StepFate(step="backup", attempt=1, fate="applied", reason="ledger")
    )
    story.add(e.StepPassed(step="backup", attempt=1))
    view = view_of(story)
    at = view.state.steps["backup"]
    columns = columns_of(view.state.steps, ("passed",), lambda at: None)
    assert "<10:00:00" in plain(step_row(at, view, 100, columns))
    assert "at most 10 h 00 min: nobody saw its end" in "\n".join(map(plain, details(view, at, StepFiles(), 100)))
    assert any(" <10 h 00 min  backup " in line for line in status_lines(status(view.state)))
    story.add(e.StepStarted(step="backup", attempt=2, resume_from=3)).add(
        e.StepPassed(step="backup", attempt=2), after=5.0
    )
    assert any(" >5.0 s  backup " in line for line in status_lines(status(view_of(story).state)))


async def test_the_details_have_the_sizes_then_and_now(tmp_path: Path) -> None:
    async with shown(on_a_hundredth().begin("backup"), tmp_path, size=(80, 24)) as seen:
        await seen.press("enter")
        text = " ".join(seen.text().replace("│", " ").split())
        assert "not known: rehearsed on 1 % of the data" in text
        assert "2.0 s on staging (staging, PostgreSQL 15, another server): not comparable" in text
        assert "app.orders 12.0 MB then, 1.2 GB now" in text


async def test_the_question_before_a_rollback(tmp_path: Path) -> None:
    async with shown(on_a_hundredth(), tmp_path, size=(80, 24)) as seen:
        await seen.press("R")
        await seen.until(lambda: "How long it takes is not known: rehearsed on 1 % of the" in seen.text())


def test_status_and_narration_say_it_too() -> None:
    for story, wanted in (
        (never(), ("last safe rollback not known: no rehearsal of this work has rolled back",
                   "end not known: neither rehearsed nor estimated (2.1.1 backup", "give it an `estimate`")),
        (on_a_hundredth(), ("last safe rollback not known: rehearsed on 1 % of the data",
                            "not comparable, rehearsed on staging (staging, PostgreSQL 15, another server): "
                            "app.orders 12.0 MB then, 1.2 GB now")),
    ):  # fmt: skip
        told = status(story.state())
        text = " ".join(" ".join(status_lines(told)).split())
        assert all(part in text for part in wanted), text
        state = fold(RunState(), story.lines[0])
        narrated = "\n".join(narrate(RunState(), state, story.lines[0]))
        assert wanted[0] in narrated
    found = status(on_a_hundredth().state())
    assert found["last_safe_rollback_unknown"]["code"] == "not_comparable"
    assert found["projected_end"]["unknown"]["code"] == "not_comparable"
    assert found["projected_end"]["at"] is None
    at = next(step for step in found["steps"] if step["id"] == "migrate")
    assert (at["expected_s"], at["expected_unknown"]["code"]) == (None, "not_comparable")
    assert at["rehearsed"]["seconds"] == 2.0 and at["rehearsed"]["basis"]["sizes"]["app.orders"][0] == 12_000_000
    assert status(never().state())["last_safe_rollback_unknown"]["code"] == "never_rolled_back"


@pytest.mark.parametrize(
    ("then", "now_", "text"),
    [
        (12, 1200, "rehearsed on 1 % of the data"), (1, 100_000, "rehearsed on <0.1 % of the data"),
        (3, 1000, "rehearsed on 0.3 % of the data"), (0, 5, "rehearsed on 0 % of the data"),
        (1000, 100, "rehearsed on 10 x the data"), (5, 0, "rehearsed on far more data"),
        (None, 5, "rehearsed on data of a size that is not known"),
    ],
)  # fmt: skip
def test_the_share_of_the_data(then: int | None, now_: int | None, text: str) -> None:
    assert share({"sizes": {"a": (then, now_)}}) == text
