"""A repository of pgBackRest's, by what `info` and `repo-ls` say. `info` exits with 0 whatever it finds."""

from __future__ import annotations

from typing import Any, Final

from tui.journal.codes import Hindrance
from tui.journal.remarks import Coded
from tui.steps.answers import look as looked
from tui.steps.check import repository
from tui.steps.check.repository import Base
from tui.steps.check.row import Look
from tui.steps.context import Context
from tui.steps.effects import Now, Probe
from tui.steps.repositories.asking import program
from tui.steps.repositories.asking import told as told_of
from tui.steps.repositories.spec import PgbackrestSpec

_NOTHING_THERE: Final = (1, 2, 3)
"""Codes of a stanza's status: no such stanza, no valid backup, no data of the stanza."""
_OTHER: Final = 99
"""Something else went wrong, so that what it lists may not be all."""


def look(context: Context, spec: PgbackrestSpec, max_age: float) -> Look:
    """A complete base backup, and the archive behind it."""
    argv = spec.argv
    one = [] if spec.repo is None else [f"--repo={spec.repo}"]
    authored = bool(spec.command)
    identity = yield from looked(context, Probe(name="identity"))
    answer = yield from program([*argv, *one, "info", "--output=json"], authored=authored)
    now: float = yield Now()
    if answer.why is not None:
        return [repository.unknown(max_age, answer.why)]
    told = told_of(answer.text)
    stanza = _stanza(told, spec.stanza)
    if stanza is None:
        return [repository.unknown(max_age, Coded(Hindrance.REPOSITORY_UNREAD, program=argv[0]))]
    why = []
    status = stanza.get("status") or {}
    ours = identity.get("system_identifier")
    systems = {entry.get("id"): str(entry.get("system-id")) for entry in stanza.get("db") or ()}
    backups = [one for one in stanza.get("backup") or () if _of(one, systems, ours)]
    if status.get("code") == _OTHER:
        said = Coded(Hindrance.REPOSITORY_STATUS, where=spec.stanza, reason=status.get("message"))
        return [repository.unknown(max_age, said)]
    if status.get("code") in _NOTHING_THERE:
        why.append(Coded(Hindrance.REPOSITORY_STATUS, where=spec.stanza, reason=status.get("message")))
    if systems and ours is not None and str(ours) not in systems.values():
        why.append(Coded(Hindrance.BACKUP_OF_ANOTHER_SERVER, where=spec.stanza, server=next(iter(systems.values()))))
    newest = max((_base(one) for one in backups if _complete(one)), key=lambda base: base.ended, default=None)
    damaged = [one for one in backups if newest is not None and one.get("label") == newest.label and one.get("error")]
    if damaged and newest is not None:
        why.append(Coded(Hindrance.BACKUP_ERRORS, backup=newest.label))
    first = repository.aged(newest, now, max_age, spec.stanza, why)
    listed: str | None = None
    archive = _archive_of(stanza, backups, newest)
    if archive is not None:
        repo = one or [f"--repo={_repo(backups, newest)}"]
        place = f"archive/{spec.stanza}/{archive}"
        found = yield from program([*argv, *repo, "repo-ls", place, "--recurse"], authored=authored)
        listed = None if found.why is not None else found.text
    return [first, (yield from repository.archived(context, newest, listed, pushed=True))]


def _stanza(told: Any, name: str) -> dict[str, Any] | None:
    found = [one for one in told if isinstance(one, dict) and one.get("name") == name] if isinstance(told, list) else []
    return found[0] if found else None


def _of(backup: dict[str, Any], systems: dict[Any, str], ours: Any) -> bool:
    """Whether a backup is of the target's server."""
    return ours is None or systems.get((backup.get("database") or {}).get("id")) == str(ours)


def _complete(backup: dict[str, Any]) -> bool:
    return bool((backup.get("archive") or {}).get("start") and (backup.get("timestamp") or {}).get("stop"))


def _base(backup: dict[str, Any]) -> Base:
    return Base(
        label=str(backup.get("label")), kind=str(backup.get("type")), ended=float(backup["timestamp"]["stop"]),
        bytes=(backup.get("info") or {}).get("size"), begins=str(backup["archive"]["start"]),
    )  # fmt: skip


def _repo(backups: list[dict[str, Any]], newest: Base | None) -> int:
    keys = [one["database"].get("repo-key", 1) for one in backups if newest and one.get("label") == newest.label]
    return int(keys[0]) if keys else 1


def _archive_of(stanza: dict[str, Any], backups: list[dict[str, Any]], newest: Base | None) -> str | None:
    """The archive that the backup's WAL lies in: `15-1`."""
    of = [one.get("database") for one in backups if newest is not None and one.get("label") == newest.label]
    return next((str(one["id"]) for one in stanza.get("archive") or () if of and one.get("database") == of[0]), None)
