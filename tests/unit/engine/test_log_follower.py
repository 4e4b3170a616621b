"""What the watch of the server's log says, counts and records, whatever its source does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tui.engine.recorder import Recorder
from tui.engine.watch import log_follower
from tui.engine.watch.log_errors import MOST_RECORDED, CriticalErrors
from tui.engine.watch.log_follower import LogFollower, lacking
from tui.engine.watch.log_sources import LogSource
from tui.engine.watch.logbook import Logbook
from tui.journal.codes import Unmeasured
from tui.journal.events import ErrorRecorded
from tui.journal.remarks import Coded, Remarked
from tui.postgres.errors import ConnectionLost, StatementFailed
from tui.postgres.logs.parser import LogUnavailable
from tui.postgres.logs.record import LogRecord
from tui.postgres.session import Session
from tui.probes.ssh import Ssh
from tui.run.errors import Errors, RecordedError
from tui.run.state import RunState
from tui.words.said import say


def line(severity: str = "ERROR", state: str = "53300", pid: int | None = 7, at: str | None = "t") -> LogRecord:
    return LogRecord(at, severity, state, f"too many of {state}", pid, None)


class Book:
    """Stands in for the recorder and the logbook."""

    def __init__(self) -> None:
        self.state = SimpleNamespace(errors=Errors(), metrics={}, latest={}, facts={})
        self.recorded: list[ErrorRecorded] = []
        self.said: list[str] = []
        self.shown: list[tuple[int, int]] = []

    def append(self, *events: ErrorRecorded) -> None:
        self.recorded += events
        for event in events:
            told = RecordedError(id=event.id, text=event.text, source=event.source)
            self.state.errors = self.state.errors.added(told)

    def say(self, severity: str, remark: Coded) -> None:
        self.said.append(say(remark))

    def lines(self, stream: str, records: list[dict[str, Any]], more: int = 0) -> None:
        self.shown.append((len(records), more))


class Source:
    """Reads what `pieces` has: lines, or an error to raise."""

    source = "here"

    def __init__(self) -> None:
        self.form = "csvlog"
        self.adopted: list[str] = []
        self.pieces: list[list[LogRecord] | Exception] = []
        self.unread = 0
        self.skipped = 0
        self.remarks: list[Coded] = []
        self.opened = 0

    @property
    def more(self) -> bool:
        return bool(self.pieces) or self.unread > 0

    async def open(self, prefix: str) -> None:
        self.opened += 1

    def adopt(self, prefix: str) -> None:
        self.adopted.append(prefix)

    async def read(self) -> list[LogRecord]:
        await asyncio.sleep(0)
        piece = self.pieces.pop(0) if self.pieces else []
        if isinstance(piece, Exception):
            raise piece
        return piece

    async def behind(self) -> int:
        return self.unread

    async def close(self) -> None: ...


class There:
    prefix = "%m [%p] "
    minimum = "warning"

    async def rows(self, name: str) -> list[tuple[str, ...]]:
        return [] if name == "own_backends" else [("csvlog", "on", self.prefix, self.minimum)]


class Scene:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.book, self.log, self.own = Book(), Source(), set[int]()

        def source(_w: str, _e: Mapping[str, str], _s: Callable[[], Session | None], _ssh: Ssh) -> LogSource:
            return self.log

        monkeypatch.setattr(log_follower, "log_source", source)
        monkeypatch.setattr(log_follower, "BEAT", 0.01)
        monkeypatch.setattr(log_follower, "_BUDGET", 0.05)
        monkeypatch.setattr(log_follower, "_RETRY", (0.05, 0.05))
        book = self.book
        self.watch = LogFollower(
            cast(Recorder, book), cast(Logbook, book), "auto", {}, lambda: cast(Session, There()), Ssh({}),
            lambda: self.own,
        )  # fmt: skip

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    def play(self, part: Callable[[], Any]) -> None:
        async def both() -> None:
            running = asyncio.ensure_future(self.watch.run())
            await part()
            assert not running.done()
            running.cancel()

        asyncio.run(both())


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(monkeypatch)


def test_a_storm_is_one_event_for_each_state(scene: Scene) -> None:
    scene.log.pieces = [[line(), line(), line(state="XX000")] * 1000]

    async def part() -> None:
        await scene.until(lambda: scene.watch.figures() == {"critical_errors": 3000.0})

    scene.play(part)
    assert [(e.id, e.text) for e in scene.book.recorded] == [
        ("E1", "too many of 53300 (×2000)"), ("E2", "too many of XX000 (×1000)"),
    ]  # fmt: skip
    assert scene.book.shown == [(200, 2800)]


def test_the_list_of_errors_ends_and_the_count_goes_on(scene: Scene) -> None:
    wanted = MOST_RECORDED + 50

    async def part() -> None:
        for number in range(wanted):
            scene.log.pieces.append([line()])
            await scene.until(lambda n=number: scene.watch.errors == n + 1 and not scene.log.pieces)  # type: ignore[misc]
            await scene.until(lambda n=number: len(scene.book.recorded) >= min(n + 1, MOST_RECORDED))  # type: ignore[misc]

    scene.play(part)
    assert len(scene.book.recorded) == MOST_RECORDED and scene.watch.errors == wanted
    assert len([text for text in scene.book.said if "only counted" in text]) == 1


@pytest.mark.unsaid(Unmeasured.LOG_BEHIND)
def test_far_behind_is_unknown_and_said(scene: Scene) -> None:
    async def part() -> None:
        await scene.until(lambda: scene.watch.figures() != {})
        assert scene.watch.state == ""
        scene.log.unread = 5 << 20
        await scene.until(lambda: scene.watch.figures() == {})
        assert "5 MB" in say(scene.watch.trouble or "") and scene.watch.state == Unmeasured.LOG_BEHIND
        scene.log.unread = 0
        await scene.until(lambda: scene.watch.figures() != {})
        assert scene.watch.trouble is None

    scene.play(part)
    assert len(scene.book.said) == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("a mistake of ours"), "a mistake of ours"),
        (LogUnavailable("gone"), "gone"),
        (ConnectionLost("lost"), None),
        (StatementFailed("cut off", "57014"), None),
    ],
)
def test_a_failure_leaves_it_unknown_and_it_goes_on(scene: Scene, error: Exception, said: str | None) -> None:
    known: list[bool] = []

    async def part() -> None:
        await scene.until(lambda: scene.watch.figures() != {})
        original = scene.log.read

        async def failing() -> list[LogRecord]:
            scene.log.read = original  # type: ignore[method-assign]
            asyncio.get_running_loop().call_later(0.005, lambda: known.append(scene.watch.figures() != {}))
            raise error

        scene.log.read = failing  # type: ignore[method-assign]
        await scene.until(lambda: known != [])
        scene.log.pieces.append([line()])
        await scene.until(lambda: scene.watch.figures() == {"critical_errors": 1.0})

    scene.play(part)
    assert known == [False]
    assert any(said in text for text in scene.book.said) if said else not scene.book.said


def test_a_source_that_hangs_is_unknown(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_follower, "_FRESH", 0.2)

    async def part() -> None:
        await scene.until(lambda: scene.watch.figures() != {})

        async def hang() -> list[LogRecord]:
            await asyncio.sleep(60)
            return []

        scene.log.read = hang  # type: ignore[method-assign]
        await scene.until(lambda: scene.watch.figures() == {})

    scene.play(part)


def test_the_engines_own_sessions_are_known_by_their_process(scene: Scene) -> None:
    scene.own = {42}
    scene.log.pieces = [[line(pid=42), line(pid=43)]]

    async def part() -> None:
        await scene.until(lambda: scene.watch.figures() == {"critical_errors": 1.0})

    scene.play(part)
    assert scene.book.shown == [(1, 0)]


def test_what_cannot_be_read_and_what_a_source_remarks_is_said(scene: Scene) -> None:
    scene.log.skipped, scene.log.remarks = 3, [Coded(Remarked.LOG_OTHER_FORM, before="csvlog", now="stderr")]

    async def part() -> None:
        await scene.until(lambda: len(scene.book.said) == 2)

    scene.play(part)
    assert "csvlog but as stderr" in scene.book.said[0] and "3 records" in scene.book.said[1]


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ([line(), line("STATEMENT"), line(), line("STATEMENT")], 2),
        ([line(at=None, pid=None)] * 3, 3),
        # Another language: what follows an error repeats its prefix under another word.
        ([line("ERRO"), line("DETALHE"), line("COMANDO"), line("ERRO"), line("COMANDO")], 2),
        ([line("ERRO"), line("COMANDO"), line("ERRO", pid=8)], 2),
        ([line("LOG"), line("COMANDO")], 0),
        ([line("ERROR"), line("PANIC", "00000")], 2),
        ([line(state="57P01"), line(state="42601"), line("WARNING")], 0),
    ],
)
def test_each_record_counts(lines: list[LogRecord], count: int) -> None:
    critical = CriticalErrors(0)
    critical.meet(lines)
    assert critical.count == count
    assert sum(1 for _ in critical.taken(cast(RunState, SimpleNamespace(errors=Errors())))) == len(
        {found.sqlstate for found in lines if count}
    )


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        # The word for a message or an error, in a language that has one, and in none.
        ([line("СООБЩЕНИЕ", "F0000"), line("СООБЩЕНИЕ", "58P01"), line("日志", "53000")], 0),
        ([line("FEHLER", "F0000"), line("ОШИБКА"), line("오류", "58030"), line("错误", "XX001")], 4),
        ([line("ПАНИКА", "55000"), line("WARNUNG", "XX001"), line("ПРЕДУПРЕЖДЕНИЕ", "58P01")], 1),
        ([line("QUATSCH", "XX000"), line("QUATSCH", "57P04"), line("QUATSCH", "57P01"), line("QUATSCH", "00000")], 2),
        ([line("QUATSCH", "F0000"), line("QUATSCH", "58P01"), line("QUATSCH", "53200")], 0),
    ],
)
def test_the_sqlstate_decides_whatever_the_language(lines: list[LogRecord], count: int) -> None:
    critical = CriticalErrors(0)
    critical.meet(lines)
    assert critical.count == count


@pytest.mark.parametrize(
    ("lines", "errors", "unclear"),
    [
        ([line(state="22012"), line("STATEMENT", "22012"), line("FEHLER", "42601")], 2, 0),
        ([line("QUATSCH", "F0000"), line("QUATSCH", "58P01", pid=8), line("QUATSCH", "22012", pid=9)], 1, 2),
        ([line("QUATSCH", "00000"), line("LOG", "F0000"), line("HINWEIS", "00000")], 0, 0),
        # A prefix without SQLSTATEs.
        ([LogRecord("t", "ERROR", None, "x", 7, None), LogRecord("t", "LOG", None, "x", 7, None)], 0, 1),
        # Lines that fit no prefix: one of a server with another one, output of other programs, the rest of a record.
        ([LogRecord(None, "", None, "2026 [7] app=x ERROR:  boom", None, None)], 0, 1),
        ([LogRecord(None, "", None, "2026 [7] \\xce\\xf8\\xe8\\xe1\\xea\\xe0:  boom", None, None)], 0, 0),
        ([LogRecord(None, "", None, "2026 [7] \\xce\\xd8\\xc8\\xc1\\xca\\xc0:  boom", None, None)], 0, 1),
        ([LogRecord(None, "", None, "rsync: ERROR: no route to host", None, None)], 0, 0),
        ([LogRecord(None, "", None, "\tselect 'ERROR:  x'", None, None)], 0, 0),
    ],
)
def test_errors_are_counted_and_what_may_be_one_is_named(lines: list[LogRecord], errors: int, unclear: int) -> None:
    critical = CriticalErrors(0)
    critical.meet(lines)
    assert (critical.errors, critical.unclear) == (errors, unclear)
    assert (critical.doubt is not None) is bool(unclear)


def test_a_record_that_may_be_an_error_leaves_critical_errors_unknown(scene: Scene) -> None:
    async def part() -> None:
        await scene.until(lambda: scene.watch.figures() != {})
        scene.log.pieces = [[line("QUATSCH", "F0000")]]
        await scene.until(lambda: scene.watch.figures() == {})
        assert scene.watch.facts()["server_log_unclear"] == 1
        # Those that are there are told all the same.
        scene.log.pieces = [[line()]]
        await scene.until(lambda: scene.watch.figures() == {"critical_errors": 1.0})

    scene.play(part)
    assert "nobody can tell" in scene.book.said[0] and len(scene.book.said) == 1


def test_a_prefix_that_is_set_anew_is_taken_on(scene: Scene) -> None:
    scene.log.form = "stderr"

    async def part() -> None:
        await scene.until(lambda: scene.watch.state == "log_without_sqlstates")
        There.prefix = "%m [%p] %e "
        await scene.until(lambda: scene.watch.state == "")
        assert scene.log.adopted == ["%m [%p] %e "]

    try:
        scene.play(part)
    finally:
        There.prefix = "%m [%p] "


@pytest.mark.unsaid(Unmeasured.LOG_WITHOUT_ERRORS, Unmeasured.LOG_WITHOUT_SQLSTATES)
@pytest.mark.unsaid(Remarked.LOG_WITHOUT_ERRORS, Remarked.LOG_WITHOUT_SQLSTATES)
@pytest.mark.parametrize(
    ("form", "prefix", "minimum", "lack"),
    [
        ("stderr", "%m [%p] %e ", "warning", ""),
        ("stderr", "%-10e%m ", "error", ""),
        ("stderr", "%m %%e ", "warning", "log_without_sqlstates"),
        ("csvlog", "%m ", "debug1", ""),
        ("jsonlog", "%m ", "fatal", "log_without_errors"),
        ("stderr", "%e ", "log", "log_without_errors"),
    ],
)
def test_a_log_that_does_not_tell_all_errors(form: str, prefix: str, minimum: str, lack: str) -> None:
    assert lacking(form, prefix, minimum) == lack


def test_a_look_that_is_asked_for_comes_at_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_follower, "BEAT", 60)

    async def part() -> None:
        await scene.until(lambda: scene.watch.state == "")
        scene.log.pieces = [[line()]]
        await scene.watch.look_now()
        assert scene.watch.errors == 1

    scene.play(part)
