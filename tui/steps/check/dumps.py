"""The newest whole dump of a directory."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

from tui.journal.codes import Hindrance
from tui.journal.remarks import Coded
from tui.steps.answers import look as looked
from tui.steps.archive import sums
from tui.steps.check.row import Look, Row, brief, row
from tui.steps.context import Context
from tui.steps.effects import ChildDone, Effect, HashPath, Now, PathHash, Probe, RunChild

_TRIED: Final = 3
"""So many dumps at most are read through."""


def look(context: Context, directory: str, max_age: float, hashed: bool) -> Look:
    """The newest that is of this database, not of this run, and whole. Newer ones that are not are named."""
    identity = yield from looked(context, Probe(name="identity"))
    found = yield Probe(name="dumps", arguments={"directory": directory})
    now: float = yield Now()
    for answer in (identity, found):
        if "error" in answer:
            return [_row(max_age, None, None, error=answer)]
    database = identity["database"]
    why: list[dict[str, Any]] = []
    unknown = False
    tried = 0
    for dump in found["dumps"]:
        age = round(now - dump["made"], 1)
        if dump["name"].startswith(context.run):
            continue
        if not dump["complete"]:
            why.append(Coded(Hindrance.BACKUP_INCOMPLETE, backup=dump["name"]).neutral())
            continue
        if dump["database"] != database:
            other = Coded(Hindrance.BACKUP_OF_ANOTHER, backup=dump["name"], database=dump["database"])
            why.append(other.neutral())
            continue
        if tried >= _TRIED:
            # What the others are worth nobody has seen.
            return [_row(max_age, None, None, why=why, not_looked_at=len(found["dumps"]) - len(why))]
        if age > max_age:
            old = Coded(Hindrance.BACKUP_OLD, backup=dump["name"], seconds=brief(age), limit=brief(max_age))
            return [_row(max_age, age, None if unknown else False, why=[*why, old.neutral()], path=dump["path"])]
        tried += 1
        holds, said, facts = yield from _whole(dump, hashed)
        if holds:
            more = {"passed_over": why} if why else {}
            return [_row(max_age, age, True, path=dump["path"], bytes=dump["bytes"], **facts, **more)]
        unknown = unknown or holds is None
        why.append(said)
    why.append(Coded(Hindrance.BACKUP_NONE, where=found["directory"], database=database).neutral())
    return [_row(max_age, None, None if unknown else False, why=why)]


def _row(max_age: float, age: float | None, holds: bool | None, **more: Any) -> Row:
    return row("recent_backup", max_age, age, holds, what="dump", unit="s", **more)


def _whole(
    dump: dict[str, Any], hashed: bool
) -> Generator[Effect, Any, tuple[bool | None, dict[str, Any], dict[str, Any]]]:
    """Whether it is as it was written, why not, and by what that is known."""
    path, name = dump["path"], dump["name"]
    if dump["sums"] is not None:
        there: PathHash = yield HashPath(path=path)
        if there.error is not None:
            return None, Coded(Hindrance.BACKUP_UNREADABLE, backup=name, reason=str(there.error)).neutral(), {}
        other = sums.differing(sums.read(dump["sums"], name), there.listed)
        wrong = [*other.names, *other.added]
        if wrong:
            said = Coded(Hindrance.BACKUP_DIFFERS, backup=name, files=", ".join(wrong[:5]), number=len(wrong))
            return False, said.neutral(), {}
        return True, {}, {"sha256": there.sha256, "files": there.files}
    if hashed:
        return None, Coded(Hindrance.BACKUP_UNHASHED, backup=name).neutral(), {}
    decoded: ChildDone = yield RunChild(argv=("pg_restore", "--file=/dev/null", path), environment={"LC_ALL": "C"})
    if decoded.status == 0:
        return True, {}, {"decode_s": decoded.seconds}
    if decoded.status is None:
        reason = decoded.error or ""
        return None, Coded(Hindrance.BACKUP_UNREADABLE, backup=name, reason=str(reason)).neutral(), {}
    said = Coded(Hindrance.BACKUP_INCOMPLETE, backup=name)
    return False, said.neutral(), {}
