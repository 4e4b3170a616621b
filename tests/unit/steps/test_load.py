from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import answers, codes, ended, lint, play
from tui.journal.codes import FailReason
from tui.steps.effects import ChildDone, Failed, Passed, RunChild, Watched
from tui.steps.load import KIND
from tui.steps.load.pgbench import figures

SPEC = {"scripts": ["load.sql"], "clients": [1, 2, 4], "for": 5.0}
SUMMARY = """pgbench (15.18)
number of transactions actually processed: 1200
number of failed transactions: {failed} (0.000%)
number of transactions above the 100.0 ms latency limit: 7/1200 (0.583%)
latency average = 2.500 ms
latency stddev = 0.500 ms
initial connection time = 12.000 ms
tps = 400.000000 (without initial connection time)
"""
CALM = Watched(criteria=1, samples=5)
SLOW = Watched(
    criteria=1, samples=5, breached=({"metric": "response_time", "value": 0.2, "limit": 0.1, "source": "canary"},)
)


def level(failed: int = 0, status: int = 0) -> ChildDone:
    return ended(status).__class__(status=status, seconds=5.0, tail=SUMMARY.format(failed=failed))


def test_the_summary_is_read() -> None:
    assert figures(SUMMARY.format(failed=3)) == {
        "transactions": 1200, "failed_transactions": 3, "above_limit": 7, "latency_s": 0.0025, "stddev_s": 0.0005,
        "connect_s": 0.012, "tps": 400.0,
    }  # fmt: skip
    assert figures("pgbench (14.1)\nnumber of transactions actually processed: 12/12\ntps = 3.1 (including)") == {
        "transactions": 12, "tps": 3.1,
    }  # fmt: skip
    assert figures("number of transactions actually processed: 0\nnumber of failed transactions: 9 (NaN%)\n") == {
        "transactions": 0, "failed_transactions": 9,
    }  # fmt: skip


def test_every_level_is_tried_and_where_the_criteria_break_is_told() -> None:
    done = play(KIND, SPEC, answers(CALM, level(), CALM, level(), SLOW))
    assert isinstance(done.ended, Passed)
    assert (done.ended.evidence["holds_up_to"], done.ended.evidence["breaks_at"]) == (1, 2)
    assert [one["clients"] for one in done.ended.evidence["levels"]] == [1, 2], "above it nothing is tried"
    assert done.ended.evidence["levels"][1]["breached"] == ["response_time 0.1"]
    (first, _second) = (asked for asked in done.asked if isinstance(asked, RunChild))
    assert first.argv == ("pgbench", "-n", "-c", "1", "-j", "1", "-T", "5", "-M", "simple", "-f", "load.sql")


def test_all_levels_are_tried_where_that_is_wanted() -> None:
    done = play(KIND, SPEC | {"all_levels": True}, answers(CALM, level(), CALM, level(), SLOW, level(), SLOW)).ended
    assert isinstance(done, Passed)
    assert [one["clients"] for one in done.evidence["levels"]] == [1, 2, 4]
    assert done.evidence["breaks_at"] == 2 and done.evidence["holds_up_to"] == 1


def test_a_level_that_must_hold_and_does_not_fails_the_step() -> None:
    done = play(KIND, SPEC | {"must_hold": 2}, answers(CALM, level(), CALM, level(), SLOW)).ended
    assert isinstance(done, Failed) and done.reason == FailReason.GUARD_BREACHED
    held = play(KIND, SPEC | {"must_hold": 1}, answers(CALM, level(), CALM, level(), SLOW)).ended
    assert isinstance(held, Passed)


def test_what_nobody_measured_is_not_held() -> None:
    blind = Watched(criteria=1, samples=5, unmeasured=({"metric": "response_time", "limit": 0.1, "why": "x"},))
    given: list[Any] = [CALM, level(), blind, level(), blind, level(), blind]
    done = play(KIND, SPEC | {"must_hold": 2}, answers(*given)).ended
    assert isinstance(done, Failed) and done.reason == FailReason.NOT_MEASURED
    assert isinstance(play(KIND, SPEC, answers(*given)).ended, Passed), "it tells what it saw"
    none = Watched(criteria=0, samples=5)
    done = play(KIND, SPEC | {"must_hold": 1}, answers(none, level(), none, level(), none, level(), none)).ended
    assert isinstance(done, Failed) and done.reason == FailReason.NOT_MEASURED


def test_what_was_breached_before_is_no_fault_of_the_load() -> None:
    done = play(KIND, SPEC, answers(SLOW, level(), SLOW, level(), SLOW, level(), SLOW)).ended
    assert isinstance(done, Passed)
    assert done.evidence["breached_before"] == ["response_time 0.1"] and "breaks_at" not in done.evidence


@pytest.mark.parametrize("tail", [SUMMARY.format(failed=1), "number of transactions actually processed: 0\n", ""])
def test_transactions_that_fail_are_no_pass_whatever_pgbench_says(tail: str) -> None:
    done = play(KIND, SPEC, answers(CALM, ChildDone(status=0, seconds=5.0, tail=tail))).ended
    assert isinstance(done, Failed) and done.reason == FailReason.TRANSACTIONS_FAILED


def test_a_client_that_was_aborted_fails_it_with_what_it_said() -> None:
    done = play(KIND, SPEC, answers(CALM, ChildDone(status=2, seconds=1.0, tail="ERROR: no such table"))).ended
    assert isinstance(done, Failed) and done.reason == FailReason.EXIT_STATUS
    assert done.evidence["tail"] == "ERROR: no such table" and done.evidence["exit_status"] == 2


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"scripts": []}, "load-scripts"), ({"clients": []}, "load-clients"), ({"clients": [2, 2]}, "load-clients"),
        ({"clients": [0, 1]}, "load-clients"), ({"must_hold": 3}, "load-must-hold"), ({"for": 0.5}, "load-time"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said(more: dict[str, Any], code: str) -> None:
    assert codes(lint(KIND, SPEC | more)) == [code]
    assert codes(lint(KIND, SPEC)) == []
