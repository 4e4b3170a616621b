"""What befalls a round: each function is one case of one fault, by its seed; it says what the checker found.

Raises Hung where nothing happens any more. Engines here are processes of their own (`tests.faults.round`).
"""

from __future__ import annotations

import asyncio
import errno
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg

from tests import postgres_server, ram
from tests.faults import every
from tests.faults.checker import Finding
from tests.faults.failing import Failing, Raising
from tests.faults.round import PATIENCE, Hung, Round
from tests.faults.test_failed_calls import DESCRIPTORS, ERRORS, FAULTS, PLACES, SHORT
from tests.postgres_server import Database
from tui.demo.server import Server

LINES: Final = (110, 165)
"""About how many lines a run has, forward and with its rollback."""
_ROOM: Final = 6


def _on(round: Round, pid: int, starts: int = 40) -> None:
    """Have the run taken up until it is closed, or nobody can do any more."""
    for _turn in range(starts):
        if round.ended(pid) or not _may_go_on(round):
            return
        pid = round.start()
    raise Hung("it is taken up again and again")


def _may_go_on(round: Round) -> bool:
    """Whether another engine would find something to do: nothing has failed or is undecided without a person."""
    ends = [e for e in round.events() if e["type"] in ("step.failed", "step.fate", "run.closed", "rollback.started")]
    if not ends:
        return True
    last = ends[-1]
    undecided = last["type"] == "step.fate" and last["data"]["fate"] == "undecided"
    return not undecided and last["type"] not in ("step.failed", "run.closed")


def engine_killed(server: Server, seed: int) -> Finding:
    """SIGKILL at a random line of the journal, three times in a run; the next engine goes on."""
    chance = random.Random(seed)
    rollback = bool(seed % 2)
    with Round(server, rollback=rollback, ledger=bool(seed % 4 // 2)) as round:
        lines = LINES[rollback]
        pid = round.start()
        for at in sorted(chance.randrange(1, lines) for _ in range(KILLS_A_ROUND)):
            if round.reached(max(at, round.lines() + 1), pid):
                time.sleep(chance.choice((0.0, 0.0, chance.uniform(0, 0.02))))
                round.kill(pid)
                pid = round.start()
        _on(round, pid)
        return round.judged()


KILLS_A_ROUND: Final = 3


def server_crashed(server: Server, seed: int) -> Finding:
    """The server struck at a random line, by a kill, an immediate or a fast shutdown or the end of one process; others
    write all the time. The engine lives on."""
    chance = random.Random(seed)
    rollback = bool(seed // 4 % 2)
    with Round(server, rollback=rollback, ledger=bool(seed // 8 % 2)) as round:
        writer = _writer(round)
        try:
            pid = round.start()
            if round.reached(chance.randrange(2, LINES[rollback]), pid):
                time.sleep(chance.choice((0.0, chance.uniform(0, 0.02))))
                _strike(server, ("killed", "immediate", "fast", "one")[seed % 4], chance)
            _on(round, pid)
        finally:
            os.kill(writer, signal.SIGKILL)
            os.waitpid(writer, 0)
            if not server.running():
                server.start()
            _answers(round)
        return round.judged()


def _strike(server: Server, how: str, chance: random.Random) -> None:
    if how == "one":
        postmaster = psutil.Process(server.pid())
        children = postmaster.children()
        chance.shuffle(children)
        for child in children:
            # Sessions come and go meanwhile.
            with suppress(psutil.NoSuchProcess):
                if "logger" not in " ".join(child.cmdline()):
                    child.send_signal(signal.SIGKILL)
                    return
        return
    if how == "killed":
        postgres_server.kill_server(server)
    else:
        server.stop("immediate" if how == "immediate" else "fast")
    time.sleep(chance.choice((0.0, 0.3)))
    server.start()


def _answers(round: Round) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            round.database.value("select 1")
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _writer(round: Round) -> int:
    """A process that uses up transactions, in another database: nobody may be in one that is renamed."""
    pid = os.fork()
    if pid:
        return pid
    while True:
        try:
            with Database(round.server, "postgres").connect() as connection:
                while True:
                    connection.execute("select txid_current()")
                    time.sleep(0.002)
        except psycopg.Error:
            time.sleep(0.02)
        except BaseException:
            os._exit(0)


def session_ended(server: Server, seed: int) -> Finding:
    """Somebody ends sessions of the run's at a random line: it may ask, and says the truth."""
    chance = random.Random(seed)
    rollback = bool(seed % 2)
    with Round(server, rollback=rollback, ledger=bool(seed % 4 // 2)) as round:
        pid = round.start()
        if round.reached(chance.randrange(2, LINES[rollback]), pid):
            whose = chance.choice(("", "control", "monitor"))
            with round.database.connect() as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                    f" and pid <> pg_backend_pid() and application_name like '%{whose}%'".encode()
                )
        _on(round, pid)
        return round.judged(closes=False)


def write_failed(server: Server, seed: int) -> Finding:
    """The N-th write to the journal, or its N-th fsync, fails (EIO, ENOSPC), and those after it, or that one alone; the
    engine that met it ends or goes on, the next one finds a disk that is well."""
    chance = random.Random(seed)
    rollback = bool(seed % 2)
    number = errno.ENOSPC if seed // 2 % 2 else errno.EIO
    name = "fsync" if seed // 4 % 3 == 0 else "write"
    at, on = chance.randrange(2, LINES[rollback]), chance.random() < 0.5

    def rigged() -> None:
        left = at
        original = getattr(os, name)

        def failing(descriptor: int, *arguments: object) -> object:
            nonlocal left
            if "journal" in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
                left -= 1
                if left == 0 or (on and left < 0):
                    raise OSError(number, os.strerror(number))
            return original(descriptor, *arguments)

        setattr(os, name, failing)

    with Round(server, rollback=rollback, ledger=bool(seed % 8 // 4)) as round:
        pid = round.start(rigged=rigged)
        try:
            _on_a_full_disk(round, pid)
        except Hung:
            # An engine that found no room waits for a person or for room; a SIGTERM ends it in order.
            os.kill(pid, signal.SIGTERM)
            round.ended(pid)
        _on(round, round.start())
        return round.judged()


def _on_a_full_disk(round: Round, pid: int) -> None:
    """Wait until an engine whose journal cannot be written has ended, or stands still."""
    deadline, lines = time.monotonic() + 3.0, -1
    while round.lives(pid):
        if round.lines() != lines:
            deadline, lines = time.monotonic() + 3.0, round.lines()
        if time.monotonic() > deadline:
            raise Hung("it stands still")
        time.sleep(0.01)


def disk_filled(server: Server, seed: int) -> Finding:
    """A small disk is filled at a random line and emptied again: nothing is executed without a record of it."""
    chance = random.Random(seed)
    home = Path(f"/tmp/vr-disk-{os.getpid()}-{seed}")
    home.mkdir(mode=0o711)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_ROOM}m", "tmpfs", str(home)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        home.rmdir()
        raise NotHere("a small disk of one's own can only be mounted by root")
    try:
        with Round(server, rollback=bool(seed % 2), ledger=bool(seed % 4 // 2), home=home) as round:
            pid = round.start()
            if round.reached(chance.randrange(2, LINES[seed % 2]), pid):
                ballast = home / "ballast"
                with ballast.open("wb", buffering=0) as file:
                    for size in (65536, 512, 1):
                        try:
                            while True:
                                file.write(b"x" * size)
                        except OSError:
                            continue
                try:
                    _on_a_full_disk(round, pid)
                except Hung:
                    pass
                ballast.unlink()
                if round.lives(pid):
                    os.kill(pid, signal.SIGTERM)
                    round.ended(pid)
                _on(round, round.start())
            else:
                _on(round, pid)
            return round.judged(closes=False)
    finally:
        subprocess.run(["umount", "-l", str(home)], capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


class NotHere(Exception):
    """This cannot be tried on this machine."""


_VANISHING: Final[tuple[Callable[[Round], Path], ...]] = (
    lambda round: round.paths.output, lambda round: round.paths.artifacts,
    lambda round: round.paths.plan / "rounds-psql.sql", lambda round: round.paths.plan / "rounds-each.sql",
    lambda round: round.paths.plan / "rounds-undo.sql", lambda round: round.home / "backup",
    lambda round: round.paths.directory / "helm.sock", lambda round: round.home / "h" / "state",
)  # fmt: skip


def file_vanished(server: Server, seed: int) -> Finding:
    """A file or a directory of the run goes at a random line; it may fail and ask, and says the truth."""
    chance = random.Random(seed)
    rollback = bool(seed % 2)
    with Round(server, rollback=rollback, ledger=bool(seed % 4 // 2)) as round:
        pid = round.start()
        if round.reached(chance.randrange(2, LINES[rollback]), pid):
            gone = _VANISHING[seed % len(_VANISHING)](round)
            if gone.is_dir():
                shutil.rmtree(gone, ignore_errors=True)
            else:
                gone.unlink(missing_ok=True)
        _on(round, pid, starts=2)
        return round.judged(closes=False)


def two_engines(server: Server, seed: int) -> Finding:
    """Three engines are started for one run at once; the one that has it is killed, and others are started."""
    chance = random.Random(seed)
    rollback = bool(seed % 2)
    with Round(server, rollback=rollback, ledger=bool(seed % 4 // 2)) as round:
        first = round.start()
        if not round.reached(1, first):
            raise Hung("the run does not open")
        pids = [first, *(round.start() for _ in range(2))]
        if round.reached(chance.randrange(2, LINES[rollback]), first):
            round.kill(first)
            pids += [round.start() for _ in range(2)]
        for pid in pids[1:]:
            round.ended(pid)
        _on(round, round.start() if not any(e["type"] == "run.closed" for e in round.events()) else pids[-1])
        return round.judged()


def call_failed(server: Server, seed: int) -> Finding:
    """The N-th call of one kind on the run's files fails, for every fourth N; a person does whatever is to be done."""
    operation, number = FAULTS[seed % len(FAULTS)]
    at = 1 + seed // len(FAULTS) * 4
    return _carried_out(server, f"{operation} {at}", lambda home: Failing(home, operation, number, at))


def exception_raised(server: Server, seed: int) -> Finding:
    """The N-th effect of a kind, or the N-th question to the server, raises what nobody foresaw, before it has done
    anything or behind it; for every fifth N."""
    owner, method = PLACES[seed % 2]
    at, error = 1 + seed // 4 * 5, ERRORS[seed // 4 % len(ERRORS)]
    behind = bool(seed // 2 % 2)
    return _carried_out(server, f"{method} {at}", lambda home: Raising(owner, method, at, error, behind=behind))


def descriptors_gone(server: Server, seed: int) -> Finding:
    """At the beginning of one step, or of the rollback, so many more descriptors are to be had, and no more."""
    step, more = SHORT[seed % len(SHORT)], seed // len(SHORT) * 3 % DESCRIPTORS
    return _carried_out(server, f"{step} with {more} descriptors", lambda home: nullcontext(), {step: more})


def _carried_out(
    server: Server, name: str, fault: Callable[[Path], AbstractContextManager[Any]],
    short: Mapping[str, int] | None = None,
) -> Finding:  # fmt: skip
    """The plan of `every` with this fault, by an engine in this process."""
    database = postgres_server.create_database(server)
    home = Path(tempfile.mkdtemp(prefix="vc-", dir=ram.place()))
    try:
        case = every.Case(home / "case", database)

        async def through() -> None:
            async with case.rig:
                await case.through(short, fault(home / "case"))

        try:
            asyncio.run(asyncio.wait_for(through(), 2 * PATIENCE))
        except (every.Hung, TimeoutError) as error:
            raise Hung(f"{name}: {error}") from None
        except every.Wrong as error:
            return Finding(wrong=[f"{name}: {error}"])
        return Finding(undecided=case.undecided)
    finally:
        postgres_server.drop_database(database)
        shutil.rmtree(home, ignore_errors=True)


def checker_fooled(server: Server, seed: int) -> Finding:
    """The checker itself: nothing befalls the run; then the database is made to differ from what the journal says."""
    with Round(server, rollback=bool(seed % 2)) as round:
        _on(round, round.start())
        found = round.judged()
        lies = (
            "insert into log values ('each.2')", "delete from log where step = 'each.1'",
            "delete from log where step = 'batch.7'; insert into log values ('batch.7'), ('batch.7')",
        )  # fmt: skip
        for lie in lies:
            with round.database.connect() as connection:
                kept = connection.execute("select step from log").fetchall()
                connection.execute(lie.encode())
                if not round.judged().wrong:
                    found.wrong.append(f"the checker does not notice: {lie}")
                connection.execute("truncate log")
                connection.cursor().executemany("insert into log values (%s)", kept)
        journal = round.paths.journal
        journal.write_bytes(journal.read_bytes().replace(b'"step":"psql"', b'"step":"pslq"', 1))
        if not round.judged().wrong:
            found.wrong.append("the checker does not notice a journal that was changed")
        return found
