"""`check`: what must hold before anything is changed, asked of the system itself.

The list of its keys; each check has a file of its own."""

from __future__ import annotations

from msgspec import Struct

from tui.steps.check.access import AccessSpec
from tui.steps.check.backup_procedure import BackupProcedureSpec
from tui.steps.check.consistency import ConsistencySpec
from tui.steps.check.disk import DiskSpec
from tui.steps.check.load import LoadLimits
from tui.steps.check.recent_backup import RecentBackupSpec
from tui.steps.check.replication import ReplicationSpec
from tui.steps.check.resources import ResourcesSpec
from tui.steps.check.roles import PrivilegeSpec
from tui.steps.check.rollback import RollbackSpec
from tui.steps.check.space import PlaceSpec
from tui.steps.check.staging import StagingSpec


class CheckSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Several may stand together; all of them must hold."""

    connect: bool | None = None
    """`true`: the target answers and lets us in."""
    version: str | None = None
    """The server's version: `">=14"`, `"<18"`, `16`, or several with commas."""
    disk_free: str | None = None
    """What must be free on the filesystem of the data directory: `2x` the size of the database, or `50GB`."""
    space: tuple[PlaceSpec, ...] = ()
    """The same at other places."""
    disk: DiskSpec | bool | None = None
    """Room wherever the plan needs some, and no WAL that piles up; `true` asks for what is usual."""
    connections_free: int | None = None
    """So many connections at least that ordinary roles may still open."""
    role: str | None = None
    """A role that exists, and that the session may become (SET ROLE)."""
    writable: bool | None = None
    """`true`: it is a primary; `false`: it is a standby."""
    resources: ResourcesSpec | bool | None = None
    """Processors, memory and connections as they are now, against the plan's criteria."""
    access: AccessSpec | bool | None = None
    """The right database and its primary, TLS where it is demanded, no pooler that lends its servers out, programs that
    are not too old, and roles that may do what the plan's statements and a full dump need."""
    staging: StagingSpec | bool | None = None
    """The same work was rehearsed to its end; where it was not, it is told what differs from the newest rehearsal."""
    window: bool | None = None
    """`true`: there is a window, it is not over, no clock changes inside it, the work ends in it by all estimates, and
    a way back as well."""
    monitoring: bool | None = None
    """`true`: every success criterion is measured now."""
    rollback: RollbackSpec | bool | None = None
    """Every change has a way back; its files are as they were sealed, it was rehearsed, and how long it takes is
    known."""
    privilege: PrivilegeSpec | None = None
    """What a role may do with a table."""
    tools: tuple[str, ...] = ()
    """Programs that are installed here and not older than the server: `pg_dump`, `pg_restore`, `psql`."""
    dependencies: bool | None = None
    """`true`: every service that the plan calls a dependency answers as it says there."""
    consistency: ConsistencySpec | bool | None = None
    """What is in the tables still belongs together; `true` for all but a comparison with how many rows there were."""
    load: LoadLimits | bool | None = None
    """What others do on the server, within limits; `true` stands for the usual ones. Who would hold up a statement of
    the plan is named with it."""
    replication: ReplicationSpec | bool | None = None
    """Who receives what the plan changes: subscribers, slots, standbys, and what its statements would do to them."""
    recent_backup: RecentBackupSpec | None = None
    """A backup from before this run's own, whole and not too old."""
    backup_procedure: BackupProcedureSpec | bool | None = None
    """What the plan's backups need is there: programs, places with room, and a way back, tried with the schema."""
