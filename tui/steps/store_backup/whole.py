"""What is stored of a backup: its files, those beside it, and their hashes. Pure."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from tui.steps.archive import sums


class WholeBackup(Struct, frozen=True, kw_only=True):
    """`directory`: where the backup lies, and `base` its name there. `files`: names in that directory with their
    hashes, the backup's last; `bytes` of all; `text`: their hashes, for `sha256sum -c`."""

    directory: str
    base: str
    files: tuple[tuple[str, str], ...]
    bytes: int
    text: str

    @property
    def tops(self) -> tuple[str, ...]:
        """What is named in the directory itself, in this order."""
        return tuple(dict.fromkeys(name.partition("/")[0] for name, _digest in self.files))


def whole_of(recorded: Mapping[str, Any], text: str) -> WholeBackup | None:
    """Of the backup of which a step's evidence tells; None where `text` is not the list that was recorded."""
    path = str(recorded["path"])
    directory, base = posixpath.split(path)
    own = sums.read(text, base)
    if not own or sums.whole(base, own) != recorded["sha256"]:
        return None
    beside: list[tuple[str, str]] = []
    roles = recorded.get("globals") or {}
    if roles:
        beside.append((posixpath.basename(str(roles["path"])), str(roles["sha256"])))
    listed = sums.written(base, own, beside)
    beside.append((f"{base}.{sums.NAME}", hashlib.sha256(listed.encode()).hexdigest()))
    whole = tuple((name if name == base else f"{base}/{name}", digest) for name, digest in own)
    size = int(recorded.get("bytes") or 0) + int(roles.get("bytes") or 0) + len(listed)
    files = (*beside, *whole)
    lines = "".join(f"{digest}  {name}\n" for name, digest in files)
    return WholeBackup(directory=directory, base=base, files=files, bytes=size, text=lines)
