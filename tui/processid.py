"""Which process a number means: a number is given again, and with the time at which its process started, and the boot,
it is one process only. Not psutil's `create_time`, which moves with the clock.
"""

from __future__ import annotations

from pathlib import Path


def boot_id() -> str:
    """The kernel's random id of the running boot. Raises OSError."""
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


def start_time(pid: int, *, until_reaped: bool = False) -> int | None:
    """When the process started, in clock ticks since boot (/proc/PID/stat, field 22); None when there is none, or it
    may not be seen.

    A process that has ended and only waits to be reaped counts as none, but not with `until_reaped`.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - read for many processes many times a second
            # The name before field 3 may hold anything, a parenthesis too.
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        # Any other error says nothing of the process: one that cannot be looked for is not gone.
        return None
    return None if not until_reaped and fields[0] in (b"Z", b"X") else int(fields[19])
