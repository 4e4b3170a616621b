"""A script of several transactions: each of its units in turn, from the first that is not proved to be done.

Behind what is proved it goes on in another session only where what earlier statements left in theirs can be made
anew; else it fails and says what is missing, because the same words would mean something else.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from tui.journal.codes import FailReason
from tui.journal.events import Effect as Applied
from tui.plan.model import tolerance
from tui.sql.leaving import outlasts
from tui.sql.outside import outside_of
from tui.sql.patient import all_patient
from tui.sql.quoting import literal
from tui.sql.resume import LostState, changes_role, kept, mentions, resumption, stays
from tui.sql.script import Statement
from tui.sql.settings import settings as settings_in
from tui.sql.units import Unit, resume_at
from tui.steps.answers import ask
from tui.steps.context import Context, StepRun
from tui.steps.effects import (
    CleanUp,
    Effect,
    Failed,
    Passed,
    Prelude,
    RunQuery,
    RunSession,
    RunStatement,
    RunTransaction,
    SqlError,
    SqlSettings,
    SqlStatement,
    TxDone,
)
from tui.steps.locks import Limits, concurrent_limit, gently

_WHO = "select session_user::text, pg_catalog.current_database()::text"
_WARNINGS = 50
"""Kept of a script."""
_OWN_LIMITS = ("lock_timeout", "statement_timeout", "tcp_user_timeout")


class ScriptRun:
    """Executes `found`, the units of a script, for one attempt."""

    def __init__(self, context: Context, spec: Limits, found: Sequence[Unit], settings: SqlSettings) -> None:
        self.context = context
        self.spec = spec
        self.found = found
        self.settings = settings
        self.own_role = False
        self._more = 0
        self.evidence: dict[str, Any] = {
            "statements": found[-1].last + 1 if found else 0,
            "done": 0,
            "rows": 0,
            "warnings": [],
        }

    def run(self) -> StepRun:
        """All units; the evidence of the last commit."""
        first = resume_at(self.found, self.context.done)
        for unit in self.found[:first]:
            self._learn(unit)
            self.evidence["done"] = unit.last + 1
        for at in range(first) if self.context.attempt > 1 else ():
            failed = yield from self._missing(at, first)
            if failed is not None:
                return failed
        # Nothing came before the first unit; behind others a new session lacks what they left in theirs.
        prelude: Prelude = () if first == 0 else None
        for at in range(first, len(self.found)):
            unit = self.found[at]
            done = yield from self._carried_out(at, prelude)
            if isinstance(done, Failed):
                return done
            if done.left == "half" and done.error is None:
                # An earlier attempt left it unfinished.
                why: str | None = yield CleanUp()
                if why is not None:
                    return self._failed(
                        FailReason.LEFTOVER, replace(done, error=SqlError(sqlstate=None, message=why)), unit
                    )
                done = yield from self._carried_out(at, None)
                if isinstance(done, Failed):
                    return done
            self.evidence["rows"] += done.rows
            self._warned(done.warnings)
            if not done.committed:
                return self._failed(FailReason.SQL_ERROR, done, unit)
            prelude = None
            self._learn(unit)
            self.evidence["done"] = unit.last + 1
            if done.witness:
                self.evidence["commit"] = done.witness
            if done.replication:
                self.evidence["replication"] = done.replication
        return Passed(evidence=self.evidence, effect="all" if self._changes() else "none")

    def _changes(self) -> bool:
        """Whether something of the whole script may be in the database: not of one that only reads, or takes all of it
        back itself."""
        return any(not unit.leaves_nothing or any(outlasts(s.text) for s in unit.inner) for unit in self.found)

    def _warned(self, warnings: Sequence[str]) -> None:
        kept = self.evidence["warnings"]
        self._more += max(0, len(kept) + len(warnings) - _WARNINGS)
        kept.extend(warnings[: max(0, _WARNINGS - len(kept))])
        if self._more:
            self.evidence["warnings_left_out"] = self._more

    def _cleaned(self, unit: Unit, done: TxDone) -> Generator[Effect, Any, Failed | None]:
        """An earlier attempt left something unfinished in the way of a unit."""
        why: str | None = yield CleanUp()
        if why is None:
            return None
        return self._failed(FailReason.LEFTOVER, replace(done, error=SqlError(sqlstate=None, message=why)), unit)

    def _missing(self, at: int, first: int) -> Generator[Effect, Any, Failed | None]:
        """An index that was built concurrently and is no longer there, although nothing behind it took it away, is
        built again: the proof that it is missing from would fail for ever."""
        unit = self.found[at]
        if unit.kind != "outside":
            return None
        about = outside_of(unit.inner[0])
        behind = [statement for other in self.found[at + 1 : first] for statement in other.inner]
        if about.kind != "create_index" or not about.names or mentions(about.names[0], behind):
            return None
        needed = yield from self._needed(at)
        if isinstance(needed, SqlError) or needed[1]:
            # Which table it means cannot be told here.
            return None
        work = RunStatement(
            statement=sent(unit.inner[0]), settings=self._for(unit, lock_timeout=concurrent_limit(self.spec)),
            ordinal=unit.last, outside=about, missing=True, session=needed[0],
        )  # fmt: skip
        done: TxDone = yield work
        if done.left == "half" and done.error is None:
            failed = yield from self._cleaned(unit, done)
            if failed is not None:
                return failed
            done = yield work
        return None if done.committed else self._failed(FailReason.SQL_ERROR, done, unit)

    def _carried_out(self, at: int, prelude: Prelude) -> Generator[Effect, Any, TxDone | Failed]:
        """One unit, in a session as its predecessors left it; Failed where there is none."""
        unit = self.found[at]
        done: TxDone = yield from self._one(unit, prelude)
        if done.anew and done.error is None:
            made = yield from self._anew(at)
            if isinstance(made, Failed):
                return made
            done = yield from self._one(unit, made)
        return self._failed(FailReason.SESSION_STATE_LOST, done, unit) if done.anew else done

    def _one(self, unit: Unit, prelude: Prelude) -> Generator[Effect, Any, TxDone]:
        inner = tuple(sent(statement) for statement in unit.inner)
        if unit.kind == "session":
            done: TxDone = yield RunSession(statement=inner[0], settings=self.settings, session=prelude)
            return done
        if unit.kind == "outside":
            # A lock timeout would leave an invalid index behind, so it waits as long as the plan says, and is not
            # tried again by itself.
            about = outside_of(unit.inner[0])
            limit = concurrent_limit(self.spec) if about.concurrent else self.settings.lock_timeout
            done = yield RunStatement(
                statement=inner[0], settings=self._for(unit, lock_timeout=limit), ordinal=unit.last,
                outside=about, again=self.context.attempt > 1 and self.context.step.cleanup is not None,
                session=prelude, place=(unit.last + 1, self.evidence["statements"]),
            )  # fmt: skip
            return done
        work = RunTransaction(
            statements=inner, settings=self._for(unit), statement=unit.last, begin=unit.begin, end=unit.end,
            evidence=unit.evidence, witnessed=not unit.leaves_nothing, session=prelude,
            own_role=self.own_role or any(changes_role(s) for s in unit.inner[: unit.evidence]),
            taints=any(stays(s) for s in unit.inner), gid=unit.gid,
            place=(unit.first + 1 + (unit.last - unit.first >= len(inner)), self.evidence["statements"]),
        )  # fmt: skip
        limit = None if "lock_timeout" in self.settings.keep else self.settings.lock_timeout
        done, _tries = yield from gently(self.context, work, limit, self.spec.retries)
        return done

    def _for(self, unit: Unit, **limits: float | None) -> SqlSettings:
        """How one unit runs."""
        return tolerant(replace(self.settings, **limits), self.context, unit.inner)

    def _anew(self, at: int) -> Generator[Effect, Any, tuple[SqlStatement, ...] | Failed]:
        """The statements that make the session anew for the unit at which it goes on; Failed where none do."""
        needed = yield from self._needed(at)
        if isinstance(needed, SqlError):
            return self._failed(FailReason.NOT_ANSWERED, TxDone(committed=False, error=needed), self.found[at])
        replay, lost = needed
        if lost:
            self.evidence["lost"] = [to_builtins(each) for each in lost]
            return self._failed(FailReason.SESSION_STATE_LOST, TxDone(committed=False), self.found[at])
        return replay

    def _needed(self, at: int) -> Generator[Effect, Any, tuple[tuple[SqlStatement, ...], list[LostState]] | SqlError]:
        """What makes the session anew in which a unit is executed, and what cannot be made anew."""
        needed = resumption(self.found, at)
        lost = list(needed.lost)
        names = sorted({*needed.routines, *(needed.later if needed.hidden else ())})
        if names:
            query = RunQuery(sql=own_routines(names), ours=True, role=None, row_security=False)
            answer = yield from ask(self.context, query)
            if answer.error is not None:
                return answer.error
            own = {str(row[0]) for row in answer.rows}
            lost += (LostState("routine", name, line) for name, line in needed.routines.items() if name in own)
            lost += needed.hidden if own & needed.later else ()
        if needed.defaults:
            query = RunQuery(sql=_WHO, ours=True, role=None, row_security=False)
            answer = yield from ask(self.context, query)
            if answer.error is not None:
                return answer.error
            ours = dict(zip(("role", "database"), map(str, answer.rows[0]), strict=True))
            lost += (
                LostState("setting", each.name, each.line)
                for each in needed.defaults
                if each.owner == ours[each.what] or (each.keyword and each.what == "role")
            )
        return tuple(sent(statement) for statement in needed.replay), lost

    def _failed(self, reason: FailReason, done: TxDone, unit: Unit) -> Failed:
        effect: Applied = "some" if any(not u.leaves_nothing for u in self.found if u.last < unit.first) else "none"
        if unit.kind == "outside" and done.left in ("", "unknown") and not done.anew:
            effect = "unknown"
        if effect == "none" and any(outlasts(statement.text) for statement in unit.inner):
            effect = "unknown"
        evidence = dict(self.evidence)
        if done.leftovers:
            effect = "some" if effect == "none" else effect
            evidence |= {"leftovers": list(done.leftovers)}
        return Failed(reason=reason, evidence=evidence, effect=effect, error=done.error)

    def _learn(self, unit: Unit) -> None:
        """What a unit that was carried out has set for those after it."""
        for statement in kept(unit):
            self.own_role = self.own_role or changes_role(statement)
            if not any(name in statement.text.lower() for name in _OWN_LIMITS):
                continue
            for setting in settings_in(statement):
                if setting.name in _OWN_LIMITS and not setting.local and setting.name not in self.settings.keep:
                    self.settings = replace(self.settings, keep=(*self.settings.keep, setting.name))


def tolerant(settings: SqlSettings, context: Context, statements: Sequence[Statement]) -> SqlSettings:
    """The settings for these statements: where nobody waits for what they lock, the server may be silent for longer."""
    if "tcp_user_timeout" in settings.keep:
        return settings
    return replace(settings, tolerate=tolerance(context.step.tolerate, all_patient(statements)))


def sent(statement: Statement) -> SqlStatement:
    """A statement of a script as the drivers take it."""
    return SqlStatement(text=statement.text, line=statement.line, copy_data=statement.copy_data)


def own_routines(names: Sequence[str]) -> str:
    """A query for those of the names that are functions or procedures somebody wrote: what they do is not known.

    The server's own and those written in C leave nothing in a session but what `tui.sql.session` knows by name.
    """
    quoted = ", ".join(map(literal, names))
    return (
        "select distinct p.proname::text from pg_catalog.pg_proc p"
        " join pg_catalog.pg_namespace n on n.oid = p.pronamespace"
        " join pg_catalog.pg_language l on l.oid = p.prolang"
        f" where p.proname::text in ({quoted}) and p.provolatile <> 'i' and l.lanname not in ('internal', 'c')"
        " and n.nspname not in ('pg_catalog', 'information_schema')"
    )
