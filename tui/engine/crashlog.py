"""The engine's own crashes, into `engine.log` (0600): tracebacks without the values of variables."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from tui.files import open_or_create

Redact = Callable[[str], str]


class CrashLog:
    """Appends to one file; safe to use from any thread. `redact` is applied to every text written."""

    def __init__(self, path: Path, redact: Redact | None = None) -> None:
        self._fd = open_or_create(path, 0o600)
        self._redact = redact

    def hide(self, redact: Redact) -> None:
        """Apply this to every text from now on."""
        self._redact = redact

    def install(self) -> None:
        """Crashes of the interpreter, of any thread, and what cannot be raised go to the log from here."""
        faulthandler.enable(file=self._fd, all_threads=True)
        sys.excepthook = self._uncaught
        threading.excepthook = lambda args: self.exception(
            args.exc_value or args.exc_type(), f"uncaught in thread {args.thread.name if args.thread else '?'}"
        )
        sys.unraisablehook = lambda args: (
            self.exception(args.exc_value, args.err_msg or "cannot be raised") if args.exc_value else None
        )

    def asyncio_handler(self, _loop: object, context: Mapping[str, Any]) -> None:
        """For `loop.set_exception_handler`."""
        error = context.get("exception")
        message = str(context.get("message", "failure in the event loop"))
        if isinstance(error, BaseException):
            self.exception(error, message)
        else:
            self.line(message)

    def exception(self, error: BaseException, where: str) -> None:
        """The error with its causes; the values of variables stay out."""
        lines = traceback.TracebackException.from_exception(error, capture_locals=False).format()
        self.line(f"{where}\n{''.join(lines)}".rstrip())

    def line(self, text: str) -> None:
        """One entry, dated. Never raises: a full disk must not turn a failure into another one."""
        if self._redact is not None:
            text = self._redact(text)
        entry = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ} [{os.getpid()}] {text}\n"
        try:
            os.write(self._fd, entry.encode("utf-8", "backslashreplace"))
        except OSError:
            pass

    def _uncaught(self, _kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        self.exception(error, "uncaught")
