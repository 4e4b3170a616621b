"""Around every command: expected errors become one sentence and an exit code, unexpected ones a crash log."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click

from tui.cli.exit import Exit, Stop
from tui.said import N_, Said, said_of

_CRASH_MODE = 0o600


class ReaderGone(Exception):
    """Whoever read stdout or stderr has gone."""


def guarded(command: Callable[[], int | None]) -> int:
    """The exit code of `command`, whatever it raises."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets its escape; the command goes on.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = command()
        sys.stdout.flush()
        return Exit.DONE if code is None else int(code)
    except (BrokenPipeError, ReaderGone):
        _silence(sys.stdout)
        _silence(sys.stderr)
        return Exit.INTERRUPTED
    except (KeyboardInterrupt, click.Abort):
        return Exit.INTERRUPTED
    except click.ClickException as error:
        _show(error)
        return error.exit_code
    except Exception as error:
        return _end(error)


def _end(error: Exception) -> int:
    try:
        expected = _expected(error)
    except ImportError:
        # The installation is not whole, and that is the error.
        expected = None
    if expected is None:
        expected = _crash(error)
    message, code = expected
    from tui.cli.output import tell, tell_lines

    with suppress(OSError):
        tell_lines(message) if isinstance(error, Stop) and error.lines else tell(message)
    return code


def _show(error: click.ClickException) -> None:
    """Click's own sentences, which hold words of the command line: a file's name among them may be anybody's."""
    from tui.cli.output import tell_lines
    from tui.words.inert import visible

    told = io.StringIO()
    error.message = visible(error.message)  # type: ignore[misc]
    error.show(file=told)
    tell_lines(told.getvalue())


def _expected(error: Exception) -> tuple[str | Said, int] | None:
    """The sentence and code of an error that can be told to a person; None for a fault of the program."""
    from tui.helm.client import HelmError, HelmRefused, NotPermitted
    from tui.journal.line import JournalError
    from tui.journal.position import PositionError
    from tui.runs.paths import RunError, RunNotPermitted

    if isinstance(error, Stop):
        return error.message, error.code
    if isinstance(error, RunNotPermitted | NotPermitted | HelmRefused):
        return said_of(error), Exit.REFUSED
    if isinstance(error, RunError | PositionError):
        return said_of(error), Exit.USAGE
    if isinstance(error, HelmError | JournalError):
        return said_of(error), Exit.FAILED
    if isinstance(error, OSError) and error.filename is not None:
        code = Exit.REFUSED if isinstance(error, PermissionError) else Exit.FAILED
        return Said("{file}: {reason}.", file=os.fsdecode(error.filename), reason=error.strerror), code
    return None


def _crash(error: Exception) -> tuple[str | Said, int]:
    import traceback

    told = "".join(traceback.format_exception(error))
    path = _record(f"{datetime.now(UTC).isoformat()} pid {os.getpid()}\n{told}\n")
    name = type(error).__name__
    if path is None:
        return Said("An error that was not expected ({error}) ended this command.", error=name), Exit.FAILED
    message = N_("An error that was not expected ({error}) ended this command; what is known about it is in {file}.")
    return Said(message, error=name, file=path), Exit.FAILED


def _record(text: str) -> Path | None:
    for choose in (_at_home, _temporary):
        try:
            fd, path = choose()
            with os.fdopen(fd, "a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except (OSError, RuntimeError, ImportError):
            continue
        return path
    return None


def _at_home() -> tuple[int, Path]:
    from tui.files import open_or_create
    from tui.runs.paths import home

    path = home() / "crash.log"
    return open_or_create(path, _CRASH_MODE), path


def _temporary() -> tuple[int, Path]:
    import tempfile

    fd, name = tempfile.mkstemp(prefix="virada-crash-", suffix=".log")
    return fd, Path(name)


def _silence(stream: TextIO) -> None:
    """Nobody reads this stream any more: what is still buffered must not fail again when Python ends."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
