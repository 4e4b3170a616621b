"""The errors of a run, in order: a persistent list, so that one more costs the same after 10 and after 60,000."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace


class RecordedError(Struct, frozen=True, kw_only=True):
    """An error people resolve, by its id."""

    id: str
    text: str
    step: str | None = None
    sqlstate: str | None = None
    mono: float = 0.0
    source: str = ""
    resolved: str | None = None

    @property
    def weighs(self) -> bool:
        return self.resolved is None and self.source != "unanswered"


_CHUNK = 256


class Errors:
    """An immutable list of errors that knows how many of them are unresolved, and how many the server's log told.

    `weighing` are the unresolved ones that say something of the change: not that a question was not answered. `steps`
    are those that have unresolved errors.
    """

    __slots__ = ("_chunks", "_last", "server", "steps", "unresolved", "weighing")

    def __init__(self) -> None:
        self._chunks: tuple[tuple[RecordedError, ...], ...] = ()
        """Full ones, shared with the lists that this one came from."""
        self._last: tuple[RecordedError, ...] = ()
        self.unresolved = 0
        self.weighing = 0
        self.steps: frozenset[str] = frozenset()
        self.server = 0

    @classmethod
    def of(cls, errors: Iterable[RecordedError]) -> Errors:
        flat = tuple(errors)
        full = len(flat) - len(flat) % _CHUNK
        return cls._made(tuple(flat[i : i + _CHUNK] for i in range(0, full, _CHUNK)), flat[full:])

    @classmethod
    def _made(cls, chunks: tuple[tuple[RecordedError, ...], ...], last: tuple[RecordedError, ...]) -> Errors:
        made = cls()
        made._chunks, made._last = chunks, last
        made.unresolved = sum(error.resolved is None for error in made)
        made.weighing = sum(error.weighs for error in made)
        made.steps = frozenset(error.step for error in made if error.step is not None and error.resolved is None)
        made.server = sum(error.source == "server" for error in made)
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
        return any(error.id == id for error in self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Errors) and (self._chunks, self._last) == (other._chunks, other._last)

    def __hash__(self) -> int:
        return hash((self._chunks, self._last))

    def __repr__(self) -> str:
        return f"Errors.of({list(self)!r})"

    def added(self, error: RecordedError) -> Errors:
        """These, and this one at the end."""
        made = Errors()
        made._chunks, made._last = self._chunks, (*self._last, error)
        if len(made._last) == _CHUNK:
            made._chunks, made._last = (*made._chunks, made._last), ()
        made.unresolved = self.unresolved + (error.resolved is None)
        made.weighing = self.weighing + error.weighs
        new = error.step is not None and error.resolved is None and error.step not in self.steps
        made.steps = self.steps | {error.step} if new and error.step is not None else self.steps
        made.server = self.server + (error.source == "server")
        return made

    def resolved(self, id: str, text: str) -> Errors:
        """The same errors, with what resolved the one of this id."""
        if id not in self:
            return self
        chunks = tuple(_resolved(chunk, id, text) for chunk in self._chunks)
        return Errors._made(chunks, _resolved(self._last, id, text))

    def latest(self) -> RecordedError | None:
        """The last of those that are unresolved."""
        if not self.unresolved:
            return None
        return next(error for error in reversed(self) if error.resolved is None)


def _resolved(chunk: tuple[RecordedError, ...], id: str, text: str) -> tuple[RecordedError, ...]:
    if all(error.id != id for error in chunk):
        return chunk
    return tuple(replace(error, resolved=text) if error.id == id else error for error in chunk)
