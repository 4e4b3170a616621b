from __future__ import annotations

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest

from tui import locale
from tui.engine.lock import engine_alive, engine_facts
from tui.engine.process.detach import StartFailed, start_detached
from tui.engine.process.logind import LogindFacts
from tui.runs.paths import RunPaths, create_run_directory
from tui.said import LANGUAGES
from tui.words.said import say

ROOT = Path(__file__).parents[2]
FREE = LogindFacts(uid=0, user="root")

# An engine's beginning: takes the lock, notes what it inherited, says that it is ready, and stays.
ENGINE = """
import json, os, signal, sys, time
from pathlib import Path
from tui.engine.process.detach import report_ready
from tui.engine.lock import EngineLock
from tui.runs.paths import RunPaths
run = RunPaths(Path(sys.argv[1]))
lock = EngineLock.acquire(run)
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
try:
    os.close(os.open("/dev/tty", os.O_RDWR)); terminal = True
except OSError:
    terminal = False
seen = {
    "pid": os.getpid(), "session": os.getsid(0), "parent": os.getppid(), "directory": os.getcwd(), "terminal": terminal,
    "ignored": int(status["SigIgn"], 16), "blocked": int(status["SigBlk"], 16),
    "open": {n: os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd") if int(n) < 3},
    "others": [os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")
               if int(n) > 2 and os.path.exists(f"/proc/self/fd/{n}")],
    "word": os.environ.get("WORD"),
}
(run.directory / "seen.json").write_text(json.dumps(seen))
print("engine speaks", flush=True)
report_ready(word=os.environ.get("WORD"))
assert "VIRADA_READY_FD" not in os.environ
signal.pause()
"""

# A console that starts the engine, tells its pid, and stays.
STARTER = """
import fcntl, os, signal, sys, termios
from pathlib import Path
from tui.engine.process.detach import start_detached
from tui.engine.process.logind import LogindFacts
if sys.argv[3] == "terminal":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGHUP, signal.SIG_IGN if sys.argv[4] == "ignored" else signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
leaked = os.open("/etc/hostname", os.O_RDONLY)
os.set_inheritable(leaked, True)
run = Path(sys.argv[1])
started = start_detached([sys.executable, "-c", sys.argv[2], str(run)], run / "engine.log",
                         dict(os.environ, WORD="passed"), facts=LogindFacts(uid=0, user="root"))
(run / "started").write_text(str(started.pid))
while True:
    os.read(0, 1) or signal.pause()
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunPaths]:
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))
    made = create_run_directory("20261122T060300Z-7f3a")
    yield made
    facts = engine_facts(made)
    if facts.alive and facts.pid:
        os.kill(facts.pid, signal.SIGKILL)
        until(lambda: engine_alive(made) is False)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "the condition has not come true"
        time.sleep(0.01)


def seen(run: RunPaths) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run.directory / "seen.json").read_text())
    return found


def start(run: RunPaths, code: str, timeout: float = 20) -> int:
    argv = [sys.executable, "-c", code, str(run.directory)]
    return start_detached(argv, run.engine_log, dict(os.environ), timeout=timeout, facts=FREE).pid


def test_what_the_engine_inherits(run: RunPaths) -> None:
    argv = [sys.executable, "-c", ENGINE, str(run.directory)]
    environment = {**os.environ, "WORD": "passed"}
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        started = start_detached(argv, run.engine_log, environment, facts=FREE)
    finally:
        signal.signal(signal.SIGHUP, before)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
    assert started.ready == {"ready": True, "word": "passed"}
    facts = seen(run)
    assert started.pid == facts["pid"] == engine_facts(run).pid
    assert facts["session"] not in (facts["pid"], os.getsid(0))
    assert facts["parent"] != os.getpid()
    assert not facts["terminal"]
    assert facts["directory"] == "/"
    assert facts["blocked"] == 0
    assert facts["ignored"] & (1 << (signal.SIGHUP - 1)) == 0
    assert facts["open"] == {"0": "/dev/null", "1": str(run.engine_log), "2": str(run.engine_log)}
    assert stat.S_IMODE(run.engine_log.stat().st_mode) == 0o600
    assert "engine speaks" in run.engine_log.read_text()


@pytest.mark.parametrize("hangup", ["default", "ignored"])
@pytest.mark.parametrize("end", ["kill -9", "terminal closed"])
def test_the_engine_survives_its_starter(run: RunPaths, end: str, hangup: str) -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-c", STARTER, str(run.directory), ENGINE, "terminal", hangup]
    starter = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, cwd=ROOT, env=dict(os.environ)
    )
    os.close(slave)
    try:
        until(lambda: starter.poll() is not None or (run.directory / "started").exists())
        assert starter.poll() is None, os.read(master, 4096)
        facts = seen(run)
        assert facts["word"] == "passed"
        assert not facts["terminal"]
        assert not any(
            name in ("/etc/hostname", "/dev/ptmx") or name.startswith("/dev/pts") for name in facts["others"]
        )
        if end == "kill -9":
            starter.kill()
        else:
            os.close(master)
            master = -1
            if hangup == "ignored":
                starter.kill()
        starter.wait(20)
        assert starter.returncode == (-signal.SIGHUP if (end, hangup) == ("terminal closed", "default") else -9)
        assert engine_alive(run) is True
        assert engine_facts(run).pid == facts["pid"]
        # Alive and listening to signals, not merely a process that is not yet gone.
        os.kill(facts["pid"], signal.SIGTERM)
        until(lambda: engine_alive(run) is False)
    finally:
        if master >= 0:
            os.close(master)
        starter.kill()
        starter.wait()


def test_the_engine_is_nobodys_zombie(run: RunPaths) -> None:
    pid = start(run, ENGINE)
    os.kill(pid, signal.SIGKILL)
    until(
        lambda: (
            not Path(f"/proc/{pid}").exists() or Path(f"/proc/{pid}/stat").read_text().split()[3] != str(os.getpid())
        )
    )
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("from tui.engine.process.detach import report_failure as f; f('The plan is gone.')", "The plan is gone."),
        ("raise SystemExit('no such target')", "ended before it was ready: no such target"),
        ("import os; os._exit(1)", "ended before it was ready: it said nothing"),
        ("1/0", "ended before it was ready: ZeroDivisionError: division by zero"),
    ],
)
def test_a_start_that_fails_is_one_sentence(run: RunPaths, code: str, sentence: str) -> None:
    run.engine_log.write_text("an older line\n")
    with pytest.raises(StartFailed) as failed:
        start(run, code)
    assert sentence in str(failed.value)
    assert "\n" not in str(failed.value)


def test_why_it_does_not_start_is_told_in_the_words_of_who_started_it(run: RunPaths) -> None:
    said = "f(Said('The run {run} is closed.', run='a\\x1b'))"
    with pytest.raises(StartFailed) as failed:
        start(run, f"from tui.engine.process.detach import report_failure as f; from tui.said import Said; {said}")
    told = []
    for name in LANGUAGES:
        context = copy_context()
        context.run(locale.use, name)
        told.append(context.run(say, failed.value))
    assert told == ["The run a\\x1b is closed.", "A execução a\\x1b está encerrada."]


def test_a_program_that_is_not_there(run: RunPaths) -> None:
    with pytest.raises(StartFailed, match="/nowhere/virada: No such file or directory"):
        start_detached(["/nowhere/virada"], run.engine_log, dict(os.environ), facts=FREE)


def test_a_start_that_hangs_is_given_up_on_and_named(run: RunPaths) -> None:
    fifo = run.directory / "hold"
    os.mkfifo(fifo)
    with pytest.raises(StartFailed, match=r"The engine \(process \d+\) has not become ready in time"):
        start(run, f"open({str(fifo)!r}).read()", timeout=1.0)
    # Somebody who opens the other end finds it still there, and lets it go.
    until(lambda: opened(fifo))


def opened(fifo: Path) -> bool:
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def test_a_log_that_cannot_be_written(run: RunPaths) -> None:
    with pytest.raises(StartFailed, match="cannot be written: No such file or directory"):
        start_detached([sys.executable], run.directory / "gone" / "engine.log", {}, facts=FREE)


def test_where_logout_kills_the_command_is_named_and_nothing_started(run: RunPaths) -> None:
    facts = LogindFacts(uid=1000, user="ana", session_of="ana", kill=True, systemd_run=True)
    with pytest.raises(StartFailed, match="loginctl enable-linger ana"):
        start_detached([sys.executable, "-c", ENGINE, str(run.directory)], run.engine_log, {}, facts=facts)
    assert not run.engine_log.exists()


def test_in_a_scope_the_program_is_started_by_systemd_run(run: RunPaths, tmp_path: Path) -> None:
    """systemd-run becomes its command and keeps descriptors; a script in its place does the same."""
    tool = tmp_path / "bin" / "systemd-run"
    tool.parent.mkdir()
    tool.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n'
    )
    tool.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tool.parent}:{os.environ['PATH']}"}
    environment.pop("XDG_RUNTIME_DIR", None)
    facts = LogindFacts(uid=1000, user="ana", session_of="ana", kill=True, systemd_run=True, lingers=True)
    argv = [sys.executable, "-c", ENGINE, str(run.directory)]
    started = start_detached(argv, run.engine_log, environment, facts=facts)
    assert started.survival.way == "user_scope"
    assert started.pid == seen(run)["pid"]
    assert (tmp_path / "asked").read_text().startswith("--user --scope --quiet --collect --no-ask-password -- ")


def test_the_terminal_test_has_a_terminal() -> None:
    """The starter's terminal is a real one: without it the tests above would prove nothing."""
    master, slave = pty.openpty()
    code = "import fcntl, os, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.open('/dev/tty', os.O_RDWR)"
    subprocess.run([sys.executable, "-c", code], stdin=slave, start_new_session=True, check=True, timeout=20)
    os.close(master)
    os.close(slave)
