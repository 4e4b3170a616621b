from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.journal.clock import RunClock, SystemTime, stamp


@dataclass
class Times:
    """Clocks that a test sets."""

    boot: float = 1000.0
    now: float = 1_800_000_000.0
    id: str = "boot-a"

    def boottime(self) -> float:
        return self.boot

    def wall(self) -> float:
        return self.now

    def boot_id(self) -> str:
        return self.id

    def pass_(self, seconds: float) -> None:
        self.boot += seconds
        self.now += seconds


def test_a_started_clock_counts_from_zero() -> None:
    times = Times()
    clock = RunClock.start(times)
    assert clock.now() == ("2027-01-15T08:00:00.000000Z", 0.0)
    times.pass_(1.5)
    assert clock.now() == ("2027-01-15T08:00:01.500000Z", 1.5)


def test_the_wall_clock_does_not_move_it_and_its_steps_are_told_once() -> None:
    times = Times()
    clock = RunClock.start(times)
    times.pass_(10)
    times.now -= 3600
    assert clock.now()[1] == 10.0
    assert clock.stepped() == -3600.0
    assert clock.stepped() is None
    times.now += 1.5
    assert clock.stepped() is None
    times.now += 1.5
    assert clock.stepped() == 3.0


def test_in_the_same_boot_the_anchor_counts() -> None:
    times = Times()
    first = RunClock.start(times)
    times.pass_(5)
    anchor = first.anchor()
    assert anchor == {"boot_id": "boot-a", "boottime": 1005.0, "mono": 5.0}
    times.pass_(2)
    at, mono = first.now()
    times.pass_(100)
    times.now -= 50_000
    assert RunClock.resume(mono, at, "boot-a", anchor, times).now()[1] == 107.0
    assert RunClock.resume(mono, at, None, anchor, times).now()[1] == 107.0


@pytest.mark.parametrize("anchor", [None, {}, {"boot_id": "boot-a", "boottime": 1000.0, "mono": 0.0}])
def test_in_another_boot_the_wall_clock_counts(anchor: dict[str, object] | None) -> None:
    times = Times(boot=3.0, id="boot-b")
    last = stamp(times.now - 90)
    assert RunClock.resume(40.0, last, "boot-a", anchor, times).now()[1] == 130.0
    assert RunClock.resume(40.0, last, "boot-b", anchor, times).now()[1] == 130.0
    set_back = RunClock.resume(40.0, stamp(times.now + 90), None, anchor, times)
    assert set_back.now()[1] == 40.0
    times.pass_(5)
    assert set_back.now()[1] == 45.0


def test_it_stands_rather_than_going_back() -> None:
    times = Times()
    anchor = {"boot_id": "boot-a", "boottime": times.boot, "mono": 0.0}
    clock = RunClock.resume(50.0, stamp(times.now), None, anchor, times)
    times.pass_(20)
    assert clock.now()[1] == 50.0
    times.pass_(40)
    assert clock.now()[1] == 60.0
    times.boot -= 10
    assert clock.now()[1] == 60.0


def test_an_unknown_boot_is_not_the_same_boot() -> None:
    times = Times(id="")
    anchor = RunClock.start(times).anchor()
    times.pass_(7)
    times.now += 1
    assert RunClock.resume(0.0, stamp(times.now - 8), None, anchor, times).now()[1] == 8.0


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["pass", "restart", "reboot", "step"]),
            st.floats(0, 1e5),
            st.floats(-1e6, 1e6),
        ),
        max_size=30,
    )
)
def test_it_never_steps_back(happenings: list[tuple[str, float, float]]) -> None:
    times = Times()
    clock = RunClock.start(times)
    anchor = clock.anchor()
    at, last = clock.now()
    for number, (what, passed, step) in enumerate(happenings):
        before = times.boot
        times.pass_(passed)
        if what == "step":
            times.now += step
        elif what == "restart":
            clock = RunClock.resume(last, at, anchor["boot_id"], anchor, times)
            anchor = clock.anchor()
        elif what == "reboot":
            times.boot, times.id = 1.0, f"boot-{number}"
            times.now += step
            clock = RunClock.resume(last, at, anchor["boot_id"], anchor, times)
            anchor = clock.anchor()
        at, mono = clock.now()
        assert mono >= last
        if what in ("pass", "step") and mono > last:
            assert mono - last <= times.boot - before + 1e-4
        last = mono


def test_the_machine_has_these_clocks() -> None:
    source = SystemTime()
    clock = RunClock.start()
    at, mono = clock.now()
    assert 0.0 <= mono < 5.0
    assert abs(datetime.fromisoformat(at).timestamp() - source.wall()) < 5.0
    assert clock.now()[1] >= mono
    assert len(source.boot_id()) == 36
    assert clock.stepped() is None
