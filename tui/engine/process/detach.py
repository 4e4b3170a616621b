"""Starting an engine that nobody's end takes along: own session, no terminal, no parent, no inherited signals.

The starter waits on a pipe until the engine says that it is ready, so that a start that fails is one sentence where
it was asked for, and not a line in a log.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from tui.engine.process.logind import LogindFacts, Survival, decide, probe, wrap
from tui.files import open_or_create
from tui.onefile import held
from tui.said import N_, Said, from_data, to_data

READY_FD = "VIRADA_READY_FD"
_DAEMONIZE = Path(__file__).with_name("daemonize.py")
_TAIL = 4096


class StartFailed(Exception):
    """The engine did not start; the text is for people, `exit_code` what the command ends with."""

    def __init__(self, message: str | Said, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Started(Struct, frozen=True):
    """A running engine; `ready` is what it said of itself, `survival` how it survives the starter's logout."""

    pid: int
    ready: dict[str, Any]
    survival: Survival


def start_detached(
    argv: Sequence[str],
    log_path: Path,
    environment: Mapping[str, str],
    timeout: float = 60.0,
    facts: LogindFacts | None = None,
    keep: int | None = None,
) -> Started:
    """Start `argv` (its program as an absolute path: the working directory is `/`) and wait until it is ready.

    Standard output and error go to `log_path` (0600); it inherits the descriptor `keep`, under the same number. `facts`
    are probed unless given. Raises StartFailed; after a
    timeout the process lives on and is named.
    """
    held.whole(_DAEMONIZE)
    survival = decide(probe() if facts is None else facts)
    if survival.way == "refuse":
        message = N_(
            "The engine would be killed at your logout. Allow processes of this account to stay with: {command}"
        )
        raise StartFailed(Said(message, command=survival.command))
    try:
        log = open_or_create(log_path, 0o600)
    except OSError as error:
        said = Said("The engine's log {path} cannot be written: {reason}.", path=log_path, reason=error.strerror)
        raise StartFailed(said) from error
    before = os.fstat(log).st_size
    reader, writer = os.pipe2(os.O_CLOEXEC)
    try:
        variables = {**environment, READY_FD: str(writer)}
        if survival.way == "user_scope":
            variables.setdefault("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")
        launcher = [sys.executable, "-I", "-S", str(_DAEMONIZE), str(writer), *wrap(survival.way, list(argv))]
        try:
            child = subprocess.Popen(
                launcher,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=variables,
                pass_fds=(writer,) if keep is None else (writer, keep),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise StartFailed(Said("The engine cannot be started: {reason}.", reason=error)) from error
        os.close(writer)
        writer = -1
        child.wait()
        return _await_ready(reader, log_path, before, time.monotonic() + timeout, survival)
    finally:
        os.close(reader)
        os.close(log)
        if writer >= 0:
            os.close(writer)


def report_ready(**facts: object) -> None:
    """Called by the engine when it can be commanded; without a waiting starter it does nothing."""
    _report({"ready": True, **facts})


def report_failure(said: str | Said, exit_code: int = 1) -> None:
    """Called by the engine that cannot start, with what the starter shows and ends with."""
    _report({"error": to_data(said), "exit_code": exit_code})


def _report(message: dict[str, object]) -> None:
    number = os.environ.pop(READY_FD, "")
    if not number.isdigit():
        return
    fd = int(number)
    try:
        # A starter that is gone is no reason to end: writing to its pipe raises BrokenPipeError and nothing else.
        os.write(fd, json.dumps(message).encode() + b"\n")
    except OSError:
        pass
    finally:
        try:
            os.close(fd)
        except OSError:
            pass


def _await_ready(reader: int, log_path: Path, before: int, deadline: float, survival: Survival) -> Started:
    pid, buffer = 0, b""
    while True:
        while b"\n" in buffer:
            line, _sep, buffer = buffer.partition(b"\n")
            message = _message(line)
            if "error" in message:
                said = from_data(message["error"])
                raise StartFailed(said if isinstance(said, Said) else str(said), int(message.get("exit_code", 1)))
            if message.get("ready"):
                return Started(pid, message, survival)
            pid = int(message.get("pid", pid))
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            text = N_("The engine (process {pid}) has not become ready in time; its log is {path}.")
            raise StartFailed(Said(text, pid=pid, path=log_path))
        data = os.read(reader, 65536)
        if not data:
            text = N_("The engine ended before it was ready: {reason} (its log is {path})")
            raise StartFailed(Said(text, reason=_last_words(log_path, before), path=log_path))
        buffer += data


def _message(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _last_words(log_path: Path, before: int) -> str | Said:
    """The last line that the failed start left in the log."""
    try:
        with log_path.open("rb") as log:
            log.seek(max(before, log.seek(0, os.SEEK_END) - _TAIL))
            lines = log.read().decode("utf-8", "replace").split("\n")
    except OSError:
        lines = []
    return next((line.strip() for line in reversed(lines) if line.strip()), Said("it said nothing"))
