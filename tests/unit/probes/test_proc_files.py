"""/proc and df as readings, readings as figures."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tui.probes.proc_files import parse
from tui.probes.reading import HostReading, SourceFailed, figures

STAT = "cpu  100 10 50 800 40 0 0 0 7 0\ncpu0 100 10 50 800 40 0 0 0 7 0\nintr 1 2 3\n"
MEMINFO = "MemTotal:        8000000 kB\nMemFree:          100000 kB\nMemAvailable:    2000000 kB\n"
LOADAVG = "1.25 0.50 0.25 2/345 6789\n"
PRESSURE = "some avg10=12.50 avg60=1.00 avg300=0.00 total=123\nfull avg10=9.00 avg60=0.00 avg300=0.00 total=45\n"
DF = """Filesystem     1024-blocks      Used Available Capacity Mounted on
/dev/my disk       1000000    600000    200000      75% /var/lib/pg data
"""


def test_every_figure() -> None:
    reading = parse(STAT + MEMINFO + LOADAVG + PRESSURE + DF, 5.0, "db1")
    assert (reading.host, reading.cpu_busy, reading.cpu_total) == ("db1", 160.0, 1000.0)
    assert reading.memory == pytest.approx(0.75)
    assert (reading.disk_used, reading.disk_free) == (600000 * 1024, 200000 * 1024)
    found = figures(reading, None)
    assert "cpu" not in found, "one reading has no rate"
    assert found["disk"] == pytest.approx(0.75) and found["disk_free_bytes"] == 200000 * 1024
    assert found["load"] == 1.25 and found["io_pressure_share"] == pytest.approx(0.125)


def test_what_is_missing_is_left_out() -> None:
    assert set(figures(parse(STAT, 5.0, "db1"), parse(STAT, 4.0, "db1"))) == set()
    with pytest.raises(SourceFailed, match="db1"):
        parse("FreeBSD has no such files\n", 5.0, "db1")


def test_the_share_of_the_cpu_is_that_between_two_readings() -> None:
    first = parse(STAT, 1.0, "db1")
    second = parse(STAT.replace("cpu  100 10 50 800", "cpu  130 10 50 870"), 2.0, "db1")
    assert figures(second, first)["cpu"] == pytest.approx(0.3)
    assert "cpu" not in figures(first, second), "counters that went back are those of another boot"
    assert "cpu" not in figures(second, replace(first, host="db2")), "two hosts have no rate in common"


def test_waiting_for_io_is_a_share_of_the_time_where_only_seconds_are_known() -> None:
    before, now = HostReading(at=10.0, host="a", io_stalled=3.0), HostReading(at=12.0, host="a", io_stalled=3.5)
    assert figures(now, before) == {"io_pressure_share": 0.25}
