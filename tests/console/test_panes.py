"""Panes at every size: nothing breaks, nothing is wider than its place, long things cost what is visible of them."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import pytest

from tests.console.journals import KEYS, STORIES, Story, failed, long_plan, migrated, migrating, prepared, session
from tests.console.twin import shown
from tui.console.feed.source import JournalFollower
from tui.console.screens.overview import WIDE
from tui.console.widgets.pane import changed_until
from tui.journal import events as e
from tui.journal.codes import EvidenceState, HoldReason
from tui.journal.reader import JournalReader
from tui.pictures.checklist import Columns, columns_of, step_row
from tui.pictures.checklist_order import ChecklistRows
from tui.pictures.lines import Line, plain, width_of
from tui.pictures.view import Moment, View
from tui.run.clock import expected

SIZES = [(60, 20), (80, 24), (120, 40), (200, 60), (1, 1)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["prepared", "migrating", "failed", "rolled_back"])
async def test_every_situation_shows_at_every_size(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    async with shown(STORIES[name](), tmp_path, size=size, drawn=True) as seen:
        keys = (
            "2",
            "3",
            "4",
            "1",
            "enter",
            "escape",
            "question_mark",
            "escape",
            "t",
            "escape",
            "z",
            "z",
            "colon",
            "escape",
        )
        await seen.press(*keys)
        assert seen.app.is_running
        if size[0] >= 60:
            # Nobody has the helm of a closed run.
            badge = "OBSERVER" if name == "rolled_back" else "OPERATOR"
            assert "PRODUCTION" in seen.text() and badge in seen.text()


@pytest.mark.parametrize("size", [(80, 24), (WIDE, 40)])
@pytest.mark.parametrize("code", [HoldReason.OTHER_SERVER, HoldReason.OTHER_TIMELINE])
async def test_why_it_is_held_and_the_way_on_are_never_cut(size: tuple[int, int], code: str, tmp_path: Path) -> None:
    story = prepared()
    async with shown(story, tmp_path, size=size) as seen:
        found = {"system_identifier": "7712722899194739054", "timeline": 3}
        expected = {"system_identifier": "7712720959117861232", "timeline": 2}
        if code == HoldReason.OTHER_TIMELINE:
            found["system_identifier"] = expected["system_identifier"]
        facts = {"found": found, "expected": expected, "evidence": EvidenceState.TOO_OLD}
        story.add(e.RunHeld(code=code, facts=facts), by="engine").save(tmp_path / "run")
        way_on = "the palette (:)" if code == HoldReason.OTHER_TIMELINE else "h looks again"
        await seen.until(lambda: "HELD" in seen.text() and way_on in " ".join(seen.text().split()))


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("no_proof", "nobody knows whether it was applied"),
        ("not_repeatable", "its effect is not there, and it may not"),
    ],
)
async def test_an_undecided_step_says_what_is_known(reason: str, told: str, tmp_path: Path) -> None:
    story = prepared()
    story.add(e.StepStarted(step="backup", attempt=1, kind="backup"))
    story.add(e.StepFate(step="backup", attempt=1, fate="undecided", reason=reason))
    async with shown(story, tmp_path, size=(80, 24)) as seen:
        assert told in " ".join(seen.text().rpartition("UNDECIDED")[2].split())


async def test_resizing_lays_out_again(tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path, size=(80, 24)) as seen:
        assert "1 Checklist" in seen.text() and "Gauges ─" not in seen.text()
        await seen.pilot.resize_terminal(WIDE, 40)
        await seen.until(lambda: "Gauges ─" in seen.text() and "Log ─" in seen.text())
        assert "1 Checklist" not in seen.text()
        await seen.pilot.resize_terminal(60, 20)
        await seen.until(lambda: "1 Checklist" in seen.text())
        await seen.press("2")
        assert "response time" in seen.text() and "Executar script" in seen.text()


async def test_what_matters_stands_on_the_smallest_screen(tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path, size=(80, 24)) as seen:
        text = seen.text()
        for part in ("PRODUCTION", "OPERATOR", "helm: you, ana@jump1", "live", "T+6:13 window closes in 53:46",
                     "roll back within 49:46", "0:18 of about 1:35 2.2.1",
                     "waits for a lock on app.orders, held by pid 4711"):  # fmt: skip
            assert part in text, part
    async with shown(failed(), tmp_path / "b", size=(80, 24)) as seen:
        assert "FAILED (SQLSTATE 22012) 2.3.1 Verificar consistência dos dados: the result" in seen.text()
        assert "Rollback is PROPOSED: Inconsistências nos dados." in seen.text()
        await seen.press("2")
        assert "BREACHED" in seen.text() and "measured on db1" in seen.text()


def test_rows_of_the_checklist_fit_and_stand_in_columns() -> None:
    for told in STORIES.values():
        state = told().state()
        view = View(state=state, moment=Moment(0.0, state.mono, 0.0), mode="operator", keys=KEYS, selected="migrate")
        for width in (20, 60, 71, 72, 80, 120):
            columns = columns_of(state.steps, {at.status for at in state.steps}, partial(expected, state))
            lines = [step_row(at, view, width, columns) for at in state.steps]
            assert all(width_of(line) <= width for line in lines)
            if width >= 72:
                starts = {plain(line).index(at.step.title[:8]) for line, at in zip(lines, state.steps, strict=True)}
                assert starts == {columns.before()}


def test_hours_are_never_cut() -> None:
    state = prepared().begin("backup").sample(after=3 * 3600.0).state()
    view = View(state=state, moment=Moment(0.0, state.mono, 0.0), mode="operator", keys=KEYS)
    text = plain(step_row(state.steps["backup"], view, 80, Columns()))
    assert text.endswith("   3:00:00 DBA      ") and "~" not in text, "the estimate gives way"


def test_rows_of_a_rollback_stand_under_their_own_headings() -> None:
    state = failed().add(e.RollbackStarted(reason="r", undo=("backfill", "migrate"))).state()
    titles = [(row.kind, row.group, row.number) for row in ChecklistRows(state.steps).rows if row.group != "main"]
    assert titles == [
        ("phase", "rollback", "R1"), ("section", "rollback", "R1.1"), ("step", "rollback", "R1.1.1"),
        ("phase", "undo", "U2"), ("step", "undo", "U2.2.3"), ("step", "undo", "U2.2.1"),
        ("phase", "rollback", "R1"), ("section", "rollback", "R1.3"), ("step", "rollback", "R1.3.1"),
    ]  # fmt: skip


async def test_ten_thousand_steps_move_as_ten_do(tmp_path: Path) -> None:
    async def cost(count: int, directory: Path) -> float:
        story = Story(long_plan(count), environment="staging", window=False)
        async with shown(story, directory, size=(120, 40)) as seen:
            await seen.press("end", "home")
            overview = seen.app.overview
            best = float("inf")
            for _n in range(30):
                began = time.perf_counter()
                overview.move(1)
                best = min(best, time.perf_counter() - began)
            await seen.press("end")
            assert f"Step number {count - 1} " in seen.text()
            return best

    few, many = await cost(10, tmp_path / "few"), await cost(10_000, tmp_path / "many")
    assert many < max(few * 4, 0.015), (few, many)


def test_a_line_is_painted_only_as_far_as_it_changed() -> None:
    old: Line = (("T+1:05 closes", "bold"), (" in the window", "dim"), ("spare", "ok"))
    new: Line = (("T+1:06 closes", "bold"), (" in the window", "dim"), ("spare", "ok"))
    assert changed_until(old, new) == 6
    assert changed_until(old, (*new[:2], ("spare", "bad"))) == width_of(new)
    assert changed_until(old, new[:2]) == width_of(old)


async def test_nothing_is_painted_when_nothing_changed(tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path) as seen:
        painted: list[object] = []
        for pane in seen.app.overview.query("Pane"):
            pane.refresh = lambda *regions, **more: painted.append(regions)  # type: ignore[method-assign, assignment]
        seen.app.repaint()
        assert painted == []


async def test_the_log_pauses_filters_and_finds_errors(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path, size=(80, 24)) as seen:
        await seen.press("3", "k", "k", "k")
        assert "paused, 0 new" in seen.text()
        seen.story.begin("rls").output("rls", "new line one", "new line two").save(tmp_path / "run")
        await seen.until(lambda: "paused, 3 new" in seen.text())
        await seen.press("end")
        assert "follows" in seen.text() and "new line two" in seen.text()
        await seen.press("e")
        assert "paused" in seen.text() and "division by zero" in seen.text()
        await seen.press("slash")
        await seen.settle()
        await seen.type("backup")
        await seen.press("enter")
        text = seen.text()
        assert "/backup  follows" in text and "passed: Executar backup completo" in text and "division" not in text
        await seen.press("escape")
        assert "division" in seen.text()


async def test_writing_and_copying_say_what_they_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with shown(failed(), tmp_path) as seen:
        await seen.press("3", "w")
        (written,) = tmp_path.glob("virada-*-log-*.txt")
        assert str(written.name) in "".join(seen.text().split("\n"))
        assert written.stat().st_mode & 0o777 == 0o600
        assert "division by zero" in written.read_text()
        await seen.press("y")
        assert "through the terminal" in seen.text()


def test_opening_a_long_journal_keeps_its_transitions_and_the_latest_output(tmp_path: Path) -> None:
    story = prepared().begin("backup")
    for n in range(300):
        story.output("backup", f"{n} " + "x" * 20_000)
    paths = story.save(tmp_path / "run")
    follower = JournalFollower(JournalReader(paths.journal))
    batch = follower.start()
    types = [entry.line.type for entry in batch.entries]
    assert types.count("step.started") == 3 and types.count("run.opened") == 1
    assert 150 < types.count("step.output") < 250
    assert b"299 x" in batch.entries[-1].raw
    follower.close()


async def test_production_is_painted_from_edge_to_edge(tmp_path: Path) -> None:
    grounds = []
    for number, story in enumerate((prepared(), prepared(environment="staging"))):
        async with shown(story, tmp_path / str(number), size=(80, 24)) as seen:
            first = seen.app.screen._compositor.render_strips()[0]
            grounds.append({segment.style.bgcolor for segment in first if segment.style is not None})
    bright = [ground for ground in grounds[0] if ground is not None and ground.get_truecolor().red < 0x20]
    assert not bright, "no column of the first line has the calm ground of the rest"
    assert any(ground is not None and ground.get_truecolor().red < 0x20 for ground in grounds[1])


async def test_a_lock_tree_shows_who_waits_for_whom(tmp_path: Path) -> None:
    story = prepared().begin("backup")
    ours = [session(881, "ours", waits_for=[10], wanted="AccessExclusiveLock app.orders")]
    blockers = [session(10, "blocks_us", waits_for=[20], state="active"),
                session(20, "blocks_us", depth=2, state="idle in transaction", state_age_s=190.0)]  # fmt: skip
    blocked = [session(30, "blocked_by_us", waits_for=[881]), session(31, "blocked_by_us", depth=2, waits_for=[30])]
    facts = {"ours": ours, "blockers": blockers, "blocked": blocked, "blocked_count": 2}
    story.add(e.StepWaiting(step="backup", attempt=1, reason="lock", facts=facts))
    async with shown(story, tmp_path, size=(80, 24)) as seen:
        await seen.press("4")
        text = seen.text()
        root = "held by pid 20, app_user, app, idle in transaction for 3"
        assert root in " ".join(text.split()), "the root is named, not who waits himself"
        lines = text.splitlines()
        at = next(n for n, line in enumerate(lines) if line.startswith("  held by pid 10"))
        assert lines[at + 1] == "    waits itself for pid 20"
        assert lines[at + 2].startswith("    held by, at the root, pid 20")
        assert any(line.startswith("  waits for us pid 30") for line in lines)
        assert any(line.startswith("    waits behind it pid 31") for line in lines)


async def test_between_two_tries_for_a_lock_its_holder_is_named(tmp_path: Path) -> None:
    blockers = [session(20, "blocks_us", state="idle in transaction", state_age_s=190.0)]
    facts = {"try": 3, "of": 9, "pause_s": 0.4, "wanted": "AccessExclusiveLock app.orders", "blockers": blockers}
    story = prepared().begin("backup")
    story.add(e.StepWaiting(step="backup", attempt=1, reason="lock_retry", facts=facts))
    async with shown(story, tmp_path, size=(80, 24)) as seen:
        await seen.press("4")
        lines = seen.text().splitlines()
        said = " ".join(line.strip() for line in lines)
        assert "try 3 of 9, next in 0.4 s, held by pid 20, app_user, app, idle in transaction for 3 min" in said
        at = next(n for n, line in enumerate(lines) if line.startswith("  wants AccessExclusiveLock app.orders"))
        assert lines[at + 1].startswith("  held by pid 20")


async def test_sentences_take_two_lines_where_one_is_too_short(tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path, size=(80, 24)) as seen:
        lines = seen.text().splitlines()
        assert lines[-3] == "0:04 waits for a lock on app.orders, held by pid 4711, report, psql, idle in"
        assert lines[-2] == "transaction for 3 min; 3 sessions queue behind us"


async def test_a_replay_has_no_numbers_that_are_no_keys(tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path, size=(80, 24), mode="replay") as seen:
        tabs = next(line for line in seen.text().splitlines() if "Checklist" in line)
        assert "Gauges" in tabs and "2 Gauges" not in tabs


async def test_the_last_commit_is_told_however_far_the_run_has_gone(tmp_path: Path) -> None:
    async with shown(migrated(), tmp_path, size=(80, 24)) as seen:
        assert "Committed last, at 22:06:14: 2.2.1 Executar script de migração" in seen.text()


async def test_a_closed_run_stands_at_its_end(tmp_path: Path) -> None:
    async with shown(STORIES["rolled_back"](), tmp_path, size=(80, 24), mode="observer") as seen:
        assert seen.app.overview.checklist.selected == "rb-check" and "Verificar restauração" in seen.text()


async def test_long_names_keep_their_share(tmp_path: Path) -> None:
    person = "a-person-with-a-very-long-name-of-more-than-sixty-letters@jump-host-1"
    story = Story(environment="staging", mode="rehearsal").helm(person)
    async with shown(story, tmp_path, size=(80, 24), mode="observer") as seen:
        first, second = seen.text().splitlines()[:2]
        assert "REHEARSAL" in first and "OBSERVER" in first
        assert "helm: a-person" in second and "you: ana@jump1" in second and "live" in second
