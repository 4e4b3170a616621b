"""The head of each run's journal, kept where no copy of the run's directory takes it along: in the account's state.

A chain shows what was changed in it, and not that its last lines are missing. So the engine keeps, away from the
journal, the number and the digest of a line that is durable. An older copy of the directory, or a journal cut at a
line's end, does not hold that line.

One file a run, `virada/heads/RUN-FIRST` in $XDG_STATE_HOME, else in the account's home; FIRST are digits of the first
line's digest, so that two state directories never mean each other's runs. It has two records that are written in turn
and in place: a torn one leaves the one before it, and making one durable touches no directory. What is kept is never
ahead of the journal. It is known to this account on hosts that share the directory; elsewhere nothing is known.
"""

from __future__ import annotations

import os
import pwd
import stat
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.files import closing, open_or_create, reading, sync_directory
from tui.journal.end import End
from tui.journal.failure import JournalLost
from tui.journal.io import line_at
from tui.journal.line import digest
from tui.runs.paths import RUN_ID, RunPaths, opened_id
from tui.said import N_, Joined, Said

_RECORD = 512
_FIRST = 16
_EVERY = 0.05
"""Seconds between two records at least: what comes between them is told by the later one."""
_SYNC_EVERY = 1.0
_ENDS_WITHIN = 2.0
"""Seconds that the end of an engine waits for a disk that takes nothing."""


class _Record(Struct, frozen=True):
    run: str
    seq: int
    head: str
    at: str
    check: str = ""

    def sealed(self) -> str:
        return sha256(f"{self.run} {self.seq} {self.head} {self.at}".encode()).hexdigest()[:16]


class KnownHead(Struct, frozen=True):
    """What is kept of a run: a line that was durable, its wall-clock time, and the file that remembers it."""

    end: End
    at: str
    file: Path


def directories(environment: Mapping[str, str], owner: int | None = None) -> list[Path]:
    """Where heads may be kept, the first being where they are written: of the caller, then of the account `owner`.

    A home that is not there is none."""
    bases = [environment.get("XDG_STATE_HOME", "")]
    homes = (environment.get("HOME", ""), *map(_home, (os.geteuid(), owner)))
    bases += [f"{home}/.local/state" for home in homes if home and Path(home).is_dir()]
    return [Path(base) / "virada" / "heads" for base in dict.fromkeys(bases) if base.startswith("/")]


def _home(uid: int | None) -> str:
    try:
        return "" if uid is None else pwd.getpwuid(uid).pw_dir
    except KeyError:
        return ""


def known_head(paths: RunPaths, environment: Mapping[str, str] | None = None) -> KnownHead | None:
    """The furthest line that is kept of the run; None where nothing is known of it. To be asked before the journal is
    read: a living engine goes on. Raises OSError where the journal cannot be read."""
    environment = os.environ if environment is None else environment
    run, first, owner = named(paths)
    exact: list[KnownHead] = []
    others: list[KnownHead] = []
    for directory in directories(environment, owner):
        found = _read(directory / f"{run}-{first[:_FIRST]}", run, owner)
        if found is not None:
            exact.append(found)
            continue
        # Of a run whose first line is another by now only that is known.
        try:
            files = [file for file in directory.iterdir() if file.name.startswith(f"{run}-")]
        except OSError:
            continue
        others += [found for file in files if (found := _read(file, run, owner)) is not None]
    return max(exact or others, key=lambda each: each.end.seq or 0, default=None)


def named(paths: RunPaths) -> tuple[str, str, int]:
    """The run's id by its journal, else by its directory; the digest of its first line, empty without one; the uid of
    the journal's owner. Raises OSError."""
    with reading(paths.journal) as fd:
        owner, first = os.fstat(fd).st_uid, line_at(fd)
    told = opened_id(first)
    run = told if told and RUN_ID.fullmatch(told) else paths.directory.name
    return run, "" if first is None else digest(first), owner


def _read(file: Path, run: str, owner: int | None) -> KnownHead | None:
    """The later of the file's records; None for a file that others may have written."""
    try:
        with reading(file) as fd:
            status = os.fstat(fd)
            if status.st_uid not in (os.geteuid(), 0, owner) or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return None
            block = os.pread(fd, 2 * _RECORD, 0)
    except OSError:
        return None
    found: list[_Record] = []
    for start in (0, _RECORD):
        try:
            record = msgspec.json.decode(block[start : start + _RECORD], type=_Record)
        except (msgspec.MsgspecError, ValueError):
            continue
        if record.run == run and record.check == record.sealed():
            found.append(record)
    if not found:
        return None
    last = max(found, key=lambda record: record.seq)
    return KnownHead(End(last.seq, last.head), last.at, file)


def lost_words(error: JournalLost, known: KnownHead, run: str) -> Said:
    """What is known of a journal that does not hold the kept line, and what a person can do."""
    where = {"path": error.path, "seq": known.end.seq, "at": known.at, "last": error.lines - 1}
    text = N_("The journal {path} has lost its end: line {seq} was written at {at}, and it ends with line {last}.")
    if error.lines == 0:
        text = N_("The journal {path} has lost its end: line {seq} was written at {at}, and it has no line.")
    elif error.met == "other":
        text = N_("The journal {path} is not the one of this run: line {seq}, written at {at}, is another one in it.")
    way = N_(
        "Nothing is done on the strength of it. Put the whole journal back, then go on with: virada continue {run}. "
        "Only where it is lost for good, and what was done since is known from elsewhere: what remembers that line is "
        "{file}; without this file the run goes on from what is left."
    )
    return Joined((Said(text, **where), Said(way, run=run, file=known.file)), " ")


class HeadKeeper:
    """Keeps the head of one run up, in a thread of its own: no disk but the journal's makes an engine wait.

    `note` may be called as often as anything becomes durable. Where nothing can be kept, `problem` says why.
    """

    def __init__(self, run: str, first: str, environment: Mapping[str, str]) -> None:
        """`first`: the digest of the journal's first line."""
        self._run = run
        self._name = f"{run}-{first[:_FIRST]}"
        self._environment = environment
        self.problem: str | None = None
        self._noted: tuple[int, str, str] | None = None
        self._idle = False
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="heads", daemon=True)
        self._thread.start()

    def note(self, seq: int, head: str, at: str) -> None:
        """The line with this number and digest is durable, and so are all before it."""
        self._noted = (seq, head, at)
        # The thread looks for what was noted once more before it sleeps: while it is at work nobody has to wake it.
        if self._idle:
            with self._changed:
                self._changed.notify()

    def close(self) -> None:
        """Keep what was noted last, unless the disk takes nothing. May be called twice."""
        self._closing.set()
        with self._changed:
            self._changed.notify()
        self._thread.join(_ENDS_WITHIN)

    def _work(self) -> None:
        try:
            fd = self._open()
        except OSError as error:
            self.problem = f"{error.filename or ''}: {error.strerror}"
            return
        with closing(fd):
            try:
                self._keep(fd)
            except OSError as error:
                self.problem = f"{self._name}: {error.strerror}"

    def _keep(self, fd: int) -> None:
        place, synced, is_synced = 0, 0.0, True
        written: tuple[int, str, str] | None = None
        while True:
            self._sleep(written, None if is_synced else synced + _SYNC_EVERY)
            # In this order: what is noted before the end is kept.
            closing = self._closing.is_set()
            noted = self._noted
            if noted is not None and noted is not written:
                os.pwrite(fd, self._record(*noted), place)
                place, is_synced, written = _RECORD - place, False, noted
            if not is_synced and (closing or time.monotonic() >= synced + _SYNC_EVERY):
                os.fdatasync(fd)
                synced, is_synced = time.monotonic(), True
            if closing:
                return
            self._closing.wait(_EVERY)

    def _sleep(self, written: tuple[int, str, str] | None, until: float | None) -> None:
        """Until something else is noted, the end, or this time of the monotonic clock."""
        with self._changed:
            self._idle = True
            while self._noted is written and not self._closing.is_set():
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    break
                self._changed.wait(left)
            self._idle = False

    def _record(self, seq: int, head: str, at: str) -> bytes:
        record = _Record(self._run, seq, head, at)
        raw = msgspec.json.encode(msgspec.structs.replace(record, check=record.sealed()))
        return raw.ljust(_RECORD - 1) + b"\n"

    def _open(self) -> int:
        """The run's file in the first directory that takes it."""
        failure = OSError(0, "no directory")
        for directory in directories(self._environment):
            try:
                _make(directory)
                fd = open_or_create(directory / self._name, 0o640, os.O_RDWR)
            except OSError as error:
                failure = error
                continue
            with suppress(OSError):
                sync_directory(directory)
            return fd
        raise failure


def _make(directory: Path) -> None:
    """The directory, and what is missing above it; `virada` as `runs/` beside it would have made it."""
    directory.parent.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    for path in (directory.parent, directory):
        try:
            path.mkdir(mode=0o750)
        except FileExistsError:
            continue
        path.chmod(0o2750)
