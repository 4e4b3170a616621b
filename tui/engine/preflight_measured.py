"""What a plan wants to be measured, beside what can be: said before a run that would wait or fail for want of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from tui.engine.logsource import log_source
from tui.engine.logwatch import lack_words, lacking
from tui.engine.target import TargetAccess
from tui.locale import _
from tui.plan.model import HostSource, Plan, Step, places
from tui.plan.problems import Level
from tui.postgres.errors import PostgresError
from tui.postgres.sample import Sample, sample
from tui.probes.here import is_here
from tui.probes.reading import Reading, SourceFailed
from tui.probes.sources import sources_of
from tui.probes.ssh import Ssh

_HOST: Final = {
    "cpu": "cpu_total", "memory": "memory", "disk": "disk_free", "disk_free_bytes": "disk_free", "load": "load",
}  # fmt: skip
"""Metrics of the database's host, to what a reading has where they can be measured."""
_SESSIONS: Final = ("active_sessions", "waiting_sessions", "oldest_transaction_s")
_LAG: Final = ("replication_lag", "replication_lag_bytes")


class Findings(Protocol):
    def add(self, level: Level, code: str, message: str, at: str | None = None) -> None:
        """`at`: a path of the plan's positions."""


async def measured(found: Findings, access: TargetAccess, plan: Plan, environment: Mapping[str, str]) -> None:
    """Everything that the plan watches. What makes a step fail, or wait without an end, is an error."""
    ssh = Ssh(environment)
    try:
        await _log(found, access, plan, environment, ssh)
        session = await access.monitor()
        taken = await sample(session, None)
        _lag(found, plan, taken)
        _sessions(found, plan, taken)
        await _host(found, access, plan, environment, ssh)
        await _scratch(found, access, plan)
        _canary(found, plan)
    finally:
        await ssh.close()


def _steps(plan: Plan, kind: str) -> Iterator[Step]:
    for _place, step in (*places(plan.phases), *places(plan.rollback.phases)):
        if step.kind == kind:
            yield step


def _criteria(plan: Plan, *metrics: str) -> Iterator[tuple[str, str]]:
    """Criteria of these metrics, with where they stand."""
    for number, guard in enumerate(plan.success):
        if guard.metric in metrics:
            yield guard.metric, f"success.{number}"


def _level(plan: Plan) -> Level:
    """A criterion that nobody measures makes the steps fail that watch the criteria."""
    return "error" if any(step.spec.get("guards") for step in _steps(plan, "monitor")) else "warning"


async def _log(found: Findings, access: TargetAccess, plan: Plan, environment: Mapping[str, str], ssh: Ssh) -> None:
    reason = await _log_trouble(access, environment, ssh)
    if reason is None:
        return
    for step in _steps(plan, "monitor"):
        if step.spec.get("log"):
            text = _("The server's log is not measured, so this step fails: {reason}")
            found.add("error", "log-not-measured", text.format(reason=reason), f"steps.{step.id}")
    for _metric, at in _criteria(plan, "critical_errors"):
        found.add(_level(plan), "metric-not-measured", _unmeasured("critical_errors", reason), at)
    if access.target.server_log != "none":
        text = _("The server's log cannot be followed, so critical errors stay unknown: {reason}")
        found.add("warning", "server-log", text.format(reason=reason))


async def _log_trouble(access: TargetAccess, environment: Mapping[str, str], ssh: Ssh) -> str | None:
    """Why the log does not tell all errors; None where it does."""
    wanted = access.target.server_log
    if wanted == "none":
        return _("The plan says server_log: none.")
    session = await access.monitor()
    log = None
    try:
        prefix, minimum = (await session.rows("log_settings"))[0][2:]
        log = log_source(wanted, environment, lambda: session, ssh)
        await log.open(prefix)
        lack = lacking(log.form, prefix, minimum)
    except PostgresError as error:
        return error.message
    finally:
        if log is not None:
            await log.close()
    return lack_words(lack) if lack else None


def _lag(found: Findings, plan: Plan, taken: Sample) -> None:
    hidden = any(replica.hidden for replica in taken.replicas)
    reason = _("the role may not see how far replicas are (it lacks pg_monitor)")
    if hidden:
        for step in _steps(plan, "batch"):
            if step.spec.get("max_lag") is not None:
                text = _("This step would wait without an end: {reason}.")
                found.add("error", "lag-unknown", text.format(reason=reason), f"steps.{step.id}")
    for metric, at in _criteria(plan, *_LAG):
        if hidden:
            found.add(_level(plan), "metric-not-measured", _unmeasured(metric, reason), at)
        elif not taken.replicas:
            why = _("no replica is connected to the server now")
            found.add(_level(plan), "metric-not-measured", _unmeasured(metric, why), at)


def _sessions(found: Findings, plan: Plan, taken: Sample) -> None:
    if taken.partial:
        reason = _("the role may not see what sessions of other roles do (it lacks pg_monitor)")
        for metric, at in _criteria(plan, *_SESSIONS):
            found.add(_level(plan), "metric-not-measured", _unmeasured(metric, reason), at)


async def _scratch(found: Findings, access: TargetAccess, plan: Plan) -> None:
    """A trial restore makes a database."""
    restores = [step for step in _steps(plan, "verify_backup") if step.spec.get("level") == "restore"]
    if restores and not (await (await access.monitor()).rows("may_create_database"))[0][0]:
        for step in restores:
            text = _("The role that logs in may not create the scratch database of the trial restore (CREATEDB).")
            found.add("error", "no-createdb", text, f"steps.{step.id}")


def _canary(found: Findings, plan: Plan) -> None:
    if plan.canary is None:
        for metric, at in _criteria(plan, "response_time", "response_time_p50", "response_time_p95"):
            found.add(_level(plan), "metric-not-measured", _unmeasured(metric, _("the plan has no canary")), at)


async def _host(found: Findings, access: TargetAccess, plan: Plan, environment: Mapping[str, str], ssh: Ssh) -> None:
    wanted = list(_criteria(plan, *_HOST, "io_pressure_share"))
    if not wanted:
        return
    reading, reason = await _reading(access, environment, ssh)
    for metric, at in wanted:
        if reading is None:
            found.add(_level(plan), "metric-not-measured", _unmeasured(metric, reason), at)
            continue
        told = [reading.io_pressure, reading.io_stalled] if metric == "io_pressure_share" else None
        if all(value is None for value in told or [getattr(reading, _HOST.get(metric, ""), None)]):
            why = _("{source} does not tell it").format(source=reason)
            found.add(_level(plan), "metric-not-measured", _unmeasured(metric, why), at)


async def _reading(access: TargetAccess, environment: Mapping[str, str], ssh: Ssh) -> tuple[Reading | None, str]:
    """What the first source that answers says, and which it is; without one, why there is none."""
    session = await access.monitor()
    named = access.target.host
    if not named:
        if not is_here(session.backend.pid, session.backend.start, session.listener_pid):
            return None, _("the plan names no source for figures of the database's host")
        named = (HostSource(local=True),)
    directory = (await session.rows("host_place"))[0][0]
    reasons: list[str] = []
    for source in sources_of(named, environment, ssh, session.rows, lambda: directory):
        try:
            async with asyncio.timeout(source.patience):
                reading = await source.read()
        except TimeoutError:
            reasons.append(_("{where} ({source}) does not answer.").format(where=source.where, source=source.kind))
        except SourceFailed as error:
            reasons.append(str(error))
        else:
            return reading, f"{reading.host} ({source.kind})"
        finally:
            await source.close()
    return None, " ".join(reasons)


def _unmeasured(metric: str, reason: str) -> str:
    text = _("{metric} cannot be measured, so nobody knows whether it is within its limit: {reason}")
    return text.format(metric=metric, reason=reason if reason.endswith(".") else f"{reason}.")
