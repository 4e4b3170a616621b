"""How a script is executed: which kind of step, in which transactions, by what our own reading of it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tui.importer.draft import Keys
from tui.importer.migrations.found import ScriptFile
from tui.importer.migrations.proofs import cleanup, proof
from tui.importer.migrations.scripts import Included, Scripts
from tui.said import N_, Said
from tui.sql.outside import Outside, outside_of
from tui.sql.parts import part_text, parts_of
from tui.sql.psql import read_psql
from tui.sql.review import ScriptFinding, review
from tui.sql.script import Script, Statement, read_script
from tui.sql.units import units

Way = Literal["single", "per_statement", "script"]
_ORDER: Final[tuple[Way, ...]] = ("single", "per_statement", "script")
_UNTRANSACTED: Final[tuple[Way, ...]] = ("per_statement", "script", "single")
_PROOF_WANTED: Final = 'prove: {query: "[a question that tells whether it is there]", not_empty: true}'
"""A line of comment: what somebody who knows the script should write."""


@dataclass(slots=True)
class Choice:
    """`action`: the kind with its spec; None where nothing can execute it, and `why` says why, at `line` of the file.
    `keys`: what the step needs beside it (`prove`, `cleanup`, `repeat`). `below`: proposals, in comment."""

    action: dict[str, Any] | None = None
    keys: Keys = field(default_factory=dict)
    below: list[str] = field(default_factory=list)
    why: Said | None = None
    line: int = 1


def choose(scripts: Scripts, source: ScriptFile, *, undo: bool) -> Choice:
    """How `source` is executed; the files that it needs join the plan."""
    text = scripts.text(source.name)
    if text is None:
        line = scripts.wrong_line(source.name)
        return Choice(why=Said("It is not UTF-8; save it as UTF-8."), line=line)
    parts = parts_of(text)
    for error in () if parts is None else parts.errors:
        if parts is not None and (parts.tool or source.part is None):
            return Choice(why=error.message, line=error.line)
    if undo and source.part is None and parts is not None and parts.tool and parts.down:
        message = N_("It has an up part and a down part of {tool}'s itself; which of them is meant is not known.")
        return Choice(why=Said(message, tool=parts.tool), line=parts.down[0].line)
    script = read_script(part_text(text, source.part))
    if not any(statement.kind != "meta" for statement in script.statements) and not script.errors:
        if any(_means_something(statement) for statement in script.statements):
            return _by_psql(scripts, source, undo=undo)
        return Choice(why=Said(N_("It has no statement.")))
    asked = None if parts is None else parts.untransacted.get(source.part or "up")
    for way in _UNTRANSACTED if source.untransacted or asked else _ORDER:
        if not any(finding.level == "error" for finding in review(script, way)):
            chosen = _sql(scripts, source, script, way, undo=undo)
            if chosen is not None:
                return chosen
    if parts is None or not parts.down:
        return _by_psql(scripts, source, undo=undo)
    first = next(finding for finding in review(script, "single") if finding.level == "error")
    return Choice(why=_sentence(first), line=first.line)


def _sql(scripts: Scripts, source: ScriptFile, script: Script, way: Way, *, undo: bool) -> Choice | None:
    """A `sql` step; None where a proof is needed and the catalogue gives none."""
    written: Keys = {"file": scripts.planned(source.name), "part": source.part}
    if way != "single":
        written["transaction"] = way
    chosen = Choice(action={"sql": {key: value for key, value in written.items() if value is not None}})
    outside = list(_outside(script, way))
    if outside:
        told = all(one.told for one in outside)
        if not told and len(outside) > 1:
            return None
        proved = proof(outside)
        if proved is None and not undo:
            return None
        if not undo:
            chosen.keys = {"prove": proved, "cleanup": cleanup(outside)}
    scripts.take(source.name)
    return chosen


def _outside(script: Script, way: Way) -> Iterator[Outside]:
    if way != "single":
        statements = [statement for statement in script.statements if statement.kind != "meta"]
        for unit in units(statements, way):
            if unit.kind == "outside":
                yield outside_of(unit.inner[0])


def _by_psql(scripts: Scripts, source: ScriptFile, *, undo: bool) -> Choice:
    """A `psql` step, in one transaction where the script allows it."""
    first: ScriptFinding | None = None
    for single in (not source.untransacted, False):
        files = Included(scripts)
        found = read_psql(scripts.planned(source.name), files, source.variables, single=single)
        wrong = next((finding for finding in found if finding.level == "error"), None)
        if wrong is None:
            for name in dict.fromkeys(files.seen):
                scripts.take(name)
            return _psql(scripts, source, files, single=single, undo=undo)
        first = first or wrong
    assert first is not None
    return Choice(why=_sentence(first), line=first.line if not first.file else 1)


def _psql(scripts: Scripts, source: ScriptFile, files: Included, *, single: bool, undo: bool) -> Choice:
    written: Keys = {"file": scripts.planned(source.name)}
    if source.variables:
        written["variables"] = dict(source.variables)
    if not single:
        written["single_transaction"] = False
    chosen = Choice(action={"psql": written})
    if undo or single:
        return chosen
    found = [
        unit
        for name in dict.fromkeys(files.seen)
        for unit in units([s for s in read_script(scripts.text(name) or "").statements if s.kind != "meta"], "script")
        if not unit.leaves_nothing
    ]
    outside = [outside_of(unit.inner[0]) for unit in found if unit.kind == "outside"]
    if outside and len(outside) == len(found) and all(one.kind == "repeatable" for one in outside):
        chosen.keys["repeat"] = "always"
        return chosen
    proved = proof(outside)
    if proved is None:
        chosen.below.append(_PROOF_WANTED)
    chosen.keys |= {"prove": proved, "cleanup": cleanup(outside)}
    return chosen


def _means_something(statement: Statement) -> bool:
    return statement.kind == "meta" and (statement.meta or "").split()[0] not in ("\\restrict", "\\unrestrict")


def _sentence(finding: ScriptFinding) -> Said:
    return finding.message if isinstance(finding.message, Said) else Said("{reason}", reason=finding.message)
