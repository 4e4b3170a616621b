"""Files that a step reads, writes, copies and hashes."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from tui.steps.effects.base import Effect
from tui.steps.effects.programs import ChildDone


class ReadFile(Effect, frozen=True, kw_only=True):
    """The text of a file of the frozen plan -> str."""

    path: str


class LoadArtifact(Effect, frozen=True, kw_only=True):
    """The text of a file below the run's artifacts, in a server's `encoding` -> str."""

    name: str
    encoding: str = "UTF8"


class StoreArtifact(Effect, frozen=True, kw_only=True):
    """A file below the run's artifacts, readable by its owner alone -> None."""

    name: str
    text: str


class KeepArtifact(Effect, frozen=True, kw_only=True):
    """A file below the run's artifacts, durable, for the run itself; its owner's alone where it holds what may be a
    secret -> None."""

    name: str
    text: str


class DropArtifact(Effect, frozen=True, kw_only=True):
    """A file below the run's artifacts is gone, whether it was there or not -> None."""

    name: str


class KeptArtifact(Effect, frozen=True, kw_only=True):
    """Its text, as it is -> str | None: None where there is no such file, or one of more bytes than `limit`."""

    name: str
    limit: int | None = None


class ReadOutput(Effect, frozen=True, kw_only=True):
    """All that the attempt has printed, as it is kept -> str | None: None where that is more bytes than `limit`, or
    not all of it was kept."""

    limit: int


class KeepOutput(Effect, frozen=True, kw_only=True):
    """All that the attempt has printed, as it is kept, becomes a file below the run's artifacts, of at most `limit`
    bytes -> OutputKept."""

    name: str
    limit: int


class OutputKept(Struct, frozen=True, kw_only=True):
    """Length and SHA-256 of the file; `left_out`: bytes beyond the limit; `error`: why it is not what it should be."""

    bytes: int = 0
    sha256: str = ""
    left_out: int = 0
    error: str | dict[str, Any] | None = None


class MakeReport(Effect, frozen=True, kw_only=True):
    """The run's document so far, as a file below the run's artifacts, by a process of its own -> ReportMade. `parts`:
    all of them where none is named; `cast`: an asciicast of the run beside it."""

    name: str
    format: str
    parts: tuple[str, ...] = ()
    cast: bool = False
    timeout: float | None = None


class ReportMade(Struct, frozen=True, kw_only=True):
    """`files`: each with `file`, `bytes` and `sha256`; none where the process `done` did not make them."""

    done: ChildDone
    files: tuple[dict[str, Any], ...] = ()


class StoreBeside(Effect, frozen=True, kw_only=True):
    """A file at an absolute path outside the run, beside what a step wrote there; its owner's alone, durable when this
    returns -> str | None: why it could not be written."""

    path: str
    text: str


class HashPath(Effect, frozen=True, kw_only=True):
    """Length and SHA-256 of a file, or of a directory's files (as sorted sha256sum lines) -> PathHash. `beside`: it is
    begun, and goes on beside the effects that follow -> None; the same path asked for once more is its end."""

    path: str
    beside: bool = False


class PathHash(Struct, frozen=True, kw_only=True):
    """`listed`: the files' names, as they are within a directory, with the hash of each."""

    bytes: int = 0
    files: int = 0
    sha256: str = ""
    error: str | dict[str, Any] | None = None
    listed: tuple[tuple[str, str], ...] = ()


class CopyFiles(Effect, frozen=True, kw_only=True):
    """Files of one directory of this host into another, durable, read back from the disk there; `base`, the last of
    them, and the others bear their names only when all of them are right -> Copied. `files`: names, within
    `source`, with the SHA-256 of each; `directory` may hold `${NAME}`."""

    source: str
    files: tuple[tuple[str, str], ...]
    base: str
    directory: str


class Copied(Struct, frozen=True, kw_only=True):
    """`path`: where `base` lies now. `existed`: it lay there already, and was read. `source_differs`, `copy_differs`:
    names of files that are not what they should be. `no_room`: nothing was copied, for want of space (`free` bytes)."""

    path: str = ""
    seconds: float = 0.0
    existed: bool = False
    free: int | None = None
    no_room: bool = False
    source_differs: tuple[str, ...] = ()
    copy_differs: tuple[str, ...] = ()
    error: str | dict[str, Any] | None = None


class DecodeFiles(Effect, frozen=True, kw_only=True):
    """The files of a dump in a directory, compressed by gzip or not at all, are read to their ends in several
    threads -> Decoded."""

    path: str


class Decoded(Struct, frozen=True, kw_only=True):
    """`bytes`: what they hold. `broken`: names of files that gzip's own checksum refuses; `cut`: those of tables' rows
    that do not end as pg_dump ends them. `other`: something is in another form, of which nothing was read."""

    bytes: int = 0
    files: int = 0
    seconds: float = 0.0
    broken: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    other: bool = False
    error: str | dict[str, Any] | None = None
