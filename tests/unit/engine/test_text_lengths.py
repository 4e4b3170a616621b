"""What an event holds of texts from elsewhere: each of them cut, the long one once, and room for all in a line."""

from __future__ import annotations

import msgspec

from tui.engine.text_limits import bounded
from tui.journal import events as e
from tui.journal.cut import LONGEST, REPEATED
from tui.journal.line import MAX_LINE


def of(event: e.Event) -> e.Event:
    return bounded(event, len(msgspec.json.encode(event)))


def test_the_evidence_has_the_long_text_and_what_repeats_it_a_beginning() -> None:
    text = "word " * 1_000_000
    failed = of(e.StepFailed(step="a", attempt=1, message=text, evidence={"error": {"message": text}}))
    assert isinstance(failed, e.StepFailed) and failed.message is not None
    assert len(failed.message) < REPEATED + 100 and failed.message.endswith("/5000000 bytes]")
    assert LONGEST - 5000 < len(failed.evidence["error"]["message"]) < LONGEST + 100
    for beside in (
        e.ErrorRecorded(id="E1", text=text), e.TxAborted(step="a", attempt=1, message=text),
        e.TxCommitted(step="a", attempt=1, warnings=(text,)),
        e.StepWaiting(step="a", attempt=1, reason="lock", facts={"blockers": [{"query": text}]}),
    ):  # fmt: skip
        assert len(msgspec.json.encode(of(beside))) < REPEATED + 400


def test_however_many_long_texts_there_are_they_fit_a_line() -> None:
    rows = [["x" * LONGEST] * 4 for _row in range(25)]
    event = of(e.StepPassed(step="a", attempt=1, evidence={"rows": rows}))
    assert len(msgspec.json.encode(event)) < MAX_LINE / 50


def test_what_is_short_stays_as_it_is() -> None:
    event = e.StepFailed(step="a", attempt=1, message="no", evidence={"a": [1, None, {"b": "c"}], "d": 1.5})
    assert of(event) == event
    sampled = e.MetricsSampled(values={"cpu": 0.5}, sources={"cpu": "db1"}, facts={"connections": [1, 2]})
    assert of(sampled) == sampled
    logged = e.LogLines(stream="server", text="a\nb", lines=({"rows": 2},), dropped=3)
    assert list(of(logged).entries()) == list(logged.entries())  # type: ignore[attr-defined]
