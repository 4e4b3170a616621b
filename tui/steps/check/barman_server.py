"""A server of Barman's, by what `list-backups`, `show-backup` and `list-files` say."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from tui.journal.codes import Hindrance
from tui.journal.remarks import Coded
from tui.steps.answers import look as looked
from tui.steps.check import repository
from tui.steps.check.repository import Base
from tui.steps.check.row import Look
from tui.steps.context import Context
from tui.steps.effects import Effect, Now, Probe
from tui.steps.repositories.asking import RepositoryAnswer, program
from tui.steps.repositories.asking import told as told_of
from tui.steps.repositories.spec import BarmanSpec


def look(context: Context, spec: BarmanSpec, max_age: float) -> Look:
    """A base backup that is done, and the archive behind it."""
    argv = spec.argv

    def asked(*words: str) -> Generator[Effect, Any, RepositoryAnswer]:
        return program([*argv, *words], authored=bool(spec.command))

    identity = yield from looked(context, Probe(name="identity"))
    listing = yield from asked("-f", "json", "list-backups", spec.server)
    now: float = yield Now()
    if listing.why is not None:
        return [repository.unknown(max_age, listing.why)]
    known = (told_of(listing.text) or {}).get(spec.server)
    if not isinstance(known, list):
        return [repository.unknown(max_age, Coded(Hindrance.REPOSITORY_UNREAD, program=argv[0]))]
    done = [
        one for one in known if isinstance(one, dict) and one.get("status") == "DONE" and "end_time_timestamp" in one
    ]
    latest = max(done, key=lambda one: float(one["end_time_timestamp"]), default=None)
    newest: Base | None = None
    listed: str | None = None
    why: list[Coded] = []
    if latest is not None:
        label = str(latest["backup_id"])
        shown = yield from asked("-f", "json", "show-backup", spec.server, label)
        about = (told_of(shown.text) or {}).get(spec.server) or {}
        base = about.get("base_backup_information") or {}
        newest = Base(
            label=label, kind="full", ended=float(latest["end_time_timestamp"]), bytes=base.get("disk_usage_bytes"),
            begins=str(base.get("begin_wal") or ""),
        )  # fmt: skip
        server = yield from asked("-f", "json", "show-server", spec.server)
        system = ((told_of(server.text) or {}).get(spec.server) or {}).get("postgres_systemid")
        ours = identity.get("system_identifier")
        if system and ours is not None and str(system) != str(ours):
            why.append(Coded(Hindrance.BACKUP_OF_ANOTHER_SERVER, where=spec.server, server=str(system)))
        files = yield from asked("list-files", "--target", "wal", spec.server, label)
        listed = files.text if files.why is None else None
    first = repository.aged(newest, now, max_age, spec.server, why)
    return [first, (yield from repository.archived(context, newest, listed, pushed=False))]
