"""A migration that waits for a lock never becomes the head of a queue: it gives way, and gets through all the same."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from tests.postgres_server import Database, await_condition

PLAN = """
virada: 1
name: lock queue
targets: {dev: {environment: development, dsn: "${LOCK_DSN}"}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - id: alter
            title: Add a column
            sql: {text: "alter table queued add column extra int", lock_timeout: 20s, retries: 40}
            undo: {sql: {text: "alter table queued drop column extra"}}
"""


@pytest.mark.postgres
def test_it_gives_way_to_the_queue_behind_its_ungranted_lock(empty_database: Database, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    with empty_database.connect() as setup:
        setup.execute("create table queued (id int)")
    reader = empty_database.connect()
    reader.execute("begin")
    reader.execute("select * from queued")
    stop = threading.Event()
    served: list[float] = []

    def application() -> None:
        """Asks again and again, as an application does; each answer is counted."""
        with psycopg.connect(empty_database.dsn, autocommit=True, prepare_threshold=None) as session:
            while not stop.is_set():
                session.execute("select * from queued")
                served.append(1.0)

    environment = os.environ | {"LOCK_DSN": empty_database.dsn, "VIRADA_HOME": str(tmp_path / "home")}
    command = [str(Path(sys.executable).with_name("virada")), "run", str(plan), "--headless"]
    run = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    clients = [threading.Thread(target=application, daemon=True) for _ in range(12)]
    try:

        def journal() -> str:
            return "".join(path.read_text() for path in (tmp_path / "home").glob("runs/*/journal.jsonl"))

        await_condition(lambda: '"tx.begin"' in journal(), "the migration waits for its lock", 30)
        for client in clients:
            client.start()
        # A lock timeout that grew beyond the sampler's second is reached only after several tries.
        await_condition(lambda: "gave_way" in journal(), "it gives way", 90)
        before = len(served)
        await_condition(lambda: len(served) > before + 50, "the application is served meanwhile", 30)
        reader.execute("rollback")
        _output, errors = run.communicate(timeout=60)
        assert run.returncode == 0, errors
        assert empty_database.value("select count(*) from information_schema.columns where column_name = 'extra'") == 1
    finally:
        stop.set()
        reader.close()
        run.kill()
