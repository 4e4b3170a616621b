"""The checker: what a journal says of a run, held against what is in the database. It knows the contract and nothing of
how anything is done:

- every statement is executed once at most;
- what passed is there, whole; what is not applied, or left nothing, is not there at all;
- an attempt has one outcome, and the chain of the journal is whole;
- where everybody can go on nobody gives up: the run is closed, as its plan wants it, unless a fate is undecided.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from tests.postgres_server import Database
from tui.journal.verify import verify

OUTCOMES = ("step.passed", "step.failed", "step.skipped", "step.signed", "step.by_hand", "step.cancelled")
Event = dict[str, Any]
_GRANTS = """select datacl is null or not exists (
    select from (select * from aclexplode(datacl) except select * from aclexplode(acldefault('d', datdba))) a)
and not exists (
    select from (select * from aclexplode(acldefault('d', datdba)) except select * from aclexplode(datacl)) b)
from pg_database where datname = current_database()"""
"""Whether grants on the database are those that a new one has."""


class Finding(Struct):
    """What was found of one run."""

    wrong: list[str] = field(default_factory=list)
    undecided: int = 0
    outcome: str | None = None
    """How the run was closed; None for one that is open."""


def events_of(journal: Path) -> list[Event]:
    """The whole lines."""
    data = journal.read_bytes() if journal.exists() else b""
    return [json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines()]


def judge(
    journal: Path,
    database: Database,
    works: Mapping[str, frozenset[str]],
    outcome: str | None,
    index: str | None = None,
    copied: Set[str] = frozenset(),
) -> Finding:
    """`works`: by step, undo steps among them, the lines that its statements leave. `outcome`: as which the run must
    have been closed, None where it may also wait for a person. `index`: the step that builds `work_note`. `copied`: the
    lines of a backup that took the database's name: what was executed later is in the one or the other."""
    events = events_of(journal)
    found = Finding()
    said = found.wrong.append
    verdict = verify(journal)
    if not verdict.ok:
        said(f"the chain is broken: {verdict.reason}")
    there, valid = _there(database)
    for name in exchanged(database):
        more, built = _there(Database(database.server, name))
        there.update({line: times for line, times in more.items() if times > 1 or line not in copied})
        valid += built
    for line, times in sorted(there.items()):
        if times != 1:
            said(f"{line} was executed {times} times")
    last = dict(_outcomes(events, said))
    undecided = {e["data"]["step"] for e in events if e["type"] == "step.fate" and e["data"]["fate"] == "undecided"}
    found.undecided = len(undecided)
    for step, lines in works.items():
        present = {line for line in lines if there[line]}
        _compare(step, lines, present, last.get(step), step in undecided, said)
    if any(e["type"] == "run.closed" for e in events) and not undecided:
        with database.connect() as connection:
            grants = connection.execute(_GRANTS).fetchone()
        if grants != (True,):
            said("the run is closed and others may still not connect, or somebody may who might not before")
    closed = [e["data"]["outcome"] for e in events if e["type"] == "run.closed"]
    found.outcome = closed[-1] if closed else None
    if outcome is not None and found.outcome != outcome and not undecided:
        ends = [f"{step}: {of['data'].get('reason')}" for step, of in last.items() if of["type"] == "step.failed"]
        said(f"closed as {found.outcome} and not {outcome} ({', '.join(ends)})")
    if index is not None and not undecided:
        passed = _passed(last.get(index)) and not _passed(last.get(f"undo.{index}"))
        if passed and valid != [True]:
            said(f"the index passed and is {'invalid' if valid else 'not there'}")
        if found.outcome == "rolled_back" and valid:
            said("the index was taken back and is there")
    return found


def exchanged(database: Database) -> list[str]:
    """The databases beside it that a restore made, or kept."""
    pattern = database.name.replace("_", r"\_") + r"\_%"
    with Database(database.server, "postgres").connect() as connection:
        names = connection.execute("select datname from pg_database where datname like %s", (pattern,)).fetchall()
    return [str(name) for (name,) in names if name.removeprefix(database.name).startswith(("_before_", "_restored_"))]


def _there(database: Database) -> tuple[Counter[str], list[bool]]:
    """How often each line is there, and the index, whether it is valid. Of what is restored just now nothing is."""
    with database.connect() as connection:
        if connection.execute("select to_regclass('log') is null").fetchone() == (True,):
            return Counter(), []
        rows = connection.execute("select step, count(*) from log group by step").fetchall()
        indexes = connection.execute("select indisvalid from pg_index where indexrelid = to_regclass('work_note')")
        return Counter({str(step): int(count) for step, count in rows}), [bool(row[0]) for row in indexes.fetchall()]


def _passed(outcome: Event | None) -> bool:
    return outcome is not None and outcome["type"] == "step.passed"


def _compare(
    step: str, lines: Iterable[str], present: set[str], outcome: Event | None, undecided: bool, said: Any
) -> None:
    """What is said of a step and what is there of it."""
    missing = set(lines) - present
    if outcome is None:
        return
    effect = outcome["data"].get("effect", "none")
    if _passed(outcome) and missing:
        said(f"{step} passed and {sorted(missing)} is missing")
    elif not _passed(outcome) and not undecided and effect == "none" and present:
        said(f"{step} left nothing, and {sorted(present)} is there")
    elif not _passed(outcome) and effect == "all" and missing:
        said(f"{step} is there as a whole, and {sorted(missing)} is missing")


def _outcomes(events: list[Event], said: Any) -> Iterable[tuple[str, Event]]:
    """Each step's last outcome; what is wrong with their order on the way."""
    running: dict[tuple[str, int], bool] = {}
    last: dict[str, Event] = {}
    for event in events:
        data = event["data"]
        key = (data.get("step", ""), data.get("attempt", 0))
        if event["type"] == "step.started":
            if key in running:
                said(f"{key} began twice")
            running[key] = True
            last.pop(key[0], None)
        elif event["type"] in OUTCOMES:
            if not running.get(key, event["type"] != "step.passed"):
                said(f"a second outcome of {key}")
            running[key] = False
            last[key[0]] = event
    return last.items()
