"""Where the file is unpacked: the first directory that nobody else can change and in which programs may run.

Read at every start before anything else of the program is there; so it imports little.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping
from typing import NamedTuple

VARIABLE = "VIRADA_CACHE"
WHOLE = "whole."
"""A build's directory has a file of this name and the boot's id since all of it was there."""
_LOOKED_THROUGH_S = 86400.0
_NOBODY_ELSE = 0o022
_MOST_LINKS = 40
"""As many as the kernel follows."""


class CachePlace(NamedTuple):
    """`base` is the directory that builds lie in; `temporary`: others clear away there what was not used for long."""

    base: str
    temporary: bool


def places(environ: Mapping[str, str] = os.environ) -> list[CachePlace]:
    """In the order of preference; none of them has to be there. $VIRADA_CACHE stands for itself alone."""
    named = environ.get(VARIABLE)
    if named:
        return [CachePlace(os.path.abspath(named), False)]
    found = []
    cache = environ.get("XDG_CACHE_HOME", "")
    home = environ.get("HOME", "")
    if cache.startswith("/"):
        found.append(CachePlace(cache + "/virada", False))
    elif home.startswith("/"):
        found.append(CachePlace(home.rstrip("/") + "/.cache/virada", False))
    for directory in ("/var/tmp", environ.get("TMPDIR", ""), "/tmp"):
        place = CachePlace(f"{directory.rstrip('/')}/virada-{os.geteuid()}", True)
        if directory.startswith("/") and place not in found:
            found.append(place)
    return found


def ready(build: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """The directory in which this build lies whole, as far as was seen within a day and since the machine started."""
    for place in places(environ):
        root = f"{place.base}/{build}"
        try:
            seen = os.stat(f"{root}/{WHOLE}{boot()}")
        except OSError:
            continue
        if abs(time.time() - seen.st_mtime) < _LOOKED_THROUGH_S and objection(place.base, root) is None:
            return root
    return None


def objection(*directories: str) -> str | None:
    """Why what lies in these directories, each within the one before and all of them there, must not be executed by
    this account; None where nothing is wrong."""
    try:
        reason = untrusted(directories[0])
        for directory in directories:
            reason = reason or _changeable(directory)
        if reason is None and os.statvfs(directories[-1]).f_flag & getattr(os, "ST_NOEXEC", 8):
            reason = "lies on a file system on which nothing may be executed (noexec)"
    except OSError as error:
        reason = f"cannot be looked at ({error.strerror or error})"
    return reason


def _changeable(directory: str) -> str | None:
    found = os.lstat(directory)
    if not stat.S_ISDIR(found.st_mode):
        return "is no directory"
    if found.st_uid != os.geteuid() or found.st_mode & _NOBODY_ELSE:
        return "can be changed by somebody else"
    return None


def untrusted(base: str) -> str | None:
    """Why somebody else could put another directory in the place of `base`, which does not have to be there.

    Whatever is on the way, links and what they lead to, must belong to root or to this account, and others may not
    exchange what lies there: a directory that they may write into is sticky. Raises OSError where it is not told.
    """
    ours = (0, os.geteuid())
    here, left, links = "", os.path.dirname(base).split("/"), 0
    while left:
        name = left.pop(0)
        if name == "..":
            here = here.rpartition("/")[0]
        path = f"{here}/{name}" if name not in ("", ".", "..") else here or "/"
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            return None
        if stat.S_ISLNK(found.st_mode):
            if found.st_uid not in ours:
                return "lies behind a link of somebody else"
            links += 1
            if links > _MOST_LINKS:
                return "lies behind links that have no end"
            target = os.readlink(path)
            here = "" if target.startswith("/") else here
            left = target.split("/") + left
            continue
        if found.st_uid not in ours:
            return "lies in a directory of somebody else"
        if found.st_mode & _NOBODY_ELSE and not found.st_mode & stat.S_ISVTX:
            return "lies in a directory that others may change"
        here = path.rstrip("/")
    return None


def boot() -> str:
    """The boot's id; what was written shortly before the machine went may be there by name alone."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return "unknown"
