"""The demo as a whole: prepared before its run, ensured whenever its run is taken up again, pruned when it is over.

DIRECTORY/            a server's directory (`tui.demo.server`), in the temporary directory
  demo.json           which run it belongs to, which plan it was prepared for
  demo.lock           held while it is started; keeper.lock: held by its watchdog
  backup/             where the plan's backup goes
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.demo import DemoError, binaries, lock, watchdog
from tui.demo.account import account as server_account
from tui.demo.account import bases, scratch_directory
from tui.demo.journal_end import JournalEnd
from tui.demo.server import DATABASE, Server, create_sample
from tui.said import N_, Said

PREFIX = "virada-demo-"
DSN = "VIRADA_DEMO_DSN"
DIRECTORY = "VIRADA_DEMO_DIR"
_BEGUN_S = 3600.0


class Demo(Struct, frozen=True):
    """A demo that is ready: its server runs and has the sample in it.

    `environment` is what the plan's engine needs: the variables of the plan, and a PATH on which the client tools of
    the demo's own server come first. With a carried server these have no TLS, so it is for this run's engine alone.
    """

    directory: Path
    dsn: str
    plan_path: Path
    environment: dict[str, str]


class _Record(Struct, frozen=True):
    """demo.json; `creator` is the process that prepares it, `run` its run's directory once there is one."""

    creator: int
    creator_started: float
    run: str | None = None


def plan_directory() -> Path:
    """Where the demo's plans lie: in an installed wheel `tui/_plans/demo`, in a checkout `plans/demo` beside `tui`."""
    package = Path(__file__).resolve().parent.parent
    for place in (package / "_plans" / "demo", package.parent / "plans" / "demo"):
        if (place / "plan.yaml").is_file():
            return place
    raise DemoError(Said("The demo's plan is missing from this installation; install virada again."))


def prepare(fail: bool = False, opens: str | None = None) -> Demo:
    """A fresh demo: server, sample, plan; about three seconds. Old ones of this user are removed first.

    `fail` chooses the plan whose verification fails. `opens` replaces the window's opening (such as `+0s`): the plan
    then lies as a copy in the demo's directory. Raises DemoError.
    """
    prune()
    found = binaries.find()
    directory = scratch_directory(PREFIX)
    try:
        server = Server.create(directory, found)
        _write(directory, _Record(os.getpid(), _started(os.getpid()) or 0.0))
        server.start()
        create_sample(server)
        # In front of whatever the umask makes of it: a backup holds every tenant's data.
        (directory / "backup").mkdir(mode=0o700)
        plan = plan_directory() / ("plan-fail.yaml" if fail else "plan.yaml")
        if opens is not None:
            plan = _with_opening(plan, directory / "plan", opens)
    except BaseException:
        _discard(directory)
        raise
    return Demo(directory, server.dsn(DATABASE), plan, environment(directory))


def environment(directory: Path) -> dict[str, str]:
    """The variables for the demo's engine and whatever it starts."""
    server = Server.open(directory)
    return {
        DSN: server.dsn(DATABASE),
        DIRECTORY: str(directory),
        "PATH": os.pathsep.join((str(server.binaries.bindir), os.environ.get("PATH", os.defpath))),
    }


def start_watchdog(directory: Path, run_directory: Path) -> None:
    """Tie the demo to its run: from here on the server lives as long as that run is open, whoever dies."""
    record = _read(directory)
    if record is None:
        raise DemoError(Said("There is no demo in {directory}.", directory=directory))
    _write(directory, msgspec.structs.replace(record, run=str(run_directory.resolve())))
    watchdog.start(directory, run_directory)


def ensure(directory: Path, run_directory: Path) -> dict[str, str]:
    """Start server, load and watchdog again where they do not run; returns the engine's environment.

    May be called any number of times, also by two at once. For a run that is closed nothing is started.
    Raises DemoError when the demo's directory is gone or the server does not start.
    """
    if not (directory / "server.json").exists():
        text = N_("The demo's directory {directory} is gone and its run cannot go on; start a new one: virada demo.")
        raise DemoError(Said(text, directory=directory))
    with lock.holding(directory / "demo.lock"):
        if not JournalEnd(run_directory).look():
            Server.open(directory).start()
            start_watchdog(directory, run_directory)
    return environment(directory)


def find(run_directory: Path) -> Path | None:
    """The demo's directory that belongs to this run, if it is one of a demo of this user and still there."""
    wanted = str(run_directory.resolve())
    for directory in _mine():
        record = _read(directory)
        if record is not None and record.run == wanted:
            return directory
    return None


def prune() -> list[Path]:
    """Remove this user's demos that are over: closed or vanished run, or given up before a run was there."""
    over = [directory for directory in _mine() if _over(directory)]
    for directory in over:
        _discard(directory)
    return over


def _over(directory: Path) -> bool:
    if watchdog.running(directory):
        return False
    record = _read(directory)
    if record is None:
        # Not a demo, or one whose preparation has only begun; or was killed there, long ago.
        return time.time() - directory.lstat().st_mtime > _BEGUN_S
    if record.run is None:
        return _started(record.creator) != record.creator_started
    return not Path(record.run).is_dir() or JournalEnd(Path(record.run)).look()


def _discard(directory: Path) -> None:
    try:
        Server.open(directory).remove()
    except DemoError:
        shutil.rmtree(directory, ignore_errors=True)


def _mine() -> Iterator[Path]:
    """Directories of demos that belong to the caller; a link or someone else's directory is never followed."""
    for base in dict.fromkeys([*bases(server_account()), Path(tempfile.gettempdir())]):
        for directory in sorted(base.glob(f"{PREFIX}*")):
            try:
                own = directory.lstat().st_uid == os.geteuid()
            except OSError:
                continue
            if own and directory.is_dir() and not directory.is_symlink():
                yield directory


def _started(pid: int) -> float | None:
    """When the process started, in seconds since the epoch; None when there is none."""
    import psutil

    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def _read(directory: Path) -> _Record | None:
    try:
        return msgspec.json.decode((directory / "demo.json").read_bytes(), type=_Record)
    except (OSError, msgspec.MsgspecError):
        return None


def _write(directory: Path, record: _Record) -> None:
    """Replaced in one step: others read it at any moment."""
    new = directory / "demo.json.new"
    new.write_bytes(msgspec.json.encode(record))
    new.replace(directory / "demo.json")


def _with_opening(plan: Path, copy: Path, opens: str) -> Path:
    shutil.copytree(plan.parent, copy)
    changed = copy / plan.name
    text = changed.read_text(encoding="utf-8")
    changed.write_text(re.sub(r'opens: *"[^"]*"', f'opens: "{opens}"', text, count=1), encoding="utf-8")
    return changed
