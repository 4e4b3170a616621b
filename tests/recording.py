"""The recording on the README's first page: the console over a run of the demo, whose journal is kept beside the tests.

`virada demo --autopilot --headless --fail` made it; `python -m tests.recording RUN` keeps another one, with the names
of the machine it ran on taken out. `python -m tests.pictures` makes the recording from it.
"""

from __future__ import annotations

import gzip
import io
import re
import socket
import sys
from pathlib import Path
from typing import Any

import msgspec

from tui import locale
from tui.console.export.animated_svg import export
from tui.console.export.frames import ExportOptions
from tui.journal.line import GENESIS, decode, digest, encode, encode_data
from tui.runs.paths import RunPaths

JOURNAL = Path(__file__).parent / "console" / "demo.jsonl.gz"
RECORDING = Path(__file__).resolve().parent.parent / "screenshots" / "recording.svg"
LARGEST = 1_000_000
"""Bytes of the recording that a first page may cost at most."""
RECORDED = ExportOptions(size=(120, 34), idle_limit=2.0, every=0.5)


def recorded(directory: Path, every: float = RECORDED.every) -> str:
    """The recording as SVG, the same each time; `directory`: for what is unpacked."""
    paths = RunPaths(directory / "run")
    paths.directory.mkdir()
    lines = gzip.decompress(JOURNAL.read_bytes())
    paths.journal.write_bytes(lines)
    into = io.BytesIO()
    locale.use("en")
    export(paths, into, msgspec.structs.replace(RECORDED, every=every))
    return into.getvalue().decode()


def kept(journal: bytes, host: str) -> bytes:
    """The journal without the names of the machine that it was written on, and a chain over what it says now."""
    found, prev = [], GENESIS
    for raw in journal.splitlines():
        line = decode(raw)
        data = _renamed(msgspec.json.decode(line.data), host)
        line = msgspec.structs.replace(line, by=_renamed(line.by, host), data=encode_data(data), prev=prev)
        found.append(encode(line))
        prev = digest(found[-1])
    return b"".join(line + b"\n" for line in found)


def _renamed(value: Any, host: str) -> Any:
    match value:
        case str():
            value = re.sub(rf"\b[a-z_]+@{re.escape(host)}\b", "ana@jump1", value)
            value = re.sub(rf"(?<![\w-]){re.escape(host)}(?![\w-])", "db1", value)
            return re.sub(r"/[\w./-]*?/(?=runs/|(?:home|backup)/)", "/var/lib/virada/", value)
        case dict():
            return {_renamed(key, host): _renamed(each, host) for key, each in value.items()}
        case list():
            return [_renamed(each, host) for each in value]
    return value


def main(arguments: list[str]) -> int:
    """Keep the journal of a run's directory."""
    journal = RunPaths(Path(arguments[0])).journal.read_bytes()
    JOURNAL.write_bytes(gzip.compress(kept(journal, socket.gethostname()), mtime=0))
    print(JOURNAL)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
