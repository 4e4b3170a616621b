"""The opening of a run, and a changed plan, as its journal may show it: without the secrets that the plan's texts hold.

Names and everything else that a reader goes by stay as they are: secrets are looked for in what a step is told to do,
and in what is said about it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tui.engine.redaction.redactor import Redactor
from tui.journal.events import RunAmended, RunOpened
from tui.journal.line import Line
from tui.plan.files import PLAN_FILE
from tui.plan.model import Plan
from tui.plan.secrets import Secrets
from tui.sql.disclosed import MARK, hidden
from tui.sql.secrets import is_secret_name
from tui.steps.registry import KINDS

_SAID: Final = frozenset({"title", "name", "contact", "duty"})
_ASKED: Final = frozenset({"query", "sql", "equals"})
_KEPT: Final = frozenset({"id", "kind", "as", "role", "needs", "with", "repeat", "on_failure", "confirm", "except"})


def published(opened: RunOpened, redactor: Redactor, secrets: Secrets) -> RunOpened:
    """The event to be journaled: `private` names the files that hold secrets, the plan's texts hold none."""
    reason = None if opened.reason is None else redactor.text(opened.reason)
    beside = None if opened.beside is None else redactor.text(opened.beside)
    private = tuple(sorted({*opened.private, *secrets.files}))
    opened = msgspec.structs.replace(opened, private=private, reason=reason, beside=beside)
    plan = shown(opened.plan, redactor, secrets)
    if plan == opened.plan:
        return opened
    return msgspec.structs.replace(opened, plan=plan, private=tuple(sorted({*opened.private, PLAN_FILE})))


def published_amendment(event: RunAmended, redactor: Redactor, secrets: Secrets) -> RunAmended:
    """The same of an amendment. What differs of its files was written without what they hold of secrets."""
    plan = shown(event.plan, redactor, secrets)
    hidden = () if plan == event.plan else (PLAN_FILE,)
    return msgspec.structs.replace(
        event, plan=plan, private=tuple(sorted({*event.private, *secrets.files, *hidden})),
        reason=redactor.text(event.reason),
        steps=tuple(
            msgspec.structs.replace(x, title=redactor.text(x.title), difference=redactor.text(x.difference))
            for x in event.steps
        ),
        files=tuple(
            msgspec.structs.replace(x, name=redactor.text(x.name), difference=redactor.text(x.difference))
            for x in event.files
        ),
        parts=tuple(msgspec.structs.replace(x, difference=redactor.text(x.difference)) for x in event.parts),
    )  # fmt: skip


def shown(plan: Plan, redactor: Redactor, secrets: Secrets) -> Plan:
    """The plan with its secrets hidden; the same where it has none."""
    if PLAN_FILE not in secrets.files and not redactor.knows(msgspec.json.encode(plan)):
        return plan
    return msgspec.convert(_Hiding(redactor, secrets).part(msgspec.to_builtins(plan)), Plan)


def whole(line: Line, event: RunOpened | RunAmended) -> Line:
    """The line of a run's opening, or of an amendment, with the plan as the engine works by it."""
    return msgspec.structs.replace(line, data=msgspec.Raw(msgspec.json.encode(event)))


class _Hiding:
    def __init__(self, redactor: Redactor, secrets: Secrets) -> None:
        self._redactor = redactor
        self._names = frozenset(secrets.names)
        self._variables = {key for kind in KINDS.values() for key in kind.variables}
        self._files = {key for kind in KINDS.values() for key in kind.file_keys}

    def part(self, value: Any) -> Any:
        """A part of the plan, down to its steps' specs and its texts."""
        if isinstance(value, dict):
            return {key: self._entry(key, item) for key, item in value.items()}
        return [self.part(item) for item in value] if isinstance(value, list | tuple) else value

    def _entry(self, key: str, value: Any) -> Any:
        if key in _KEPT:
            return value
        if key == "spec":
            return self._spec(value)
        if not isinstance(value, str):
            return self.part(value)
        if key in _SAID:
            return self._redactor.known(value)
        return self._text(value) if key in _ASKED else value

    def _spec(self, value: Any, *, variables: bool = False) -> Any:
        """All texts of a step's spec; its keys are the kind's own, but for the names of variables."""
        if isinstance(value, dict):
            return {
                key: item
                if key in self._files
                else MARK
                if variables and isinstance(item, str) and self._stands_for_one(key, item)
                else self._spec(item, variables=key in self._variables)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._spec(item) for item in value]
        # A single word says how something is done; one that is a password stands behind a name that tells.
        word = isinstance(value, str) and value.isidentifier() and value.islower()
        return self._text(value) if isinstance(value, str) and not word else value

    def _stands_for_one(self, name: str, value: str) -> bool:
        return (name in self._names or is_secret_name(name)) and bool(value) and "$" not in value

    def _text(self, text: str) -> str:
        return self._redactor.known(hidden(text))
