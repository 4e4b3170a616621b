"""Children of the engine: in a session of their own, spooling to a file, their end known even without the engine."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from tui.engine.programs.supervisor import LENGTH
from tui.engine.programs.supervisor_pool import INTERPRETER, SUPERVISOR, SupervisorPool
from tui.engine.programs.termination import TOKEN, ChildIdentity, end_alive
from tui.engine.redaction.redactor import Redactor
from tui.files import closing, create_file
from tui.journal.remarks import Coded, Remarked
from tui.onefile import held
from tui.processid import boot_id, start_time


class ChildNotStarted(Exception):
    """The command cannot be started; a `Coded` says why."""


class ChildLost(Exception):
    """How the command ended, or whether it did, is unknown: its supervisor was killed, or could not write it down."""


class ChildEnd(msgspec.Struct, frozen=True):
    """What a status file tells: the exit status, or -N for signal N; `started` is False where the command could not be
    executed at all, and the status is then the supervisor's own."""

    status: int
    started: bool = True


def status_path(raw_path: Path) -> Path:
    """Where a child that spools to `raw_path` leaves its exit status."""
    return raw_path.with_name(raw_path.name + ".rc")


def read_end(raw_path: Path) -> ChildEnd | None:
    """How a child ended; None when it has not, or was lost."""
    try:
        text = status_path(raw_path).read_text("ascii", "replace")
    except FileNotFoundError:
        return None
    found = re.fullmatch(r"(unstarted )?(-?\d+) *\n", text)
    return None if found is None else ChildEnd(int(found[2]), started=found[1] is None)


def read_status(raw_path: Path) -> int | None:
    """The exit status (negative: the signal) of a child that has ended; None when it has not, or was lost."""
    end = read_end(raw_path)
    return None if end is None else end.status


class Child:
    """A running command. Nothing happens to it when this object, the loop or the whole engine goes away."""

    def __init__(self, identity: ChildIdentity, raw_path: Path, process: subprocess.Popen[bytes]) -> None:
        self.identity = identity
        self.raw_path = raw_path
        loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = loop.create_future()

        def reap() -> None:
            code = process.wait()
            try:
                loop.call_soon_threadsafe(self._ended.set_result, code)
            except RuntimeError:
                # The loop is closed: nobody waits any more.
                pass

        threading.Thread(target=reap, name=f"reap-{identity.pid}", daemon=True).start()

    @classmethod
    async def start(
        cls,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        raw_path: Path,
        uid: int | None = None,
        gid: int | None = None,
        redactor: Redactor | None = None,
        descriptors: Sequence[int] = (),
        supervisors: SupervisorPool | None = None,
        told: Sequence[str] = (),
    ) -> Child:
        """Starts `argv` with exactly `env` (and a token), its output appended to the new file `raw_path` (0600).

        `argv[0]` is looked for in the PATH of `env`. `uid` and `gid` need root; without `gid` the account's group is
        taken. `redactor` cleans the arguments for the identity. `descriptors` are open in the command under the same
        numbers. `supervisors` may have one in waiting. `told`: the arguments that are told of it in the place of its
        own. Raises ChildNotStarted.
        """
        raw_path = raw_path.absolute()
        program = argv[0]
        if "/" not in program:
            found = await asyncio.to_thread(shutil.which, program, path=env.get("PATH", os.defpath))
            if found is None:
                raise ChildNotStarted(Coded(Remarked.PROGRAM_MISSING, name=program))
            program = found
        elif not os.access(cwd / program, os.X_OK):
            raise ChildNotStarted(Coded(Remarked.NOT_EXECUTABLE, name=program))
        token = secrets.token_hex(16)
        try:
            process = await asyncio.to_thread(
                _spawn, [program, *argv[1:]], {**env, TOKEN: token}, cwd, raw_path, uid, gid, descriptors, supervisors
            )
        except OSError as error:
            raise ChildNotStarted(
                Coded(Remarked.PROGRAM_NOT_STARTED, name=program, reason=error.strerror, path=error.filename)
            ) from error
        try:
            # It cannot be reaped before the thread that does so exists, so its number is its own until then.
            started = start_time(process.pid, until_reaped=True)
            cleaned = [(redactor or Redactor()).text(argument) for argument in told or argv]
            identity = ChildIdentity(process.pid, -1 if started is None else started, boot_id(), cleaned, token)
            return cls(identity, raw_path, process)
        except BaseException:
            # Nobody could tell it again: supervisor and command, whose session is theirs, end here.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await asyncio.to_thread(process.wait)
            raise

    async def wait(self) -> int:
        """The exit status, or -N for signal N, once the command has ended. Raises ChildLost, and ChildNotStarted where
        it could not be executed.

        What the command left running in the background is not waited for; `members` tells.
        """
        await asyncio.shield(self._ended)
        end = await asyncio.to_thread(read_end, self.raw_path)
        if end is None:
            raise ChildLost(Coded(Remarked.END_UNKNOWN, name=self.identity.argv[0]))
        if not end.started:
            raise ChildNotStarted(Coded(Remarked.NOT_EXECUTABLE, name=self.identity.argv[0]))
        return end.status

    async def end(self, grace: float) -> bool:
        """Ends the command and what belongs to it: SIGTERM, after `grace` seconds SIGKILL. False: something is left."""
        return await end_alive(self.identity, grace)


def _account(uid: int | None, gid: int | None) -> tuple[str, str]:
    if uid is not None and gid is None:
        import pwd

        gid = pwd.getpwuid(uid).pw_gid
    return ("-" if uid is None else str(uid), "-" if gid is None else str(gid))


def _spawn(
    argv: list[str], env: dict[str, str], cwd: Path, raw_path: Path, uid: int | None, gid: int | None,
    descriptors: Sequence[int], supervisors: SupervisorPool | None,
) -> subprocess.Popen[bytes]:  # fmt: skip
    status = status_path(raw_path)
    with closing(create_file(raw_path, 0o600, os.O_WRONLY | os.O_APPEND)) as raw:
        if uid is not None or gid is not None:
            # So that the command may open its own /dev/stdout.
            os.fchown(raw, -1 if uid is None else uid, -1 if gid is None else gid)
        _reserve(status)
        if supervisors is not None and uid is None and gid is None:
            process = supervisors.start(status, argv, env=env, cwd=cwd, output=raw, descriptors=descriptors)
            if process is not None:
                return process
        held.whole(SUPERVISOR)
        command = [*INTERPRETER, str(SUPERVISOR), str(status), *_account(uid, gid), *argv]
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=raw, stderr=raw, env=env, cwd=cwd, start_new_session=True,
            pass_fds=descriptors,
        )  # fmt: skip


def _reserve(path: Path) -> None:
    """The status file with the room that the supervisor needs later, when the disk may be full."""
    with closing(create_file(path, 0o600)) as file:
        os.write(file, b"running".ljust(LENGTH - 1) + b"\n")
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file, 0, LENGTH)
