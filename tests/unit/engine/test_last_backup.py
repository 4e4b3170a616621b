"""How large the last backup was is read in other runs' journals, whoever has put them down."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from tui.engine.drivers.space import last_backup
from tui.runs.paths import create_run_directory

IDENTITY = {"system_identifier": "7", "database": "app"}


def test_what_is_no_journal_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path))
    first = {"type": "run.opened", "data": {"identity": IDENTITY}}
    second = {"type": "backup.recorded", "data": {"bytes": 4711}}
    good = create_run_directory("20261122T060300Z-0000")
    good.journal.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in (first, second)))
    os.mkfifo(create_run_directory("20261122T060300Z-0001").journal)
    create_run_directory("20261122T060300Z-0002").journal.symlink_to(good.journal)
    create_run_directory("20261122T060300Z-0003").journal.mkdir()
    create_run_directory("20261122T060300Z-0004")
    found: list[int | None] = []
    looking = threading.Thread(target=lambda: found.append(last_backup(IDENTITY)), daemon=True)
    looking.start()
    looking.join(10)
    assert found == [4711], "a pipe is not waited for"
