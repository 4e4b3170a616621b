"""Programs: started in a process group of their own, spooled to files, ended when asked, found again after a crash."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import msgspec

from tui.engine.drivers.output import StepOutputFile
from tui.engine.drivers.program_start import ProgramStart
from tui.engine.programs.child import Child, ChildLost, ChildNotStarted, read_status, status_path
from tui.engine.programs.client_tools import LIBPQ_PROGRAMS
from tui.engine.programs.private_files import PrivateFiles
from tui.engine.programs.removal import patiently, remove
from tui.engine.programs.spool import OutputBatch, Spool
from tui.engine.programs.supervisor_pool import SupervisorPool
from tui.engine.programs.termination import GRACE, ChildIdentity, end_alive, end_marked
from tui.engine.recorder import Recorder
from tui.engine.redaction.redactor import Redactor
from tui.engine.target.access import TargetAccess
from tui.journal.codes import FailReason
from tui.journal.events import ChildStarted, RunOpened, StepOutput, StepProgress
from tui.journal.failure import JournalFull
from tui.journal.line import JournalError
from tui.journal.remarks import Coded, Remarked, neutral, neutral_of
from tui.plan.model import Step
from tui.plan.scalars import ExpansionError
from tui.plan.sealed import NotAsSealed, SealedPlan
from tui.postgres.errors import PostgresError
from tui.postgres.evidence import fence
from tui.postgres.identity import OtherTarget
from tui.postgres.session import Session
from tui.runs.paths import RunPaths
from tui.steps.effects import ChildDone, Growing, RunChild


class Accompaniment(Protocol):
    """What runs beside a program, from its start to its end, and talks with it through descriptors it inherits."""

    @property
    def descriptors(self) -> tuple[int, ...]: ...

    async def run(self, ended: asyncio.Event) -> None: ...

    def close(self) -> None: ...


class RunningProgram(msgspec.Struct, frozen=True, kw_only=True):
    """A program that runs. `ours`: one of PostgreSQL's own, which does nothing beside its sessions; `tolerate`: seconds
    for which its server may be silent."""

    identity: ChildIdentity
    application: str
    ours: bool
    tolerate: float

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return self.identity.token


class ChildDriver:
    """Carries out RunChild for one attempt; several programs of one attempt share its output file."""

    def __init__(
        self,
        recorder: Recorder,
        paths: RunPaths,
        target: TargetAccess,
        step: Step,
        attempt: int,
        opened: RunOpened,
        environment: Mapping[str, str],
        output: StepOutputFile,
        plan: SealedPlan,
        supervisors: SupervisorPool | None = None,
    ) -> None:
        self._supervisors = supervisors
        self._recorder = recorder
        self._paths = paths
        self._step = step
        self._attempt = attempt
        self._output = output
        self._plan = plan
        self._private = PrivateFiles(paths, step.id, attempt)
        self.start = ProgramStart(target, step, attempt, opened, environment, paths.artifacts, self._private)
        self._child: Child | None = None
        self._ending: asyncio.Future[bool] | None = None
        self._stopped = False
        self._severed: FailReason | None = None
        self.under_way: RunningProgram | None = None
        """The program that runs and reaches the target."""
        self._count = 0

    @property
    def raw(self) -> Path | None:
        """What the program that runs prints, not redacted."""
        return None if self._child is None else self._child.raw_path

    def _raw_path(self, number: int) -> Path:
        return self._paths.output / f".{self._step.id}.{self._attempt}.{number}.raw"

    async def run(self, effect: RunChild, accompany: Accompaniment | None = None) -> ChildDone:
        """Start it, follow it to its end; its output is in the output file by then. `accompany` runs beside it.

        Raises NotAsSealed where it was to work on files of the plan of which one is another now.
        """
        directory: Path | None = None
        try:
            if self._stopped:
                return ChildDone(status=None, error=Coded(Remarked.CANCELLED_BEFORE_START).neutral())
            try:
                directory = await asyncio.to_thread(self._private.workplace, self._plan if effect.files else None)
            except NotAsSealed:
                raise
            except OSError as error:
                return ChildDone(status=None, error=neutral_of(error))
            return await self._run(effect, accompany, directory)
        finally:
            if accompany is not None:
                accompany.close()
            if directory is not None:
                await patiently(partial(remove, directory))

    async def _run(self, effect: RunChild, accompany: Accompaniment | None, directory: Path) -> ChildDone:
        began = time.monotonic()
        try:
            argv, environment, lost = await self.start.prepared(effect)
        except ExpansionError as error:
            return ChildDone(status=None, error=Coded(Remarked.VARIABLE_UNSET, name=error.name).neutral())
        except (LookupError, ValueError, OSError) as error:
            return ChildDone(status=None, error=neutral_of(error))
        except OtherTarget:
            raise
        except PostgresError as error:
            return ChildDone(status=None, error=neutral(error.message))
        self._count += 1
        raw = self._raw_path(self._count)
        redactor = self._recorder.redactor.fresh(excerpts=Path(effect.argv[0]).name == "psql")
        try:
            self._clear(raw)
            child = await Child.start(
                argv, env=environment, cwd=directory, raw_path=raw, redactor=redactor.fresh(),
                descriptors=() if accompany is None else accompany.descriptors, supervisors=self._supervisors,
                told=() if effect.piped is None else effect.argv,
            )  # fmt: skip
        except (ChildNotStarted, OSError) as error:
            return ChildDone(status=None, error=neutral_of(error))
        self._child, self._severed = child, None
        if effect.target and not effect.source and effect.service is None:
            self.under_way = RunningProgram(
                identity=child.identity, application=self.start.application,
                ours=Path(effect.argv[0]).name in LIBPQ_PROGRAMS and not effect.authored,
                tolerate=self.start.settings(effect.settings).tolerate_s,
            )  # fmt: skip
        try:
            return await self._led(effect, child, raw, redactor, accompany, began, lost)
        except Exception:
            # Nobody follows it any more, so it does not go on either.
            await child.end(GRACE)
            raise
        finally:
            self._child = self.under_way = None

    async def _led(
        self, effect: RunChild, child: Child, raw: Path, redactor: Redactor, accompany: Accompaniment | None,
        began: float, lost: tuple[str, ...],
    ) -> ChildDone:  # fmt: skip
        """Record it, and follow it with what runs beside it to their end."""
        self._recorder.append(
            ChildStarted(
                step=self._step.id, attempt=self._attempt,
                child={**msgspec.to_builtins(child.identity), "raw": raw.name, "number": self._count}
                | ({} if accompany is None else {"led": True}),
            )
        )  # fmt: skip
        timed_out, ended = asyncio.Event(), asyncio.Event()
        beside = None if accompany is None else asyncio.create_task(accompany.run(ended))
        if beside is not None:
            beside.add_done_callback(lambda task: self._unled(task, child))
        timer = asyncio.create_task(self._time_out(effect.timeout, timed_out)) if effect.timeout else None
        watcher = asyncio.create_task(self._watch(effect.written)) if effect.written else None
        try:
            found = await self._follow(child, raw, redactor, ended, effect.tail)
            if beside is not None:
                await beside
        finally:
            for task in (timer, watcher, beside):
                if task is not None:
                    task.cancel()
        seconds = round(time.monotonic() - began, 6)
        return msgspec.structs.replace(
            found, seconds=seconds, timed_out=timed_out.is_set(), settings_lost=lost, severed=self._severed,
            piped=None if effect.piped is None else self.start.passed_through(),
        )  # fmt: skip

    def _unled(self, accompanying: asyncio.Task[None], child: Child) -> None:
        """A program whose company failed has nobody to wait for."""
        if not accompanying.cancelled() and accompanying.exception() is not None:
            self._ending = asyncio.ensure_future(child.end(GRACE))

    async def _follow(self, child: Child, raw: Path, redactor: Redactor, ended: asyncio.Event, kept: int) -> ChildDone:
        """Its end and its output; `ended` is set as soon as it has ended."""
        found = ChildDone(status=None, lost=True)

        async def wait() -> None:
            nonlocal found
            try:
                found = ChildDone(status=await child.wait())
            except ChildNotStarted as error:
                found = ChildDone(status=None, error=neutral_of(error))
            except ChildLost as error:
                found = ChildDone(status=None, error=neutral_of(error), lost=True)
                # It may work on without its supervisor.
                await child.end(GRACE)
            finally:
                ended.set()

        self._output.flush()
        base = self._output.length
        spool = Spool(raw, self._output.path, redactor, base=base, budget=self._recorder.budget)
        waiting = asyncio.create_task(wait())
        tail, length, digest = "", 0, ""
        trouble: str | dict[str, Any] | None = None
        try:
            async for batch in spool.follow(ended):
                tail = (tail + batch.text)[-kept:]
                self._record(batch)
            end = await spool.finish()
            length, digest = end.length, end.sha256
        except JournalError:
            raise
        except Exception as error:
            # What it prints finds no room, or no way. The raw file stays, and how it ends is known all the same.
            trouble = neutral_of(error)
        await waiting
        self._output.grown(base + length)
        if not found.lost and trouble is None:
            spool.discard_raw()
        return msgspec.structs.replace(found, length=length, sha256=digest, tail=tail, output_error=trouble)

    def _record(self, batch: OutputBatch) -> None:
        try:
            self._recorder.append(
                StepOutput(
                    step=self._step.id, attempt=self._attempt, text=batch.text, offset=batch.offset,
                    length=batch.length, sha256=batch.sha256, dropped=batch.dropped_bytes,
                )
            )  # fmt: skip
        except JournalFull:
            # What a program says must not end the work it is about; its outcome will find no room either.
            return

    def _clear(self, raw: Path) -> None:
        for path in (raw, status_path(raw)):
            path.unlink(missing_ok=True)

    async def _time_out(self, seconds: float, timed_out: asyncio.Event) -> None:
        await asyncio.sleep(seconds)
        timed_out.set()
        while True:
            try:
                await self.end()
                return
            except OSError:
                # Whoever looks for processes needs descriptors, of which there may be none now.
                await asyncio.sleep(1.0)

    async def _watch(self, written: Growing) -> None:
        """How far a program that writes a file has come: bytes written, with no total invented."""
        while True:
            await asyncio.sleep(1.0)
            size, tables = await asyncio.to_thread(_size, Path(written.path))
            self._recorder.append(
                StepProgress(
                    step=self._step.id, attempt=self._attempt, phase="writing", done=float(size), unit="bytes",
                    last=written.last, table=None if written.tables is None else tables, tables=written.tables,
                )
            )  # fmt: skip

    async def close(self) -> None:
        """Remove what only this attempt's programs needed."""
        if self._private.there:
            await patiently(self._private.clear)

    async def end(self) -> None:
        """End what runs, with everything it started."""
        self._stopped = True
        if self._child is not None:
            await self._child.end(GRACE)

    async def sever(self, reason: FailReason) -> None:
        """End the program that runs, because what it waits for cannot come; others of the attempt may follow."""
        if self._child is not None:
            self._severed = reason
            await self._child.end(GRACE)

    # -- after a crash of the engine ------------------------------------------------------------------------------

    async def end_leftovers(self, recorded: dict[str, Any] | None) -> int | None:
        """End what another engine left running of this attempt; the exit status where the program had ended before.

        The output is rebuilt from the raw file. None: it was ended now, or its status is not known.
        """
        if recorded is None:
            await end_marked(self.start.mark, GRACE)
            return None
        raw = self._paths.output / str(recorded["raw"])
        identity = msgspec.convert({k: recorded[k] for k in ChildIdentity.__struct_encode_fields__}, ChildIdentity)
        status = await asyncio.to_thread(_status, raw)
        if status is None:
            await end_alive(identity, GRACE)
            await asyncio.sleep(0)
        await self._rebuild(raw, int(recorded.get("number", 1)))
        return status

    async def _rebuild(self, raw: Path, number: int) -> None:
        if not raw.exists():
            return
        base = 0
        if number > 1 and self._output.path.exists():
            return
        spool = Spool(raw, self._output.path, self._recorder.redactor.fresh(excerpts=True), base=base)
        try:
            end = await spool.finish()
        except OSError:
            # Without room for it the raw file stays; what became of the work is not learnt from it.
            return
        self._output.grown(base + end.length)
        spool.discard_raw()

    async def backends_gone(self, control: Session) -> bool:
        """Whether no server process works for this attempt's programs any more; those left over are terminated."""
        left = await fence.find_backends(control, self.start.application)
        for backend in left:
            await fence.terminate(control, backend)
        return not await fence.wait_until_gone(control, left, time.monotonic() + 2.0)


def _status(raw: Path) -> int | None:
    try:
        return read_status(raw)
    except (OSError, ValueError):
        return None


def _size(path: Path) -> tuple[int, int]:
    """Bytes of a file, or of a directory's files, and how many of these hold rows of a table."""
    try:
        if not path.is_dir():
            return path.stat().st_size, 0
        sizes = {file.name: file.stat().st_size for file in path.iterdir()}
        return sum(sizes.values()), sum(1 for name in sizes if name[0].isdigit())
    except OSError:
        return 0, 0
