"""A node_exporter's page as a reading."""

from __future__ import annotations

import pytest

from tui.probes.node_exporter import parse
from tui.probes.reading import SourceFailed

PAGE = rb"""# HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.
# TYPE node_cpu_seconds_total counter
node_cpu_guest_seconds_total{cpu="0",mode="user"} 50
node_cpu_seconds_total{cpu="0",mode="idle"} 800
node_cpu_seconds_total{cpu="0",mode="iowait"} 100
node_cpu_seconds_total{cpu="0",mode="user"} 90
node_cpu_seconds_total{cpu="1",mode="system"} 1e+01
node_filesystem_avail_bytes{device="/dev/a",fstype="ext4",mountpoint="/"} 10
node_filesystem_free_bytes{device="/dev/a",fstype="ext4",mountpoint="/"} 20
node_filesystem_size_bytes{device="/dev/a",fstype="ext4",mountpoint="/"} 100
node_filesystem_avail_bytes{device="/dev/b",fstype="xfs",mountpoint="/var/lib/pg"} 30
node_filesystem_free_bytes{device="/dev/b",fstype="xfs",mountpoint="/var/lib/pg"} 30
node_filesystem_size_bytes{device="/dev/b",fstype="xfs",mountpoint="/var/lib/pg"} 120
node_filesystem_avail_bytes{device="/dev/c",fstype="xfs",mountpoint="/srv/a \"b\\c"} 7
node_filesystem_free_bytes{device="/dev/c",fstype="xfs",mountpoint="/srv/a \"b\\c"} NaN
node_load1 0.5
node_load15 9
node_memory_MemAvailable_bytes 2.5e+09
node_memory_MemTotal_bytes 1e+10
node_pressure_io_waiting_seconds_total 12.5
node_uname_info{domainname="(none)",machine="x86_64",nodename="db1",sysname="Linux"} 1
"""


def test_every_figure() -> None:
    reading = parse(PAGE, 3.0, "10.0.0.5", "/var/lib/pg/15/main")
    assert (reading.host, reading.cpu_busy, reading.cpu_total) == ("db1", 100.0, 1000.0)
    assert reading.memory == pytest.approx(0.75)
    assert (reading.disk_used, reading.disk_free) == (90.0, 30.0)
    assert (reading.load, reading.io_stalled) == (0.5, 12.5)


@pytest.mark.parametrize(
    ("directory", "free"),
    [("/var/lib/pg", 30.0), ("/var/lib/pgbouncer", 10.0), ("/", 10.0), ('/srv/a "b\\c/data', 7.0), (None, None)],
)
def test_the_filesystem_is_the_one_with_the_nearest_mount_point(directory: str | None, free: float | None) -> None:
    assert parse(PAGE, 3.0, "x", directory).disk_free == free


def test_what_is_no_number_is_not_known() -> None:
    assert parse(PAGE, 3.0, "x", '/srv/a "b\\c').disk_used is None


def test_the_hosts_name_is_that_of_the_plan_where_the_page_has_none() -> None:
    assert parse(PAGE.replace(b"node_uname_info", b"other"), 3.0, "db.internal", None).host == "db.internal"


def test_another_page_is_refused() -> None:
    with pytest.raises(SourceFailed, match="exporter_foreign"):
        parse(b"<html>It works!</html>", 3.0, "x", None)
