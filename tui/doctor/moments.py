"""Time zones, and whether anything sets this host's clock."""

from __future__ import annotations

import ctypes
import os
import struct
import time
import zoneinfo
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tui.doctor.examined import Examined, examined
from tui.said import N_

_TIMEX: Final = 256
_STATUS, _MAXERROR = 40, 24
"""Offsets in the struct timex of 64-bit Linux."""
_UNSYNCHRONISED: Final = 0x0040
_TIME_ERROR: Final = 5
_TRIED: Final = "America/Sao_Paulo"


def look(environment: Mapping[str, str]) -> Iterator[Examined]:
    """The zones of windows, the zone of this host, its clock."""
    yield _zones()
    yield _local(environment)
    yield _clock()


def _zones() -> Examined:
    try:
        zoneinfo.ZoneInfo(_TRIED)
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError) as error:
        return examined(
            "zones", "fail", "missing", N_("there are no time zones, and no window can be reckoned: {reason}"),
            N_("Install the system's tzdata, or pip install tzdata."), reason=str(error),
        )  # fmt: skip
    directory = next((Path(path) for path in zoneinfo.TZPATH if (Path(path) / _TRIED).is_file()), None)
    if directory is None:
        return examined("zones", "ok", "package", N_("time zones of the package tzdata; the system has none"))
    return examined(
        "zones", "ok", "system", N_("time zones of {directory}, version {version}"), directory=str(directory),
        version=_version(directory),
    )  # fmt: skip


def _version(directory: Path) -> str:
    for name in ("tzdata.zi", "+VERSION", "version"):
        try:
            with (directory / name).open(encoding="utf-8", errors="replace") as file:
                return file.readline().removeprefix("# version").strip()[:20]
        except OSError:
            continue
    return "?"


def _local(environment: Mapping[str, str]) -> Examined:
    zone, name = environment.get("TZ", ""), time.strftime("%Z %z")
    path = zone.removeprefix(":")
    bare = path and not path.startswith("/") and not any(character in path for character in "0123456789,<")
    if bare and not any((Path(root) / path).is_file() for root in zoneinfo.TZPATH):
        return examined(
            "zones.local", "warn", "unknown_zone", N_("TZ={zone} is no zone of this host, whose times are then UTC"),
            N_("Correct TZ, or unset it."), zone=zone, local=name,
        )  # fmt: skip
    return examined("zones.local", "ok", "local", N_("here it is {local}"), zone=zone, local=name)


def _clock() -> Examined:
    """What the kernel knows of its clock: whoever sets it, chrony or another, tells it so."""
    state = _adjtimex()
    if state is None:
        return examined(
            "clock", "unknown", "not_told", N_("the kernel does not tell whether its clock is set by another"),
            N_("Compare it: date -u"),
        )  # fmt: skip
    synchronised, error = state
    if not synchronised:
        return examined(
            "clock", "warn", "not_synchronised",
            N_("the kernel knows of nothing that sets this clock; windows are as wrong as it is"),
            N_("Have chrony or systemd-timesyncd set it: timedatectl set-ntp true"),
        )  # fmt: skip
    return examined(
        "clock", "ok", "synchronised", N_("the clock is set by another, within {error_ms} ms"), error_ms=error
    )


def _adjtimex() -> tuple[bool, int] | None:
    """Whether the clock is synchronised, and its greatest error in ms; None where the kernel does not say."""
    if os.uname().sysname != "Linux" or struct.calcsize("P") != 8:
        return None
    buffer = ctypes.create_string_buffer(_TIMEX)
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    except (OSError, AttributeError):
        return None
    if state < 0:
        return None
    (status,) = struct.unpack_from("i", buffer, _STATUS)
    (error,) = struct.unpack_from("q", buffer, _MAXERROR)
    return state != _TIME_ERROR and not status & _UNSYNCHRONISED, error // 1000
