"""A round: a fresh database, a fresh run of `plans/rounds.yaml`, an engine as a process of its own that can be struck.

Engines are forked from a process that has everything loaded, so that one costs a tenth of a second; what they execute
is `tui.engine` as it is installed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec

from tests import postgres_server
from tests.faults.checker import Event, Finding, events_of, judge
from tests.postgres_server import Database
from tui.demo.server import Server
from tui.engine import engine as loop
from tui.engine.process.launch import OpeningOrder
from tui.engine.process.main import main as engine_main
from tui.journal.events import Policy, RunOpened
from tui.plan.freeze import freeze
from tui.plan.loader import Loaded, load
from tui.runs.opening import file_of
from tui.runs.paths import RunPaths, new_run_id
from tui.steps.registry import KINDS

PLAN = Path(__file__).parent / "plans" / "rounds.yaml"
ROWS: Final = 12
WORKS: Final = {
    "single": frozenset({"single.1", "single.2"}), "deferred": frozenset({"deferred"}),
    "script": frozenset({"script.1", "script.2"}), "each": frozenset({"each.1", "each.2", "each.3"}),
    "batch": frozenset(f"batch.{n}" for n in range(1, ROWS + 1)), "index": frozenset({"index.1", "index.2"}),
    "psql": frozenset({"psql.1", "psql.2"}), "loose": frozenset({"loose"}), "program": frozenset({"program"}),
    "undo.single": frozenset({"undo.single"}), "undo.each": frozenset({"undo.each.1", "undo.each.2"}),
    "undo.batch": frozenset({"undo.batch"}), "undo.index": frozenset({"undo.index"}),
    "undo.psql": frozenset({"undo.psql"}), "back": frozenset({"back"}),
}  # fmt: skip
"""What the statements of each step leave in `log`."""
_SCHEMA: Final = f"""
create table log (step text not null);
create table slow (step text not null);
create table wanted as select 1 as n;
create function wait_at_commit() returns trigger language plpgsql as $$
begin perform pg_sleep(0.05); insert into log (step) values (new.step); return null; end $$;
create constraint trigger at_commit after insert on slow deferrable initially deferred
    for each row execute function wait_at_commit();
create table work (id int primary key, done boolean not null default false, note text);
insert into work select n, false, md5(n::text) from generate_series(1, {ROWS}) n;
create table other (n int);
"""
TEMPLATE: Final = "rounds"
PATIENCE: Final = 60.0
"""Seconds after which a round hangs."""


class Hung(Exception):
    """Nothing happens any more."""


def prepare(server: Server, *, ledger: bool) -> None:
    """The database that each round gets a copy of; beside it one with a ledger."""
    for name in (TEMPLATE, f"{TEMPLATE}_ledger") if ledger else (TEMPLATE,):
        database = Database(server, name)
        with Database(server, "postgres").connect() as connection:
            connection.execute(f"drop database if exists {name}".encode())
            connection.execute(f"create database {name}".encode())
        with database.connect() as connection:
            connection.execute(_SCHEMA.encode())
        if name != TEMPLATE:
            environment = {**os.environ, "ROUND_DSN": database.dsn, "ROUND_BACKUP": "/tmp"}
            virada = str(Path(sys.executable).with_name("virada"))
            command = [virada, "check", str(PLAN), "--on", "here", "--create-ledger"]
            subprocess.run(command, check=True, env=environment, capture_output=True)


class Round:
    """One run in a directory of its own. `rollback`: its last step fails, and it is rolled back by itself."""

    loaded: Loaded | None = None

    def __init__(
        self, server: Server, *, rollback: bool = False, ledger: bool = False, home: Path | None = None
    ) -> None:
        self.server = server
        self.rollback = rollback
        self.ledger = ledger
        self.home = Path(tempfile.mkdtemp(prefix="vr-", dir="/tmp")) if home is None else home
        self.engines: set[int] = set()
        self.environment: dict[str, str] = {}
        self.database: Database
        self.paths: RunPaths

    def __enter__(self) -> Round:
        self.database = postgres_server.create_database(self.server, f"{TEMPLATE}_ledger" if self.ledger else TEMPLATE)
        if self.rollback:
            with self.database.connect() as connection:
                connection.execute("update wanted set n = 1000")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "VIRADA_", "LC_"))}
        self.environment = kept | {
            "PATH": f"{self.server.binaries.bindir}:{kept.get('PATH', os.defpath)}",
            "VIRADA_HOME": str(self.home / "h"), "ROUND_DSN": self.database.dsn, "LANG": "C.UTF-8",
            "ROUND_BACKUP": str(self.home / "backup"),
        }  # fmt: skip
        self.paths = self.new_run()
        return self

    def new_run(self) -> RunPaths:
        """The files of a run that no engine has opened yet."""
        if Round.loaded is None:
            Round.loaded = load(PLAN, KINDS)
        plan = Round.loaded.plan
        assert plan is not None, Round.loaded.errors
        paths = RunPaths(self.home / "h" / "runs" / new_run_id(datetime.now(UTC)))
        for path in (paths.directory, paths.output, paths.artifacts):
            path.mkdir(parents=True, exist_ok=True)
        frozen = freeze(Round.loaded, PLAN, paths.plan)
        on_failure = "rollback" if self.rollback else "hold"
        policy = Policy(drive="headless", sign_off="seen", signer="ana", on_failure=on_failure)  # type: ignore[arg-type]
        opened = RunOpened(
            id=paths.id, plan=plan, seal=frozen.seal, work=frozen.work, target="here", environment="development",
            policy=policy, ledger=self.ledger,
        )  # fmt: skip
        file_of(paths).write_bytes(msgspec.json.encode(OpeningOrder(opened=opened, by="ana@test")))
        return paths

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        try:
            postgres_server.drop_database(self.database)
        finally:
            shutil.rmtree(self.home, ignore_errors=True)

    def end(self) -> None:
        """End what still runs."""
        for pid in list(self.engines):
            self.kill(pid)
        mark = f"VIRADA_HOME={self.home / 'h'}".encode()
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    os.kill(int(entry.name), signal.SIGKILL)
            except OSError:
                continue

    # -- engines ----------------------------------------------------------------------------------------------------

    def start(self, paths: RunPaths | None = None, rigged: Callable[[], None] | None = None) -> int:
        """An engine for the run: its pid. `rigged` is done in its process first."""
        paths = paths or self.paths
        pid = os.fork()
        if pid == 0:
            status = 70
            try:
                os.setsid()
                out = os.open(paths.directory / "engine.out", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                for number in (1, 2):
                    os.dup2(out, number)
                os.environ.clear()
                os.environ.update(self.environment)
                loop.LINGER = 0.05
                if rigged is not None:
                    rigged()
                status = engine_main([str(paths.directory)])
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        self.engines.add(pid)
        return pid

    def lives(self, pid: int) -> bool:
        """Whether it has not ended yet."""
        if pid not in self.engines:
            return False
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            self.engines.discard(pid)
            return False
        return True

    def kill(self, pid: int) -> None:
        """SIGKILL, and its end."""
        if self.lives(pid):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            self.engines.discard(pid)

    # -- the journal ------------------------------------------------------------------------------------------------

    def lines(self) -> int:
        """Lines of the journal that are whole."""
        try:
            return self.paths.journal.read_bytes().count(b"\n")
        except OSError:
            return 0

    def events(self) -> list[Event]:
        return events_of(self.paths.journal)

    def reached(self, lines: int, pid: int) -> bool:
        """Wait until the journal has so many lines; False when the engine ends before."""
        deadline = time.monotonic() + PATIENCE
        while self.lines() < lines:
            if not self.lives(pid):
                return False
            if time.monotonic() > deadline:
                raise Hung(f"the journal stays at {self.lines()} lines")
            time.sleep(0.001)
        return True

    def ended(self, pid: int) -> bool:
        """Wait until the engine has ended by itself. Whether the run is closed. Raises Hung."""
        deadline = time.monotonic() + PATIENCE
        while self.lives(pid):
            if time.monotonic() > deadline:
                raise Hung("; ".join(f"{e['type']} {e['data'].get('reason', '')}" for e in self.events()[-3:]))
            time.sleep(0.005)
        return any(event["type"] == "run.closed" for event in self.events()[-1:])

    def judged(self, *, closes: bool = True, others: Mapping[str, frozenset[str]] | None = None) -> Finding:
        """The checker's word."""
        outcome = ("rolled_back" if self.rollback else "completed") if closes else None
        return judge(self.paths.journal, self.database, {**WORKS, **(others or {})}, outcome, index="index")
