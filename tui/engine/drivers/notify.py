"""People told: by a process of its own, which alone loads Apprise and is given the addresses through a pipe."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from tui.journal.remarks import Coded, Remarked, neutral
from tui.onefile import held
from tui.plan.extras import lacking
from tui.plan.scalars import ExpansionError, expand
from tui.steps.network import Notified, Notify, ServiceTold, Why

_ARGV = (sys.executable, "-m", "tui.engine.programs.notifier")
_ROOT = str(Path(__file__).resolve().parents[3])


class NotifyDriver:
    """Carries out Notify for one attempt, until its `stop`."""

    def __init__(self, environment: Mapping[str, str], stop: asyncio.Event) -> None:
        self._environment = environment
        self._stop = stop

    async def tell(self, effect: Notify) -> Notified:
        """See Notify."""
        began = time.monotonic()
        if await asyncio.to_thread(lacking, "notify") is not None:
            return Notified(error=Coded(Remarked.NOTIFIER_MISSING).neutral())
        try:
            addresses = expand(effect.addresses, self._environment)
        except ExpansionError as error:
            return Notified(error=Coded(Remarked.VARIABLE_UNSET, name=error.name).neutral())
        if not addresses.strip():
            return Notified(error=Coded(Remarked.NO_SERVICE).neutral())
        order = {"addresses": addresses, "title": effect.title, "text": effect.text, "timeout": effect.timeout}
        await asyncio.to_thread(held.whole)
        try:
            process = await asyncio.create_subprocess_exec(
                *_ARGV, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd="/",
                stderr=asyncio.subprocess.DEVNULL, start_new_session=True, env=self._variables(),
            )  # fmt: skip
        except OSError as error:
            reason = error.strerror or str(error)
            said = Coded(Remarked.PROGRAM_NOT_STARTED, name="notifier", reason=reason, path=_ARGV[0])
            return Notified(error=neutral(said))
        services: list[ServiceTold] = []
        try:
            why = await self._followed(process, json.dumps(order).encode(), services, effect.timeout)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        return Notified(services=tuple(services), seconds=round(time.monotonic() - began, 6), error=why)

    def _variables(self) -> dict[str, str]:
        path = os.pathsep.join(filter(None, (_ROOT, self._environment.get("PYTHONPATH"))))
        return {**self._environment, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}

    async def _followed(
        self, process: asyncio.subprocess.Process, order: bytes, services: list[ServiceTold], within: float
    ) -> Why | None:
        """Why not everybody was tried; `services` has who was."""
        reading = asyncio.ensure_future(_read(process, order, services))
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            done, _left = await asyncio.wait({reading, stopped}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            if reading in done:
                return None if await reading else Coded(Remarked.NOTIFIER_ENDED).neutral()
            code = Remarked.NOTIFIER_ENDED if stopped in done else Remarked.NO_ANSWER_IN_TIME
            return Coded(code).neutral()
        finally:
            for left in (reading, stopped):
                left.cancel()
            await asyncio.gather(reading, stopped, return_exceptions=True)


async def _read(process: asyncio.subprocess.Process, order: bytes, services: list[ServiceTold]) -> bool:
    """Whether it came to its end."""
    assert process.stdin is not None and process.stdout is not None
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(order)
        await process.stdin.drain()
        process.stdin.close()
    while line := await process.stdout.readline():
        try:
            told = json.loads(line)
            if told.get("end"):
                return True
            services.append(msgspec.convert(told, ServiceTold))
        except (ValueError, msgspec.ValidationError):
            return False
    return False
