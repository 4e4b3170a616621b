"""What an answer over http proves, and what nobody can conclude where none came."""

from __future__ import annotations

from typing import Any

from tests.unit.steps.drive import Played, answers, play
from tui.steps.effects import Failed, Passed
from tui.steps.http import KIND
from tui.steps.network import CertificateSeen, Fetched

DAY = 86400.0
GONE = {"code": "connection_refused", "facts": {"where": "x:80"}}


def asked(*results: Any, **spec: Any) -> Played:
    return play(KIND, {"url": "https://x/"} | spec, answers(*results))


def test_any_good_status_will_do_where_none_is_named() -> None:
    assert isinstance(asked(Fetched(status=204)).ended, Passed)
    failed = asked(Fetched(status=304)).ended
    assert isinstance(failed, Failed) and (failed.reason, failed.evidence["failed"]) == ("not_as_expected", ["status"])
    assert isinstance(asked(Fetched(status=304), status=304).ended, Passed)


def test_slow_is_not_as_expected() -> None:
    failed = asked(Fetched(status=200, seconds=1.5), within=1.0).ended
    assert isinstance(failed, Failed) and failed.evidence["failed"] == ["latency_s"]


def test_a_service_that_is_gone_fails_and_one_that_could_not_be_asked_proves_nothing() -> None:
    gone = asked(Fetched(error=GONE)).ended
    assert isinstance(gone, Failed) and gone.reason == "not_as_expected"
    unasked = asked(Fetched(error=GONE, answers=False)).ended
    assert isinstance(unasked, Failed) and unasked.reason == "not_answered" and "failed" not in unasked.evidence


def test_what_is_wrong_counts_beside_what_is_not_known() -> None:
    hidden = CertificateSeen(error=GONE, answers=False)
    assert asked(Fetched(status=200), hidden, certificate=DAY).ended.reason == "not_answered"  # type: ignore[union-attr]
    assert asked(Fetched(status=500), hidden, certificate=DAY).ended.reason == "not_as_expected"  # type: ignore[union-attr]


def test_numbers_are_compared_as_numbers_and_a_long_text_is_cut() -> None:
    body = b'{"n": 1.0, "deep": {"list": [1, 2]}, "long": "' + b"x" * 100_000 + b'"}'
    played = asked(Fetched(status=200, body=body), json={"$.n": 1, "$.deep.list": [1, 2], "$.long": "y"})
    rows = {row["name"]: row for row in played.ended.evidence["checks"]}
    assert rows["json $.n"]["holds"] and rows["json $.deep.list"]["holds"] and not rows["json $.long"]["holds"]
    assert len(rows["json $.long"]["found"]) < 5000
