"""Programs that a step runs, and the moment of the target that they share."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.journal.events import Effect as Applied
from tui.steps.effects.base import Effect, SqlError
from tui.steps.effects.sql import SqlSettings


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
    """`name` is the server's for it; empty with the `reason` why there is none. `major`: the server's version."""

    name: str = ""
    major: int = 0
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
