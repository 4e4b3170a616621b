"""The state directory: whose it is, who may write there, what its filesystem can do. What is tried is removed again."""

from __future__ import annotations

import fcntl
import grp
import os
import shutil
import stat
import struct
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tui.doctor.closing import account, closing, typed
from tui.doctor.examined import Examined, examined
from tui.plan.files import why
from tui.runs.paths import SYSTEM_HOME, home
from tui.said import N_, Said

_LITTLE, _LEAST = 1 << 30, 64 << 20
"""Bytes: of a day's journal and output; of a short run."""
_GONE: Final = ("tmpfs", "ramfs")
_REMOTE: Final = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "afs")
_FLOCK: Final = "hhqqi0q"


def look() -> Iterator[Examined]:
    """Where runs will lie, and whether an engine can write there as it has to."""
    place = home()
    facts = {"path": str(place), "source": _source(place)}
    try:
        status = place.stat()
    except FileNotFoundError:
        yield from _missing(place, facts)
        return
    except (OSError, RuntimeError) as error:
        yield examined(
            "home", "fail", "unreadable", N_("{path} cannot be looked at: {reason}"),
            N_("Name another with VIRADA_HOME, or have its owner let this account in."), **facts, reason=str(error),
        )  # fmt: skip
        return
    if not stat.S_ISDIR(status.st_mode):
        yield examined("home", "fail", "no_directory", N_("{path} is no directory"), _name_another(), **facts)
        return
    yield _modes(place, status, facts)
    yield from _room(place)
    if os.access(place, os.W_OK | os.X_OK):
        yield from _tried(place)
    else:
        yield _not_writable(place)


def _name_another() -> Said:
    return Said(N_("Name a directory of this account's with VIRADA_HOME."))


def _source(place: Path) -> str:
    if os.environ.get("VIRADA_HOME"):
        return "VIRADA_HOME"
    return "system" if place == SYSTEM_HOME else "account"


def _missing(place: Path, facts: dict[str, str]) -> Iterator[Examined]:
    above = next((path for path in place.parents if path.exists()), Path("/"))
    if not os.access(above, os.W_OK | os.X_OK):
        yield examined(
            "home", "fail", "cannot_be_made", N_("{path} is not there, and this account may not make it below {above}"),
            _name_another(), **facts, above=str(above),
        )  # fmt: skip
        return
    yield examined("home", "ok", "will_be_made", N_("{path} is not there yet; the first run makes it"), **facts)
    yield from _room(above)
    yield from _tried(above)


def _modes(place: Path, status: os.stat_result, facts: dict[str, str]) -> Examined:
    mode = stat.S_IMODE(status.st_mode)
    told = facts | {"mode": f"{mode:04o}", "owner": account(status.st_uid), "group": _group(status.st_gid)}
    if _open_to_all(mode):
        return examined(
            "home", "fail", "open_to_all", N_("{path} ({mode}): anybody may put runs there and take them away"),
            closing("o-w", place, status.st_uid) if _is_for_runs(place) else _name_another(), **told,
        )  # fmt: skip
    runs = place / "runs"
    try:
        found = runs.stat()
    except OSError:
        found = None
    if found is not None and _open_to_all(found.st_mode):
        told |= {"mode": f"{stat.S_IMODE(found.st_mode):04o}", "runs": str(runs)}
        return examined(
            "home", "fail", "runs_open_to_all", N_("{runs} ({mode}): anybody may put runs there and take them away"),
            closing("o-w", runs, found.st_uid), **told,
        )  # fmt: skip
    if status.st_uid not in (os.geteuid(), 0) and not mode & 0o020:
        return examined(
            "home", "ok", "of_another", N_("{path} ({mode}) is {owner}'s; no run is opened there"),
            Said(N_("To open runs go by that account: sudo -u {owner} virada ..."), owner=told["owner"]), **told,
        )  # fmt: skip
    return examined("home", "ok", "own", N_("{path} ({mode}, {owner}, group {group})"), **told)


def _open_to_all(mode: int) -> bool:
    return bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX


def _is_for_runs(place: Path) -> bool:
    """Whether it holds runs or nothing: what others share for something else, nobody is told to close."""
    try:
        names = {path.name for path in place.iterdir()}
    except OSError:
        return False
    return not names or "runs" in names


def _not_writable(place: Path) -> Examined:
    """Why not: a filesystem that only reads, or the modes."""
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        return examined(
            "home.write", "fail", "read_only", N_("{path} lies on a filesystem that is mounted to be read only"),
            _name_another(), path=str(place),
        )  # fmt: skip
    return examined(
        "home.write", "warn", "not_permitted", N_("this account may not write into {path}, and opens no run there"),
        _name_another(), path=str(place),
    )  # fmt: skip


def _room(place: Path) -> Iterator[Examined]:
    status = os.statvfs(place)
    free = status.f_bavail * status.f_frsize
    facts = {"path": str(place), "free_bytes": free, "free": _shown(free)}
    if free < _LEAST or (status.f_files and not status.f_favail):
        said = N_("{free} are free at {path}: no run fits")
        yield examined(
            "home.space", "fail", "full", said, N_("Make room there, or name another with VIRADA_HOME."), **facts
        )
    elif free < _LITTLE:
        said = N_("{free} are free at {path}: enough for short runs")
        todo = N_("A day's run takes up to 250 MB, and what its steps print besides.")
        yield examined("home.space", "warn", "little", said, todo, **facts)
    else:
        yield examined("home.space", "ok", "enough", N_("{free} are free"), **facts)
    kind = filesystem_of(place)
    if kind is None:
        yield examined(
            "home.filesystem", "unknown", "not_told", N_("the kernel does not tell what {path} lies on"),
            Said(N_("Ask it by hand: findmnt -T {path}"), path=typed(place)), path=str(place),
        )  # fmt: skip
    elif kind in _GONE:
        yield examined(
            "home.filesystem", "warn", "gone_with_the_machine", N_("{path} is {kind}: a reboot takes every run away"),
            _name_another(), path=str(place), kind=kind,
        )  # fmt: skip
    elif kind in _REMOTE:
        yield examined(
            "home.filesystem", "warn", "remote", N_("{path} is {kind}: a run stops when that host does not answer"),
            N_("Keep runs on a disk of this host."), path=str(place), kind=kind,
        )  # fmt: skip
    else:
        yield examined("home.filesystem", "ok", "local", N_("{kind}"), path=str(place), kind=kind)


def _tried(place: Path) -> Iterator[Examined]:
    """What an engine does there: it makes lines durable, holds a lock, listens at a socket."""
    try:
        tried = Path(tempfile.mkdtemp(prefix=".virada-doctor-", dir=place))
    except OSError as error:
        code = "read_only" if os.statvfs(place).f_flag & os.ST_RDONLY else "failed"
        said = N_("nothing can be written at {path}: {reason}")
        yield examined("home.write", "fail", code, said, _name_another(), path=str(place), reason=why(error))
        return
    try:
        yield _durable(tried)
        yield _lock(tried)
        yield _socket(tried)
    finally:
        shutil.rmtree(tried, ignore_errors=True)


def _durable(place: Path) -> Examined:
    took = []
    try:
        with (place / "journal").open("ab", buffering=0) as file:
            for _time in range(5):
                file.write(b"x" * 512)
                began = time.perf_counter()
                os.fdatasync(file.fileno())
                took.append(time.perf_counter() - began)
    except OSError as error:
        return examined(
            "home.durable", "fail", "failed", N_("lines cannot be made durable there: {reason}"), _name_another(),
            reason=why(error),
        )  # fmt: skip
    milliseconds = round(sorted(took)[2] * 1000, 1)
    if milliseconds > 100:
        return examined(
            "home.durable", "warn", "slow", N_("to make a line durable takes {ms} ms: every step waits for that"),
            N_("Keep runs on a faster disk."), ms=milliseconds,
        )  # fmt: skip
    return examined("home.durable", "ok", "works", N_("a line is durable within {ms} ms"), ms=milliseconds)


def _lock(place: Path) -> Examined:
    """As the engine's own, which can be asked about without being taken."""
    try:
        with (place / "engine.lock").open("ab") as file:
            wanted = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            fcntl.fcntl(file.fileno(), fcntl.F_OFD_SETLK, wanted)
    except (OSError, AttributeError) as error:
        return examined(
            "home.lock", "fail", "failed", N_("files cannot be locked there, as an engine must: {reason}"),
            _name_another(), reason=why(error) if isinstance(error, OSError) else str(error),
        )  # fmt: skip
    return examined("home.lock", "ok", "works", N_("files can be locked there"))


def _socket(place: Path) -> Examined:
    from tui.helm.socket import connect, listen

    path = place / "helm.sock"
    try:
        listener = listen(path)
        with listener, connect(path, timeout=2.0):
            pass
    except OSError as error:
        return examined(
            "home.socket", "fail", "failed",
            N_("no engine can listen there: {reason}"), _name_another(), reason=why(error),
        )  # fmt: skip
    return examined("home.socket", "ok", "works", N_("an engine can listen there, however long the path is"))


def filesystem_of(place: Path) -> str | None:
    """The type of the filesystem on which a directory lies; None where /proc does not tell."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
        device = place.stat().st_dev
    except OSError:
        return None
    wanted = f"{os.major(device)}:{os.minor(device)}"
    found = None
    for line in lines:
        fields, _sign, rest = line.partition(" - ")
        if fields.split(" ")[2:3] == [wanted]:
            found = rest.split(" ")[0]
    return found


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _shown(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB" if count >= 1 << 30 else f"{count >> 20} MiB"
