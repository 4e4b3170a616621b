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
        if abs(time.time() - seen.st_mtime) < _LOOKED_THROUGH_S and objection(place.base) is None:
            return root
    return None


def objection(base: str) -> str | None:
    """Why what lies in `base`, which is there, must not be executed by this account; None where nothing is wrong."""
    found = os.lstat(base)
    if not stat.S_ISDIR(found.st_mode):
        return "is no directory"
    if found.st_uid != os.geteuid() or found.st_mode & _NOBODY_ELSE:
        return "can be changed by somebody else"
    if os.statvfs(base).f_flag & getattr(os, "ST_NOEXEC", 8):
        return "lies on a file system on which nothing may be executed (noexec)"
    return None


def boot() -> str:
    """The boot's id; what was written shortly before the machine went may be there by name alone."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return "unknown"
