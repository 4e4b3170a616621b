"""Preflight: what a plan needs of its target, asked of the target before anything is run. Changes nothing but, when
told so, the ledger."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tui.engine.other_runs.admission import look
from tui.engine.preflight.backups import backup_problems, standby_problems
from tui.engine.preflight.channels import channel_problems
from tui.engine.preflight.findings import Findings
from tui.engine.preflight.metrics import measured, wants_measures
from tui.engine.preflight.placeholders import written_problems
from tui.engine.preflight.rehearsals import rehearsal_problems
from tui.engine.preflight.steps import step_problems
from tui.engine.programs.client_tools import find_tool, tool_major
from tui.engine.target.access import TargetAccess
from tui.journal.codes import Standing
from tui.plan.files import PLAN_FILE
from tui.plan.loader import Loaded
from tui.plan.model import Plan, Step, actions
from tui.plan.overdue import said
from tui.plan.problems import Level, Problem
from tui.plan.seal import work_of
from tui.postgres.conninfo.resolve import without_service_variable
from tui.postgres.errors import PostgresError
from tui.postgres.session import Session
from tui.run.other_runs import neighbour
from tui.runs.paths import runs_directory
from tui.said import N_, Said
from tui.steps.registry import KINDS, needs_of

OLDEST, NEWEST = 14, 18
Read = Callable[[], bytes]


def preflight(
    loaded: Loaded, file: Path, target: str, environment: Mapping[str, str], create_ledger: bool
) -> list[Problem]:
    """Everything that can be known now. Errors are what would make a run fail; the rest is worth knowing."""
    environment = dict(environment)
    with suppress(OSError):
        environment["PWD"] = str(Path.cwd())
    with without_service_variable():
        return asyncio.run(_preflight(loaded, file, target, environment, create_ledger))


async def _preflight(
    loaded: Loaded, file: Path, target: str, environment: Mapping[str, str], create_ledger: bool
) -> list[Problem]:
    assert loaded.plan is not None
    found = Findings(str(file), loaded.positions, target)
    window_problems(found, loaded.plan, target)
    access = TargetAccess("preflight", loaded.plan.targets[target], environment)
    try:
        control = await access.control()
        await _ledger(found, control, create_ledger)
        files = {name: (file.parent / name).read_bytes for name in loaded.files}
        digests = {name: digest for name, digest in loaded.digests.items() if name != PLAN_FILE}
        work = work_of(loaded.plan, digests)
        await refusals(found, access, loaded.plan, files, environment, work=work, demo=False, everything=True)
        await _leftovers(found, control)
        await _other_runs(found, access, control)
    except PostgresError as error:
        message = N_("The target {target} does not answer as needed: {reason}")
        found.add("error", "target-unreachable", Said(message, target=target, reason=error.message))
    finally:
        await access.close()
    return found.problems


def window_problems(found: Findings, plan: Plan, target: str) -> None:
    """Whether there is still time in the target's window."""
    window = plan.targets[target].window
    if window is not None:
        for level, code, message in said(window, datetime.now(UTC), chosen=True):
            found.add(level, code, message, f"targets.{target}.window.opens")


async def refusals(
    found: Findings, access: TargetAccess, plan: Plan, files: Mapping[str, Read], environment: Mapping[str, str], *,
    work: str, demo: bool, everything: bool = False,
) -> None:  # fmt: skip
    """Everything by which a run does not begin, on the sessions that it will have anyway; warnings come along where
    they cost nothing, and all of them with `everything`. `files`: how those of the plan are read, by name; `work`: see
    `tui.plan.seal`. Raises PostgresError."""
    control = await access.control()
    server_problems(found, access, plan)
    await asyncio.to_thread(written_problems, found, access.target, plan, files, environment)
    await asyncio.to_thread(channel_problems, found, access.target, plan)
    await asyncio.to_thread(rehearsal_problems, found, access.target, work)
    await _roles(found, control, plan)
    await asyncio.to_thread(_programs, found, access, plan, files, environment, demo)
    await standby_problems(access, plan, lambda message, at: found.add("error", "no-standby", message, at))
    await backup_problems(found, access, plan, environment)
    await step_problems(found, access, plan, files)
    if everything or wants_measures(plan):
        await measured(found, access, plan, environment)


def changes(plan: Plan) -> bool:
    """Whether the plan has a step that may change its target."""
    return any(
        KINDS[action.kind].may_change(action.changes if isinstance(action, Step) else None)
        for _step, action in actions(plan)
    )


def server_problems(found: Findings, access: TargetAccess, plan: Plan) -> None:
    """Who answers, and through what."""
    identity = access.identity
    assert identity is not None
    major = identity.server_version // 10000
    if major < OLDEST:
        text = N_("PostgreSQL {version} is older than {oldest}, the oldest that is supported.")
        found.add("error", "server-version", Said(text, version=identity.server_version_text, oldest=OLDEST))
    elif major > NEWEST:
        text = N_("PostgreSQL {version} is newer than {newest}, the newest that this version was tried with.")
        found.add("warning", "server-version", Said(text, version=identity.server_version_text, newest=NEWEST))
    if identity.in_recovery:
        found.add("error", "standby", Said("The server is a standby; nothing can be changed there."))
    if identity.pooler == "session":
        text = N_(
            "A pooler in session mode stands in between; connect to the server itself where that is possible. What is "
            "lost: `options` are refused, keepalives end at the pooler, so that a client that is gone is noticed late "
            "and its locks stay, and programs have fewer of the run's settings."
        )
        found.add("warning", "pooler", Said(text))
    elif identity.pooler != "none":
        texts = {
            "transaction": N_(
                "A pooler in transaction mode stands in between: keys, settings and evidence of a session "
                "belong to whoever is lent its server next. Connect to the server itself."
            ),
            "statement": N_(
                "A pooler in statement mode stands in between, which allows no transaction. Connect to the "
                "server itself."
            ),
        }
        unknown = N_(
            "A pooler stands in between, and no second session was to be had to see in which mode: it is taken for one "
            "that lends its servers out. Connect to the server itself."
        )
        found.add("error" if changes(plan) else "warning", "pooler", Said(texts.get(identity.pooler, unknown)))
    if identity.synchronous_commit == "off":
        text = N_("synchronous_commit is off by default here; the run's own sessions switch it on.")
        found.add("warning", "synchronous-commit", Said(text))


async def _ledger(found: Findings, control: Session, create: bool) -> None:
    from tui.postgres.evidence.ledger import LedgerRefused, create_ledger, ledger_state

    if create:
        try:
            await create_ledger(control)
        except (LedgerRefused, PostgresError) as error:
            found.add("error", "ledger", error.message)
            return
    state = await ledger_state(control)
    if state == "present":
        return
    reasons = {
        "absent": N_("there is no ledger in this database (check --create-ledger makes one)"),
        "foreign": N_("the table virada.ledger is not a ledger of this program"),
        "forbidden": N_("this role may not use the ledger"),
    }
    text = N_("Commits are proved by pinned transaction ids, because {reason}.")
    found.add("warning", "no-ledger", Said(text, reason=Said(reasons[state])))


async def _roles(found: Findings, control: Session, plan: Plan) -> None:
    """Every role that a step takes on exists, and may be taken on."""
    for role, step in _roles_of(plan):
        rows = await control.rows("role_usable", [role])
        at = f"steps.{step.id}"
        if not rows:
            found.add("error", "no-role", Said("There is no role {role} on this server.", role=role), at)
        elif not rows[0][0]:
            text = N_("The role that logs in is not a member of {role} and cannot act as it.")
            found.add("error", "no-member", Said(text, role=role), at)


def _roles_of(plan: Plan) -> Iterable[tuple[str, Step]]:
    seen: dict[str, Step] = {}
    for step, action in actions(plan):
        for role in (*(() if step.as_ is None else (step.as_,)), *needs_of(action).roles):
            seen.setdefault(role, step)
    return seen.items()


async def _leftovers(found: Findings, control: Session) -> None:
    from tui.postgres.catalog import invalid_indexes

    for index in await invalid_indexes(control):
        if index.building_pid is None:
            text = N_("The index {index} is invalid: a concurrent build was interrupted. Drop it before the change.")
            found.add("warning", "invalid-index", Said(text, index=index.index))


async def _other_runs(found: Findings, access: TargetAccess, control: Session) -> None:
    """Those that are in the way keep a run from opening now; others are worth knowing."""
    for other in await look(access, control, runs_directory(), access.run):
        if other.in_the_way:
            text = N_(
                "In the way on this target: {run}. A run opens beside it with --beside REASON, which is recorded."
            )
            found.add("error", "other-run", Said(text, run=neighbour(other)))
        elif other.standing != Standing.UNREADABLE:
            text = N_("Not in the way on this target: {run}.")
            found.add("warning", "other-run", Said(text, run=neighbour(other)))


def _programs(
    found: Findings, access: TargetAccess, plan: Plan, files: Mapping[str, Read], environment: Mapping[str, str],
    demo: bool,
) -> None:  # fmt: skip
    identity = access.identity
    assert identity is not None
    server = identity.server_version // 10000
    asked: set[str] = set()
    for step, action in actions(plan):
        for program in needs_of(action).programs:
            name = program.name
            if name in asked:
                continue
            asked.add(name)
            path = find_tool(name, environment, server, demo=demo)
            if path is None:
                text = N_("The program {name} is not installed on this host; install PostgreSQL's client programs.")
                found.add("error", "no-program", Said(text, name=name), f"steps.{step.id}")
                continue
            major = tool_major(path)
            if program.old == "refuses" and major is not None and major < server:
                text = N_("{path} is of version {major} and refuses a server of version {server}; install a newer one.")
                message = Said(text, path=path, major=major, server=server)
                found.add("error", "old-program", message, f"steps.{step.id}")
            elif program.old == "lacks" and major is not None and major < server:
                level, message = _old_psql(files, path, major, server)
                found.add(level, "old-program", message, f"steps.{step.id}")


_INLINE_CSV = re.compile(rb"\bcopy\b[^;]*\bfrom\s+stdin\b[^;]*\bcsv\b", re.IGNORECASE)


def _old_psql(files: Mapping[str, Read], path: str, major: int, server: int) -> tuple[Level, Said]:
    """Up to 17 psql sends the line with \\. at the end of inline CSV along, a row like any other from 18 on."""
    if major < 18 <= server:
        for name, read in files.items():
            try:
                inline = _INLINE_CSV.search(read())
            except OSError:
                continue
            if inline is not None:
                text = N_(
                    "{path} is of version {major}; it would load the end of the CSV data in {file} as a row of its own "
                    "into a server of version {server}. Install a newer psql, or use a sql step."
                )
                return "error", Said(text, path=path, major=major, file=name, server=server)
    text = N_("{path} is of version {major}, older than the server ({server}); a newer psql knows all that it does.")
    return "warning", Said(text, path=path, major=major, server=server)
