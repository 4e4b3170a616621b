"""What has happened before a block of a page is typed: made for real, by the name that stands in its `given`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.acceptance.station import await_condition
from tests.book.blocks import ROOT, blocks
from tests.book.shell import Shell

SERVICES = "services.conf"
FIRST = ROOT / "docs" / "first-change.md"


def files(shell: Shell) -> None:
    """The databases, plan and scripts of the first change, as its page writes them."""
    written = [block for block in blocks(FIRST) if block.language == "sh"]
    assert written, "the first change writes its files"
    for block in written:
        shell.type(block.typed, stop=True)


def readme(shell: Shell) -> None:
    """The README's own plan, with what it names: services, scripts, a table, a place for backups."""
    files(shell)
    text = (ROOT / "README.md").read_text("utf-8").split("```yaml\n", 1)[1].split("```", 1)[0]
    text = text.replace("/backup/app", str(shell.directory / "backup"))
    (shell.directory / "plan.yaml").write_text(text, "utf-8")
    (shell.directory / "expand.sql").write_text("alter table orders add column region text;\n")
    (shell.directory / "expand_undo.sql").write_text("alter table orders drop column region;\n")
    services = shell.directory / SERVICES
    services.write_text("[app-staging]\ndbname=shop_staging\n[app-prod]\ndbname=shop\n")


def waiting(shell: Shell) -> None:
    """A run on staging that waits for the dangerous step."""
    files(shell)
    _run(shell, "staging", "--headless", "--sign-off", "rehearsal", code=6)


def production(shell: Shell) -> None:
    """A run on production, which has taken its backup and waits for the dangerous step."""
    files(shell)
    _run(shell, "production", "--headless", "--reason", "CHG-1234", "--despite", "no-rehearsal", code=6)


REVIEW = """  - title: Review
    starts: T+168h
    sections:
      - title: Review
        steps:
          - {id: lessons, title: What was learnt, role: DBA, sign: true}
rollback:
"""


def days(shell: Shell) -> None:
    """A run on staging with a phase that begins in a week; all before it is done."""
    shell.together()
    files(shell)
    _edit(shell, "service: shop-staging}", 'service: shop-staging, window: {opens: "+0m", duration: 45m, buffer: 15m}}')
    _edit(shell, "rollback:\n", REVIEW)
    _run(shell, "staging", "--headless", "--sign-off", "rehearsal", code=6)
    shell.station.do("execute", "channel", "--confirm", "staging", "--keep-driving")


def machine(shell: Shell) -> None:
    """Accounts, /etc, /home and /var/lib of one's own, for what root does to a machine."""
    shell.apart("/etc", "/home", "/var/lib")


def engine_killed(shell: Shell) -> None:
    shell.station.kill_engine()


def lock_held(shell: Shell) -> None:
    """Somebody has read the table in a transaction, and has gone to lunch."""
    connection = _connect(shell, "shop_staging")
    connection.autocommit = False
    connection.execute("set application_name = 'report'")
    connection.execute("select count(*) from orders")
    shell.kept.append(connection)


def lock_released(shell: Shell) -> None:
    while shell.kept:
        shell.kept.pop().close()


def dump_damaged(shell: Shell) -> None:
    """A run by hand on staging; a bit of the dump that it has just written has turned."""
    files(shell)
    _run(shell, "staging", "--detach", code=0)
    shell.station.do("execute", "backup")
    (dump,) = (shell.directory / "backup").glob("*.dump")
    data = bytearray(dump.read_bytes())
    data[len(data) // 2] ^= 0x40
    dump.chmod(0o600)
    dump.write_bytes(data)


def window_over(shell: Shell) -> None:
    """The plan's window was last week's, and nothing else is in its way."""
    files(shell)
    _edit(shell, "    rehearsal: required\n", "")
    _edit(shell, 'opens: "+0m"', 'opens: "2026-01-05T22:00"')


def service_misled(shell: Shell) -> None:
    """The engine has gone, and the service leads to a copy of the database."""
    shell.station.kill_engine()
    with _connect(shell, "postgres") as connection:
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'shop'")
        await_condition(lambda: _sessions(connection) == 0, "nobody is in the database")
        connection.execute("create database shop_copy template shop")
    services = shell.directory / SERVICES
    services.write_text(services.read_text().replace("dbname=shop\n", "dbname=shop_copy\n"))


def service_right(shell: Shell) -> None:
    services = shell.directory / SERVICES
    services.write_text(services.read_text().replace("dbname=shop_copy\n", "dbname=shop\n"))


def _sessions(connection: psycopg.Connection) -> int:
    row = connection.execute("select count(*) from pg_stat_activity where datname = 'shop'").fetchone()
    assert row is not None
    return int(row[0])


def _connect(shell: Shell, database: str) -> psycopg.Connection:
    return psycopg.connect(psycopg.conninfo.make_conninfo(shell.database.dsn, dbname=database), autocommit=True)


def _edit(shell: Shell, old: str, new: str) -> None:
    plan: Path = shell.directory / "plan.yaml"
    text = plan.read_text("utf-8")
    assert old in text
    plan.write_text(text.replace(old, new), "utf-8")


def _run(shell: Shell, target: str, *options: str, code: int) -> None:
    variables = {"PGSERVICEFILE": str(shell.directory / SERVICES)}
    plan = str(shell.directory / "plan.yaml")
    shell.station.virada("run", plan, "--on", target, *options, env=variables).expect(code)


SITUATIONS: dict[str, Callable[[Shell], None]] = {
    "the files of the first change": files,
    "the plan above": readme,
    "a run on staging": waiting,
    "a run on production": production,
    "a run that has a phase next week": days,
    "a machine of one's own": machine,
    "the engine is killed": engine_killed,
    "the lock is held": lock_held,
    "the lock is given back": lock_released,
    "a run whose backup is damaged": dump_damaged,
    "the window is over": window_over,
    "the service leads elsewhere": service_misled,
    "the service leads to the target": service_right,
}
