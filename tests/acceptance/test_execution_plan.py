"""The shipped plan, line by line: rehearsed to its end and back, carried out on production, rolled back there.

What is changed in it is what a DBA edits (targets, team, services, directories), and how long is watched.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import postgres_server
from tests.acceptance.station import Station
from tests.engine.receiver import Receiver, receiving
from tests.postgres_server import Database
from tui.demo.server import Server

pytestmark = [pytest.mark.acceptance, pytest.mark.postgres]
PLANS = Path(__file__).resolve().parents[2] / "plans"
ALL_OF_IT = bool(os.environ.get("VIRADA_WHOLE_PLAN"))
"""The rollbacks on production as well: each carries all of the plan out again."""
EDITS = {
    "service: app-staging": 'dsn: "${STAGING_DSN}"',
    "host: [{ssh: db-staging}]": "host: [{local: true}]",
    "service: app-prod": 'dsn: "${PRODUCTION_DSN}"',
    'host: [{node_exporter: "http://db1:9100/metrics"}, {ssh: db1}]': "host: [{local: true}]",
    'opens: "[Data e hora]"': 'opens: "+1m"',
    '"cache.internal:6379"': '"127.0.0.1:${PORT}"',
    '"https://billing.internal/health", status: 200, certificate: 14d': '"http://127.0.0.1:${PORT}/", status: 200',
    "[Nome e contato]": "ana@example.org",
    "[Nome]": "Ana",
    # A machine that is busy with other tests is no finding.
    "{metric: cpu, below: 70%,": "{metric: cpu, above: 0%,",
    "{metric: memory, below: 80%,": "{metric: memory, above: 0%,",
    "{metric: response_time, below: 100ms,": "{metric: response_time, below: 30s,",
    "worse: 1.5": "worse: 1000",
    "worse: 2}": "worse: 1000}",
    "for: 1m}": "for: 1s}",
    "for: 5m}": "for: 1s}",
    "for: 35s, within: 100ms": "for: 1s",
}


class Site:
    """Two servers, the plan as it was edited, and whoever is told."""

    def __init__(self, station: Station, staging: Database, production: Database, receiver: Receiver) -> None:
        self.station = station
        self.production = production
        self.plan = station.root / "plans" / "producao.yaml"
        shutil.copytree(PLANS, self.plan.parent)
        text = self.plan.read_text("utf-8")
        backup, safe = station.root / "backup", station.root / "safe"
        for old, new in (EDITS | {"/backup/app": str(backup), "/mnt/safe/app": str(safe)}).items():
            assert old in text, old
            text = text.replace(old, new.replace("${PORT}", str(receiver.server_port)))
        self.plan.write_text(text, "utf-8")
        url = f"json://127.0.0.1:{receiver.server_port}"
        station.env |= {
            "STAGING_DSN": staging.dsn, "PRODUCTION_DSN": production.dsn, "REHEARSAL_URL": f"{url}/rehearsal",
            "TEAM_URL": f"{url}/team", "USERS_URL": f"{url}/users", "EMERGENCY_URL": f"{url}/emergency",
        }  # fmt: skip
        for place in (backup, safe):
            place.mkdir()
        for database in (staging, production):
            dumped(database, backup)

    def edit(self, file: str, old: str, new: str) -> None:
        """Change a script beside the plan."""
        path = self.plan.parent / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    def rehearse(self, until: str | None = None) -> None:
        """Carry it out on staging, in time that passes faster; what is dangerous is confirmed by hand, and it goes on
        by itself behind that."""
        drives = ("--headless", "--sign-off", "ensaio", "--compress", "36000")
        done = self.station.virada("run", str(self.plan), "--on", "staging", *drives, timeout=180)
        assert done.code == 6, done.err[-3000:]
        self.station.do("execute", "migrate", "--confirm", "staging", "--reason", "ensaio", "--keep-driving")
        if until != "migrate":
            self.station.await_told(_at_the_load_test, "it comes to the load test", seconds=180)
            self.station.do("execute", "load-test", "--confirm", "staging", "--reason", "ensaio", "--keep-driving")
            self.station.await_status("completed", seconds=180)

    def carry_out(self, until: str) -> None:
        """On production up to this step, or to one that fails; a person signs, and confirms what is dangerous."""
        run = self.station.virada("run", str(self.plan), "--on", "production", "--detach", "--reason", "CHG-1")
        run.expect()
        while self.station.virada("do", "last", "run-to", until, timeout=180).code == 6:
            status = self.station.status()
            at = next(step for step in status["steps"] if step["id"] == status["waiting"]["step"])
            if at["status"] == "failed":
                return
            if at["kind"] == "sign":
                self.station.do("sign", at["id"], "--note", "visto")
            else:
                self.station.do("execute", at["id"], "--confirm", "production", "--reason", "CHG-1")

    def roll_back(self, reason: str, target: str) -> None:
        """To its end: what a person signs is signed, and what costs the target's name is paid."""
        station = self.station
        station.virada("do", "last", "rollback", "--reason", reason, "--confirm", target, timeout=120)
        plan = (station.directory() / "plan" / "plan.yaml").read_text("utf-8")
        for step in ("rb-assess", "rb-restore", "rb-functions", "rb-document"):
            if step not in plan:
                continue
            station.await_told(lambda told, step=step: _waits_for(told) == step, f"it waits for {step}")  # type: ignore[misc]
            if step == "rb-restore":
                station.do("execute", step, "--confirm", target, "--reason", reason)
            else:
                station.do("sign", step, "--note", "visto")
        station.await_status("rolled_back")

    def status(self) -> dict[str, str]:
        return {step["id"]: step["status"] for step in self.station.status()["steps"]}


def _waits_for(status: Any) -> str | None:
    waiting = status["waiting"]
    return None if waiting is None else str(waiting["step"])


def _at_the_load_test(status: Any) -> bool:
    failed = [step for step in status["steps"] if step["status"] == "failed"]
    assert not failed, failed
    return _waits_for(status) == "load-test"


def dumped(database: Database, directory: Path) -> None:
    """A backup from before, with its hashes beside it."""
    dump = directory / f"earlier-{database.name}"
    program = str(database.server.binaries.bindir / "pg_dump")
    subprocess.run([program, "-Fd", "-f", str(dump), database.dsn], check=True)
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {dump.name}/{p.name}\n" for p in sorted(dump.iterdir())]
    (directory / f"{dump.name}.SHA256SUMS").write_text("".join(lines))


def sample(server: Server) -> Database:
    return postgres_server.create_database(server, postgres_server.create_sample_template(server))


@pytest.fixture
def site() -> Iterator[Site]:
    # Servers that are shared have roles of other tests come and go, which a fingerprint tells.
    own = postgres_server.own_server
    with own() as staging, own() as production, receiving() as receiver, Station() as station:
        yield Site(station, sample(staging), sample(production), receiver)


def test_it_is_rehearsed_and_carried_out(site: Site) -> None:
    """A rehearsal that goes back and one that goes to its end, days of it in seconds; then production, which finds
    both and what they taught, up to the hour that is watched."""
    site.rehearse(until="migrate")
    site.roll_back("ensaio", "staging")
    site.rehearse()
    rehearsed = site.station.status()
    assert rehearsed["status"] == "completed" and {one["state"] for one in rehearsed["quality"]} == {"met"}

    site.carry_out("validate-integrations")
    status = site.station.status()
    failed = [step for step in status["steps"] if step["status"] not in ("passed", "signed", "pending")]
    assert not failed, [(step["id"], step["status"], step["evidence"]) for step in failed]
    by_id = {step["id"]: step for step in status["steps"]}
    assert by_id["validate-integrations"]["status"] == "passed" and by_id["watch-error-log"]["status"] == "pending"
    assert status["window"]["last_safe_rollback_s"] is not None, "a rehearsal has rolled back"
    (staging,) = by_id["staging"]["evidence"]["checks"]
    assert staging["holds"] is True, "the rehearsal whose time passed faster counts"
    assert by_id["migrate"]["evidence"]["locks"], by_id["migrate"]["evidence"]
    assert status["status"] == "running", "it is left open before what is watched for an hour"


BREAKS = "COMMENT ON COLUMN app.orders.channel"
"""Behind it the migration opens a table to all tenants."""


@pytest.mark.skipif(not ALL_OF_IT, reason="VIRADA_WHOLE_PLAN=1 rolls back on production as well")
def test_a_migration_that_breaks_row_level_security_is_taken_back(site: Site) -> None:
    """The rehearsal saw no tenant of another one's; on production a policy is in force that the migration widens. The
    behaviour is looked at, the trigger fires, and the rollback is proved by the fingerprint."""
    policy = "alter policy tenant_isolation on app.orders using (true)"
    site.edit("scripts/migration.sql", BREAKS, f"{policy};\n{BREAKS}")
    undo = "alter policy tenant_isolation on app.orders using (tenant_id = app.current_tenant())"
    site.edit("scripts/rollback.sql", "ALTER TABLE app.orders DROP", f"{undo};\nALTER TABLE app.orders DROP")
    text = site.plan.read_text("utf-8")
    # What the policies say is not looked at: what they do is enough.
    text = text.replace("              with: fingerprint\n              personas", "              personas")
    site.plan.write_text(text.replace("    rehearsal: required\n", "").replace("expect: rehearsal", 'ignore: ["*"]'))
    site.plan.write_text(
        re.sub(r"check: \{(staging|rollback|window)[^\n]*\n", "check: {connect: true}\n", site.plan.read_text())
    )
    site.carry_out("validate-integrations")
    assert site.status()["confirm-rls"] == "failed"
    status = site.station.status()
    assert [one["step"] for one in status["proposed"]], status["proposed"]
    site.roll_back("RLS", "production")
    assert site.status()["rb-verify"] == "passed", "everything is as the fingerprint says"


BY_RESTORE = """        - title: Executar script de rollback
          steps:
            - {id: rb-close, title: Fechar o banco à aplicação, role: DBA, quiesce: {grace: 1s}}
            - {id: rb-restore, title: Restaurar o backup, role: DBA, restore: backup}
            - {id: rb-open, title: Abrir o banco à aplicação, role: DBA, release: rb-close}
"""
SETTINGS = """select array_agg(setting order by setting) from (
    select unnest(s.setconfig) || ' ' || coalesce(s.setrole::regrole::text, '') as setting from pg_db_role_setting s
    join pg_database d on d.oid = s.setdatabase where d.datname = current_database()
    union all select unnest(datacl)::text from pg_database where datname = current_database()
    union all select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()) as x"""


@pytest.mark.skipif(not ALL_OF_IT, reason="VIRADA_WHOLE_PLAN=1 rolls back on production as well")
def test_it_is_rolled_back_by_a_restore(site: Site) -> None:
    """What the migration destroyed comes back from the backup, and so does what belongs to the database itself."""
    with site.production.connect() as connection:
        name = site.production.name
        connection.execute(f"alter database {name} set statement_timeout = '70s'".encode())
        connection.execute(f"alter role app_user in database {name} set lock_timeout = '3s'".encode())
        connection.execute(f"grant connect on database {name} to app_readonly".encode())
        connection.execute(f"comment on database {name} is 'orders'".encode())
    before = site.production.value(SETTINGS)
    site.edit("scripts/migration.sql", BREAKS, f"truncate app.payments;\n{BREAKS}")
    text = site.plan.read_text("utf-8")
    undo = "            undo:\n              sql: {file: scripts/rollback.sql, lock_timeout: 500ms, retries: 8}\n"
    back = "        - title: Executar script de rollback\n          undo_applied: true\n"
    assert undo in text and back in text
    text = text.replace(undo, "").replace(back, BY_RESTORE).replace("    rehearsal: required\n", "")
    text = text.replace("expect: rehearsal", 'ignore: ["*"]')
    looks = r"check: \{(staging|rollback|window)[^\n]*\n"
    site.plan.write_text(re.sub(looks, "check: {connect: true}\n", text), "utf-8")
    site.carry_out("run-verification")
    assert site.production.value("select count(*) from app.payments") == 0
    site.roll_back("payments", "production")
    assert site.status()["rb-verify"] == "passed" and site.production.value("select count(*) > 0 from app.payments")
    assert site.production.value(SETTINGS) == before
