from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.journal.clock import stamp
from tui.journal.line import Head
from tui.journal.position import Position, PositionError, parse_position


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("120", Position("seq", 120)),
        (" 0 ", Position("seq", 0)),
        ("+00:12:30", Position("mono", 750)),
        ("+100:00:00.5", Position("mono", 360000.5)),
        ("+90s", Position("mono", 90)),
        ("+0.25s", Position("mono", 0.25)),
        ("+12m", Position("mono", 720)),
        ("+1h30m", Position("mono", 5400)),
        ("2026-12-05T22:10:00-03:00", Position("at", time="2026-12-06T01:10:00.000000Z")),
        ("2026-12-05t22:10:00.1234567z", Position("at", time="2026-12-05T22:10:00.123456Z")),
        ("2026-12-05 22:10:00.5Z", Position("at", time="2026-12-05T22:10:00.500000Z")),
    ],
)
def test_what_people_write(text: str, position: Position) -> None:
    assert parse_position(text) == position


@pytest.mark.parametrize(
    "text",
    [
        *("", "-1", "+", "+s", "+5", "+12:30", "+00:60:00", "T+12m", "12m", "last", "1e3", "١٢", "9" * 5000),
        *("+m5s", "2026-12-05", "2026-12-05T22:10Z", "1_000", "+1h\x00"),
    ],
)
def test_what_is_no_position_is_told_what_would_be(text: str) -> None:
    with pytest.raises(PositionError, match="no position in a run; write"):
        parse_position(text)


def test_a_time_without_zone_and_a_time_that_is_none() -> None:
    with pytest.raises(PositionError, match="does not say its zone"):
        parse_position("2026-12-05T22:10:00")
    for text in ("2026-02-30T00:00:00Z", "2026-12-05T25:00:00Z", "0001-01-01T00:00:00+23:59"):
        with pytest.raises(PositionError, match="no such time"):
            parse_position(text)


@given(st.text(max_size=40) | st.from_regex(r"\+?[0-9:hms.TZ-]{0,25}", fullmatch=True))
def test_any_text_gives_a_position_or_a_sentence(text: str) -> None:
    try:
        assert parse_position(text).by in ("seq", "mono", "at")
    except PositionError as error:
        assert str(error).endswith((".", ")", "”."))


def test_a_position_admits_what_is_at_it_or_before() -> None:
    head = Head(seq=7, at=stamp(1_800_000_000.5), mono=12.5, type="x")
    for by, value, time, admitted in [
        ("seq", 7, "", True),
        ("seq", 6, "", False),
        ("mono", 12.5, "", True),
        ("mono", 12.4, "", False),
        ("at", 0, stamp(1_800_000_000.5), True),
        ("at", 0, stamp(1_800_000_000.4), False),
    ]:
        assert Position(by, value, time).admits(head) is admitted  # type: ignore[arg-type]
