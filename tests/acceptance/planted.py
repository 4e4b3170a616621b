"""A run that an account has put down in a shared state directory: whole, sealed, open, with a program to execute."""

from __future__ import annotations

import os
from pathlib import Path

from tui.journal.clock import RunClock
from tui.journal.events import Policy, RunOpened
from tui.journal.writer import JournalWriter
from tui.plan.freeze import freeze
from tui.plan.loader import load
from tui.runs.paths import RunPaths
from tui.steps.registry import KINDS

LAST = "20991231T235959Z-ffff"
"""An id that sorts behind every other."""
PLAN = """
virada: 1
name: planted
targets: {here: {environment: development, dsn: "DSN", server_log: none}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {id: x, title: X, command: ["/bin/sh", "-c", "env > MARKER; id -u >> MARKER"]}
          - {id: y, title: Y, sign: {text: "Seen."}}
"""


def plant(
    home: Path, account: tuple[int, int], run: str = LAST, *, says: str | None = None, dsn: str = "host=/nowhere"
) -> RunPaths:
    """The run's files. `account`: uid and gid of their owner. `says`: the id that the journal has. Its step `x` leaves
    its environment and account in `marker_of(home)`, a directory that everybody may write."""
    marker = marker_of(home)
    marker.parent.mkdir(exist_ok=True)
    marker.parent.chmod(0o1777)
    source = home.parent / "planted.yaml"
    source.write_text(PLAN.replace("MARKER", str(marker)).replace("DSN", dsn))
    loaded = load(source, KINDS)
    assert loaded.plan is not None, loaded.errors
    paths = RunPaths(home / "runs" / run)
    for path in (paths.directory, paths.output, paths.artifacts):
        path.mkdir(parents=True)
        path.chmod(0o2750)
    frozen = freeze(loaded, source, paths.plan)
    opened = RunOpened(
        id=says or run, plan=loaded.plan, seal=frozen.seal, work=frozen.work, target="here",
        environment="development", policy=Policy(drive="headless"),
    )  # fmt: skip
    clock = RunClock.start()
    with JournalWriter.create(paths.journal, clock) as writer:
        writer.append("run.opened", opened, by="eva@elsewhere")
    for path in (paths.directory, *paths.directory.rglob("*")):
        os.chown(path, *account)
        if path.is_dir():
            path.chmod(0o2750)
    return paths


def share(home: Path, group: int) -> None:
    """A `runs/` in which everybody of the group may put down runs of their own."""
    runs = home / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    for path in (home, runs):
        os.chown(path, 0, group)
    home.chmod(0o2750)
    runs.chmod(0o3770)


def marker_of(home: Path) -> Path:
    return home.parent / "seen" / "marker"
