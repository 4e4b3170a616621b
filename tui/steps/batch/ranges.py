"""The ranges of the key that come next, found while the batches before them are under way."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from tui.steps.batch import keys
from tui.steps.batch.asking import Asking
from tui.steps.batch.spec import BatchSpec
from tui.steps.effects import Effect
from tui.steps.walk import Key, Walk, gaps

Range = tuple[Key | None, Key, int]
"""Behind one key, up to the other, and how many keys that are."""


class Ranges:
    """Those of one attempt's walks."""

    def __init__(self, asking: Asking, spec: BatchSpec, key: keys.WalkedKey) -> None:
        self._asking = asking
        self._spec = spec
        self._key = key
        self._ahead: tuple[str, int] | None = None
        """The question that was asked beforehand, and for how many rows a range."""

    def of(self, walk: Walk, size: int) -> Generator[Effect, Any, list[Range]]:
        """The next ones: first what an interrupted round has left undone between others."""
        found: list[Range] = []
        for after, upto in gaps(walk)[: self._spec.workers]:
            found += yield from self._between(walk, after, upto, size)
        if found:
            return found
        return (yield from self._onwards(walk, size))

    def prepare(self, walk: Walk, ranges: list[Range], size: int) -> Generator[Effect, Any, None]:
        """Ask for those behind `ranges`, which are about to be carried out."""
        after = ranges[-1][1]
        if after == walk.end or gaps(walk):
            return
        sql = self._question(walk, after, size)
        yield from self._asking.beforehand(sql)
        self._ahead = (sql, size)

    def _question(self, walk: Walk, after: Key | None, size: int) -> str:
        return keys.bounds(
            self._spec, self._key, after, walk.end, size, self._spec.workers, meant=walk.number > 0
        )  # fmt: skip

    def _between(self, walk: Walk, after: Key | None, upto: Key, size: int) -> Generator[Effect, Any, list[Range]]:
        sql = keys.bounds(self._spec, self._key, after, upto, size, 1, meant=walk.number > 0)
        for row in (yield from self._asking.rows(sql)).rows:
            upto = key_of_row(row[1:])
        return [(after, upto, (yield from self._counted(walk, after, upto)))]

    def _counted(self, walk: Walk, after: Key | None, upto: Key) -> Generator[Effect, Any, int]:
        within = self._key.within(after, upto)
        return (yield from self._asking.count(keys.counted(self._spec, within, meant=walk.number > 0)))

    def _onwards(self, walk: Walk, size: int) -> Generator[Effect, Any, list[Range]]:
        after, ahead = walk.at, self._ahead
        if ahead is not None:
            self._ahead = None
            sql, asked = ahead
            # What was begun is taken, also where the walk came elsewhere, or by another size, meanwhile.
            rows = (yield from self._asking.rows(sql)).rows
            if sql == self._question(walk, after, asked) and size / 2 <= asked <= size * 2:
                return (yield from self._found(walk, rows, asked))
        rows = (yield from self._asking.rows(self._question(walk, after, size))).rows
        return (yield from self._found(walk, rows, size))

    def _found(self, walk: Walk, rows: Any, size: int) -> Generator[Effect, Any, list[Range]]:
        found: list[Range] = []
        after = walk.at
        for row in rows:
            upto = key_of_row(row[1:])
            keys_ = size if self._key.unique else (yield from self._counted(walk, after, upto))
            found.append((after, upto, keys_))
            after = upto
        if len(found) < self._spec.workers and after != walk.end:
            found.append((after, walk.end, (yield from self._counted(walk, after, walk.end))))
        return found


def key_of_row(row: Any) -> Key:
    """A key as the server printed it."""
    return tuple(str(value) for value in row)
