"""What monitors of earlier runs on a database have measured, by hour of the day."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tui.files import open_regular
from tui.journal.line import MAX_LINE
from tui.runs.paths import RunPaths, list_runs

_RUNS: Final = 30
_BYTES: Final = 1 << 30
"""Of journals that are looked through in all: one of a day has a quarter of that at most."""
_NAMES: Final = ("system_identifier", "database")


def earlier_hours(identity: Mapping[str, Any], but: str) -> dict[str, Any]:
    """Of each hour (UTC) the figures that the last run has, not `but`, with that `run`. Of runs in which time passed
    faster, and of steps that failed, nothing."""
    found: dict[str, Any] = {}
    left = _BYTES
    try:
        known = list_runs()[:_RUNS]
    except OSError:
        return {"hours": found}
    for paths in known:
        if paths.id == but:
            continue
        mine: dict[str, Any] = {}
        for line in _lines(paths, identity):
            left -= len(line)
            if left < 0:
                return {"hours": found}
            if b'"hours":{' in line and b'"type":"step.passed"' in line:
                hours = (_data(line).get("evidence") or {}).get("hours")
                if isinstance(hours, dict):
                    mine |= {hour: of | {"run": paths.id} for hour, of in hours.items() if isinstance(of, dict)}
        found = mine | found
    return {"hours": found}


def _lines(paths: RunPaths, identity: Mapping[str, Any]) -> Iterator[bytes]:
    """Those of a run on this database whose time passed as it does."""
    try:
        # Whose runs these are is open: a pipe in a journal's place would be read for ever.
        with os.fdopen(open_regular(paths.journal), "rb") as file:
            opened = _data(file.readline(MAX_LINE))
            of = opened.get("identity") or {}
            same = isinstance(of, dict) and all(of.get(name) == identity.get(name) for name in _NAMES)
            if not same or opened.get("compress", 1) != 1:
                return
            while line := file.readline(MAX_LINE):
                yield line
    except OSError:
        return


def _data(line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line)["data"]
    except (ValueError, LookupError, TypeError):
        return {}
    return data if isinstance(data, dict) else {}
