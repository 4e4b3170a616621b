"""The exit codes, and the way out of a command with one sentence."""

from __future__ import annotations

from enum import IntEnum

from tui.said import Said


class Exit(IntEnum):
    """What a command's end means to a script."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    ROLLED_BACK = 3
    UNDECIDED = 4
    REFUSED = 5
    WAITING = 6
    INTERRUPTED = 130


class Stop(Exception):
    """Ends the command: the sentence goes to stderr, the code to the shell. `lines`: it is several of them."""

    def __init__(self, message: str | Said, code: Exit, *, lines: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.lines = lines
