"""A dump in a directory is read to its end: what gzip's checksums and the ends of tables' rows tell of it.

pg_restore reads such a dump one file after the other, and takes a file of 0 bytes for an empty table.
"""

from __future__ import annotations

import os
import re
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from tui.engine.drivers.hashes import AT_ONCE, GivenUp
from tui.engine.exceptions import SCARCE
from tui.files import open_regular
from tui.journal.remarks import Coded, Remarked
from tui.steps.effects import Decoded

_PIECE: Final = 1 << 20
_GZIP: Final = 31
"""zlib's word for gzip's header and checksum."""
_ROWS: Final = re.compile(r"\d+\.dat(?:\.gz)?")
_KNOWN: Final = re.compile(r"toc\.dat|blobs?_?\d*\.(?:dat|toc)(?:\.gz)?|" + _ROWS.pattern)
_END: Final = b"\\.\n\n\n"
"""Behind the rows of every table."""


class _Read(NamedTuple):
    name: str
    bytes: int
    whole: bool
    ends: bool


def decoded(path: Path, stop: Callable[[], bool]) -> Decoded:
    """Read all of it. Raises OSError of the host alone."""
    began = time.monotonic()
    try:
        sizes = {file.name: file.stat().st_size for file in path.iterdir()}
        if not all(_KNOWN.fullmatch(name) for name in sizes):
            return Decoded(other=True)
        names = sorted(sizes, key=lambda name: -sizes[name])
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="virada-decode") as pool:
            found = list(pool.map(lambda name: _read(path / name, stop), names))
    except GivenUp:
        return Decoded(error=Coded(Remarked.CANCELLED_BEFORE_ASKED).neutral())
    except OSError as error:
        if error.errno in SCARCE:
            raise
        return Decoded(error=f"{error.filename or path}: {error.strerror}")
    return Decoded(
        bytes=sum(one.bytes for one in found), files=len(found), seconds=round(time.monotonic() - began, 6),
        broken=tuple(sorted(one.name for one in found if not one.whole)),
        cut=tuple(sorted(one.name for one in found if one.whole and not one.ends)),
    )  # fmt: skip


def _read(path: Path, stop: Callable[[], bool]) -> _Read:
    packed = path.suffix == ".gz"
    unpack = zlib.decompressobj(_GZIP)
    total, end = 0, b""
    with os.fdopen(open_regular(path), "rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            if stop():
                raise GivenUp
            if not packed:
                total, end = total + len(piece), (end + piece)[-len(_END) :]
                continue
            while piece:
                try:
                    # So much at a time: few bytes may hold very many.
                    part = unpack.decompress(piece, _PIECE)
                except zlib.error:
                    return _Read(path.name, total, False, False)
                total, end = total + len(part), (end + part[-len(_END) :])[-len(_END) :]
                piece = unpack.unconsumed_tail
                if unpack.eof and unpack.unused_data:
                    return _Read(path.name, total, False, False)
    while packed and not unpack.eof and (part := unpack.decompress(b"", _PIECE)):
        total, end = total + len(part), (end + part[-len(_END) :])[-len(_END) :]
    whole = not packed or unpack.eof
    return _Read(path.name, total, whole, not _ROWS.fullmatch(path.name) or end == _END)
