"""A step's cleanup: what an interrupted statement left half done is taken away, and nothing that is whole.

A plan names what may be there (`drop index concurrently if exists a; …b`); what is there is asked of the catalogue
first. An index that is valid was made by a statement that is done, and stays.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tui.engine.attempt.executor import Executor
from tui.journal.remarks import Coded, Remarked
from tui.postgres.evidence import outside
from tui.sql.lexer import tokens
from tui.sql.outside import dropped_indexes
from tui.steps import effects as fx
from tui.steps.registry import KINDS

PATIENCE: Final = 60.0
"""Seconds for which a concurrent DROP waits for the transactions of others, where the cleanup says nothing else."""


class Cleanup:
    """Runs the cleanup of an attempt's step."""

    def __init__(self, attempt: Executor) -> None:
        self._attempt = attempt
        self._sql = attempt.sql

    async def run(self, context: Any, about: dict[str, Any]) -> str | dict[str, Any] | None:
        """None when it did what it should, else why not. `about`: facts of the statement that was interrupted, as
        `tui.postgres.evidence.outside` knows them; what it left is taken away although the cleanup does not name it."""
        action = self._attempt.step.cleanup
        if action is None:
            return Coded(Remarked.NO_CLEANUP).neutral()
        await self._sql.key.take(self._attempt.stop)
        kind = KINDS[action.kind]
        generator = kind.execute(msgspec.structs.replace(context, done=0), kind.typed(action.spec))
        result: Any = None
        try:
            while True:
                effect = generator.send(result)
                if isinstance(effect, (fx.RunTransaction, fx.RunStatement, fx.RunSession)):
                    result = await self._carried_out(effect)
                else:
                    result = await self._attempt.perform(effect, witnessed=False)
        except StopIteration as ended:
            outcome: fx.Outcome = ended.value
        if isinstance(outcome, fx.Failed):
            return outcome.error.message if outcome.error is not None else str(outcome.reason)
        return await self._finished(about)

    async def _carried_out(self, effect: fx.RunTransaction | fx.RunStatement | fx.RunSession) -> fx.TxDone:
        statements = effect.statements if isinstance(effect, fx.RunTransaction) else (effect.statement,)
        for statement in statements:
            parts = list(tokens(statement.text))
            if [token.word for token in parts[:2]] == ["DROP", "INDEX"]:
                names, _optional, _concurrent = dropped_indexes(parts)
                done = await self._dropped(names, effect.settings)
            else:
                done = await self._sql.unwitnessed((statement,), effect.settings)
            if not done.committed:
                return done
        return fx.TxDone(committed=True)

    async def _dropped(self, names: tuple[str, ...], settings: fx.SqlSettings) -> fx.TxDone:
        """Of these indexes those that are there, not whole, and that nobody is at work on."""
        control = await self._attempt.target.control()
        for name in names:
            found = await outside.named_index(await self._sql.session(settings), control, name)
            if found is None or found.whole or found.building:
                continue
            done = await self._patiently(f"drop index concurrently {found.qualified}", settings)
            if not done.committed:
                return done
        return fx.TxDone(committed=True)

    async def _patiently(self, statement: str, settings: fx.SqlSettings) -> fx.TxDone:
        limits = msgspec.structs.replace(
            settings, lock_timeout=0.0, statement_timeout=settings.statement_timeout or PATIENCE
        )  # fmt: skip
        return await self._sql.unwitnessed((fx.SqlStatement(text=statement),), limits)

    async def _finished(self, about: dict[str, Any]) -> str | dict[str, Any] | None:
        """Whether nothing unfinished is left of the statement; what is, is taken away."""
        control = await self._attempt.target.control()
        left = await outside.after(control, about)
        if left.state != "half":
            return None
        settings = fx.SqlSettings(role=self._attempt.step.as_)
        for statement in left.finish:
            done = await self._patiently(statement, settings)
            if not done.committed:
                return "" if done.error is None else done.error.message
        left = await outside.after(control, about)
        return Coded(Remarked.STILL_THERE, names=left.leftovers).neutral() if left.state == "half" else None
