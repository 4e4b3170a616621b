"""What a bench works with: a directory and a home of its own, processes that end with it, a server when asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import psutil

from tests.bench.figure import NotMeasured
from tests.bench.size import Size
from tests.postgres_server import MAJORS, own_server
from tui.demo.server import Server
from tui.engine.lock import engine_facts
from tui.runs.paths import RunPaths

ROOT = Path(__file__).resolve().parents[2]


class Bench:
    """A context manager: leaving it ends every process started here and removes the directory."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.directory = Path(tempfile.mkdtemp(prefix="virada-bench-"))
        self.home = self.directory / "state"
        # An installed program has its modules compiled; one that may not keep them would compile them at every start.
        left_out = ("VIRADA_", "PG", "LC_", "NO_COLOR", "COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        self.environment |= {
            "VIRADA_HOME": str(self.home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color",
            "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        self._servers = ExitStack()
        self._server: Server | None = None
        self._processes: list[subprocess.Popen[bytes]] = []
        (self.home / "runs").mkdir(parents=True)

    def __enter__(self) -> Bench:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            self.end(process)
        for run in sorted((self.home / "runs").iterdir()):
            end_engine(RunPaths(run))
        self._servers.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def virada(self, *arguments: str) -> list[str]:
        """The command line of the installed command, or of this checkout where none is installed."""
        script = Path(sys.executable).with_name("virada")
        return [*([str(script)] if script.exists() else [sys.executable, "-m", "tui.cli.main"]), *arguments]

    def module(self, name: str, *arguments: str) -> list[str]:
        """The command line of a program of the benches."""
        return [sys.executable, "-m", f"tests.bench.{name}", *arguments]

    def start(self, command: list[str], output: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """A process that ends with the bench at the latest; its input is a pipe."""
        process = subprocess.Popen(
            command, env=self.environment, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.DEVNULL,
            cwd=self.directory,
        )  # fmt: skip
        self._processes.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Close its input, and end it if that is not enough."""
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def server(self) -> Server:
        """A running PostgreSQL, fsync on, started on first use. Raises NotMeasured where there is none."""
        if self._server is None:
            if not MAJORS:
                raise NotMeasured("no PostgreSQL server was found on this machine")
            self._server = self._servers.enter_context(own_server())
            self.environment["PATH"] = f"{self._server.binaries.bindir}:{self.environment['PATH']}"
        return self._server

    def run_plan(self, plan: str, *options: str) -> tuple[RunPaths, float]:
        """Write the plan and start its run, detached; the run, and how many seconds that took.

        NotMeasured with what the command said when it did not start.
        """
        file = self.directory / "plan.yaml"
        file.write_text(plan, encoding="utf-8")
        began = time.perf_counter()
        done = subprocess.run(
            self.virada("run", str(file), "--detach", *options), env=self.environment, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise NotMeasured(f"the run did not start: {done.stderr.strip()}")
        return RunPaths(self.home / "runs" / done.stdout.strip()), time.perf_counter() - began


def await_true(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Poll until it holds. NotMeasured with `what` after the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise NotMeasured(f"waited {seconds:g} s in vain until {what}")
        time.sleep(0.01)


def end_engine(paths: RunPaths) -> None:
    """End the run's engine, if one lives, and wait for it."""
    facts = engine_facts(paths)
    if not facts.alive or facts.pid is None:
        return
    try:
        process = psutil.Process(facts.pid)
        process.terminate()
        try:
            process.wait(15)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(5)
    except psutil.NoSuchProcess:
        return


def cpu_seconds(process: psutil.Process) -> float:
    """User and system time used so far by the process itself."""
    times = process.cpu_times()
    return float(times.user + times.system)
