"""`python -m tests.bench [NAME...] [--rounds N] [--json FILE]`: measure, and print one table."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from tests.bench import (
    backfill,
    backup,
    growth,
    journal,
    keys,
    memory,
    onefile,
    output,
    peers,
    readers,
    report,
    scale,
    seek,
    start,
    whole_run,
    wire,
)
from tests.bench.bench import Bench
from tests.bench.figure import Figure, NotMeasured, table
from tests.bench.size import TINY, Size

BENCHES: dict[str, Callable[[Bench], Iterable[Figure]]] = {
    "journal": journal.measure, "output": output.measure, "run": whole_run.measure, "start": start.measure,
    "onefile": onefile.measure, "keys": keys.measure, "bytes": wire.measure, "readers": readers.measure,
    "seek": seek.measure,
    "scale": scale.measure, "peers": peers.measure, "growth": growth.measure,
    "report": report.measure, "memory": memory.measure, "backup": backup.measure, "backfill": backfill.measure,
}  # fmt: skip


def measured(name: str, size: Size) -> list[Figure]:
    """The figures of one bench. Raises NotMeasured where something it needs is not there."""
    with Bench(size) as bench:
        return list(BENCHES[name](bench))


def main(arguments: list[str]) -> int:
    """0; 1 when a bench could not be measured. A budget that is not met changes nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(BENCHES)}; all without")
    parser.add_argument("--rounds", type=int, default=Size().rounds)
    parser.add_argument("--output-mib", type=int, default=Size().output_mib)
    parser.add_argument("--rows", type=int, default=Size().workload_rows, help="of the whole run's table")
    parser.add_argument("--backfill", type=int, nargs="+", default=Size().backfill_rows, help="rows to fill")
    parser.add_argument("--tiny", action="store_true", help="only to see that the benches work")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples")
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in BENCHES:
            parser.error(f"there is no bench {name!r}; there are {', '.join(BENCHES)}")
    usual = Size(
        rounds=options.rounds,
        output_mib=options.output_mib,
        workload_rows=options.rows,
        backfill_rows=tuple(options.backfill),
    )
    size = TINY if options.tiny else usual
    before = os.getloadavg()[0]
    figures: list[Figure] = []
    failed: list[str] = []
    for name in options.names or BENCHES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            figures += measured(name, size)
        except (NotMeasured, pytest.skip.Exception) as error:
            failed.append(f"{name} was not measured: {error}")
    print(table(figures))
    # What else the machine does falls on both sides, but not evenly.
    load = (round(before, 2), round(os.getloadavg()[0], 2))
    print(f"load of the machine's {os.cpu_count()} CPUs: {load[0]} before, {load[1]} after")
    for text in failed:
        print(text)
    if options.json is not None:
        options.json.write_text(json.dumps(_record(size, load, figures, failed), indent=1), encoding="utf-8")
    return 1 if failed else 0


def _record(size: Size, load: tuple[float, float], figures: list[Figure], failed: list[str]) -> dict[str, object]:
    machine = {
        "cpus": os.cpu_count(), "load": load, "machine": platform.machine(), "python": platform.python_version(),
        "system": platform.release(),
    }  # fmt: skip
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine,
        "size": msgspec.to_builtins(size), "figures": [figure.data() for figure in figures], "not_measured": failed,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
