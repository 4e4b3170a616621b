"""Who is in the way of the plan's statements: sessions and prepared transactions, by the locks that they hold."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from tui.journal.codes import Hindrance
from tui.journal.remarks import Coded
from tui.sql.demands import Change, Mode, StatementDemands, conflicting
from tui.steps.answers import ask
from tui.steps.context import Context
from tui.steps.effects import Effect, Rows, RunQuery, SqlError
from tui.steps.tables import Tables, tables_of

NAMED: Final = 50
"""Of what is found so many are named; all are counted."""
_OF_ONE: Final = 5
"""Statements that are named of one who is in their way."""

_BUILDS: Final = ("CREATE INDEX", "REINDEX")
"""Commands that, done concurrently, wait for every snapshot of the database that is older."""


Part = Literal["subject", "beside", "partner"]


class Wanted(Struct, frozen=True, kw_only=True):
    """A lock on a table that a statement of the plan asks for. `changes`: what it does to the table. `part`: the
    table is what the statement is about, stands beside that in it, or is locked for the sake of a foreign key alone."""

    step: str
    line: int
    command: str
    table: str
    mode: Mode
    changes: tuple[Change, ...] = ()
    concurrent: bool = False
    part: Part = "subject"

    @classmethod
    def by(
        cls, step: str, statement: StatementDemands, table: str, mode: Mode, changes: tuple[Change, ...] = (),
        part: Part = "subject",
    ) -> Wanted:  # fmt: skip
        """What this statement of a step wants of a table."""
        return cls(
            step=step, line=statement.line, command=statement.command, table=table, mode=mode, changes=changes,
            concurrent=statement.concurrent, part=part,
        )  # fmt: skip

    @property
    def against(self) -> tuple[Mode, ...]:
        """The locks of others that it waits for. What is done concurrently takes a gentle lock and then waits for all
        who write, or, where something is taken away, for all who look."""
        if not self.concurrent:
            return conflicting(self.mode)
        return conflicting("ShareLock" if self.command == "CREATE INDEX" else "AccessExclusiveLock")

    @property
    def facts(self) -> dict[str, Any]:
        """Which statement, for a sentence."""
        return {"what": self.command, "step": self.step, "line": self.line, "table": self.table}


class Way(Struct, frozen=True, kw_only=True):
    """The tables that the plan concerns, as the server has them, and what its statements want of them. `of`: the table
    by the oid of what it consists of; `untold`: steps of which nobody can tell. `error`: the server did not say."""

    tables: Tables
    wanted: tuple[Wanted, ...] = ()
    of: Mapping[int, str] = {}
    untold: tuple[str, ...] = ()
    error: SqlError | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """For the evidence: the tables that were looked at, and what was not."""
        named = [table.shown for table in self.tables.tables]
        told: dict[str, Any] = {"tables": named[:NAMED], "table_count": len(named) + self.tables.more}
        if self.untold:
            told["untold"] = list(self.untold)[:NAMED]
        return told

    def held_up(self, held: Sequence[tuple[int, str]], snapshot: bool, who: Coded) -> list[dict[str, Any]]:
        """Which of the plan's statements would wait for one who holds these locks (oid, mode), each as a code. `who`:
        the holder in words; `snapshot`: it has one in this database."""
        found: list[dict[str, Any]] = []
        for wanted in self.wanted:
            waits_for = wanted.against
            against = [mode for oid, mode in held if self.of.get(oid) == wanted.table and mode in waits_for]
            if against:
                found.append(Coded(Hindrance.STATEMENT_WAITS, **wanted.facts, who=who, mode=against[0]).neutral())
            elif wanted.concurrent and snapshot and wanted.command.startswith(_BUILDS):
                found.append(Coded(Hindrance.BUILD_WAITS, **wanted.facts, who=who).neutral())
        return found[:_OF_ONE]


def way_of(context: Context) -> Generator[Effect, Any, Way]:
    """Ask the server which tables those are that the plan's statements name."""
    tables = yield from tables_of(context)
    planned = context.demands()
    untold = tuple(dict.fromkeys((*tables.untold, *planned.untold)))
    if tables.error is not None or not tables.tables:
        return Way(tables=tables, untold=untold, error=tables.error)
    oids = [table.oid for table in tables.tables]
    rows: Rows = yield from ask(context, RunQuery(named="table_members", arguments={"oids": oids}))
    if rows.error is not None:
        return Way(tables=tables, untold=untold, error=rows.error)
    shown = {table.oid: table.shown for table in tables.tables}
    of: dict[int, str] = {}
    names: dict[str, list[str]] = {}
    refers: dict[str, list[str]] = {}
    # What is named itself is no part of another table in what is told of it.
    of |= shown
    for table in tables.tables:
        for name in (table.shown, table.name):
            names.setdefault(name, []).append(table.shown)
    for root, members, indexes, foreign in rows.rows:
        table_name = shown[root]
        of |= {oid: table_name for oid in members if oid not in shown}
        for index in indexes:
            for name in (index, index.partition(".")[2]):
                names.setdefault(name, []).append(table_name)
        for oid, _blank, name in (one.partition(" ") for one in foreign):
            of.setdefault(int(oid), name)
            refers.setdefault(table_name, []).append(name)
    return Way(tables=tables, wanted=tuple(wanted_of(planned.statements, names, refers)), of=of, untold=untold)


def wanted_of(
    statements: Iterable[tuple[str, StatementDemands]],
    names: Mapping[str, Sequence[str]],
    refers: Mapping[str, Sequence[str]],
) -> Iterable[Wanted]:
    """What statements want of tables, which may be written as `names` has them; `refers`: what those refer to."""
    for step, statement in statements:
        partners: dict[str, None] = {}
        for number, demand in enumerate(statement.demands):
            # Of what is dropped each is meant; else the first is, and others are named for its sake.
            part: Part = "subject" if not number or statement.command.startswith("DROP") else "beside"
            changes = tuple(change for name, change in statement.changes if name == demand.name)
            for table in names.get(demand.name, ()):
                yield Wanted.by(step, statement, table, demand.mode, changes, part)
                partners |= dict.fromkeys(refers.get(table, ()))
        if statement.partners is not None:
            for table in partners:
                yield Wanted.by(step, statement, table, statement.partners, part="partner")


def locks(text: str) -> list[tuple[int, str]]:
    """Oid and mode of each, out of a row."""
    return msgspec.json.decode(text, type=list[tuple[int, str]])
