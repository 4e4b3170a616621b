"""Whose a run is, and who may take it up: the one place that decides it, for every command and for the engine itself.

In a shared `runs/` everybody of the group may put a run down, and what a run says is executed. So a run is taken up
by the account that its directory, its journal and its frozen plan belong to; they are looked at through descriptors,
without following links. Only root may name another account, whose rights the engine then has.
"""

from __future__ import annotations

import errno
import os
import pwd
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress

from msgspec import Struct, structs

from tui.files import DIRECTORY, SAFE, closing
from tui.journal.io import line_at
from tui.runs.paths import (
    RunNotFound,
    RunNotPermitted,
    RunPaths,
    find_run,
    home,
    is_open,
    is_own,
    list_runs,
    opened_id,
    owner_uid,
)
from tui.runs.person import account_name
from tui.said import N_, Joined, Said

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

Seen = tuple[tuple[int, int], tuple[int, int] | None]
"""Device and inode of a run's directory, and of its journal where there is one."""


class NotOwned(RunNotPermitted):
    """The run is not this account's to take up, or not as it lies there; the text is for people."""


class Account(Struct, frozen=True):
    """An account of this machine that is to have an engine; `groups` are all of its groups."""

    uid: int
    gid: int
    name: str
    home: str
    shell: str
    groups: tuple[int, ...]


def claimed(text: str | None, owner: str | None = None) -> RunPaths:
    """The run that a command means by `text` (as in `find_run`, among this account's own first), with the account that
    is named by `--owner`. Raises NotOwned and other RunErrors.
    """
    try:
        paths = find_run(text, own=True)
    except RunNotPermitted:
        raise
    except RunNotFound as error:
        others = [run for run in _others() if text == "last" or (text is None and is_open(run))]
        if not others:
            raise
        message = Said("There is no run of this account to go on with. {reason}", reason=_foreign(others[0]))
        raise NotOwned(message) from error
    if paths.alone:
        return paths
    if owner is not None and text != paths.id:
        raise NotOwned(Said("With --owner a run is named by its full id: {run}.", run=paths.id))
    paths = structs.replace(paths, claimed=owner)
    taker(paths)
    return paths


def taker(paths: RunPaths) -> Account | None:
    """Who the run's engine is started as: None for this account itself, an account for root that has named it.

    Raises NotOwned for everybody else, and where the run is not wholly its owner's.
    """
    uid, me = _uid(paths), os.geteuid()
    name = account_name(uid)
    if paths.claimed is not None and not _is_name_of(paths.claimed, uid):
        text = N_("The run {run} does not belong to {named}. {reason}")
        reason = "" if uid == me else _foreign(paths)
        raise NotOwned(Said(text, run=paths.id, named=repr(paths.claimed), reason=reason))
    if uid == me:
        require_whole(paths, uid)
        return None
    if me != 0 or paths.claimed is None:
        raise NotOwned(_foreign(paths))
    try:
        entry = pwd.getpwuid(uid)
        groups = tuple(os.getgrouplist(entry.pw_name, entry.pw_gid))
    except (KeyError, OSError) as error:
        message = N_("The run {run} belongs to {owner}, which this machine does not know; no engine runs as it.")
        raise NotOwned(Said(message, run=paths.id, owner=name)) from error
    require_whole(paths, uid)
    return Account(uid, entry.pw_gid, entry.pw_name, entry.pw_dir, entry.pw_shell, groups)


def require_own(paths: RunPaths) -> Seen:
    """What an engine asks before it does anything in a run: wholly of the account it runs as. Another answer
    later means that something else has the run's name by then. Raises NotOwned."""
    uid = _uid(paths)
    if uid != os.geteuid():
        raise NotOwned(_foreign(paths))
    return require_whole(paths, uid)


def require_whole(paths: RunPaths, uid: int, *, plan: bool = True) -> Seen:
    """Directory, journal and frozen plan are of the account `uid`, nobody else can write them, nothing is a link, and
    the journal is of the run whose name the directory has. Without `plan` that is not looked at: for who only reads
    the journal. Raises NotOwned.
    """
    try:
        with closing(os.open(paths.directory, DIRECTORY | SAFE)) as directory:
            found = os.fstat(directory)
            _require(paths, paths.id, found, uid, stat.S_ISDIR)
            journal, _told = (_require_file(paths, directory, name, uid) for name in ("journal.jsonl", "opening.json"))
            if plan:
                _require_plan(paths, directory, uid)
            return (found.st_dev, found.st_ino), journal
    except OSError as error:
        message = N_("The run {run} is not taken up: {what} cannot be opened ({reason}).")
        what = error.filename if isinstance(error.filename, str) else str(paths.directory)
        raise NotOwned(Said(message, run=paths.id, what=what, reason=error.strerror)) from error


def other_owner(paths: RunPaths) -> str | None:
    """The account that a run belongs to, where that is not the caller's; None where it is, or nobody can tell."""
    try:
        return None if is_own(paths) else account_name(owner_uid(paths))
    except OSError:
        return None


def line_that_works(paths: RunPaths) -> str:
    """What the owner of the run, or who may become that account, types to go on with it."""
    uid = _uid(paths)
    try:
        owner = pwd.getpwuid(uid).pw_name
    except KeyError:
        owner = f"'#{uid}'"
    return f"sudo -u {owner} virada continue {paths.id}"


def _foreign(paths: RunPaths) -> Said:
    text = N_("The run {run} belongs to {owner}; only that account goes on with it: {line}")
    told = Said(text, run=paths.id, owner=account_name(_uid(paths)), line=line_that_works(paths))
    if os.environ.get("VIRADA_HOME"):
        told = Joined((told, Said("(with VIRADA_HOME={home} in its environment)", home=home())), " ")
    if os.geteuid() == 0:
        line = f"virada continue {paths.id} --owner {account_name(_uid(paths))}"
        told = Joined((told, Said("root can have it done under that account: {line}", line=line)), "; ")
    return told


def _others() -> Iterator[RunPaths]:
    """The runs of other accounts, newest first."""
    try:
        runs = list_runs()
    except OSError:
        return
    for run in runs:
        with suppress(OSError):
            if owner_uid(run) != os.geteuid():
                yield run


def _uid(paths: RunPaths) -> int:
    try:
        return owner_uid(paths)
    except OSError as error:
        raise NotOwned(Said("{path} cannot be read: {reason}.", path=paths.directory, reason=error.strerror)) from error


def _is_name_of(name: str, uid: int) -> bool:
    try:
        return pwd.getpwnam(name).pw_uid == uid
    except (KeyError, ValueError):
        return False


def _require(paths: RunPaths, what: str, found: os.stat_result, uid: int, kind: Callable[[int], bool]) -> None:
    """Raises NotOwned for what is of another kind or account, and for what others may write."""
    if not kind(found.st_mode):
        message = N_("The run {run} is not taken up: {what} is a link, or not what it has to be.")
        raise NotOwned(Said(message, run=paths.id, what=what))
    if found.st_uid != uid:
        message = N_("The run {run} is not taken up: it is of {owner}, but {what} belongs to {other}.")
        other = account_name(found.st_uid)
        raise NotOwned(Said(message, run=paths.id, owner=account_name(uid), what=what, other=other))
    if found.st_mode & _OTHERS_WRITE:
        message = N_("The run {run} is not taken up: others than its owner may write {what} (mode {mode}).")
        mode = f"{stat.S_IMODE(found.st_mode):o}"
        raise NotOwned(Said(message, run=paths.id, what=what, mode=mode))


def _require_file(paths: RunPaths, directory: int, name: str, uid: int) -> tuple[int, int] | None:
    """The journal, or what a run is opened with; one that is not there is none of somebody else's."""
    try:
        with closing(os.open(name, os.O_RDONLY | SAFE, dir_fd=directory)) as file:
            found = os.fstat(file)
            _require(paths, name, found, uid, stat.S_ISREG)
            id = opened_id(line_at(file)) if name == "journal.jsonl" else None
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENXIO):
            raise
        id, found = None, os.stat(name, dir_fd=directory, follow_symlinks=False)
        _require(paths, name, found, uid, stat.S_ISREG)
    if id is not None and id != paths.directory.name:
        message = N_("The run {run} is not taken up: its journal is of another run, {other}.")
        raise NotOwned(Said(message, run=paths.id, other=id))
    return found.st_dev, found.st_ino


def _require_plan(paths: RunPaths, directory: int, uid: int) -> None:
    try:
        top = os.stat("plan", dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return
    _require(paths, "plan", top, uid, stat.S_ISDIR)

    def failed(error: OSError) -> None:
        raise error

    for where, names, files, fd in os.fwalk("plan", onerror=failed, dir_fd=directory):
        _require(paths, where, os.fstat(fd), uid, stat.S_ISDIR)
        for kind, found in ((stat.S_ISDIR, names), (stat.S_ISREG, files)):
            for name in found:
                at = os.stat(name, dir_fd=fd, follow_symlinks=False)
                _require(paths, f"{where}/{name}", at, uid, kind)
