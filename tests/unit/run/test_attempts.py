"""The attempts of a step are part of the one state: each with who began it, when, how it ended and why; so many."""

from __future__ import annotations

from tests.unit.run.runs import listed, opening, sql
from tui.journal import events as e
from tui.journal.line import GENESIS, Line, encode_data
from tui.recording.keyframes import decode_state, encode_state
from tui.run.fold import fold
from tui.run.state import RunState
from tui.run.steps import MOST_ATTEMPTS, AttemptState


def told(*events: tuple[e.Event, str]) -> RunState:
    state = RunState()
    for seq, (event, by) in enumerate([(opening(listed(sql("a"), sql("b"))), "ana"), *events]):
        line = Line(1, seq, at(seq), float(seq), event.TYPE, by, encode_data(event), GENESIS)
        state = fold(state, line)
    return state


def at(seq: int) -> str:
    return f"2026-11-22T06:{seq // 60 % 60:02d}:{seq % 60:02d}.000000Z"


def test_every_attempt_from_its_beginning_to_its_end() -> None:
    state = told(
        (e.StepStarted(step="a", attempt=1, kind="sql"), "ana"),
        (e.StepFailed(step="a", attempt=1, reason="sql_error", message="no such table"), "engine"),
        (e.StepStarted(step="a", attempt=2, kind="sql"), "bea"),
        (e.StepFate(step="a", attempt=2, fate="undecided", reason="id_too_old"), "engine"),
        (e.StepByHand(step="a", attempt=2, note="looked", person="bea"), "bea"),
        (e.StepStarted(step="b", attempt=1, kind="sql"), "bea"),
    )  # fmt: skip
    assert state.steps["a"].attempts == (
        AttemptState(
            number=1,
            by="ana",
            started_at=at(1),
            ended_at=at(2),
            status="failed",
            reason="sql_error",
            said="no such table",
        ),
        AttemptState(number=2, by="bea", started_at=at(3), ended_at=at(5), status="by_hand", said="looked"),
    )
    assert state.steps["b"].attempts == (AttemptState(number=1, by="bea", started_at=at(6)),)
    assert decode_state(encode_state(state), state) == state, "a keyframe has them, too"


def test_the_undo_of_a_rollback_that_is_taken_up_again_keeps_its_attempts() -> None:
    state = told(
        (e.StepStarted(step="a", attempt=1, kind="sql"), "ana"),
        (e.StepPassed(step="a", attempt=1, effect="all"), "engine"),
        (e.RollbackStarted(reason="r", undo=("a",)), "ana"),
        (e.StepStarted(step="undo.a", attempt=1, kind="sql", undoes="a"), "engine"),
        (e.StepFailed(step="undo.a", attempt=1, reason="sql_error"), "engine"),
        (e.RollbackFinished(outcome="failed", step="undo.a"), "engine"),
        (e.RollbackStarted(reason="r", undo=("a",)), "bea"),
    )  # fmt: skip
    assert [(each.number, each.status) for each in state.steps["undo.a"].attempts] == [(1, "failed")]


def test_of_many_attempts_and_of_long_reasons_so_much_is_kept() -> None:
    events: list[tuple[e.Event, str]] = []
    for number in range(1, MOST_ATTEMPTS + 30):
        events.append((e.StepStarted(step="a", attempt=number, kind="sql"), "ana"))
        events.append((e.StepFailed(step="a", attempt=number, message="x" * 10_000), "engine"))
    state = told(*events)
    assert [each.number for each in state.steps["a"].attempts] == list(range(30, MOST_ATTEMPTS + 30))
    assert state.steps["a"].before is not None and state.steps["a"].before.attempts == ()
    assert len(encode_state(state)) < 300_000
