"""Text out of the console: the terminal's clipboard, and files."""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path

from tui.words.inert import visible

LIMIT = 74_000
"""Bytes of text for OSC 52; xterm and several others drop sequences longer than about 100,000 characters."""


def _inert(text: str) -> str:
    """Line by line: what is copied is pasted into a shell, what is written is shown by `cat`."""
    return "\n".join(visible(line) for line in text.split("\n"))


def clipboard_sequences(text: str) -> tuple[list[str], int]:
    """The sequences to write, and how many lines they carry where not all fit (0: all of them)."""
    data, cut = _inert(text).encode(), 0
    if len(data) > LIMIT:
        kept = data[-LIMIT:]
        kept = kept[kept.find(b"\n") + 1 :]
        data, cut = kept, kept.count(b"\n")
    sequence = f"\x1b]52;c;{base64.b64encode(data).decode()}\x07"
    if not os.environ.get("TMUX"):
        return [sequence], cut
    # tmux takes the plain one into its own buffer where it is allowed to, and hands the wrapped one through.
    return [sequence, "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"], cut


def write_text(name: str, text: str) -> Path:
    """Write into a new file, readable by its owner only; the working directory first, then the home directory.

    Raises OSError when neither can be written.
    """
    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
    stamp = time.strftime("%H%M%S")
    failure: OSError | None = None
    for directory in (Path.cwd(), Path.home()):
        for number in range(100):
            path = directory / f"{safe}-{stamp}{f'-{number}' if number else ''}.txt"
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                continue
            except OSError as error:
                failure = error
                break
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(_inert(text))
            return path
    raise failure or FileExistsError(safe)
