"""What is told of a canary's answers."""

from __future__ import annotations

from tui.probes.answer_times import AnswerWindow, percentile


def test_nearest_rank() -> None:
    assert percentile([3.0], 0.95) == 3.0
    assert percentile([float(n) for n in range(1, 101)], 0.95) == 95.0
    assert percentile([2.0, 1.0], 0.5) == 1.0


def test_nothing_is_known_before_the_first_answer() -> None:
    assert AnswerWindow().figures(10.0) == {}
    assert AnswerWindow().figures(10.0, waiting=9.0) == {}


def response_time(window: AnswerWindow, now: float, waiting: float | None = None) -> float:
    return window.figures(now, waiting)["response_time"]


def test_one_fast_answer_among_slow_ones_does_not_end_a_duration() -> None:
    window = AnswerWindow()
    for second in range(30):
        window.add(float(second), 0.01 if second % 4 == 0 else 0.5)
        if second > 0:
            assert response_time(window, float(second)) == 0.5


def test_a_stall_lasts_five_seconds_longer_at_most() -> None:
    window, over = AnswerWindow(), []
    for second in range(60):
        window.add(float(second), 0.5 if 10 <= second < 13 else 0.01)
        if response_time(window, second + 0.5) >= 0.1:
            over.append(second)
    assert over == list(range(10, 17))
    assert window.figures(60.0)["response_time_p50"] == 0.01


def test_an_answer_still_waited_for_counts_once_it_is_the_slowest() -> None:
    window = AnswerWindow()
    window.add(1.0, 0.2)
    assert response_time(window, 2.0, waiting=0.1) == 0.2
    assert response_time(window, 3.0, waiting=1.9) == 1.9


def test_a_rare_question_keeps_its_latest_answer() -> None:
    window = AnswerWindow()
    window.add(1.0, 0.7)
    window.add(2.0, 0.3)
    assert response_time(window, 50.0) == 0.3


def test_the_long_percentiles_are_of_thirty_answers() -> None:
    window = AnswerWindow()
    for second in range(40):
        window.add(float(second), float(second))
    found = window.figures(40.0)
    assert (found["response_time_p50"], found["response_time_p95"]) == (24.0, 38.0)


def test_the_slowest_in_a_hundred_is_of_three_hundred_answers() -> None:
    window = AnswerWindow()
    for second in range(400):
        window.add(float(second), float(second))
    assert window.figures(400.0)["response_time_p99"] == 396.0
