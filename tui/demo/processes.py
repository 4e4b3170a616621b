"""A server's processes, as the operating system tells them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not yet collected by its parent does not."""
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def uncollected(pid: int | None) -> bool:
    """Whether the process has ended and only its parent does not know yet."""
    import psutil

    try:
        return pid is not None and bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def of_cluster(data: Path) -> list[psutil.Process]:
    """Living processes that work in the data directory: a postmaster and its children have it as theirs."""
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(data) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found
