"""Every event has one sentence, or is silent by its class; the console's log and the narration show the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import tui.locale
from tests.console.journals import Story, backing_up, failed, migrated, migrating, prepared, rolled_back
from tests.unit.cli.journals import Journal, plan, sql
from tui.journal import events as e
from tui.journal.other_runs import OtherRun
from tui.pictures.log import log_lines
from tui.plain.narrator import narrate
from tui.run.fold import fold
from tui.run.state import RunState
from tui.words.codes import reason_of
from tui.words.errors import error_text
from tui.words.events import TOLD, rollback_reason, told

STORIES = (prepared, backing_up, migrating, migrated, failed, rolled_back)
STEP: dict[str, Any] = {"step": "fill", "attempt": 2}
SAID: tuple[e.Event, ...] = (
    e.RunBeside(runs=(OtherRun(run="other", standing="changing"),)), e.RunRecovered(), e.RunRecovered(end_known=False),
    e.RunHeld(reason="lunch"), e.RunHeld(code="not_the_primary"), e.RunResumed(), e.RunResumed(reason="failover"),
    e.RunResumed(policy=e.Policy(drive="run_to", until="fill")), e.RunResumed(policy=e.Policy(drive="autopilot")),
    e.RunResumed(beside=("other",)), e.RunResumed(identity={"timeline": 2}), e.RunDriven(reason="joined"),
    e.RunRested(), e.RunRested(until="2026-12-06T22:00:00.000000Z"),
    e.RunClosed(outcome="rolled_back", stays=("fill",)), e.ClockStepped(seconds=-3.0), e.HelmTaken(person="ana"),
    e.HelmTaken(person="ana", taken_from="bruno", reason="he sleeps"), e.HelmReleased(person="ana", note="lunch"),
    e.StepStarted(**STEP, confirm="demo", reason="now"), e.StepStarted(**STEP, undoes="fill"),
    e.StepForetold(**STEP, facts={"since": "2031-12-05T22:04:31Z", "rows": 7, "tables": 2, "slots": (),
                                  "subscriptions": ()}),
    e.StepOutput(**STEP, dropped=1), e.StepProgress(**STEP, done=1.0, total=3.0, unit="rows"),
    e.StepWaiting(**STEP, reason="lock"), e.StepFate(**STEP, fate="undecided", reason="other_timeline"),
    e.NotifySent(**STEP, channel="team", title="done", count=1, delivered=1),
    e.NotifySent(**STEP, channel="team", title="done", count=2, delivered=1),
    e.NotifySent(**STEP, channel="team", title="done", error={"code": "no_service", "facts": {}}),
    e.StepPassed(**STEP), e.StepFailed(**STEP, reason="sql_error", sqlstate="40P01", message="deadlock"),
    e.StepSkipped(**STEP, reason="host_ended"), e.StepSigned(**STEP, note="seen", person="ana"),
    e.StepSigned(**STEP, person="demo", evidence={"signed_by": "demo", "sign_off": True}),
    e.StepByHand(**STEP, note="done", person="ana"), e.StepCancelled(**STEP, reason="companion"),
    e.StepCancelled(**STEP, reason="person"), e.StepUndone(**STEP), e.CancelRequested(**STEP, reason="rollback"),
    e.TxCommitted(**STEP, rows=1), e.TxAborted(**STEP, sqlstate="40001", message="again"),
    e.GuardBreached(metric="cpu", value=0.9, limit=0.7, source="db1"), e.GuardCleared(metric="cpu", value=0.5),
    e.TriggerFired(title="Rows are lost", reason="step_failed", step="fill"),
    e.RollbackStarted(reason="fill: sql_error"), e.RollbackFinished(outcome="rolled_back"),
    e.RollbackFinished(outcome="failed", step="fill", stays=("fill",)), e.NoteAdded(text="seen", step="fill"),
    e.FeedbackAdded(text="good"), e.ErrorRecorded(id="E1", text="not_measured"), e.ErrorResolved(id="E1", text="ok"),
    e.BackupRecorded(step="fill", attempt=1, path="/b", format="custom", bytes=7, sha256="ab"),
    e.LogLines(stream="server", dropped=2), e.QuiesceBegun(**STEP, database="app"), e.QuiesceReleased(of="fill"),
    e.SwapBegun(**STEP, database="app", old_oid=1, new_oid=2, called="app_new", kept_as="app_old"),
    e.SwapDone(**STEP, new_oid=2),
    e.FingerprintRecorded(step="fill", attempt=1, file="f.json", sha256="ab", bytes=7, objects={"tables": 3}, tables=1),
    e.RunAmended(plan=plan(sql("fill")), seal="ab", work="cd", reason="a typo"),
    e.RunAmended(
        plan=plan(sql("fill")), seal="ab", work="cd", reason="a typo", steps=(e.StepChange(step="fill", how="added"),),
        window=e.OpenWindow(opens="2031-12-05T22:00:00Z", closes="2031-12-05T23:30:00Z", duration_s=1.0, buffer_s=0.0),
        despite=("no-rehearsal",),
    ),
    e.RunAmended(
        plan=plan(sql("fill")), seal="ab", work="cd", reason="a typo",
        parts=(e.PartChange(part="team"), e.PartChange(part="dependencies")),
    ),
    e.ImprovementAdded(id="I1", text="shorter", owner="ana", due="2031-12-31"), e.LessonAdded(id="L1", text="ask"),
    e.ImprovementDone(id="I1", text="it is"), e.ImprovementDone(id="I1", text="it is", run="20311205T220000Z-0000"),
)  # fmt: skip
"""Each class that says something, and each of its sentences."""


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    tui.locale.use("en")
    yield
    tui.locale.use("en")


@pytest.mark.parametrize("type_", sorted(e.TYPES))
def test_every_event_has_its_sentence_or_is_silent_by_its_class(type_: str) -> None:
    event = e.TYPES[type_]
    assert (event in TOLD) != event.SILENT
    assert event.SILENT or event is e.RunOpened or any(type(said) is event for said in SAID)


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_each_sentence_is_whole_and_inert_in_both_languages(language: str) -> None:
    tui.locale.use(language)
    for by in ("engine", "ana\x1b[2J@jump1"):
        journal = Journal(plan(sql("fill")))
        for event in SAID:
            journal.add(event, by=by)
        state = fold_first(journal)
        for line in journal.lines:
            said = told(e.decode(line.type, line.data), line, state)
            assert said is not None, line.type
            assert said.sentence.strip() == said.sentence and said.sentence.isprintable(), line.type
            assert "{" not in said.sentence and "None" not in said.sentence, said.sentence


def fold_first(journal: Journal) -> RunState:
    return fold(RunState(), journal.lines[0])


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_the_log_and_the_narration_say_the_same_of_each_line(story: Callable[[], Story], language: str) -> None:
    tui.locale.use(language)
    state, both = RunState(), 0
    for line in story().add_raw("future.event", {"x": 1}).lines:
        previous, state = state, fold(state, line)
        event, log, narrated = (
            e.decode(line.type, line.data),
            list(log_lines([line], state)),
            narrate(previous, state, line),
        )
        sentences = [said.text for said in log if not said.counts and said.severity != "output"]
        if event is not None and (event.BULK or event.ROUTINE):
            # The narration leaves out what comes in any number, and tells what it tells in the same words.
            assert not sentences or not narrated or sentences[0] in narrated[0]
            continue
        assert len(sentences) == 1 and sentences[0] in narrated[0], (line.type, sentences, narrated)
        both += 1
    assert both > 5


def test_a_step_that_the_engine_left_out_has_the_reason_in_words() -> None:
    assert said_of(e.StepSkipped(**STEP, reason="host_ended"), "engine") == (
        "event", "skipped: Do fill: the step it accompanies has ended",
    )  # fmt: skip
    assert said_of(e.StepSkipped(**STEP, reason="timeout"), "ana") == ("person", "skipped by ana: Do fill: timeout")
    assert said_of(e.StepCancelled(**STEP, reason="companion"), "engine") == (
        "event", "ended with the step it accompanies: Do fill",
    )  # fmt: skip
    left = said_of(e.StepCancelled(**STEP, reason="companion", effect="unknown"), "engine")
    assert left[0] == "warning" and left[1].endswith("; unknown what of it is in the database")
    assert said_of(e.RollbackStarted(reason="fill: sql_error"), "engine") == (
        "error", "ROLLBACK started: fill: the server reported an error",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("event", "engine", "person"),
    [
        (e.RunClosed(outcome="completed"), "Run closed: completed", "Run closed by ana: completed"),
        (e.RollbackStarted(reason=""), "ROLLBACK started", "ROLLBACK started by ana"),
        (e.CancelRequested(**STEP), "cancel asked for: Do fill", "cancel asked for by ana: Do fill"),
    ],
)
def test_what_the_engine_does_itself_is_said_without_a_name(event: e.Event, engine: str, person: str) -> None:
    assert (said_of(event, "engine")[1], said_of(event, "ana")[1]) == (engine, person)


def said_of(event: e.Event, by: str) -> tuple[str, str]:
    journal = Journal(plan(sql("fill")))
    journal.add(event, by=by)
    said = told(event, journal.lines[-1], fold_first(journal))
    assert said is not None
    return said.severity, said.sentence


def test_data_of_another_version_is_named_and_passed_over() -> None:
    journal = Journal(plan(sql("fill")))
    journal.raw("step.passed", {"step": 7})
    state = fold_first(journal)
    assert [line.text for line in log_lines(journal.lines[1:], state)] == [
        "an event this version does not know: step.passed"
    ]


def test_what_an_engine_remarks_is_told_in_the_viewers_language_and_text_of_old_as_it_is() -> None:
    journal = Journal(plan(sql("fill")))
    code = {"severity": "warning", "code": "canary_unanswered", "facts": {"reason": "no\x1b[2J"}}
    journal.add(e.LogLines(stream="engine", text="canary_unanswered\nDer Server schweigt.", lines=(code, {})))
    journal.add(e.StepFailed(**STEP, reason="connection", code="server_silent", message="server_silent"))
    journal.add(e.StepFailed(**STEP, reason="connection", message="Der Server schweigt."))
    wanted = {
        "en": ("The canary is not answered: no\\x1b[2J", "The server took the connection, and then did not answer"),
        "pt_BR": ("O canário", "O servidor aceitou a conexão e depois não respondeu"),
    }
    for language, (remark, failure) in wanted.items():
        tui.locale.use(language)
        state, narrated = RunState(), list[str]()
        for line in journal.lines:
            previous, state = state, fold(state, line)
            narrated += narrate(previous, state, line)
        for text in ("\n".join(narrated), "\n".join(line.text for line in log_lines(journal.lines, state))):
            assert remark in text and failure in text and "canary_unanswered" not in text
            assert text.count("Der Server schweigt") == 2


def test_others_words_are_never_taken_for_a_code() -> None:
    """A server's message, or a person's reason, may be a word that is a code of ours."""
    tui.locale.use("en")
    assert error_text("timeout") == "it took longer than allowed"
    assert error_text("timeout", "P0001") == "timeout"
    assert rollback_reason("migrate: timeout", "engine") == "migrate: it took longer than allowed"
    assert rollback_reason("migrate: timeout", "ana@jump1") == "migrate: timeout"
    assert reason_of("timeout", None, "failed", "engine") == "it took longer than allowed"
    assert reason_of("timeout", None, "skipped", "ana@jump1") == "timeout"
