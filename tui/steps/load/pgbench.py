"""What pgbench's summary tells, by versions 14 to 18: lines of a name and a figure."""

from __future__ import annotations

import re
from typing import Any, Final

_NUMBER: Final = r"([0-9]+(?:\.[0-9]+)?)"
_FIGURES: Final = {
    "transactions": re.compile(r"^number of transactions actually processed: (\d+)", re.M),
    "failed_transactions": re.compile(r"^number of failed transactions: (\d+)", re.M),
    "above_limit": re.compile(r"^number of transactions above the .* latency limit: (\d+)", re.M),
    "latency_s": re.compile(rf"^latency average = {_NUMBER} ms", re.M),
    "stddev_s": re.compile(rf"^latency stddev = {_NUMBER} ms", re.M),
    "connect_s": re.compile(rf"^(?:initial|average) connection time = {_NUMBER} ms", re.M),
    "tps": re.compile(rf"^tps = {_NUMBER} ", re.M),
}
_COUNTS: Final = ("transactions", "failed_transactions", "above_limit")


def figures(output: str) -> dict[str, Any]:
    """Counts, transactions a second, and seconds. What a summary does not tell is not there: where every transaction
    failed 15 tells no rate, and 14 no failures."""
    found: dict[str, Any] = {}
    for name, pattern in _FIGURES.items():
        told = pattern.search(output)
        if told is None:
            continue
        if name in _COUNTS:
            found[name] = int(told[1])
        else:
            found[name] = float(told[1]) / (1000.0 if name.endswith("_s") else 1.0)
    return found
