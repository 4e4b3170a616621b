"""Files of a dump are read apart from the loop, so that no disk is waited for, and given up with the attempt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from tui.engine.drivers.copies import copied
from tui.engine.drivers.decoding import decoded
from tui.engine.drivers.hashes import hashed
from tui.probes.tasks import apart
from tui.steps.effects import Copied, CopyFiles, Decoded, DecodeFiles, HashPath, PathHash


class DumpFileDriver:
    """Carries out HashPath, CopyFiles and DecodeFiles of one attempt. `stop`: whether it is to end."""

    def __init__(self, environment: Mapping[str, str], stop: Callable[[], bool]) -> None:
        self._environment = environment
        self._stop = stop
        self._closed = False
        self._beside: dict[str, asyncio.Task[PathHash]] = {}

    async def hash(self, effect: HashPath) -> PathHash | None:
        """The hash; what was begun beside other work is waited for, or is begun now."""
        if effect.beside:
            self._beside[effect.path] = asyncio.create_task(self._hashed(effect.path))
            return None
        begun = self._beside.pop(effect.path, None)
        return await (begun or self._hashed(effect.path))

    async def copy(self, effect: CopyFiles) -> Copied:
        """Copy files and read them back."""
        return await apart(lambda: copied(effect, self._environment, self._given_up))

    async def decode(self, effect: DecodeFiles) -> Decoded:
        """Read a dump to its end."""
        return await apart(lambda: decoded(Path(effect.path), self._given_up))

    async def _hashed(self, path: str) -> PathHash:
        return await apart(lambda: hashed(Path(path), self._given_up))

    async def close(self) -> None:
        """Give up what nobody waits for any more."""
        self._closed = True
        for task in self._beside.values():
            task.cancel()
        await asyncio.gather(*self._beside.values(), return_exceptions=True)
        self._beside.clear()

    def _given_up(self) -> bool:
        return self._closed or self._stop()
