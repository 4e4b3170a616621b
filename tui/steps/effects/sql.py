"""SQL that a step executes, and what it asks."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from tui.journal.codes import Replication
from tui.plan.model import BRIEF
from tui.sql.outside import Outside
from tui.steps.effects.base import Effect, SqlError


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
