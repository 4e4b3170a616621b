"""Readers that follow one journal in one process: `python -m tests.bench.poller JOURNAL COUNT`.

A line on its input starts them, so that none measures while others are still being started. Each polls every 50 ms,
at a moment of its own. When the input is closed, how late each event came is printed, in ms.
"""

from __future__ import annotations

import heapq
import random
import select
import sys
import time
from datetime import datetime

from tui.journal.reader import JournalReader

POLL = 0.05


def main(journal: str, count: str) -> None:
    readers = [JournalReader(journal) for _reader in range(int(count))]
    print("ready", flush=True)
    sys.stdin.readline()
    for reader in readers:
        while reader.poll():
            pass
    source = random.Random(count)
    now = time.monotonic()
    due = [(now + source.random() * POLL, number) for number in range(len(readers))]
    heapq.heapify(due)
    late: list[float] = []
    while True:
        at, number = due[0]
        if select.select([sys.stdin], [], [], max(0.0, at - time.monotonic()))[0]:
            break
        for entry in readers[number].poll():
            late.append(time.time() - datetime.fromisoformat(entry.line.at).timestamp())
        heapq.heapreplace(due, (max(at + POLL, time.monotonic()), number))
    print("\n".join(f"{value * 1000:.3f}" for value in late))


if __name__ == "__main__":
    main(*sys.argv[1:3])
