"""What can be measured: the one table of metrics, in the order in which people look for them.

Lint, schema, manual, sampler, what is asked before a run, words and figures go by it. What source tells a figure under
a metric's name makes it: a new one of the server is a row here, and a name in `postgres/queries/sample.sql`.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from msgspec import Struct

from tui.said import N_


class MetricUnit(StrEnum):
    """What a value is; a share is one of 1."""

    SHARE = "share"
    SECONDS = "seconds"
    BYTES = "bytes"
    BYTES_A_SECOND = "bytes_a_second"
    A_SECOND = "a_second"
    NUMBER = "number"


class Origin(StrEnum):
    """Who tells it."""

    CANARY = "canary"
    HOST = "host"
    LOG = "log"
    SERVER = "server"
    SESSIONS = "sessions"
    """The server, where it tracks activities and the role may see what sessions of others do."""
    WAL = "wal"
    """The server, where the role may see its files of WAL."""
    COUNTS = "counts"
    """The server, where it tracks counts."""
    REPLICAS = "replicas"
    """The server, of replicas that are connected, where the role may see how far they are."""


class Metric(Struct, frozen=True):
    """`word`: at most 16 columns in every language. `about`: what the manual says. `read`: what a reading of the host
    has where it can be measured, one of them. `same_as`: the metric whose other name it is; shown is one of them."""

    name: str
    unit: MetricUnit
    origin: Origin
    word: str
    about: str
    read: tuple[str, ...] = ()
    same_as: str = ""

    @property
    def wants_unit(self) -> bool:
        """Whether a limit needs a unit: of a bare number of a time nobody knows whether seconds are meant, unless the
        name says so."""
        return self.unit is MetricUnit.SECONDS and not self.name.endswith("_s")


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "response_time", MetricUnit.SECONDS, Origin.CANARY, N_("response time"),
            "95th percentile of the canary's answers of the last five seconds, in seconds (`100ms`)",
        ),
        Metric(
            "response_time_p50", MetricUnit.SECONDS, Origin.CANARY, N_("response p50"),
            "median of the last thirty answers of the canary, in seconds",
        ),
        Metric(
            "response_time_p95", MetricUnit.SECONDS, Origin.CANARY, N_("response p95"),
            "95th percentile of the last thirty answers of the canary, in seconds",
        ),
        Metric(
            "response_time_p99", MetricUnit.SECONDS, Origin.CANARY, N_("response p99"),
            "99th percentile of the last three hundred answers of the canary, in seconds",
        ),
        Metric(
            "cpu", MetricUnit.SHARE, Origin.HOST, N_("CPU"), "share of the host's processors in use (`70%`)",
            read=("cpu_total",),
        ),
        Metric(
            "memory", MetricUnit.SHARE, Origin.HOST, N_("memory"), "share of the host's memory in use (`80%`)",
            read=("memory",),
        ),
        Metric(
            "disk", MetricUnit.SHARE, Origin.HOST, N_("disk used"),
            "share of the data directory's filesystem in use (`85%`)", read=("disk_free",),
        ),
        Metric(
            "disk_free_bytes", MetricUnit.BYTES, Origin.HOST, N_("disk free"), "free bytes of it (`50GB`)",
            read=("disk_free",),
        ),
        Metric(
            "disk_free", MetricUnit.BYTES, Origin.HOST, N_("disk free"), "the same, by its shorter name (`50GB`)",
            read=("disk_free",), same_as="disk_free_bytes",
        ),
        Metric(
            "io_pressure_share", MetricUnit.SHARE, Origin.HOST, N_("I/O pressure"),
            "share of the time in which something waited for input or output (`20%`)",
            read=("io_pressure", "io_stalled"),
        ),
        Metric(
            "load", MetricUnit.NUMBER, Origin.HOST, N_("load"), "the host's load average of one minute", read=("load",)
        ),
        Metric(
            "connections", MetricUnit.SHARE, Origin.SERVER, N_("connections"),
            "share of the connections that ordinary roles may use (`90%`)",
        ),
        Metric(
            "active_sessions", MetricUnit.NUMBER, Origin.SESSIONS, N_("active sessions"),
            "sessions of others that execute something",
        ),
        Metric(
            "waiting_sessions", MetricUnit.NUMBER, Origin.SESSIONS, N_("waiting sessions"),
            "sessions of others that wait for a lock",
        ),
        Metric(
            "locks", MetricUnit.NUMBER, Origin.SERVER, N_("locks"),
            "locks that are held or waited for, without those of every session on its own transaction",
        ),
        Metric(
            "idle_in_transaction", MetricUnit.SECONDS, Origin.SESSIONS, N_("idle in tx"),
            "how long the session of others that is idle in its transaction longest has been so, in seconds (`1m`)",
        ),
        Metric(
            "oldest_transaction_s", MetricUnit.SECONDS, Origin.SESSIONS, N_("oldest tx"),
            "age of the oldest transaction of others, in seconds (`5m`)",
        ),
        Metric("deadlocks", MetricUnit.NUMBER, Origin.COUNTS, N_("deadlocks"), "deadlocks since the run looks"),
        Metric(
            "replication_lag", MetricUnit.SECONDS, Origin.REPLICAS, N_("replication lag"),
            "how far the slowest replica is behind, in seconds (`5s`)",
        ),
        Metric(
            "replication_lag_bytes", MetricUnit.BYTES, Origin.REPLICAS, N_("lag in bytes"),
            "how far it is behind, in bytes",
        ),
        Metric("replicas", MetricUnit.NUMBER, Origin.SERVER, N_("replicas"), "standbys that are connected"),
        Metric(
            "wal_rate", MetricUnit.BYTES_A_SECOND, Origin.SERVER, N_("WAL rate"), "bytes of WAL a second (`16MB`)"
        ),
        Metric(
            "wal_bytes", MetricUnit.BYTES, Origin.WAL, N_("WAL on disk"), "bytes of WAL that lie in pg_wal (`10GB`)"
        ),
        Metric(
            "wal_kept_by_slots", MetricUnit.BYTES, Origin.SERVER, N_("WAL kept by slot"),
            "bytes of WAL that the replication slot which is furthest behind keeps (`5GB`); the slot is named",
        ),
        Metric(
            "archive_backlog", MetricUnit.NUMBER, Origin.WAL, N_("WAL to archive"),
            "files of WAL that wait for the archiver (`100`)",
        ),
        Metric("tps", MetricUnit.A_SECOND, Origin.SERVER, N_("TPS"), "transactions a second"),
        Metric(
            "critical_errors", MetricUnit.NUMBER, Origin.LOG, N_("critical errors"),
            "errors of others in the server's log, of SQLSTATE classes 53, 57P, 58, F0, XX, and every PANIC",
        ),
    )
}  # fmt: skip


def unit_of(metric: str) -> MetricUnit:
    """A metric's unit; of one that this version does not know only its number can be told."""
    return METRICS[metric].unit if metric in METRICS else MetricUnit.NUMBER


def told_by(*origins: Origin) -> tuple[str, ...]:
    """The names of the metrics that these tell."""
    return tuple(metric.name for metric in METRICS.values() if metric.origin in origins)


def told_twice(named: Collection[str]) -> set[str]:
    """Metrics of which another name is shown: that of a criterion, which are `named`, else the first."""
    others = [metric for metric in METRICS.values() if metric.same_as]
    return {metric.same_as if metric.name in named else metric.name for metric in others}
