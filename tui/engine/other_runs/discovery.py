"""The other open runs on a target, as a runs directory tells of them: read, and never trusted further than that.

In a shared `runs/` everybody of the group may put anything down. What other accounts have put down there may call
itself in the way, by which it stops nobody for good and is named with its account; it may not end, hold up or mislead
who reads it, so that it is read within limits, and what cannot be read is named as well.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from tui.engine.lock import engine_facts
from tui.journal.codes import Standing
from tui.journal.events import class_of
from tui.journal.failure import JournalCorrupt
from tui.journal.other_runs import OtherRun
from tui.journal.reader import Entry, JournalReader
from tui.run.fold import fold
from tui.run.standing import standing
from tui.run.state import RunState
from tui.runs.owner import require_whole
from tui.runs.paths import RunPaths, last_type, list_runs
from tui.runs.person import account_name

_PATIENCE_S: Final = 3.0
"""Seconds for the journals of all other accounts together."""
_BYTES: Final = 64 * 1024 * 1024
"""Of one journal of another account."""
_TEXT: Final = 120
"""Characters of a text of another account."""
_FOREIGN: Final = 20
"""How many open runs of other accounts are told of."""
_UNREAD: Final = 5
"""How many are named of those that cannot be read."""


class _Identity(Struct, frozen=True):
    system_identifier: str = ""
    database: str = ""
    database_oid: int = 0
    host: str = ""
    port: int = 0


class _Opened(Struct, frozen=True):
    identity: _Identity | None = None


class _First(Struct, frozen=True):
    type: str = ""
    data: _Opened = _Opened()


class _Unreadable(Exception):
    pass


class _TooMuch(Exception):
    """The time, or the room, that there is for it is used up."""


def neighbours(runs: Path, run: str, identity: Mapping[str, Any]) -> tuple[OtherRun, ...]:
    """The open runs in `runs`, but for `run` itself, whose target has this system identifier and this database (by
    its number or by its name), the oldest first; then those of which that cannot be known. Raises nothing."""
    found: list[OtherRun] = []
    unread: list[OtherRun] = []
    deadline = time.monotonic() + _PATIENCE_S
    try:
        listed = list_runs(runs)
    except OSError:
        return ()
    for paths in reversed(listed):
        if paths.id == run:
            continue
        try:
            uid = paths.directory.lstat().st_uid
            if sum(bool(known.account) for known in found) >= _FOREIGN:
                deadline = 0.0
            other = _read(paths, run, uid, identity, None if uid == os.geteuid() else deadline)
        except FileNotFoundError:
            # A run is about to open there, none ever did, or it is gone by now.
            continue
        except Exception:
            # Whatever another account has made of its journal: it must not keep this one from its work.
            unread.append(OtherRun(run=paths.id, standing=Standing.UNREADABLE, account=_account(paths)))
        else:
            if other is not None:
                found.append(other)
    return (*found, *unread[-_UNREAD:])


def _account(paths: RunPaths) -> str:
    try:
        uid = paths.directory.lstat().st_uid
    except OSError:
        return ""
    return "" if uid == os.geteuid() else account_name(uid)


def _read(paths: RunPaths, run: str, uid: int, identity: Mapping[str, Any], deadline: float | None) -> OtherRun | None:
    """None for one that is closed or on another target. `deadline`: of another account's, by time.monotonic()."""
    foreign = deadline is not None
    if deadline is not None and time.monotonic() > deadline:
        raise _TooMuch
    paths.journal.lstat()
    if last_type(paths.journal) == "run.closed":
        return None
    if foreign:
        require_whole(paths, uid, plan=False)
    with JournalReader(paths.journal) as reader:
        state, by, place = RunState(), "", ""
        try:
            for entry in _entries(reader, deadline):
                if state.opened is None:
                    there = _target_of(entry)
                    if there is None or not _same_target(there, identity):
                        return None
                    if (there.host, there.port) != (identity.get("host"), identity.get("port")):
                        place = f"{there.host}:{there.port}"
                    by = entry.line.by
                if not class_of(entry.line.type).BULK:
                    state = fold(state, entry.line)
        except JournalCorrupt:
            if state.opened is None:
                raise
            return _described(paths, run, state, (by, place), foreign, Standing.UNKNOWN)
    if state.opened is None:
        raise FileNotFoundError(paths.journal)
    return _described(paths, run, state, (by, place), foreign)


def _entries(reader: JournalReader, deadline: float | None) -> Iterator[Entry]:
    while entries := reader.poll():
        for entry in entries:
            if deadline is not None and (reader.offset > _BYTES or time.monotonic() > deadline):
                raise _TooMuch
            yield entry


def _target_of(entry: Entry) -> _Identity | None:
    """Who the target was when the run opened; another server or database never becomes the run's target."""
    try:
        first = msgspec.json.decode(entry.raw, type=_First)
    except msgspec.MsgspecError as error:
        raise _Unreadable from error
    if first.type != "run.opened":
        raise _Unreadable
    return first.data.identity


def _same_target(there: _Identity, here: Mapping[str, Any]) -> bool:
    """A database that was renamed keeps its number, one that was made anew its name: either is the same to people."""
    return there.system_identifier == here.get("system_identifier") and (
        there.database_oid == here.get("database_oid") or there.database == here.get("database")
    )


def _described(
    paths: RunPaths, run: str, state: RunState, said: tuple[str, str], foreign: bool, code: Standing | None = None
) -> OtherRun | None:
    stand = standing(state)
    if stand is None or state.opened is None:
        return None
    opened, engine = state.opened, engine_facts(paths)
    cut = _cut if foreign else str
    at = stand.at
    # What is in the way by what could be read of a damaged journal is in the way.
    known = OtherRun(
        run=paths.id, standing=stand.code, by=cut(said[0]), opened=cut(state.opened_at), plan=cut(opened.plan.name),
        target=cut(opened.target), place=cut(said[1]), account=_account(paths), step=None if at is None else cut(at.id),
        number="" if at is None else cut(at.place.number), ahead=stand.ahead, host=cut(engine.host or ""),
        pid=engine.pid, alive=engine.alive, beside=any(other.run == run for other in opened.others),
    )  # fmt: skip
    if code is None or known.in_the_way:
        return known
    return msgspec.structs.replace(known, standing=code)


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"
