"""Whether a dump is still what was written, and if not, which files of it and which tables are others.

A flipped bit in a dump without gzip's own checksum restores wrong rows and says nothing, so a hash is what finds it. It
may be taken beside a restore: `begin` starts it, and `damage` waits for its end.
"""

from __future__ import annotations

import posixpath
from collections.abc import Generator, Mapping
from typing import Any, Final

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.steps.archive import sums, toc
from tui.steps.context import Context
from tui.steps.effects import ChildDone, Effect, HashPath, LoadArtifact, PathHash, RunChild

_NAMED: Final = 50
"""Of files and tables so many are named; all are counted."""


class Damage(Struct, frozen=True, kw_only=True):
    """What became of a dump. `reason`: why it is not what was recorded; None where it is, to the byte. `evidence`: what
    was looked at and found: `bytes`, `sha256`; where it differs `damaged` (files), `damaged_count`, `damaged_tables`,
    and `damaged_all` where any table may be among them."""

    reason: FailReason | None = None
    evidence: dict[str, Any] = {}


def begin(recorded: Mapping[str, Any]) -> Generator[Effect, Any, None]:
    """Start to hash the dump of which a backup's evidence tells, beside whatever follows."""
    yield HashPath(path=str(recorded["path"]), beside=True)


def damage(
    context: Context, recorded: Mapping[str, Any], timeout: float | None = None
) -> Generator[Effect, Any, Damage]:
    """The end of that, or of what is begun now, held against what was recorded when it was written. `timeout`: of the
    program that lists what a damaged dump holds."""
    path = str(recorded["path"])
    found: PathHash = yield HashPath(path=path)
    if found.error is not None:
        return Damage(reason=FailReason.BACKUP_UNREADABLE, evidence={"error": found.error})
    evidence: dict[str, Any] = {"sha256": found.sha256, "bytes": found.bytes}
    if found.sha256 == recorded["sha256"]:
        return Damage(evidence=evidence)
    evidence |= {"recorded": recorded["sha256"]}
    files = yield from _files(recorded, path)
    if files is None:
        return Damage(reason=FailReason.HASH_DIFFERS, evidence=evidence | {"damaged_all": True})
    other = sums.differing(files, found.listed)
    if other.added:
        evidence |= {"added": list(other.added[:_NAMED])}
    evidence |= yield from named(context, path, other.names, timeout)
    return Damage(reason=FailReason.HASH_DIFFERS, evidence=evidence)


def named(
    context: Context, path: str, names: tuple[str, ...], timeout: float | None = None
) -> Generator[Effect, Any, dict[str, Any]]:
    """What these files of the dump at `path` hold, as evidence of damage."""
    entries: list[toc.TocEntry] | None = None
    if names and not {"toc.dat", posixpath.basename(path)} & set(names):
        entries = yield from _contents(context, path, timeout)
    held = sums.meant(names, entries)
    found: dict[str, Any] = {"damaged": list(names[:_NAMED]), "damaged_count": len(names)}
    found |= {"damaged_tables": list(held.tables[:_NAMED]), "damaged_tables_count": len(held.tables)}
    found |= {"damaged_large_objects": True} if held.large_objects else {}
    return found | ({"damaged_all": True} if held.all else {})


def _files(recorded: Mapping[str, Any], path: str) -> Generator[Effect, Any, tuple[tuple[str, str], ...] | None]:
    """The hash of each file as it was written; None where it was not kept, or is not what the journal vouches for."""
    name = recorded.get("checksums")
    if not name:
        return None
    base = posixpath.basename(path)
    text: str = yield LoadArtifact(name=str(name))
    files = sums.read(text, base)
    return files if sums.whole(base, files) == recorded["sha256"] else None


def _contents(context: Context, path: str, timeout: float | None) -> Generator[Effect, Any, list[toc.TocEntry] | None]:
    """What the dump holds; None when that cannot be listed."""
    name = f"{context.step.id}.{context.attempt}.damaged.toc"
    listing: ChildDone = yield RunChild(
        argv=("pg_restore", "--list", f"--file={context.artifacts}/{name}", path), target=True,
        timeout=timeout or context.step.timeout, environment={"LC_ALL": "C"},
    )  # fmt: skip
    if listing.status != 0:
        return None
    text: str = yield LoadArtifact(name=name)
    return toc.read(text)
