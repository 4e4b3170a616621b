"""What a step may ask of the world, and what it is told: the vocabulary between kinds and drivers.

A kind's `execute` is a generator that yields effects and is sent their results; it never touches a socket, a file
or a clock, so that it is tested with no database. `tui.engine.drivers` carry the effects out. Times are seconds.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from tui.journal.codes import FailReason, Replication
from tui.journal.events import Effect as Applied
from tui.journal.events import Event
from tui.plan.model import BRIEF
from tui.sql.outside import Outside


class Effect(Struct, frozen=True, kw_only=True):
    """Something asked of the world; its docstring names the result that is sent back."""


class SqlError(Struct, frozen=True, kw_only=True):
    """What the server said; in `message` also a code with its facts. `line` is the line in `file`, or in the statement
    where there is no file. `lost`: no connection was to be had, or it was lost, so that nothing was answered. `memory`:
    there was no room here for the answer. `lock`: what it waited for (`wanted`) and who held it (`blockers`), where it
    failed for want of a lock and that was seen."""

    sqlstate: str | None
    message: str | dict[str, Any]
    detail: str | None = None
    hint: str | None = None
    context: str | None = None
    file: str | None = None
    line: int | None = None
    lost: bool = False
    memory: bool = False
    lock: dict[str, Any] = {}


class SqlStatement(Struct, frozen=True, kw_only=True):
    """One statement of a script: its text, its first line, and inline COPY data where it has some."""

    text: str
    line: int = 1
    copy_data: str | None = None


class SqlSettings(Struct, frozen=True, kw_only=True):
    """How SQL runs: seconds; None and 0 are no limit. `keep`: settings that the script gives itself, left alone.

    `read_only`: but in a transaction that asks to write. `tolerate`: for how long the server may be silent.
    """

    role: str | None = None
    lock_timeout: float | None = 0.5
    statement_timeout: float | None = None
    row_security: bool = False
    read_only: bool = False
    keep: tuple[str, ...] = ()
    tolerate: float = BRIEF


Prelude = tuple[SqlStatement, ...] | None
"""What earlier statements left in their session, as the statements that make it anew, to be executed first where the
session is a new one. None: that is not known, and nothing is done in a new session."""


class ReadFile(Effect, frozen=True, kw_only=True):
    """The text of a file of the frozen plan -> str."""

    path: str


class RunTransaction(Effect, frozen=True, kw_only=True):
    """Statements in one transaction, with evidence of its commit -> TxDone. `statement`: its ordinal in the step.

    `begin` and `end` are the statements around them; `evidence` of them come before the evidence is written. Without
    `witnessed` nothing is journaled: for what leaves nothing behind. `own_role`: the script may have changed the role.
    `taints`: something of them stays in the session even when they are taken back. `gid`: under which they are
    prepared instead of committed. `counted`: what is changed is counted by the server. `session`: see `Prelude`.
    `reach`: what its commit makes of a walk over a table's keys (`tui.steps.walk`). `place`: the number of its first
    statement in the step's script, and how many that has; 0 where it is none of several.
    """

    statements: tuple[SqlStatement, ...]
    settings: SqlSettings
    statement: int = 0
    begin: str = "begin"
    end: str = "commit"
    evidence: int = 0
    witnessed: bool = True
    own_role: bool = False
    taints: bool = False
    gid: str = ""
    counted: bool = False
    session: Prelude = ()
    reach: dict[str, Any] = {}
    place: tuple[int, int] = (1, 0)


class RunTogether(Effect, frozen=True, kw_only=True):
    """Transactions beside each other, each in a session of its own -> tuple of TxDone, in their order."""

    transactions: tuple[RunTransaction, ...]


class RunStatement(Effect, frozen=True, kw_only=True):
    """One statement outside any transaction -> TxDone. `outside`: what the catalogue can tell of it afterwards.

    `again`: an earlier attempt may have left something unfinished in its way; then it is not sent. `missing`: it was
    executed before, and is executed once more only if the index that it makes is not there; in a session of its own.
    `place`: see `RunTransaction`.
    """

    statement: SqlStatement
    settings: SqlSettings
    ordinal: int = 0
    outside: Outside = Outside(kind="unknown")
    again: bool = False
    missing: bool = False
    session: Prelude = ()
    place: tuple[int, int] = (1, 0)


class Countable(Effect, frozen=True, kw_only=True):
    """How what a statement changes can be counted, by its plan; it is not executed -> Counts."""

    statement: SqlStatement
    settings: SqlSettings


Counts = Literal["tag", "server", "own"]
"""`tag`: by its command tag. `server`: by the server alone, because it writes to several tables or a trigger may send
rows elsewhere. `own`: a function or procedure changes what it changes, and may say how much."""


class CleanUp(Effect, frozen=True, kw_only=True):
    """What the last statement outside a transaction left unfinished is taken away by the step's cleanup -> str | None:
    why it could not be."""


class RunSession(Effect, frozen=True, kw_only=True):
    """A statement that changes its session and nothing else -> TxDone; nothing is journaled of it."""

    statement: SqlStatement
    settings: SqlSettings
    session: Prelude = ()


class TxDone(Struct, frozen=True, kw_only=True):
    """How a transaction ended. A commit whose reply was lost never gets here: its fate is decided first.

    `anew`: nothing was done, because the session is a new one and what earlier statements left in the old one is
    missing; with an `error` the statements that were to make it anew failed. `left`: what a statement outside a
    transaction left that did not end well, by the catalogue; `leftovers` are the objects it left unfinished.

    `held`: of the `seconds` those in which its statements could hold locks, where it has a witness. `rows`: changed by
    what command tags say. `changed`: by the server's count, where that was asked for and it counts.
    `claimed`: what the last statement says of itself, in its tag or in the one number that it returns; `returned`: how
    many rows it returns. `replication`: what is not known of it behind a commit whose wait for a standby was cut short.
    """

    committed: bool
    error: SqlError | None = None
    rows: int = 0
    changed: int | None = None
    claimed: int | None = None
    returned: int = 0
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    held: float = 0.0
    witness: dict[str, Any] = {}
    anew: bool = False
    left: Literal["", "nothing", "half", "unknown"] = ""
    leftovers: tuple[str, ...] = ()
    replication: Replication | None = None


class Now(Effect, frozen=True, kw_only=True):
    """The moment by this host's clock -> float: seconds since the epoch."""


class Timetable(Effect, frozen=True, kw_only=True):
    """When the rest of the run is expected to end -> Timetabled."""


class Timetabled(Struct, frozen=True, kw_only=True):
    """Instants in seconds since the epoch, as the run's clocks have them. `ends`: of the work that belongs into the
    window, None where nobody knows; `begins`: of the first step of it that may change something or waits for the
    window. `unknown`: ids of the steps from there on of which nobody knows how long they take, so that it ends later.
    `rollback_s`: seconds for going back; `rollback_least`: a part of that is not known."""

    now: float
    ends: float | None = None
    begins: float | None = None
    unknown: tuple[str, ...] = ()
    rollback_s: float | None = None
    rollback_least: bool = False


class Rehearsals(Effect, frozen=True, kw_only=True):
    """What earlier runs have rehearsed of this one -> PastRehearsals."""


class PastRehearsals(Struct, frozen=True, kw_only=True):
    """`whole`: the newest rehearsal of the same work that went to its end with every change made: `run`, `target`,
    `environment`, `ended` (seconds since the epoch), `compress`. `partial`: without one the newest rehearsal of the
    same work, with its `status` and the steps that it `skipped`. `other`: without either the newest rehearsal of a plan
    of the same name, with what differs by name. `undone`: steps that rehearsals of the same work took back, by id the
    newest such run, and `undone_at` when it ended. `unread`: so many runs could not be read. `looked_at`: among so many
    was looked."""

    whole: dict[str, Any] | None = None
    partial: dict[str, Any] | None = None
    other: dict[str, Any] | None = None
    undone: dict[str, str] = {}
    undone_at: dict[str, float] = {}
    unread: int = 0
    looked_at: int = 0


class Sealed(Effect, frozen=True, kw_only=True):
    """Which files of the frozen plan are not as they were sealed -> tuple of dicts with `file`, `expected`, `found`."""


class RunQuery(Effect, frozen=True, kw_only=True):
    """A read-only query on a connection of its own -> Rows. `printed`: values as the text that the server prints.

    `ours`: the statement is not the plan's; its names are looked up in pg_catalog alone, whatever the search path is.
    `named`: in place of `sql` one of ours by its name in `tui.postgres.queries`, that of the server's version, with
    `arguments` by the names that it has for them, where it has some; `planned`: it is about what the plan's names
    mean, as they are looked up for the plan. `service`: it is asked of the server that this libpq service names, a
    standby of the target's where there is one among several. `scratch_database`: in this one, on a session that is
    closed at once. `beside`: it is begun, or, where it was, only looked at, and goes on beside the effects that
    follow -> Rows | None: None while it has no answer. The same without it is its end.
    """

    sql: str = ""
    beside: Literal["", "look"] = ""
    named: str = ""
    arguments: dict[str, Any] = {}
    planned: bool = False
    service: str | None = None
    ours: bool = False
    role: str | None = None
    row_security: bool = True
    timeout: float | None = 60.0
    scratch_database: str | None = None
    printed: bool = False


class Rows(Struct, frozen=True, kw_only=True):
    """What a query returned: at most 1,000 rows are kept; `count` is how many there were.

    `columns` are their names, `types` the OIDs of their types, where values are printed."""

    columns: tuple[str, ...] = ()
    types: tuple[int, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    count: int = 0
    error: SqlError | None = None
    seconds: float = 0.0


class TakeFingerprint(Effect, frozen=True, kw_only=True):
    """What is in the database, or in a scratch one, in one moment -> FingerprintTaken.

    `tables`: patterns of those whose rows are counted and, with `rows` hashes, hashed, for at most `within` seconds in
    all; `columns` of tables that are hashed by these alone. `moment`: a snapshot that another session exported.
    """

    tables: tuple[str, ...] = ()
    rows: Literal["hashes", "counts"] = "hashes"
    within: float | None = None
    columns: dict[str, tuple[str, ...]] = {}
    moment: str = ""
    scratch_database: str | None = None
    role: str | None = None


class FingerprintTaken(Struct, frozen=True, kw_only=True):
    """`found`: see `tui.steps.difference`; empty with the `error` why there is none."""

    found: dict[str, Any] = {}
    error: SqlError | None = None
    seconds: float = 0.0


class Maintain(Effect, frozen=True, kw_only=True):
    """Statements of our own that make, mend or drop a scratch database, each outside a transaction of ours, in the
    target's database or the scratch one -> tuple of SqlError or None, one for each that was tried. With `first_error`
    the first one that fails is the last that is tried. `service`: on the server that this libpq service names, in its
    database or the scratch one.
    """

    statements: tuple[str, ...]
    service: str | None = None
    scratch_database: str | None = None
    role: str | None = None
    first_error: bool = True


class LoadArtifact(Effect, frozen=True, kw_only=True):
    """The text of a file below the run's artifacts, in a server's `encoding` -> str."""

    name: str
    encoding: str = "UTF8"


class StoreArtifact(Effect, frozen=True, kw_only=True):
    """A file below the run's artifacts, readable by its owner alone -> None."""

    name: str
    text: str


class KeepArtifact(Effect, frozen=True, kw_only=True):
    """A file below the run's artifacts, durable, for the run itself; its owner's alone where it holds what may be a
    secret -> None."""

    name: str
    text: str


class DropArtifact(Effect, frozen=True, kw_only=True):
    """A file below the run's artifacts is gone, whether it was there or not -> None."""

    name: str


class KeptArtifact(Effect, frozen=True, kw_only=True):
    """Its text, as it is -> str | None: None where there is no such file, or one of more bytes than `limit`."""

    name: str
    limit: int | None = None


class ReadOutput(Effect, frozen=True, kw_only=True):
    """All that the attempt has printed, as it is kept -> str | None: None where that is more bytes than `limit`, or
    not all of it was kept."""

    limit: int


class KeepOutput(Effect, frozen=True, kw_only=True):
    """All that the attempt has printed, as it is kept, becomes a file below the run's artifacts, of at most `limit`
    bytes -> OutputKept."""

    name: str
    limit: int


class OutputKept(Struct, frozen=True, kw_only=True):
    """Length and SHA-256 of the file; `left_out`: bytes beyond the limit; `error`: why it is not what it should be."""

    bytes: int = 0
    sha256: str = ""
    left_out: int = 0
    error: str | dict[str, Any] | None = None


class StoreBeside(Effect, frozen=True, kw_only=True):
    """A file at an absolute path outside the run, beside what a step wrote there; its owner's alone, durable when this
    returns -> str | None: why it could not be written."""

    path: str
    text: str


class Piped(Struct, frozen=True, kw_only=True):
    """What stands around a program: `before` and `behind` it others, each fed by the one before it, without the
    target's connection. `source`: a file that the first one reads. `into`: the new file (0600, durable) that gets what
    the last one prints; "" drops it, None prints it."""

    before: tuple[tuple[str, ...], ...] = ()
    behind: tuple[tuple[str, ...], ...] = ()
    source: str = ""
    into: str | None = None


class PipedDone(Struct, frozen=True, kw_only=True):
    """What passed through: `bytes` and `sha256` of what the last one printed, where that was not left to be printed;
    `plain_bytes` and `plain_sha256` of what the program itself was fed by others, or fed them with."""

    statuses: tuple[int, ...] = ()
    bytes: int = 0
    sha256: str = ""
    plain_bytes: int = 0
    plain_sha256: str = ""


class Growing(Struct, frozen=True, kw_only=True):
    """A file or directory that a program writes, by whose size its progress is told: beside the bytes of the `last`
    one, which is no total, and, for a directory with a file for each of so many `tables`, how many were begun."""

    path: str
    last: int | None = None
    tables: int | None = None


class RunChild(Effect, frozen=True, kw_only=True):
    """A program in its own process group -> ChildDone. `${...}` in `environment` values is expanded.

    `target`: it reaches the plan's target as a session does, under `settings`; with `source` the standby whose snapshot
    was taken, with `service` the server that this libpq service names. `authored`: a program of the plan's author,
    whatever its name. `changes`: how it ended is not all that matters, it may have changed the database. `files`: the
    working directory of its own holds the plan's files.
    `tail`: characters that are kept of the end of its output. `piped`: what stands before and behind it. `written`: by
    what its progress is told.
    """

    argv: tuple[str, ...]
    environment: dict[str, str] = {}
    timeout: float | None = None
    target: bool = False
    changes: bool = False
    settings: SqlSettings | None = None
    source: bool = False
    service: str | None = None
    authored: bool = False
    files: bool = False
    written: Growing | None = None
    tail: int = 2000
    piped: Piped | None = None


class Snapshot(Effect, frozen=True, kw_only=True):
    """A moment of the target that a program can share -> SnapshotTaken. `service`: of the standby that this service
    names, once it has replayed what the target has now; `timeout`: how long that may take."""

    service: str | None = None
    timeout: float | None = None


class SnapshotTaken(Struct, frozen=True, kw_only=True):
    """`name` is the server's for it; empty with the `reason` why there is none."""

    name: str = ""
    facts: dict[str, Any] = {}
    reason: FailReason | None = None
    error: SqlError | None = None


class ChildDone(Struct, frozen=True, kw_only=True):
    """How a program ended: `status` is negative for a signal. None: it could not be started, `error` says why; or, when
    it is `lost`, it was, and how it ended is not known. `output_error`: why its output is not all kept.

    `settings_lost`: what the way to the server (a pooler, an old libpq) did not let it have of the target's settings.
    `severed`: why the engine ended it, which its end does not tell. `piped`: what passed through, where it told that.
    """

    status: int | None
    seconds: float = 0.0
    length: int = 0
    sha256: str = ""
    tail: str = ""
    error: str | dict[str, Any] | None = None
    timed_out: bool = False
    settings_lost: tuple[str, ...] = ()
    lost: bool = False
    output_error: str | dict[str, Any] | None = None
    severed: FailReason | None = None
    piped: PipedDone | None = None


class RunPsql(Effect, frozen=True, kw_only=True):
    """A script of the frozen plan, by psql -> PsqlDone. `${...}` in the values of `variables` is expanded.

    `single_transaction`: it is committed only where it ends in the session, the transaction and the role it began in.
    """

    file: str
    variables: dict[str, str] = {}
    single_transaction: bool = True
    settings: SqlSettings
    timeout: float | None = None


class PsqlDone(Struct, frozen=True, kw_only=True):
    """How a script ended. `effect`: what the server says of it now; one that it could not be asked about never gets
    here: its fate is decided first. `problem`: why it was not let pass, whatever psql's status; `commit`: what proves
    that it is in the database."""

    child: ChildDone
    effect: Applied = "unknown"
    problem: FailReason | None = None
    error: SqlError | None = None
    commit: dict[str, Any] = {}
    facts: dict[str, Any] = {}


class HashPath(Effect, frozen=True, kw_only=True):
    """Length and SHA-256 of a file, or of a directory's files (as sorted sha256sum lines) -> PathHash. `beside`: it is
    begun, and goes on beside the effects that follow -> None; the same path asked for once more is its end."""

    path: str
    beside: bool = False


class PathHash(Struct, frozen=True, kw_only=True):
    """`listed`: the files' names, as they are within a directory, with the hash of each."""

    bytes: int = 0
    files: int = 0
    sha256: str = ""
    error: str | dict[str, Any] | None = None
    listed: tuple[tuple[str, str], ...] = ()


class CopyFiles(Effect, frozen=True, kw_only=True):
    """Files of one directory of this host into another, durable, read back from the disk there; `base`, the last of
    them, and the others bear their names only when all of them are right -> Copied. `files`: names, within
    `source`, with the SHA-256 of each; `directory` may hold `${NAME}`."""

    source: str
    files: tuple[tuple[str, str], ...]
    base: str
    directory: str


class Copied(Struct, frozen=True, kw_only=True):
    """`path`: where `base` lies now. `existed`: it lay there already, and was read. `source_differs`, `copy_differs`:
    names of files that are not what they should be. `no_room`: nothing was copied, for want of space (`free` bytes)."""

    path: str = ""
    seconds: float = 0.0
    existed: bool = False
    free: int | None = None
    no_room: bool = False
    source_differs: tuple[str, ...] = ()
    copy_differs: tuple[str, ...] = ()
    error: str | dict[str, Any] | None = None


class DecodeFiles(Effect, frozen=True, kw_only=True):
    """The files of a dump in a directory, compressed by gzip or not at all, are read to their ends in several
    threads -> Decoded."""

    path: str


class Decoded(Struct, frozen=True, kw_only=True):
    """`bytes`: what they hold. `broken`: names of files that gzip's own checksum refuses; `cut`: those of tables' rows
    that do not end as pg_dump ends them. `other`: something is in another form, of which nothing was read."""

    bytes: int = 0
    files: int = 0
    seconds: float = 0.0
    broken: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    other: bool = False
    error: str | dict[str, Any] | None = None


class Probe(Effect, frozen=True, kw_only=True):
    """A fact about the target, its host or this one -> dict of neutral facts; `error` in it when unknown."""

    name: Literal[
        "identity", "disk", "room", "tools", "connections", "database_size", "path_prepare", "path_make",
        "backup_space", "dump_methods", "last_backup", "epoch", "encryption", "dumps",
        "writable",
        "database", "written", "stranded",
    ]  # fmt: skip
    arguments: dict[str, Any] = {}


class SwapDatabases(Effect, frozen=True, kw_only=True):
    """The database `called` takes the name `database`; the one that bears it is called `keep_as` from then on, all in
    one transaction of a session in `maintenance`, with the run's own sessions out of both -> Swapped. The intent is in
    the journal already; where the answer is lost the attempt ends here and its fate is asked. `before`: statements of
    the same transaction, before the renames."""

    database: str
    old_oid: int
    new_oid: int
    called: str
    keep_as: str
    maintenance: str
    role: str | None = None
    before: tuple[str, ...] = ()


class Swapped(Struct, frozen=True, kw_only=True):
    """`done`, or what stands in its way: others' `sessions` (facts of each) and `prepared` transactions (their gids).
    `ended`: sessions of replication that were ended for it."""

    done: bool = False
    sessions: tuple[dict[str, Any], ...] = ()
    prepared: tuple[str, ...] = ()
    ended: tuple[dict[str, Any], ...] = ()
    error: SqlError | None = None
    seconds: float = 0.0


class Sleep(Effect, frozen=True, kw_only=True):
    """Wait -> bool: True when asked to stop meanwhile. Compressible: a rehearsal may make it pass faster."""

    seconds: float
    compressible: bool = True


class Watch(Effect, frozen=True, kw_only=True):
    """What guards and logs saw since the step began -> Watched. With `settle` it is looked anew, and looked again for
    at most so many seconds while something of what is `wanted` is not measured. `figures`: all that was measured since
    the last look is told, too."""

    settle: float = 0.0
    wanted: tuple[Literal["log", "guards"], ...] = ()
    figures: bool = False


class Watched(Struct, frozen=True, kw_only=True):
    """`errors` of others in the server's log, by SQLSTATE in `sqlstates`, `critical` those among them that say it is in
    trouble; `log` is why these counts are not known (`Unmeasured`), "" where they are. `unclear` records may be
    errors or not, `gaps` were not read.

    `unmeasured`: the criteria of which nothing is known now. `attested`: metrics of those that nothing could measure
    when the run was opened, which are left to a person and counted neither there nor in `criteria`. `lag` is None
    where nothing replicates, or, with `lag_unknown`, where nobody knows. `strained`: a criterion is near its limit,
    sessions wait for what the step holds, or WAL piles up. `given_up`: the step was asked to end, not because the
    one it accompanies has. `figures`: the samples since the last look, each by metric, where they were asked for.
    `sources`: where each metric that is known now was measured.
    """

    breached: tuple[dict[str, Any], ...] = ()
    unmeasured: tuple[dict[str, Any], ...] = ()
    attested: tuple[str, ...] = ()
    criteria: int = 0
    errors: int = 0
    sqlstates: dict[str, int] = {}
    critical: int = 0
    lines: int = 0
    unclear: int = 0
    gaps: int = 0
    log: str = ""
    samples: int = 0
    lag: float | None = None
    lag_unknown: bool = False
    strained: bool = False
    given_up: bool = False
    figures: tuple[dict[str, float], ...] = ()
    sources: dict[str, str] = {}


class Emit(Effect, frozen=True, kw_only=True):
    """An event of this step into the journal -> None."""

    event: Event


class Passed(Struct, frozen=True, kw_only=True):
    """The step did what it says."""

    evidence: dict[str, Any] = {}
    effect: Applied = "none"


class Failed(Struct, frozen=True, kw_only=True):
    """The step did not: `reason` is a neutral code, `effect` what of it is in the database all the same."""

    reason: FailReason
    evidence: dict[str, Any] = {}
    effect: Applied = "none"
    error: SqlError | None = None


Outcome = Passed | Failed
