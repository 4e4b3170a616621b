"""Whether the backups of a plan have a place to go to, and the scratch database of a trial restore may be made."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from tui.engine.drivers import space
from tui.engine.preflight.findings import Findings
from tui.engine.target.access import TargetAccess
from tui.engine.target.standby import standby
from tui.journal.remarks import coded
from tui.plan.kinds import Room
from tui.plan.model import Plan, steps_of
from tui.plan.scalars import ExpansionError, expand
from tui.postgres.errors import PostgresError
from tui.said import N_, Said
from tui.steps.registry import needs_of


async def backup_problems(found: Findings, access: TargetAccess, plan: Plan, environment: Mapping[str, str]) -> None:
    """Raises PostgresError."""
    await _scratch(found, access, plan)
    rooms = [(step, room) for step in steps_of(plan) if (room := needs_of(step).room) is not None]
    if not rooms:
        return
    session = await access.monitor()
    rows = (await session.execute("select pg_catalog.pg_database_size(pg_catalog.current_database())")).rows
    database = int(rows[0][0]) if rows else 0
    last = await asyncio.to_thread(space.last_backup, access.facts())
    wanted: dict[int, int] = {}
    for step, room in rooms:
        await _place(found, f"steps.{step.id}", room, environment, database, last, wanted)


async def _scratch(found: Findings, access: TargetAccess, plan: Plan) -> None:
    restores = [step for step in steps_of(plan) if needs_of(step).scratch]
    if restores and not (await (await access.monitor()).rows("may_create_database"))[0][0]:
        for step in restores:
            text = Said("The role that logs in may not create the scratch database of the trial restore (CREATEDB).")
            found.add("error", "no-createdb", text, f"steps.{step.id}")


async def _place(
    found: Findings, at: str, room: Room, environment: Mapping[str, str], database: int, last: int | None,
    wanted: dict[int, int],
) -> None:  # fmt: skip
    """`wanted`: bytes that the backups before it are taken to need, by filesystem. What lies on another host is looked
    at by a check of the plan's."""
    if room.host is not None or not room.directory:
        return
    try:
        directory = Path(expand(room.directory, environment))
    except ExpansionError:
        # A variable that is not set is named where variables are.
        return
    free = await space.on_this_host(str(directory), environment)
    if "error" in free and not room.looked_at and directory.is_absolute():
        # The plan wants nobody to look.
        return
    if "error" in free:
        text = N_("Nobody can tell whether the backup has room in {directory}: {reason}.")
        found.add("error", "no-directory", Said(text, directory=directory, reason=coded(free["error"])), at)
        return
    reason, device = await asyncio.to_thread(_unusable, directory)
    if reason is not None:
        text = N_("The backup cannot be written to {directory}: {reason}.")
        found.add("error", "no-directory", Said(text, directory=directory, reason=reason), at)
        return
    need = room.need(database, last)
    if need is None:
        return
    before = wanted.get(device, 0)
    wanted[device] = need + before
    if free["free_bytes"] < need + before:
        text = N_("{directory} has {free} MB free, and the backup is taken to need {need} MB.")
        if before:
            text = N_(
                "{directory} has {free} MB free, and this backup and those before it are taken to need {need} MB."
            )
            need += before
        message = Said(text, directory=directory, free=free["free_bytes"] // 10**6, need=-(-need // 10**6))
        found.add("error", "no-room", message, at)


def _unusable(directory: Path) -> tuple[Said | None, int]:
    """Why nothing can be written there, or in the nearest one above it that there is, None where it can; and the number
    of its filesystem."""
    place = directory
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        return Said("{path} is no directory", path=place), 0
    if not os.access(place, os.W_OK | os.X_OK):
        return Said("this account may not write to {path}", path=place), 0
    return None, place.stat().st_dev


async def standby_problems(access: TargetAccess, plan: Plan, add: Callable[[Said, str], None]) -> None:
    """`add`: is told the message and the step's place in the plan, for every one that cannot be used."""
    for step in steps_of(plan):
        service = needs_of(step).standby
        if service is None:
            continue
        message = await _problem(access, service)
        if message is not None:
            add(message, f"steps.{step.id}")


async def _problem(access: TargetAccess, service: str) -> Said | None:
    try:
        _resolved, session = await standby(access, service, "preflight")
    except PostgresError as error:
        message = N_("The standby of the service {service} cannot be reached: {reason}")
        return Said(message, service=service, reason=error.message)
    found = session.server
    await session.close()
    control = (await access.control()).server
    assert found is not None and control is not None
    if (found.system_identifier, found.database_oid) != (control.system_identifier, control.database_oid):
        return Said("The service {service} leads to another server or database than the target.", service=service)
    if not found.in_recovery:
        return Said("The server of the service {service} is no standby.", service=service)
    return None
