"""A journal in which every string of every event tells the terminal what to do, in a chain that holds."""

from __future__ import annotations

import types
import typing
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from tests.unit.cli.journals import OPENED, RUN, Journal, plan, sign, sql
from tui.journal import events as e
from tui.journal.clock import stamp
from tui.journal.codes import Fact
from tui.plan.model import Plan
from tui.run.fold import fold_all

POISON = "\x1b]0;owned\x07\x9b2J\x7f\u202e\u2066\u0085\rX"
FORGED = "run 1 whole"
"""What a line end in a text would put at the beginning of a line."""
TEXT = f"w{POISON}\n{FORGED}"


def filled(type_: Any) -> Any:
    """A value of the type in which every string is hostile, keys of free mappings too."""
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if origin is typing.Literal:
        return arguments[0]
    if origin in (typing.Union, types.UnionType):
        return filled(next(some for some in arguments if some is not type(None)))
    if origin is tuple:
        return (filled(arguments[0]),) if Ellipsis in arguments else tuple(map(filled, arguments))
    if origin is dict:
        if arguments[1] is Any:
            known: dict[str, Any] = {str(fact): TEXT for fact in Fact}
            return {**known, TEXT: TEXT, "error": {"message": TEXT, "detail": TEXT, "sqlstate": TEXT, "file": TEXT}}
        return {TEXT: filled(arguments[1])}
    if type_ is e.OpenWindow:
        at = stamp(OPENED)
        return e.OpenWindow(opens=at, closes=at, duration_s=1.0, buffer_s=1.0, timezone=TEXT)
    if type_ is e.Rehearsed:
        return e.Rehearsed(1.0, 0)
    if type_ is e.Basis:
        sizes: dict[str, tuple[int | None, int | None]] = {TEXT: (1, 10**6)}
        return e.Basis(run=TEXT, target=TEXT, environment=TEXT, sizes=sizes, comparable=False, why=TEXT)
    if isinstance(type_, type) and issubclass(type_, Plan):
        return poisoned_plan()
    if isinstance(type_, type) and issubclass(type_, Struct):
        hints = typing.get_type_hints(type_)
        return type_(**{field.name: filled(hints[field.name]) for field in msgspec.structs.fields(type_)})
    return {str: TEXT, int: 1, float: 1.0, bool: True}.get(type_, TEXT)


def poisoned_plan() -> Plan:
    """Steps whose ids are known, with titles and all else of them hostile."""
    made = plan(sign("go"), sql("expand"), sql("fill"), sql(TEXT), rollback=(sign("told"),))

    def walk(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: walk(part, name) for name, part in value.items()}
        if isinstance(value, list):
            return [walk(part, key) for part in value]
        return value + TEXT if isinstance(value, str) and key in ("title", "name", "role", "text") else value

    return msgspec.convert(walk(msgspec.to_builtins(made, str_keys=True)), Plan)


def hostile(step: str = "fill") -> Journal:
    """Every type of event there is, each filled, about the step; then a type that no version knows."""
    journal = Journal.of(filled(e.RunOpened))
    for name, type_ in e.TYPES.items():
        if name in ("run.opened", "run.closed"):
            continue
        event = filled(type_)
        about = {key: value for key, value in (("step", step), ("attempt", 1)) if key in event.__struct_fields__}
        outcome = issubclass(type_, e.StepOutcome)
        if outcome:
            journal.add(e.StepStarted(step=step, attempt=1, kind=TEXT), by=TEXT)
        journal.add(msgspec.structs.replace(event, **about), by=TEXT)
        # As it came too, with an id that no plan has.
        journal.add(event, by=TEXT)
    journal.raw(f"no.type{TEXT}", {TEXT: TEXT}, by=TEXT)
    assert fold_all(journal.lines).seq == len(journal.lines) - 1
    return journal


def written(home: Path, journal: Journal) -> Path:
    return journal.write(home / "runs" / RUN / "journal.jsonl")
