"""The demo's watchdog: `python -m tui.demo.watchdog DIRECTORY RUN_DIRECTORY`.

It detaches itself and lets the demo's server and load live exactly as long as their run is open. It ends them when
the journal says `run.closed`, when the run's directory vanishes, and when the demo's own directory vanishes. A
server that crashes is not started again by it: that would hide from the engine what the demo is there to show.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tui.demo import DemoError, lock
from tui.demo.journal_end import JournalEnd
from tui.demo.server import DATABASE, Server
from tui.onefile import held

EVERY_S = 0.25
LOCK = "keeper.lock"
LOAD_SWITCH = "VIRADA_DEMO_LOAD"
# The run's directory is made after the demo: a watchdog whose run never comes does not wait for ever.
_RUN_COMES_WITHIN_S = 300.0
_LOAD_AGAIN_S = 5.0


class Watchdog:
    """Watches one demo and one run."""

    def __init__(self, directory: Path, run_directory: Path) -> None:
        self.directory = directory
        self.run_directory = run_directory
        self.server = Server.open(directory)
        self._journal = JournalEnd(run_directory)
        self._postmaster: psutil.Process | None = None
        self._load: subprocess.Popen[bytes] | None = None
        self._load_due = 0.0
        self._started = time.monotonic()
        self._run_seen = False
        self.asked_to_end = False

    def run(self) -> None:
        """Until the demo's time is over; then end what it kept."""
        try:
            while not self._over():
                self._remember_postmaster()
                self._keep_load()
                time.sleep(EVERY_S)
        finally:
            self._end()

    def _over(self) -> bool:
        if self.asked_to_end or not (self.directory / "server.json").exists():
            return True
        seen = self.run_directory.is_dir()
        gone = self._run_seen and not seen
        self._run_seen = self._run_seen or seen
        late = not self._run_seen and time.monotonic() - self._started > _RUN_COMES_WITHIN_S
        return gone or late or self._journal.look()

    def _remember_postmaster(self) -> None:
        """Its directory may vanish, and with it the only other place where its id stands."""
        pid = self.server.pid()
        if pid is not None and (self._postmaster is None or self._postmaster.pid != pid):
            try:
                process = psutil.Process(pid)
                if process.uids().real == self.server.account.uid and process.name().startswith("postgres"):
                    self._postmaster = process
            except psutil.Error:
                pass

    def _keep_load(self) -> None:
        if os.environ.get(LOAD_SWITCH) == "off" or time.monotonic() < self._load_due:
            return
        if self._load is None or self._load.poll() is not None:
            self._load_due = time.monotonic() + _LOAD_AGAIN_S
            held.whole()
            dsn = self.server.dsn(DATABASE, "app_user")
            self._load = subprocess.Popen(
                [sys.executable, "-m", "tui.demo.load", dsn, str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def _end(self) -> None:
        if self._load is not None and self._load.poll() is None:
            self._load.terminate()
            try:
                self._load.wait(10)
            except subprocess.TimeoutExpired:
                self._load.kill()
                self._load.wait()
        if (self.directory / "server.json").exists():
            try:
                self.server.stop("fast")
            except DemoError:
                self._kill_server()
        else:
            self._kill_server()

    def _kill_server(self) -> None:
        """By its process alone: SIGQUIT makes the postmaster end its children and leave at once."""
        if self._postmaster is None:
            return
        try:
            # psutil refuses to signal another process that got the same id.
            self._postmaster.send_signal(signal.SIGQUIT)
            self._postmaster.wait(10)
        except psutil.TimeoutExpired:
            for process in [*self._postmaster.children(recursive=True), self._postmaster]:
                process.kill()
        except psutil.Error:
            pass


def running(directory: Path) -> bool:
    """Whether this demo has a watchdog."""
    return lock.held(directory / LOCK)


def start(directory: Path, run_directory: Path) -> None:
    """Start a watchdog, detached, and return once it holds its lock; does nothing when there is one already."""
    held.whole()
    done = subprocess.run(
        [sys.executable, "-m", "tui.demo.watchdog", str(directory), str(run_directory)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(Path(path).absolute()) for path in sys.path if path)},
    )
    if done.returncode != 0:
        raise DemoError(done.stderr.strip() or "the demo's watchdog did not start")


def main(arguments: list[str]) -> int:
    """Take the lock, detach, keep. The one who started it waits only until the lock is held."""
    if len(arguments) != 2:
        print("usage: python -m tui.demo.watchdog DIRECTORY RUN_DIRECTORY", file=sys.stderr)
        return 2
    held.hold()
    directory, run_directory = (Path(argument).resolve() for argument in arguments)
    try:
        taken = lock.take(directory / LOCK)
        if taken is None:
            return 0
        watchdog = Watchdog(directory, run_directory)
    except (OSError, DemoError) as error:
        print(error, file=sys.stderr)
        return 1
    if os.fork():
        # The lock belongs to the open file, which the child has as well.
        os._exit(0)
    os.setsid()
    os.chdir("/")
    _cut_off(directory / "keeper.log")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: setattr(watchdog, "asked_to_end", True))
    watchdog.run()
    return 0


def _cut_off(log: Path) -> None:
    """No descriptor of the terminal or of the starter's pipes stays open; a crash leaves its trace in the log."""
    nothing = os.open(os.devnull, os.O_RDWR)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    for number, source in ((0, nothing), (1, nothing), (2, written)):
        os.dup2(source, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
