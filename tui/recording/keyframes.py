"""A journal as a recording: the state at any position, found from the nearest keyframe.

Keyframes are a cache beside the journal (`keyframes.jsonl`), never the truth: they are believed only where this very
version made them, where the journal's own lines have the digests that were noted, and where they belong to who reads or
to who owns the journal. A reader without them builds its own in memory, once.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from bisect import bisect_right
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

import tui
from tui.files import open_regular, reading
from tui.journal.failure import JournalCorrupt
from tui.journal.io import JOURNAL_MODE, lines_backwards
from tui.journal.line import digest
from tui.journal.position import Position
from tui.journal.reader import JournalReader
from tui.run.amended import planned
from tui.run.errors import Errors, RecordedError
from tui.run.fold import fold
from tui.run.state import RunState
from tui.run.steps import Steps, StepState
from tui.said import Said

EVERY_BYTES = 512 * 1024
"""Bytes of journal between two keyframes, more where keyframes are large: what a seek folds at most."""
_SHARE = 10
_AT_HAND = 16
"""Keyframes whose states are kept as they are, the newest."""
FORMAT = 2
_CODE = ("run/*.py", "journal/events/*.py", "plan/model.py", "recording/keyframes.py")
"""Another version of any of these may fold the same lines into another state."""


class Keyframe(msgspec.Struct, frozen=True):
    """The state after line `seq`, which ends at byte `offset` and has this digest. `state` leaves out the plan that the
    run opened with."""

    seq: int
    offset: int
    mono: float
    at: str
    digest: str
    state: msgspec.Raw
    check: str = ""
    """SHA-256 over `digest` and `state`: a frame that was torn or changed is none."""

    def sealed(self) -> str:
        """What `check` must be."""
        found = hashlib.sha256(f"{self.seq} {self.offset} {self.mono!r} {self.at} {self.digest} ".encode())
        found.update(bytes(self.state))
        return found.hexdigest()


class Made(msgspec.Struct, frozen=True):
    """The cache's first line: which code made the states in it."""

    keyframes: int
    by: str


@cache
def made_by() -> Made:
    """This code: what a state is, and how lines are folded into it."""
    found = hashlib.sha256(tui.__version__.encode())
    for pattern in _CODE:
        for source in sorted(Path(tui.__file__).parent.glob(pattern)):
            with suppress(OSError):
                found.update(source.read_bytes())
    return Made(keyframes=FORMAT, by=found.hexdigest())


class _Point(msgspec.Struct, frozen=True):
    seq: int
    offset: int
    mono: float
    at: str
    state: RunState | None
    packed: bytes
    """The keyframe's state, compressed: a day has hundreds of them."""
    size: int

    @classmethod
    def of(cls, seq: int, offset: int, mono: float, at: str, raw: bytes, state: RunState | None = None) -> _Point:
        return cls(seq, offset, mono, at, state, zlib.compress(raw, 1), len(raw))

    @property
    def raw(self) -> msgspec.Raw:
        return msgspec.Raw(zlib.decompress(self.packed))


def encode_state(state: RunState) -> bytes:
    """The state without what `run.opened` says anyway: of the steps only those that are not as planned. An amended
    plan is in it."""
    return _ENCODER.encode(state if state.amended else replace(state, opened=None))


def decode_state(raw: bytes | msgspec.Raw, base: RunState) -> RunState:
    """The state again; `base` is the one that the run opened in, for its plan. Raises msgspec.ValidationError."""
    found: RunState = _DECODER.decode(raw)
    changed = {step.id: step for step in found.steps}
    opened = found.opened or base.opened
    main = base.steps if found.opened is None else planned(found.opened).steps
    pristine = [changed.pop(at.id, _pristine(at)) for at in main if at.group == "main"]
    return replace(found, opened=opened, steps=Steps.of([*pristine, *changed.values()]))


def _pristine(at: StepState) -> StepState:
    return StepState(step=at.step, place=at.place)


def _plain(value: Any) -> Any:
    if isinstance(value, Steps):
        return [at for at in value if at.group != "main" or at != _pristine(at)]
    if isinstance(value, Errors):
        return list(value)
    raise NotImplementedError(f"{type(value).__name__} does not belong into a state")


def _typed(type_: type, value: Any) -> Any:
    if type_ is Steps:
        return Steps.of(msgspec.convert(value, list[StepState]))
    if type_ is Errors:
        return Errors.of(msgspec.convert(value, list[RecordedError]))
    raise NotImplementedError(type_.__name__)


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
_DECODER = msgspec.json.Decoder(RunState, dec_hook=_typed)


class Recording:
    """One journal's states. `extend` covers what has come since; `state_at` answers from the nearest keyframe."""

    def __init__(self, journal: Path | str) -> None:
        self.journal = Path(journal)
        self.cache = keyframes_path(self.journal)
        self.state = RunState()
        """The state at the end of what is covered."""
        self._base: RunState | None = None
        self._points: list[_Point] = []
        self._offset = 0
        self._digest = ""
        self._saved = 0
        self._latest = ""
        self._load()

    @property
    def covered(self) -> int:
        """Bytes of the journal that are covered."""
        return self._offset

    @property
    def first(self) -> RunState:
        """The state after the first line; empty before one is covered."""
        return self._base or RunState()

    def extend(self, write: bool = False) -> None:
        """Cover what has come since. `write`: keep the cache up, where that is permitted. Raises OSError."""
        with JournalReader(self.journal) as reader:
            reader.seek(self._offset, self.state.seq)
            while entries := reader.poll():
                for entry in entries:
                    self.state = fold(self.state, entry.line)
                    # The clock may have been set back: what a time admits is told by the latest one before it.
                    self._latest = max(self._latest, entry.line.at)
                    self._offset = entry.offset + len(entry.raw) + 1
                    if self._base is None:
                        self._base = self.state
                    if self._offset - self._last_offset() >= self._distance():
                        self._digest = digest(entry.raw)
                        self._add()
        if write:
            self._save()

    def _last_offset(self) -> int:
        return self._points[-1].offset if self._points else 0

    def _distance(self) -> int:
        return max(EVERY_BYTES, _SHARE * (self._points[-1].size if self._points else 0))

    def _add(self) -> None:
        state = self.state
        point = _Point.of(state.seq, self._offset, state.mono, self._latest, encode_state(state), state)
        self._points.append(point)
        self._digests.append(self._digest)
        if len(self._points) > _AT_HAND:
            # An older one is decoded when somebody goes there: its samples alone are as large as a long plan.
            self._points[-1 - _AT_HAND] = replace(self._points[-1 - _AT_HAND], state=None)

    def state_at(self, position: Position) -> RunState:
        """The state after the last line that the position admits; the empty state when it admits none."""
        return self.state_and_offset(position)[0]

    def state_and_offset(self, position: Position) -> tuple[RunState, int]:
        """See `state_at`; with the byte at which the next line begins."""
        state, offset = self._nearest(position)
        with JournalReader(self.journal) as reader:
            reader.seek(offset, state.seq)
            while entries := reader.poll(256 * 1024):
                for entry in entries:
                    if not position.admits(entry.line):
                        return state, offset
                    state = fold(state, entry.line)
                    offset = entry.offset + len(entry.raw) + 1
        if offset < self._offset:
            reason = Said("the file became shorter than what was already read from it.")
            raise JournalCorrupt(self.journal, state.seq + 1, offset, reason)
        return state, offset

    def _nearest(self, position: Position) -> tuple[RunState, int]:
        low = bisect_right(self._points, False, key=lambda point: not position.admits(point))
        if self._base is None:
            return RunState(), 0
        for point in reversed(self._points[:low]):
            if point.state is not None:
                return point.state, point.offset
            try:
                return decode_state(point.raw, self._base), point.offset
            except msgspec.ValidationError:
                continue
        return RunState(), 0

    # -- the cache -------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        """Take the cached keyframes that fit the journal; the first that does not ends them."""
        self._digests: list[str] = []
        frames = self._cached()
        # The digest of the last one's line vouches for the lines before it: the journal is a chain.
        while frames and not self._fits(frames[-1]):
            frames.pop()
        if not frames:
            return
        with JournalReader(self.journal) as reader:
            first = reader.poll(1)
        if not first:
            return
        self._base = fold(RunState(), first[0].line)
        self._points = [_Point.of(f.seq, f.offset, f.mono, f.at, bytes(f.state)) for f in frames]
        self._digests = [f.digest for f in frames]
        self._saved = len(frames)
        last = frames[-1]
        try:
            self.state = decode_state(last.state, self._base)
        except msgspec.ValidationError:
            self._points, self._digests, self._saved, self._base = [], [], 0, None
            return
        self._offset, self._latest = last.offset, last.at

    def _cached(self) -> list[Keyframe]:
        """The frames that this version made and that are whole; none of a cache that others may have written."""
        try:
            size, owner = self.journal.stat().st_size, self.journal.stat().st_uid
            descriptor = open_regular(self.cache)
        except OSError:
            return []
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if status.st_uid not in (os.geteuid(), 0, owner) or status.st_mode & 0o002:
                return []
            frames: list[Keyframe] = []
            try:
                if msgspec.json.decode(file.readline(), type=Made) != made_by():
                    return []
                for line in file:
                    frame = msgspec.json.decode(line, type=Keyframe)
                    if frame.offset > size or frame.check != frame.sealed():
                        break
                    frames.append(frame)
            except (OSError, msgspec.MsgspecError, ValueError):
                pass
        return frames

    def _fits(self, frame: Keyframe) -> bool:
        try:
            with reading(self.journal) as descriptor:
                last = next(lines_backwards(descriptor, frame.offset), None)
        except OSError:
            return False
        return last is not None and digest(last[1]) == frame.digest

    def _save(self) -> None:
        """Write the cache anew and put it in the old one's place. Not permitted, or no room: left as it was."""
        if self._saved == len(self._points):
            return
        beside = self.cache.with_name(f".{self.cache.name}.{os.getpid()}")
        try:
            descriptor = open_regular(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, JOURNAL_MODE)
        except OSError:
            return
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, JOURNAL_MODE)
                file.write(msgspec.json.encode(made_by()) + b"\n")
                for point, found in zip(self._points, self._digests, strict=True):
                    frame = Keyframe(point.seq, point.offset, point.mono, point.at, found, point.raw)
                    file.write(msgspec.json.encode(replace(frame, check=frame.sealed())) + b"\n")
            beside.replace(self.cache)
        except OSError:
            with suppress(OSError):
                beside.unlink()
            return
        self._saved = len(self._points)


def keyframes_path(journal: Path) -> Path:
    """`keyframes.jsonl` beside `journal.jsonl`; beside a journal of another name it carries that name too."""
    return journal.with_name("keyframes.jsonl" if journal.stem == "journal" else f"{journal.stem}.keyframes.jsonl")
