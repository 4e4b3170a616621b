"""Numbers as people read them, the same for every reader."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

import pytest

import tui.locale
from tests.unit.cli.journals import Journal, plan, sql
from tui.journal import events as e
from tui.pictures.log import log_lines
from tui.plain.narrator import narrate
from tui.run.fold import fold
from tui.run.state import RunState
from tui.words.figures import amount, figure, minutes_offset, moment, number, offset, size, span, time_of_day, whole
from tui.words.unknown import share


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    tui.locale.use("en")
    yield
    tui.locale.use("en")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.85, "850 ms"), (0.9999, "1.0 s"), (3.2, "3.2 s"), (59.97, "1 min 00 s"), (125, "2 min 05 s"),
     (3780, "1 h 03 min"), (359_999, "99 h 59 min"), (7 * 86400 + 7200, "7 d 02 h"),
     (-5, "-5.0 s")],
)  # fmt: skip
def test_spans(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_amounts_keep_what_may_be_a_name() -> None:
    assert [amount(v) for v in (20000, 3.0, 0.25, 1234.56, 999.7, True, "1.5")] == [
        "20000", "3", "0.25", "1235", "1000", "True", "1.5",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "text"),
    [(512, "512 B"), (999.4, "999 B"), (999.5, "1.0 kB"), (999_600, "1.0 MB"), (99_960, "100 kB"),
     (1_400_000, "1.4 MB"), (-5000, "-5.0 kB"), (3e13, "30.0 TB")],
)  # fmt: skip
def test_a_size_that_is_rounded_up_takes_the_next_unit(count: float, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(12400, "12,400"), (99.97, "100"), (999.5, "1,000"), (0.9996, "1.0"), (0.042, "0.042"), (12_345_678, "12.3 M"),
     (999.96e9, "1,000 G"), (float("nan"), "?"), (float("inf"), "?")],
)  # fmt: skip
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


def test_what_is_rounded_to_a_second_is_one() -> None:
    assert figure("response_time", 0.9996) == span(0.9996) == "1.0 s"
    assert figure("response_time", 0.25) == span(0.25) == "250 ms"


def test_a_share_beside_its_limit_is_told_from_it() -> None:
    assert [figure("cpu", v, exact=True) for v in (0.903, 0.9, 0.0001)] == ["90.3 %", "90 %", "0.01 %"]
    assert figure("cpu", 0.903) == "90 %"


def test_an_instant_that_is_rounded_to_none_is_not_before() -> None:
    assert [offset(-0.4), offset(-1), offset(754)] == ["T+0:00", "T-0:01", "T+12:34"]
    assert [minutes_offset(-20), minutes_offset(-40), minutes_offset(2280)] == ["T+0m", "T-1m", "T+38m"]


def test_brazil_writes_a_comma() -> None:
    tui.locale.use("pt_BR")
    assert [span(3.2), size(1_400_000), amount(0.25), figure("response_time", 1.5)] == [
        "3,2 s", "1,4 MB", "0,25", "1,5 s",
    ]  # fmt: skip
    assert [number(12400.0), number(12_345_678), whole(1234567)] == ["12.400", "12,3 M", "1.234.567"]
    assert [amount(20000), moment("2026-12-06T01:00:00Z")] == ["20000", "2026-12-06 01:00:00 UTC"]


@pytest.mark.parametrize(("language", "value", "limit"), [("en", "1.2 s", "100 ms"), ("pt_BR", "1,2 s", "100 ms")])
def test_both_readers_write_a_figure_alike(language: str, value: str, limit: str) -> None:
    tui.locale.use(language)
    journal = Journal(plan(sql("a")))
    journal.add(e.GuardBreached(metric="response_time", value=1.2, limit=0.1, source="db1"))
    opened, line = journal.lines
    state = fold(RunState(), opened)
    for told in (narrate(state, fold(state, line), line)[0], next(iter(log_lines([line], state))).text):
        assert value in told and limit in told and "1.2" not in told.replace(value, "")


def test_moments_are_in_the_zone_of_their_window() -> None:
    assert moment("2026-12-06T01:00:00.000000Z", "America/Sao_Paulo") == "2026-12-05 22:00:00 America/Sao_Paulo"
    assert moment("2026-12-06T01:00:00.5Z", "Not/A_Zone") == "2026-12-06 01:00:00 UTC"
    assert moment("2026-12-06T01:00:00Z", "../../etc/passwd") == "2026-12-06 01:00:00 UTC"


def test_a_time_that_is_none_is_shown_by_its_digits() -> None:
    assert time_of_day("2026-12-06T01:02:03.5Z", UTC) == "01:02:03"
    assert time_of_day("2026-12-06Tno\x1btime", UTC) == r"no\x1btime"


def test_a_part_of_the_data_has_the_comma_too() -> None:
    assert share({"sizes": {"a": (4, 1000)}}) == "rehearsed on 0.4 % of the data"
    assert share({"sizes": {"a": (1, 10**6)}}) == "rehearsed on <0.1 % of the data"
    tui.locale.use("pt_BR")
    assert "0,4 %" in share({"sizes": {"a": (4, 1000)}}) and "<0,1 %" in share({"sizes": {"a": (1, 10**6)}})
