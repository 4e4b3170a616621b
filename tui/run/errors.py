"""The errors of a run, in order: a persistent list, so that one more costs the same after 10 and after 60,000."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from tui.plan.model import ErrorLimit


class RecordedError(Struct, frozen=True, kw_only=True):
    """An error people resolve, by its id; see `tui.journal.events.ErrorRecorded`."""

    id: str
    text: str | dict[str, Any]
    """Others' words, a code of a reason, or a code with its facts."""
    step: str | None = None
    sqlstate: str | None = None
    mono: float = 0.0
    source: str = ""
    resolved: str | None = None
    lock: dict[str, Any] | UnsetType = UNSET
    """Of one that did not get a lock: `wanted`, and `blockers` as they were seen."""
    level: str = "error"
    file: str | None = None
    line: int | None = None
    relations: tuple[str, ...] = ()
    seen: dict[str, Any] = {}

    @property
    def weighs(self) -> bool:
        """Whether it says something of the change, and nobody has resolved it: a warning does not weigh."""
        return self.resolved is None and self.source != "unanswered" and self.level == "error"

    @property
    def is_warning(self) -> bool:
        """Whether it is a warning that nobody has resolved."""
        return self.resolved is None and self.level != "error"

    @property
    def sort(self) -> tuple[str, str]:
        """Whose it is, as a trigger asks, and its SQLSTATE."""
        return _WHOSE.get(self.source, "run"), self.sqlstate or ""


_WHOSE: Final = {"server": "server", "application": "application"}


_CHUNK = 256


class Errors:
    """An immutable list of errors that knows how many of them are unresolved, and how many the server's log told.

    `weighing` are the unresolved ones that say something of the change: not that a question was not answered, and no
    warnings; `sorts` how many of them there are of each sort. `warnings`: the unresolved ones that are no errors.
    """

    __slots__ = ("_chunks", "_last", "_places", "server", "sorts", "unresolved", "warnings", "weighing")

    def __init__(self) -> None:
        self._chunks: tuple[tuple[RecordedError, ...], ...] = ()
        """Full ones, shared with the lists that this one came from."""
        self._last: tuple[RecordedError, ...] = ()
        self._places: dict[str, int] = {}
        """Where an error of each id is: shared with those lists, some of which may have another one there."""
        self.unresolved = 0
        self.weighing = 0
        self.warnings = 0
        self.server = 0
        self.sorts: dict[tuple[str, str], int] = {}

    @classmethod
    def of(cls, errors: Iterable[RecordedError]) -> Errors:
        made, flat = cls(), tuple(errors)
        full = len(flat) - len(flat) % _CHUNK
        made._chunks, made._last = tuple(flat[i : i + _CHUNK] for i in range(0, full, _CHUNK)), flat[full:]
        made._places = {error.id: place for place, error in enumerate(flat)}
        made.unresolved = sum(error.resolved is None for error in flat)
        made.weighing = sum(error.weighs for error in flat)
        made.warnings = sum(error.is_warning for error in flat)
        made.server = sum(error.source == "server" for error in flat)
        for error in flat:
            if error.weighs:
                made.sorts[error.sort] = made.sorts.get(error.sort, 0) + 1
        return made

    def __len__(self) -> int:
        return len(self._chunks) * _CHUNK + len(self._last)

    def __iter__(self) -> Iterator[RecordedError]:
        for chunk in self._chunks:
            yield from chunk
        yield from self._last

    def __reversed__(self) -> Iterator[RecordedError]:
        yield from reversed(self._last)
        for chunk in reversed(self._chunks):
            yield from reversed(chunk)

    def __getitem__(self, position: int) -> RecordedError:
        at, within = divmod(position, _CHUNK)
        return self._chunks[at][within] if at < len(self._chunks) else self._last[within]

    def __contains__(self, id: object) -> bool:
        """Whether there is an error of this id."""
        return isinstance(id, str) and self._place(id) is not None

    def get(self, id: str) -> RecordedError | None:
        """The error of this id; of several the last."""
        place = self._place(id)
        return None if place is None else self[place]

    def _place(self, id: str) -> int | None:
        place = self._places.get(id)
        if place is None or (place < len(self) and self[place].id == id):
            return place
        # Another list that came from the same one has it elsewhere.
        return next((place for place in reversed(range(len(self))) if self[place].id == id), None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Errors) and (self._chunks, self._last) == (other._chunks, other._last)

    def __hash__(self) -> int:
        return hash((self._chunks, self._last))

    def __repr__(self) -> str:
        return f"Errors.of({list(self)!r})"

    def added(self, error: RecordedError) -> Errors:
        """These, and this one at the end."""
        made = self._changed(error, None)
        made._places = self._places
        made._places[error.id] = len(self)
        made._chunks, made._last = self._chunks, (*self._last, error)
        if len(made._last) == _CHUNK:
            made._chunks, made._last = (*made._chunks, made._last), ()
        return made

    def resolved(self, id: str, text: str) -> Errors:
        """The same errors, with what resolved the one of this id."""
        place = self._place(id)
        if place is None:
            return self
        before = self[place]
        after = replace(before, resolved=text)
        made = self._changed(after, before)
        made._places = self._places
        at, within = divmod(place, _CHUNK)
        chunk = self._chunks[at] if at < len(self._chunks) else self._last
        chunk = (*chunk[:within], after, *chunk[within + 1 :])
        made._chunks, made._last = self._chunks, chunk
        if at < len(self._chunks):
            made._chunks, made._last = (*self._chunks[:at], chunk, *self._chunks[at + 1 :]), self._last
        return made

    def _changed(self, after: RecordedError, before: RecordedError | None) -> Errors:
        """A list without its errors, counted as this one with `after`, in the place of `before` if there is one."""
        made = Errors()
        made.unresolved = self.unresolved + (after.resolved is None)
        made.weighing = self.weighing + after.weighs
        made.warnings = self.warnings + after.is_warning
        made.server = self.server + (after.source == "server")
        made.sorts = self.sorts
        for error, more in ((after, 1), (before, -1)):
            if error is not None and error.weighs:
                made.sorts = made.sorts | {error.sort: made.sorts.get(error.sort, 0) + more}
        if before is not None:
            made.unresolved -= before.resolved is None
            made.weighing -= before.weighs
            made.warnings -= before.is_warning
            made.server -= before.source == "server"
        return made

    def weighing_of(self, limit: ErrorLimit) -> int:
        """How many of those that weigh are of this sort."""
        if limit.from_ is None and not limit.classes:
            return self.weighing
        return sum(n for sort, n in self.sorts.items() if _meant(sort, limit))

    def meant(self, limit: ErrorLimit, most: int) -> tuple[RecordedError, ...]:
        """The last of those that weigh and are of this sort, the oldest first."""
        found: list[RecordedError] = []
        for error in reversed(self):
            if len(found) == most:
                break
            if error.weighs and _meant(error.sort, limit):
                found.append(error)
        return tuple(reversed(found))

    def unresolved_of(self, step: str) -> tuple[str, ...]:
        """Ids of the errors of a step that are unresolved."""
        if not self.unresolved:
            return ()
        return tuple(
            error.id for error in self if error.step == step and error.resolved is None and error.level == "error"
        )

    def latest(self) -> RecordedError | None:
        """The last of those that are unresolved, warnings left out."""
        if self.unresolved == self.warnings:
            return None
        return next(error for error in reversed(self) if error.resolved is None and error.level == "error")

    def latest_open(self) -> RecordedError | None:
        """The last error that is unresolved; the last warning where there is none."""
        if self.unresolved > self.warnings or not self.warnings:
            return self.latest()
        return next(error for error in reversed(self) if error.is_warning)


def _meant(sort: tuple[str, str], limit: ErrorLimit) -> bool:
    whose, sqlstate = sort
    return limit.from_ in (None, whose) and (not limit.classes or sqlstate.startswith(limit.classes))
