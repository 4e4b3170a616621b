"""A state directory of one test, and the installed `virada` driven in it as a person at a shell would."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from tests import postgres_server, ram
from tui.demo import DemoError, demo
from tui.demo.server import Server

VIRADA = Path(sys.executable).with_name("virada")
PATIENCE_S = 60.0
_POLL_S = 0.01
_ASK_AGAIN_S = 2.0
_FOREIGN = ("VIRADA_", "PG", "LC_", "PYTHONPATH")

Event = dict[str, Any]


class Done:
    """How a command ended: exit code, what it printed."""

    def __init__(self, arguments: tuple[str, ...], code: int, out: str, err: str) -> None:
        self.arguments = arguments
        self.code = code
        self.out = out
        self.err = err

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def expect(self, code: int = 0) -> Done:
        """This, when it ended with that code and without a traceback; else the test fails with what it said."""
        said = f"virada {' '.join(self.arguments)}: exit {self.code}\n{self.out}\n{self.err}"
        assert self.code == code, said
        assert "Traceback" not in self.out + self.err, said
        return self


class EventTail:
    """The events of a journal that fit, each read and asked about once however often somebody looks."""

    def __init__(self, fits: Callable[[Event], bool]) -> None:
        self._fits = fits
        self._of: Path | None = None
        self._read = 0
        self._found: list[Event] = []

    def found(self, journal: Path) -> list[Event]:
        """Those of its complete lines. Of another journal it begins anew."""
        if journal != self._of:
            self._of, self._read, self._found = journal, 0, []
        try:
            with journal.open("rb") as file:
                file.seek(self._read)
                data = file.read()
        except FileNotFoundError:
            return self._found
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        self._found += filter(self._fits, map(json.loads, whole.splitlines()))
        return self._found


class Station:
    """`home` is VIRADA_HOME. On leaving everything that works for it is ended: engines, programs, keepers, servers."""

    def __init__(self, place: str | None = None, **variables: str) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="va-", dir=place or ram.place()))
        self.home = self.root / "h"
        # The demo's server has an account of its own, which passes through here; other people's demos clear away /tmp.
        self.root.chmod(0o711)
        temporary = self.root / "t"
        temporary.mkdir(mode=0o711)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
        self.env = {**kept, "VIRADA_HOME": str(self.home), "XDG_STATE_HOME": str(self.root / "s"), "LANG": "C.UTF-8"}
        self.env |= {"TMPDIR": str(temporary), **variables}
        # The programs of the server that the tests use, before those of the system.
        if postgres_server.chosen() in postgres_server.MAJORS:
            bindir = postgres_server.binaries_of().bindir
            self.env["PATH"] = os.pathsep.join((str(bindir), kept.get("PATH", os.defpath)))
        # What commands are run through: a program and its arguments, before those of the command.
        self.through: tuple[str, ...] = ()

    def __enter__(self) -> Station:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._tell()
        self.close()

    # -- commands -------------------------------------------------------------------------------------------------

    def start(self, *arguments: str, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
        """The command in the background, with pipes."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        environment = {**self.env, **(env or {})}
        command = [*self.through, str(VIRADA), *arguments]
        return subprocess.Popen(command, env=environment, text=True, cwd=self.root, **pipes)

    def virada(
        self, *arguments: str, env: Mapping[str, str] | None = None, stdin: str | None = None, timeout: float = 90.0
    ) -> Done:
        """The command, to its end."""
        environment = {**self.env, **(env or {})}
        done = subprocess.run(
            [*self.through, str(VIRADA), *arguments], env=environment, cwd=self.root, input=stdin, text=True,
            capture_output=True, timeout=timeout, stdin=None if stdin is not None else subprocess.DEVNULL,
        )  # fmt: skip
        return Done(arguments, done.returncode, done.stdout, done.stderr)

    def do(self, *arguments: str, code: int = 0, run: str = "last") -> Any:
        """`do RUN ... --json`, which must end with `code`: its answer."""
        return self.virada("do", run, *arguments, "--json").expect(code).json

    def open(self, plan: Path, *options: str, **variables: str) -> str:
        """A run, started and left alone: its id."""
        done = self.virada("run", str(plan), "--detach", *options, env=variables or None).expect()
        self.env |= variables
        return done.out.split()[0]

    def status(self, run: str = "last", *options: str) -> Any:
        return self.virada("status", run, *options, "--json").expect().json

    # -- the run's files ------------------------------------------------------------------------------------------

    def directory(self, run: str = "last") -> Path:
        runs = self.home / "runs"
        return sorted(p for p in runs.iterdir() if p.is_dir())[-1] if run == "last" else runs / run

    def has_run(self) -> bool:
        """Whether a run has opened."""
        runs = self.home / "runs"
        return runs.is_dir() and any((p / "journal.jsonl").exists() for p in runs.iterdir())

    def events(self, run: str = "last") -> list[Event]:
        """Every complete line of the journal."""
        path = self.directory(run) / "journal.jsonl"
        data = path.read_bytes() if path.exists() else b""
        return [json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines()]

    def wait_for(
        self, wanted: Callable[[Event], bool] | str, run: str = "last", count: int = 1, seconds: float = PATIENCE_S
    ) -> Event:
        """The `count`-th event that fits (a type, or a predicate), as soon as it can be read."""
        fits = wanted if callable(wanted) else (lambda event: bool(event["type"] == wanted))
        journal = EventTail(fits)
        deadline = time.monotonic() + seconds
        while True:
            if self.has_run():
                found = journal.found(self.directory(run) / "journal.jsonl")
                if len(found) >= count:
                    return found[count - 1]
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds:g} s in vain for {wanted}")
            time.sleep(_POLL_S)

    def await_status(self, wanted: str, run: str = "last", seconds: float = PATIENCE_S) -> Any:
        """Until the run's status is `wanted`."""
        return self.await_told(lambda told: bool(told["status"] == wanted), f"the run is {wanted}", run, seconds)

    def await_told(self, met: Callable[[Any], bool], what: str, run: str = "last", seconds: float = PATIENCE_S) -> Any:
        """Until what `status` tells of the run fits. It is asked when the journal has something new, and every two
        seconds: asked over and over, it takes more of the machine than the run."""
        news, known, asked, told = EventTail(lambda event: event["type"] != "metrics.sampled"), -1, -math.inf, None

        def there() -> bool:
            nonlocal known, asked, told
            count = len(news.found(self.directory(run) / "journal.jsonl"))
            if count == known and time.monotonic() - asked < _ASK_AGAIN_S:
                return False
            known, told = count, self.status(run)
            asked = time.monotonic()
            return met(told)

        await_condition(there, what, seconds)
        return told

    def step(self, step: str, run: str = "last") -> Any:
        return next(s for s in self.status(run)["steps"] if s["id"] == step)

    def demo_server(self, run: str = "last") -> Server:
        """The server of the run's demo."""
        return Server.open(Path(self.events(run)[0]["data"]["demo"]))

    # -- processes ------------------------------------------------------------------------------------------------

    def engine(self, run: str = "last") -> psutil.Process | None:
        """The run's living engine."""
        directory = str(self.directory(run))
        for process in self.processes():
            try:
                if process.cmdline()[1:4] == ["-m", "tui.engine", directory]:
                    return process
            except psutil.Error:
                continue
        return None

    def kill_engine(self, run: str = "last", number: int = signal.SIGKILL) -> None:
        """Signal the engine and wait for its end."""
        engine = self.engine(run)
        assert engine is not None, "no engine runs"
        engine.send_signal(number)
        await_condition(lambda: not postgres_server.alive(engine), "the engine ends", 30)

    def processes(self) -> Iterator[psutil.Process]:
        """Everything that has this home in its environment."""
        mark = f"VIRADA_HOME={self.home}".encode()
        for pid in psutil.pids():
            if pid == os.getpid():
                continue
            try:
                if mark in Path("/proc", str(pid), "environ").read_bytes().split(b"\0"):
                    yield psutil.Process(pid)
            except (OSError, psutil.Error):
                continue

    def close(self) -> None:
        """End and delete everything."""
        await_condition(self._ended, "what the test started ends")
        for directory in (self.root / "t").glob(f"{demo.PREFIX}*"):
            try:
                postgres_server.remove(Server.open(directory))
            except DemoError:
                shutil.rmtree(directory, ignore_errors=True)
        shutil.rmtree(self.root, ignore_errors=True)

    def _ended(self) -> bool:
        left = [process for process in self.processes() if postgres_server.alive(process)]
        for process in left:
            try:
                process.kill()
            except psutil.Error:
                pass
        return not left

    def _tell(self) -> None:
        """What a failed test leaves behind for whoever reads its output."""
        for run in sorted((self.home / "runs").glob("*")) if self.home.is_dir() else ():
            print(f"--- {run.name}: {(run / 'plan').is_dir() and sorted(p.name for p in run.iterdir())}")
            for event in self.events(run.name)[-40:]:
                if event["type"] not in ("metrics.sampled", "run.opened"):
                    print(event["seq"], round(event["mono"], 3), event["type"], json.dumps(event["data"])[:300])
            log = run / "engine.log"
            print(log.read_text()[-3000:] if log.exists() else "no engine.log")


def await_condition(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
    """Poll until it holds; fails the test with `what` after the deadline."""
    postgres_server.await_condition(condition, what, seconds)
