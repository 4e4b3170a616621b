"""The twelve questions: each is answered on a screen of 80x24 with at most one key, in the words a person looks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import Struct

from tests.console.journals import BRUNO, OPENS, STORIES, Story, failed, migrated, migrating, prepared, session
from tests.console.twin import shown
from tui.journal import events as e
from tui.pictures.view import Mode

SIZE = (80, 24)


def before_the_window() -> Story:
    return Story().helm().sample().passes("disk").passes("access")


def in_the_buffer() -> Story:
    """The backup has taken the window's time; 50 minutes into it, 15 of buffer begin at 45."""
    return prepared().begin("backup").sample(after=50 * 60.0)


def too_late_to_roll_back() -> Story:
    return prepared().begin("backup").sample(after=57 * 60.0)


def commit_sent() -> Story:
    """COMMIT is on its way; nobody knows yet what became of it."""
    story = migrating().add(e.StepWaiting(step="migrate", attempt=1))
    story.add(e.TxBegin(step="migrate", attempt=1, witness={"xid": "771"}))
    return story.add(e.TxCommitSent(step="migrate", attempt=1))


def undecided() -> Story:
    """The engine has come back and cannot know."""
    story = commit_sent().add(e.RunRecovered())
    return story.add(e.StepFate(step="migrate", attempt=1, fate="undecided", reason="other_timeline"))


def lock_timeout() -> Story:
    """The migration never got its lock: nothing of it is in the database."""
    story = migrating().add(e.StepWaiting(step="migrate", attempt=1))
    return story.add(
        e.StepFailed(step="migrate", attempt=1, reason="sql_error", sqlstate="55P03",
                     message="canceling statement due to lock timeout", effect="none")
    )  # fmt: skip


def breached() -> Story:
    """The canary is slow while the migration runs and waits for nothing."""
    story = prepared().begin("backup").sample(response_time=0.2)
    for _second in range(31):
        story.sample(after=1.0, response_time=0.33)
    return story.add(
        e.GuardBreached(metric="response_time", value=0.33, limit=0.1, source="db1", since=story.mono - 31)
    )


def blocking_others() -> Story:
    """The lock is ours, and others queue behind it."""
    story = migrating()
    return story.add(
        e.StepWaiting(
            step="migrate", attempt=1, reason="blocks_others",
            facts={
                "ours": [session(881, "ours", state="active", held=["AccessExclusiveLock app.orders"])],
                "blockers": [],
                "blocked": [session(n, "blocked_by_us", waits_for=[881], state="active", waiting_s=12.0,
                                    wanted="RowExclusiveLock app.orders") for n in (901, 902)],
                "blocked_count": 2,
            },
        )
    )  # fmt: skip


def taken_over() -> Story:
    story = prepared()
    return story.add(e.HelmTaken(person=BRUNO, account="bruno", taken_from="ana@jump1", reason="shift ends"), by=BRUNO)


class Question(Struct, frozen=True, kw_only=True):
    """`wanted`: texts that answer it; `keys`: at most one."""

    name: str
    story: Callable[[], Story]
    wanted: tuple[str, ...]
    keys: tuple[str, ...] = ()
    mode: Mode = "operator"


QUESTIONS = (
    Question(name="1 what runs, since when, against what", story=STORIES["backing_up"],
             wanted=("0:23 of about 4:40 2.1.1 Executar backup completo",)),
    Question(name="2 what is next while nothing runs", story=prepared,
             wanted=("Next for DBA: 2.1.1 Executar backup completo",)),
    Question(name="2 what is next while a step runs", story=STORIES["backing_up"],
             wanted=("· next    2.1.2 Verificar integridade do backup                    ~1:00 DBA",)),
    Question(name="3 until the window opens", story=before_the_window, wanted=("window opens in 4:5",)),
    Question(name="3 until the window closes", story=migrating, wanted=("window closes in 53:46",)),
    Question(name="3 the buffer has begun", story=in_the_buffer, wanted=("IN THE BUFFER, closes in 9:57",)),
    Question(name="4 in time", story=migrating, wanted=("ends about T+10m, 50 min to spare",)),
    Question(name="4 not in time", story=too_late_to_roll_back, wanted=("min TOO LATE",)),
    Question(name="5 roll back until when", story=migrating, wanted=("roll back within 49:46",)),
    Question(name="5 too late to roll back", story=too_late_to_roll_back,
             wanted=("TOO LATE to roll back in the window, since 1:03",)),
    Question(name="6 breached, at a glance", story=breached,
             wanted=("0:33 response time is BREACHED: 330 ms, measured on db1", "2 Gauges !")),
    Question(name="6 breached, in the gauges", story=breached, keys=("2",),
             wanted=("BREACHED", "over its limit for 0:33, measured on db1")),
    Question(name="7 by whom we are blocked", story=migrating,
             wanted=("0:04 waits for a lock on app.orders, held by pid 4711", "4 Waits !")),
    Question(name="7 the whole queue", story=migrating, keys=("4",),
             wanted=("held by pid 4711, report, psql, idle in transaction for 3 min",
                     "wants AccessExclusiveLock app.orders", "waits for us pid 903")),
    Question(name="7 whom we block", story=blocking_others, keys=("4",),
             wanted=("holds locks that 2 sessions wait for", "waits for us pid 902", "waits for 12 s")),
    Question(name="8 committed", story=migrated, wanted=("2.2.1 Executar script de migra", "(committed)")),
    Question(name="8 commit on its way", story=commit_sent, keys=("enter",),
             wanted=("COMMIT was sent, its answer is awaited",)),
    Question(name="8 commit on its way, at a glance", story=commit_sent,
             wanted=("COMMIT was sent; its answer is awaited.",)),
    Question(name="8 nobody knows", story=undecided,
             wanted=("UNDECIDED 2.2.1 Executar script de migração: nobody knows", "Look at the database.  Then x")),
    Question(name="8 not committed", story=lock_timeout, keys=("enter",), wanted=("nothing of it is in the database",)),
    Question(name="9 what failed", story=failed,
             wanted=("FAILED (SQLSTATE 22012) 2.3.1 Verificar consistência dos dados",)),
    Question(name="9 its SQLSTATE though others are wrong too", story=lock_timeout,
             wanted=("FAILED (SQLSTATE 55P03) 2.2.1 Executar script de migração",)),
    Question(name="10 mine", story=prepared, wanted=("helm: you, ana@jump1",)),
    Question(name="10 another's", story=taken_over, wanted=("helm: bruno@jump1", "you: ana@jump1", "OBSERVER")),
    Question(name="10 an observer's", story=taken_over, mode="observer",
             wanted=("OBSERVER", "helm: bruno@jump1", "you: ana@jump1")),
    Question(name="11 production", story=prepared, wanted=(" PRODUCTION  production",)),
    Question(name="11 not production", story=lambda: prepared(environment="staging", mode="rehearsal"),
             wanted=(" STAGING  REHEARSAL staging", "REHEARSAL")),
    Question(name="12 live", story=migrating, wanted=("● live",)),
    Question(name="12 a recording", story=migrating, mode="replay", wanted=("REPLAY", " of 11:11")),
)  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
async def test_the_screen_answers(question: Question, tmp_path: Path) -> None:
    assert len(question.keys) <= 1
    async with shown(question.story(), tmp_path, size=SIZE, mode=question.mode) as seen:
        await seen.press(*question.keys)
        text = seen.text()
        for wanted in question.wanted:
            assert wanted in text, f"{wanted!r} is not in\n{text}"


async def test_the_screen_tells_how_old_it_is(tmp_path: Path) -> None:
    story = migrating(start=OPENS - timedelta(minutes=5))
    async with shown(story, tmp_path, size=SIZE, later=95.0) as seen:
        assert "○ last event 1 min ago" in seen.text() and "● live" not in seen.text()


def test_all_twelve_are_asked() -> None:
    assert {int(question.name.split()[0]) for question in QUESTIONS} == set(range(1, 13))
