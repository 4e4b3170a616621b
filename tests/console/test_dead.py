"""A run without an engine: every screen says that nothing runs and how it goes on; clocks stand, no key commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import Struct

from tests.console.journals import Story, backing_up, failed, migrated, migrating, prepared
from tests.console.test_twelve_questions import before_the_window, commit_sent, undecided
from tests.console.twin import HelmTwin, shown
from tui.console.feed.source import Look
from tui.console.input.actions import ACTIONS
from tui.console.screens.question import QuestionOverlay
from tui.helm.client import HelmLost, NoEngine
from tui.journal import events as e
from tui.pictures.view import Mode
from tui.run import commands as c

SAID = "NOTHING RUNS. q, then virada attach"
STORIES: list[Callable[[], Story]] = [
    before_the_window,
    prepared,
    backing_up,
    migrating,
    commit_sent,
    undecided,
    failed,
]


def rolling_back() -> Story:
    story = failed().add(e.RollbackStarted(reason="twelve rows", undo=("backfill", "migrate")), after=40.0)
    return story.add(e.StepStarted(step="undo.backfill", attempt=1, undoes="backfill"), after=1.0)


class Engine:
    """Lives until it is told otherwise."""

    def __init__(self, alive: bool | None = True) -> None:
        self.alive = alive

    def __call__(self, told: object) -> bool | None:
        return self.alive


def dead(told: object) -> bool | None:
    return False


@pytest.mark.parametrize(
    ("story", "mode"),
    [*((story, "operator") for story in (*STORIES, rolling_back)), (migrating, "observer"), (rolling_back, "observer")],
)
async def test_it_says_that_nothing_runs_and_offers_no_command(
    story: Callable[[], Story], mode: Mode, tmp_path: Path
) -> None:
    async with shown(story(), tmp_path, mode=mode, size=(80, 24), engine=dead, later=300.0) as seen:
        lines = seen.text().splitlines()
        assert "NOTHING RUNS" in lines[0] and "engine ended, last event 5 min ago" in lines[1]
        assert SAID in lines[-5:-1]
        for word in ("running", "rolling back", "live"):
            assert word not in lines[0] + lines[1], word
        assert "▶ running" not in seen.text() and "Rolling back." not in seen.text()
        for label in (action.label for action in ACTIONS if action.commands):
            assert f" {label} " not in lines[-1], label
        assert " q detach" in lines[-1]
        await seen.press("colon")
        names = {action.name for action in seen.app.screen._all}  # type: ignore[attr-defined]
        assert not names & {action.name for action in ACTIONS if action.commands}


@pytest.mark.parametrize("mode", ["operator", "observer"])
async def test_keys_that_command_say_so_and_reach_nobody(mode: Mode, tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path, mode=mode, engine=dead) as seen:
        for key in ("x", "X", "s", "b", "minus", "c", "h", "R", "n"):
            # Esc: a letter behind a refused key would be text.
            await seen.press("escape")
            seen.app._said = None
            await seen.press(key)
            said = seen.app.said
            assert said is not None and said.text == SAID, key
            assert not isinstance(seen.app.screen, QuestionOverlay) and not seen.helm.taken


async def test_ctrl_c_does_not_say_that_the_engine_goes_on(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path, engine=dead) as seen:
        await seen.press("ctrl+c")
        assert "q leaves this screen; no engine runs." in seen.text()


@pytest.mark.parametrize(
    ("story", "size"),
    [
        *((story, (80, 24)) for story in (before_the_window, backing_up, migrating, rolling_back)),
        (migrating, (120, 40)),
    ],
)
async def test_its_clocks_stand(story: Callable[[], Story], size: tuple[int, int], tmp_path: Path) -> None:
    """Later the screen differs by nothing but how old it is."""
    pictures = []
    for number, later in enumerate((62.0, 100.0)):
        async with shown(story(), tmp_path / str(number), size=size, engine=dead, later=later) as seen:
            # How long nothing was measured is an age, too.
            rows = [row for row in seen.text().splitlines() if "no data" not in row and "not measured" not in row]
            # Neither does the time of day stand for anything.
            pictures.append([re.sub(r" 2\d:\d\d ", " ", rows[0]), *rows[1:]])
    assert pictures[0] == pictures[1]


async def test_until_when_is_told_as_times_of_day(tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path / "1", size=(80, 24), engine=dead, later=60.0) as seen:
        text = seen.text()
        assert "window closes at 23:00" in text and "roll back before 22:56" in text
        assert "T+6:11 at the last event, 22:06:11" in text
    async with shown(migrating(), tmp_path / "2", size=(80, 24), engine=dead, later=3600.0) as seen:
        assert "window OVER since 23:00" in seen.text()
        assert "TOO LATE to roll back in the window, since 22:56" in seen.text()
    async with shown(before_the_window(), tmp_path / "3", size=(80, 24), engine=dead) as seen:
        assert "window opens at 22:00" in seen.text()


LEFT: list[tuple[Callable[[], Story], str]] = [
    (backing_up, "2.1.1 Executar backup completo was at work for 0:21; the next engine finds out"),
    (commit_sent, "COMMIT was sent and not answered; the next engine finds out whether it is committed."),
    (undecided, "UNDECIDED 2.2.1 Executar script de migração: nobody knows"),
    (failed, "FAILED (SQLSTATE 22012) 2.3.1: the result is not the expected one: 12 rows have no region;"),
    (failed, "Rollback is PROPOSED"),
    (rolling_back, "U2.2.3 Preencher a região dos pedidos em lotes was at work for 0:00"),
    (prepared, "Next for DBA: 2.1.1 Executar backup completo"),
]


@pytest.mark.parametrize(("story", "wanted"), LEFT)
async def test_what_it_left_is_told(story: Callable[[], Story], wanted: str, tmp_path: Path) -> None:
    async with shown(story(), tmp_path, size=(80, 24), engine=dead) as seen:
        below = " ".join(" ".join(seen.text().splitlines()[-4:]).split())
        assert wanted in below
        for hint in ("x executes it", "s signs it", "R rolls back", "by itself"):
            assert hint not in below


async def test_figures_do_not_look_as_if_they_were_measured_now(tmp_path: Path) -> None:
    async with shown(migrated(), tmp_path, size=(80, 24), engine=dead, later=60.0) as seen:
        await seen.press("2")
        assert "no data for 1:0" in seen.text()
    async with shown(migrating(), tmp_path / "waits", size=(80, 24), engine=dead) as seen:
        await seen.press("4")
        assert "as it was when its engine ended" in seen.text()


async def test_when_an_engine_is_back_the_screen_goes_on_by_itself(tmp_path: Path) -> None:
    engine = Engine(False)
    helm = HelmTwin()
    async with shown(migrating(), tmp_path, size=(80, 24), engine=engine, helm=helm) as seen:
        assert SAID in seen.text()
        engine.alive = True
        seen.story.add(e.RunRecovered(), after=30.0).sample().save(tmp_path / "run")
        await seen.until(lambda: "NOTHING RUNS" not in seen.text())
        assert "running" in seen.text().splitlines()[0] and "live" in seen.text().splitlines()[1]
        await seen.until(lambda: "R roll back" in seen.text().splitlines()[-1])
        await seen.press("n")
        await seen.type("back again")
        await seen.settle()
        await seen.press("enter")
        assert await seen.commands() == [c.Note(text="back again", step="migrate")]
        assert helm.closed, "what was connected to the engine before it is not used any more"


async def test_what_is_typed_while_the_engine_dies_stays_where_it_is(tmp_path: Path) -> None:
    engine = Engine()
    async with shown(prepared(), tmp_path, engine=engine) as seen:
        await seen.press("n")
        await seen.type("seen in the log")
        engine.alive = False
        await seen.until(lambda: seen.app.view().nothing_runs)
        await seen.settle()
        await seen.press("enter")
        screen = seen.app.screen
        assert isinstance(screen, QuestionOverlay) and screen.dialog.values() == ["seen in the log"]
        assert SAID in screen.dialog.problem and not seen.helm.taken


async def test_a_key_brings_no_engine_back_that_ended_under_ones_eyes(tmp_path: Path) -> None:
    started: list[int] = []

    class Dies(HelmTwin):
        def request(self, command: c.AnyCommand, take: str | None = None, timeout: float = 10):  # type: ignore[no-untyped-def]
            self.dead = True
            raise HelmLost("gone")

    twin = Dies()

    def connect(take: str | None) -> HelmTwin:
        if getattr(twin, "dead", False):
            raise NoEngine("none")
        return twin

    # Killed a moment ago: nobody has looked yet.
    async with shown(
        prepared(), tmp_path, connect=connect, ensure_engine=lambda: started.append(1), engine=Engine()
    ) as seen:
        await seen.press("h")
        await seen.until(lambda: "the journal shows what came of it" in seen.text())
        await seen.press("n")
        await seen.type("more")
        await seen.settle()
        await seen.press("enter")
        await seen.until(lambda: SAID in seen.text())
        assert started == []


@pytest.mark.parametrize("size", [(80, 24)])
async def test_where_nobody_can_know_that_is_said(size: tuple[int, int], tmp_path: Path) -> None:
    def story() -> Story:
        return migrating(engine={"host": "db2"})

    unknown: Look = Engine(None)
    async with shown(story(), tmp_path / "1", mode="observer", size=size, engine=unknown, later=180.0) as seen:
        lines = seen.text().splitlines()
        below = " ".join(" ".join(lines[-4:]).split())
        assert "running?" in lines[0] and "last event 3 min ago" in lines[1]
        assert "NOT KNOWN HERE whether anything runs: the engine was on db2" in below
        first = [row for row in lines[4:-4] if "no data" not in row and "not measured" not in row]
    async with shown(story(), tmp_path / "2", mode="observer", size=size, engine=unknown, later=190.0) as seen:
        rows = seen.text().splitlines()[4:-4]
        assert first == [row for row in rows if "no data" not in row and "not measured" not in row]
    async with shown(story(), tmp_path / "3", mode="observer", size=size, engine=unknown, later=3.0) as seen:
        assert "running?" not in seen.text() and "NOT KNOWN" not in seen.text()


async def test_whose_account_is_another_is_told_who_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with shown(prepared(), tmp_path, mode="observer", size=(80, 24), engine=dead) as seen:
        seen.app._owner = "virada"
        seen.app.repaint()
        assert "NOTHING RUNS. virada goes on with: virada attach 20261205T235500Z-7f3a" in seen.text()


class Question(Struct, frozen=True, kw_only=True):
    """`wanted`: texts that answer it, `keys`: at most one."""

    name: str
    story: Callable[[], Story]
    wanted: tuple[str, ...]
    keys: tuple[str, ...] = ()
    mode: Mode = "operator"


def windowless() -> Story:
    return migrating(durations={}, rollback_s=None, window=False)


def unrehearsed() -> Story:
    return migrating(durations={}, rollback_s=None)


QUESTIONS = (
    Question(name="1 what runs, since when", story=backing_up,
             wanted=(SAID, "2.1.1 Executar backup completo was at work for 0:21", "0:21 ~4:40 DBA")),
    Question(name="2 what is next and who does it", story=prepared, wanted=("Next for DBA: 2.1.1 Executar backup",)),
    Question(name="2 what is next behind what was at work", story=backing_up,
             wanted=("2.1.2 Verificar integridade do backup ~1:00 DBA",)),
    Question(name="3 until the window opens", story=before_the_window, wanted=("window opens at 22:00",)),
    Question(name="3 until the window closes", story=migrating, wanted=("window closes at 23:00",)),
    Question(name="4 in time", story=migrating, wanted=("~4 min to go", "window closes at 23:00", "  22:08  ")),
    Question(name="5 roll back until when", story=migrating, wanted=("roll back before 22:56",)),
    Question(name="5 never rehearsed", story=unrehearsed, wanted=("roll back before 22:56 at the latest",)),
    Question(name="5 without a window", story=windowless,
             wanted=("+11:11 since the run was opened, at the last event", "a rollback takes at least 4:00")),
    Question(name="6 breached", story=failed, keys=("2",), wanted=("response time", "BREACHED", "measured for 2:00")),
    Question(name="7 by whom it was blocked", story=migrating, keys=("4",),
             wanted=("as it was when its engine ended", "held by pid 4711, report, psql")),
    Question(name="8 committed", story=migrated, wanted=("(committed)",)),
    Question(name="8 nobody knows yet", story=commit_sent,
             wanted=("COMMIT was sent and not answered; the next", "finds out whether it is committed.")),
    Question(name="9 what failed", story=failed, wanted=("FAILED (SQLSTATE 22012) 2.3.1: the result is not",)),
    Question(name="10 whose helm, who am I", story=migrating, mode="observer",
             wanted=("helm: ana@jump1 · you: ana@jump1", "OBSERVER")),
    Question(name="11 production", story=migrating, wanted=(" PRODUCTION  production",)),
    Question(name="12 how old", story=migrating, wanted=("○ engine ended, last event 2 min ago",)),
)  # fmt: skip


SCREENS = sorted({(each.story.__name__, each.keys, each.mode) for each in QUESTIONS})


@pytest.mark.parametrize(("told", "keys", "mode"), SCREENS)
async def test_the_screen_answers_though_nothing_runs(
    told: str, keys: tuple[str, ...], mode: Mode, tmp_path: Path
) -> None:
    """Whatever is asked of one screen is asked at once."""
    assert {int(each.name.split()[0]) for each in QUESTIONS} == set(range(1, 13)) and len(keys) <= 1
    asked = [each for each in QUESTIONS if (each.story.__name__, each.keys, each.mode) == (told, keys, mode)]
    async with shown(asked[0].story(), tmp_path, mode=mode, size=(80, 24), engine=dead, later=120.0) as seen:
        await seen.press(*keys)
        text = seen.text()
        for question in asked:
            for wanted in question.wanted:
                found = wanted in text or wanted in " ".join(text.split())
                assert found, f"{question.name}: {wanted!r} is not in\n{text}"
