"""What a plan wants to be measured, beside what can be: said before a run that would wait or fail for want of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence

from tui.engine.preflight.findings import Findings, Setting, grant_words, settings_words
from tui.engine.target.access import TargetAccess
from tui.engine.watch.log_follower import lacking
from tui.engine.watch.log_sources import log_source
from tui.journal.remarks import Coded
from tui.plan.kinds import Measured
from tui.plan.metrics import METRICS, Origin, told_by
from tui.plan.model import HostSource, Plan, Step, steps_of
from tui.postgres.errors import PostgresError
from tui.postgres.logs.stderr import holds
from tui.postgres.sample import ServerSample, sample
from tui.postgres.session import Session
from tui.probes.reading import HostReading, SourceFailed
from tui.probes.same_host import is_here
from tui.probes.sources import sources_of
from tui.probes.ssh import Ssh
from tui.said import N_, Joined, Said, said_of
from tui.steps.registry import needs_of

_LOG_S, _HOST_S = 12.0, 25.0
"""Seconds that the log, and all sources of the host together, may take to answer: a person waits for the run."""


async def measured(found: Findings, access: TargetAccess, plan: Plan, environment: Mapping[str, str]) -> None:
    """Everything that the plan watches. What makes a step fail, or wait without an end, is an error; a criterion that
    nothing measures is left to a person, who signs for it before the run is closed (`Findings.unmeasured`)."""
    ssh = Ssh(environment)
    try:
        await _log(found, access, plan, environment, ssh)
        session = await access.monitor()
        taken = await sample(session, None)
        _lag(found, plan, taken)
        await _sessions(found, session, plan, taken)
        await _host(found, access, plan, environment, ssh)
        _canary(found, plan)
        _watching(found, plan)
    finally:
        await ssh.close()


def wants_measures(plan: Plan) -> bool:
    """Whether anything in the plan rests on what is measured."""
    return bool(plan.success) or any(needs_of(step).measured for step in steps_of(plan))


def _resting_on(plan: Plan, what: Measured) -> list[Step]:
    return [step for step in steps_of(plan) if what in needs_of(step).measured]


def _criteria(plan: Plan, origin: Origin) -> Iterator[tuple[str, int]]:
    """Criteria of what this one tells, with their places in the list."""
    for number, guard in enumerate(plan.success):
        if guard.metric in told_by(origin):
            yield guard.metric, number


def _unmeasured(found: Findings, metric: str, number: int, reason: str | Said, remedy: Said | None = None) -> None:
    """`reason`: a sentence. `remedy`: the sentence of what would make it measurable."""
    if isinstance(reason, str) and not reason.endswith("."):
        reason = f"{reason}."
    text = N_("{metric} cannot be measured, so a person signs for it before the run is closed: {reason}")
    message = _with(Said(text, metric=metric, reason=reason), remedy)
    found.add("warning", "metric-not-measured", message, f"success.{number}")
    found.unmeasured.add(number)


def _with(message: Said, remedy: Said | None) -> Said:
    return message if remedy is None else Joined((message, remedy), " ")


def _ended(part: Said) -> Said:
    """A sentence of a part that has no end."""
    return Joined((part, "."), "")


def _watching(found: Findings, plan: Plan) -> None:
    """A step that watches the criteria watches those that can be measured; without any it could only fail."""
    if found.unmeasured >= set(range(len(plan.success))):
        for step in _resting_on(plan, "guards"):
            text = Said("This step watches the success criteria, and none of them can be measured on this target.")
            found.add("error", "nothing-measured", text, f"steps.{step.id}")


async def _log(found: Findings, access: TargetAccess, plan: Plan, environment: Mapping[str, str], ssh: Ssh) -> None:
    reason, wanted = await _log_trouble(access, environment, ssh)
    if reason is None:
        return
    remedy = await settings_words(await access.monitor(), wanted)
    for step in _resting_on(plan, "log"):
        text = Said("The server's log is not measured, so this step fails: {reason}", reason=reason)
        found.add("error", "log-not-measured", _with(text, remedy), f"steps.{step.id}")
    for metric, number in _criteria(plan, Origin.LOG):
        _unmeasured(found, metric, number, reason, remedy)
    # A criterion that cannot be measured has said the same, with its remedy.
    if access.target.server_log != "none" and not any(_criteria(plan, Origin.LOG)):
        text = Said("The server's log cannot be followed, so critical errors stay unknown: {reason}", reason=reason)
        found.add("warning", "server-log", _with(text, remedy))


async def _log_trouble(
    access: TargetAccess, environment: Mapping[str, str], ssh: Ssh
) -> tuple[str | Said | None, Sequence[Setting]]:
    """Why the log does not tell all errors, and the settings with which it would; None where it does."""
    wanted = access.target.server_log
    if wanted == "none":
        return Said("The plan says server_log: none."), ()
    session = await access.monitor()
    destination, collector, prefix, minimum = (await session.rows("log_settings"))[0]
    through_sql = not wanted.startswith(("file:", "ssh:"))
    log = None
    try:
        log = log_source(wanted, environment, lambda: session, ssh)
        async with asyncio.timeout(_LOG_S):
            await log.open(prefix)
        lack = lacking(log.form, prefix, minimum)
    except TimeoutError:
        return Said("The server's log did not answer within {seconds} s.", seconds=f"{_LOG_S:g}"), ()
    except PostgresError as error:
        settings = _settings(through_sql, destination, collector, prefix, minimum, error.sqlstate is not None)
        return error.message, settings
    finally:
        if log is not None:
            await log.close()
    if not lack:
        return None, ()
    return Coded(lack), _settings(through_sql, destination, collector, prefix, minimum, form=log.form)


def _settings(
    through_sql: bool,
    destination: str,
    collector: str,
    prefix: str,
    minimum: str,
    forbidden: bool = False,
    form: str = "",
) -> list[Setting]:
    """What of the server's settings keeps its log from telling all errors. `forbidden`: it is the role's rights that
    lack, whatever the settings are; `form`: in which the log is read, where it can be."""
    wanted: list[Setting] = []
    if forbidden:
        return wanted
    written = {one.strip() for one in destination.split(",")}
    structured = bool(written & {"csvlog", "jsonlog"})
    if through_sql and collector != "on":
        wanted.append(("logging_collector", "on"))
    if through_sql and not written & {"stderr", "csvlog", "jsonlog"}:
        wanted.append(("log_destination", "csvlog"))
        structured = True
    if minimum in ("log", "fatal", "panic"):
        wanted.append(("log_min_messages", "error"))
    read_as_text = form == "stderr" or (through_sql and not form and not structured)
    if read_as_text and not holds(prefix, "e"):
        quoted = f"{prefix}%e ".replace("'", "''")
        wanted.append(("log_line_prefix", f"'{quoted}'"))
    return wanted


def _lag(found: Findings, plan: Plan, taken: ServerSample) -> None:
    hidden = any(replica.hidden for replica in taken.replicas)
    reason = Said("the role may not see how far replicas are (it lacks pg_monitor)")
    if hidden:
        for step in _resting_on(plan, "lag"):
            text = Said("This step would wait without an end: {reason}.", reason=reason)
            found.add("error", "lag-unknown", _with(text, grant_words("pg_monitor")), f"steps.{step.id}")
    for metric, number in _criteria(plan, Origin.REPLICAS):
        if hidden:
            _unmeasured(found, metric, number, _ended(reason), grant_words("pg_monitor"))
        elif not taken.replicas:
            _unmeasured(found, metric, number, _ended(Said("no replica is connected to the server now")))


async def _sessions(found: Findings, session: Session, plan: Plan, taken: ServerSample) -> None:
    """What sessions do is hidden from some roles, and told of nobody where the server does not track it."""
    untracked = {name for name, value in await session.rows("tracking") if value != "on"}
    for origin, setting in ((Origin.SESSIONS, "track_activities"), (Origin.COUNTS, "track_counts")):
        if setting in untracked:
            remedy = await settings_words(session, [(setting, "on")])
            for metric, number in _criteria(plan, origin):
                _unmeasured(found, metric, number, _ended(Said("{setting} is off", setting=setting)), remedy)
    if taken.wal is None:
        reason = _ended(Said("the role may not see the files of WAL (it lacks pg_monitor)"))
        for metric, number in _criteria(plan, Origin.WAL):
            _unmeasured(found, metric, number, reason, grant_words("pg_monitor"))
    if taken.partial and "track_activities" not in untracked:
        reason = _ended(Said("the role may not see what sessions of other roles do (it lacks pg_monitor)"))
        for metric, number in _criteria(plan, Origin.SESSIONS):
            _unmeasured(found, metric, number, reason, grant_words("pg_monitor"))


def _canary(found: Findings, plan: Plan) -> None:
    if plan.canary is None:
        for metric, number in _criteria(plan, Origin.CANARY):
            _unmeasured(found, metric, number, _ended(Said("the plan has no canary")))


async def _host(found: Findings, access: TargetAccess, plan: Plan, environment: Mapping[str, str], ssh: Ssh) -> None:
    wanted = list(_criteria(plan, Origin.HOST))
    if not wanted:
        return
    reading, reason = await _reading(access, environment, ssh)
    for metric, number in wanted:
        if reading is None:
            _unmeasured(found, metric, number, reason)
            continue
        if all(getattr(reading, name) is None for name in METRICS[metric].read):
            _unmeasured(found, metric, number, _ended(Said("{source} does not tell it", source=reason)))


async def _reading(
    access: TargetAccess, environment: Mapping[str, str], ssh: Ssh
) -> tuple[HostReading | None, str | Said]:
    """What the first source that answers says, and which it is; without one, why there is none."""
    session = await access.monitor()
    named = access.target.host
    if not named:
        # As the run itself stands in: for a server behind a socket of this host alone (`Sampler`, `on_the_database`).
        behind_socket = session.host.startswith(("/", "@"))
        if not behind_socket or not is_here(session.backend.pid, session.backend.start, session.listener_pid):
            return None, Said(
                "the plan names no source for figures of the database's host; give the target a `host`, such as "
                "{local}, {ssh} or {exporter}.",
                local="[{local: true}]", ssh="[{ssh: db1}]", exporter='[{node_exporter: "http://db1:9100/metrics"}]',
            )  # fmt: skip
        named = (HostSource(local=True),)
    directory = (await session.rows("host_place"))[0][0]
    reasons: list[str | Said] = []
    until = time.monotonic() + _HOST_S
    for source in sources_of(named, environment, ssh, session.rows, lambda: directory):
        try:
            async with asyncio.timeout(min(source.patience, until - time.monotonic())):
                reading = await source.read()
        except TimeoutError:
            reasons.append(Said("{where} ({source}) does not answer.", where=source.where, source=source.kind))
        except SourceFailed as error:
            reasons.append(said_of(error))
        else:
            return reading, f"{reading.host} ({source.kind})"
        finally:
            await source.close()
    return None, Joined(reasons, " ")
