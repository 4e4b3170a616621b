"""Files that a command writes for people: whole, or as they were before."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

from tui.cli.exit import Exit, Stop
from tui.files import sync_directory
from tui.journal.io import JOURNAL_MODE
from tui.locale import _
from tui.runs.paths import RunPaths

T = TypeVar("T")


def written(output: Path, write: Callable[[BinaryIO], T]) -> T:
    """Write beside the file and put it in its place when it is whole: what was there before stays until then.

    Readable for those who may read the journal, whatever the umask. Raises Stop, OSError."""
    if output.exists() and not output.is_file():
        with output.open("wb") as file:
            return write(file)
    beside = output.with_name(f".{output.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, JOURNAL_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, JOURNAL_MODE)
            found = write(file)
            # A name that is there behind a power cut has what was written behind it.
            file.flush()
            os.fsync(descriptor)
        beside.replace(output)
        with suppress(PermissionError):
            # Who may write into a directory need not be able to open it.
            sync_directory(output.parent)
    except BaseException as error:
        beside.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            told = _("{file} cannot be written: {reason}.").format(file=output, reason=error.strerror)
            raise Stop(told, Exit.FAILED) from error
        raise
    return found


def not_the_journal(paths: RunPaths, output: Path) -> None:
    """Raises Stop where the file is the run's journal."""
    if output.exists() and output.samefile(paths.journal):
        raise Stop(_("{file} is the journal itself; write to another file.").format(file=output), Exit.USAGE)
