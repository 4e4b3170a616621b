"""Runs programs of which each is fed by the one before it, as a shell does, and hashes what passes through.

Executed as a file of its own by an isolated interpreter, therefore it imports nothing of this project. Its one argument
is JSON:

- `stages`: the programs, each with its arguments; `main`: the number of the one that gets the whole environment. The
  others have no variable that begins with PG: what is only to compress or to encrypt needs no way to the server.
- `source`: a file that the first one reads; without it there is nothing to be read.
- `into`: a new file (0600) that gets what the last one prints, made durable; "" drops it; null lets it be printed.
- `told_in`: a file that gets JSON at the end: `statuses` of the stages (-N for signal N), `bytes` and `sha256` of what
  the last one printed, `plain_bytes` and `plain_sha256` of what the main one was fed by others, or fed them with.

It ends with the status of the first stage that failed. One that found nobody reading any more (SIGPIPE) failed for
another's sake, or, where no other did, because not all was read of what the main one printed.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any

_PIECE = 1 << 18


class Tap(threading.Thread):
    """Carries bytes from one descriptor to another, None for nowhere, and hashes them on the way. `broken`: whoever was
    to read them has ended before their end."""

    def __init__(self, source: int, target: int | None) -> None:
        super().__init__(daemon=True)
        self.source, self.target = source, target
        self.digest, self.bytes = hashlib.sha256(), 0
        self.broken = False
        self.error: OSError | None = None

    def run(self) -> None:
        try:
            while piece := os.read(self.source, _PIECE):
                self.digest.update(piece)
                self.bytes += len(piece)
                view = memoryview(piece)
                while self.target is not None and view:
                    view = view[os.write(self.target, view) :]
        except BrokenPipeError:
            self.broken = True
        except OSError as error:
            self.error = error
        finally:
            os.close(self.source)
            if self.target is not None:
                os.close(self.target)


def main(wanted: dict[str, Any]) -> int:
    """The exit status."""
    stages, main_one, into = wanted["stages"], wanted["main"], wanted["into"]
    source = os.open(wanted["source"] or os.devnull, os.O_RDONLY)
    file = None
    if into:
        file = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        os.fchmod(file, 0o600)
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    processes: list[subprocess.Popen[bytes]] = []
    taps: list[Tap] = []
    fed: Tap | None = None
    last = len(stages) - 1
    for number, argv in enumerate(stages):
        printed = None if number == last and into is None else subprocess.PIPE
        process = subprocess.Popen(
            argv, stdin=source, stdout=printed, env=None if number == main_one else bare, restore_signals=True
        )
        processes.append(process)
        os.close(source)
        if process.stdout is None:
            break
        source = os.dup(process.stdout.fileno())
        process.stdout.close()
        if number == last:
            # The end of the file is told by this one; its descriptor is kept to make it durable.
            taps.append(Tap(source, None if file is None else os.dup(file)))
        elif number in (main_one - 1, main_one):
            read, write = os.pipe()
            taps.append(Tap(source, write))
            fed, source = fed or (taps[-1] if number < main_one else None), read
    for tap in taps:
        tap.start()
    statuses = [process.wait() for process in processes]
    for tap in taps:
        tap.join()
    if file is not None:
        os.fsync(file)
        os.close(file)
        directory = os.open(os.path.dirname(into), os.O_RDONLY | os.O_DIRECTORY)  # noqa: PTH120 - pathlib costs time
        os.fsync(directory)
        os.close(directory)
    report: dict[str, Any] = {"statuses": statuses}
    if into is not None:
        report |= {"bytes": taps[-1].bytes, "sha256": taps[-1].digest.hexdigest()}
    plain = next((tap for tap in taps[: None if into is None else -1]), None)
    if plain is not None:
        report |= {"plain_bytes": plain.bytes, "plain_sha256": plain.digest.hexdigest()}
    with open(wanted["told_in"], "w", encoding="ascii") as told:  # noqa: PTH123
        json.dump(report, told)
    for tap in taps:
        if tap.error is not None:
            print(f"virada: {into}: {tap.error.strerror}", file=sys.stderr)
            return 1
    # Whoever fed the main one, which needed no more, failed for that alone.
    first = main_one if fed is not None and fed.broken and statuses[main_one] == 0 else 0
    failed = [n for n, status in enumerate(statuses) if n >= first and status not in (0, -signal.SIGPIPE)]
    failed = failed or [n for n, status in enumerate(statuses) if status and n >= main_one]
    if not failed:
        return 0
    status = statuses[failed[0]]
    if len(stages) > 1:
        print(f"virada: {stages[failed[0]][0]} ended with {status}", file=sys.stderr)
    return status if status > 0 else 128 - status


if __name__ == "__main__":
    try:
        sys.exit(main(json.loads(sys.argv[1])))
    except OSError as error:
        print(f"virada: {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
