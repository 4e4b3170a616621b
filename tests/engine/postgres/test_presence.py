"""How runs see one another on the server, whatever the role that looks may see."""

from __future__ import annotations

from tests.engine.postgres.pgserver import awaited
from tests.postgres_server import Database
from tui.postgres import presence
from tui.postgres.connect import open_session
from tui.postgres.evidence import fence

RUN, OTHER = "20261122T060000Z-0001", "20261122T060000Z-0002"


@awaited
async def test_a_role_without_rights_sees_who_is_in_the_way(each_database: Database) -> None:
    role = f"looker_{each_database.name}"
    with each_database.connect() as connection:
        connection.execute(f'create role "{role}" login'.encode())
    run = await open_session(each_database.dsn, purpose="control", run=RUN)
    other = await open_session(each_database.dsn, purpose="control", run=OTHER)
    looker = await open_session(each_database.server.dsn(each_database.name, role), purpose="control", run="preflight")
    try:
        # Together, and neither keeps the other from it.
        assert await presence.show(run) and await presence.show(other)
        assert await fence.try_lock(run, fence.target_key())
        for session, sees in ((looker, False), (other, True)):
            seen = {found.run: found for found in await presence.sightings(session)}
            assert (seen[RUN].pid, seen[RUN].in_the_way, seen[RUN].changing) == (run.backend.pid, True, True)
            assert seen[RUN].is_control and not seen[RUN].opening and seen[RUN].user == "postgres"
            # When it came, and from where, is shown to its own role and to who may read all statistics.
            assert (bool(seen[RUN].since), seen[RUN].address) == (sees, "local" if sees else "")
            assert OTHER not in seen or not seen[OTHER].changing
        await presence.hide(run)
        seen = {found.run: found for found in await presence.sightings(looker)}
        assert (seen[RUN].in_the_way, seen[OTHER].in_the_way) == (False, True)
    finally:
        for session in (run, other, looker):
            await session.close()
        with each_database.connect() as connection:
            connection.execute(f'drop role "{role}"'.encode())
