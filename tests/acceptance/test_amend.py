"""A run of several days, in time that passes faster: amended on its way, reviewed at its end, compared with another;
its engine ends, and is killed, in between."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.station import VIRADA, Station, await_condition
from tests.postgres_server import Database

pytestmark = [pytest.mark.acceptance, pytest.mark.postgres]
PLAN = """
virada: 1
name: Several days
targets:
  here: {environment: development, dsn: "${DAYS_DSN}", server_log: none, window: {opens: "+0", duration: 45m}}
  prod: {environment: production, dsn: "${DAYS_DSN}", server_log: none, window: {opens: "+0", duration: 45m}}
success: [{metric: connections, below: 95%}]
phases:
  - title: Migrate
    sections:
      - title: Work
        steps:
          - {id: before, title: The state of before, monitor: {baseline: true, for: 1s}}
          - {id: table, title: A table, sql: {file: table.sql}, undo: {sql: drop table things}}
          - {id: rows, title: Some rows, sql: {file: rows.sql}, undo: {sql: delete from things}}
  - title: Review
    starts: T+168h
    sections:
      - title: Meeting
        steps:
          - {id: figures, title: The figures, sign: {expect: What they show, show: [metrics, errors]}}
          - {id: lessons, title: The lessons, sign: {wants: lesson, show: [lessons]}}
          - {id: better, title: What to improve, sign: {wants: improvement, show: [improvements]}}
"""
FILES = {"table.sql": "create table things (n int);\n", "rows.sql": "insert into thing values (1);\n"}
SEVEN_DAYS_IN = 604800 / 4.0


@pytest.fixture
def plan(station: Station, database: Database) -> Path:
    place = station.root / "days"
    place.mkdir()
    for name, text in FILES.items():
        (place / name).write_text(text)
    (place / "plan.yaml").write_text(PLAN)
    station.env["DAYS_DSN"] = database.dsn
    return place / "plan.yaml"


def mended(plan: Path) -> None:
    (plan.parent / "rows.sql").write_text("insert into things values (1), (2);\n")


def day(after: int) -> str:
    return (datetime.now(UTC) + timedelta(days=after)).date().isoformat()


def test_of_several_days_amended_reviewed_and_compared(station: Station, plan: Path) -> None:
    run = station.open(plan, "--on", "here", "--compress", str(SEVEN_DAYS_IN))
    for step in ("before", "table"):
        station.do("execute", step)
    assert station.do("execute", "rows", code=1)["sqlstate"] == "42P01"
    # The typo that is found at 23:10.
    mended(plan)
    shown = station.virada("amend", run, str(plan), "--reason", "a typo").expect(5)
    assert (
        "-insert into thing values (1);\n+insert into things values (1), (2);\n" in shown.out
        and "\x1b" not in shown.out
    )
    before = station.status()
    assert "--yes" in shown.err and before["amendments"] == []
    seal = before["seal"]
    done = station.virada("amend", run, str(plan), "--reason", "a typo", "--yes").expect()
    assert "changed: rows" in done.out and "NOT REHEARSED" in done.out
    status = station.status()
    assert status["seal"] != seal and [a["reason"] for a in status["amendments"]] == ["a typo"]
    assert status["amendments"][0]["voids"] and [step["amended"] for step in status["steps"]] == [0, 0, 1, 0, 0, 0]
    directory = station.directory()
    for name in ("plan", "plan.1"):
        subprocess.run(["sha256sum", "--status", "-c", "SEAL"], cwd=directory / name, check=True)
    assert (directory / "plan.1" / "rows.sql").read_text() == FILES["rows.sql"]
    # Killed behind it: the next engine goes on with the plan as it is now.
    station.kill_engine()
    station.do("retry", "rows")
    # As it was before, as it was behind.
    seq = next(event["seq"] for event in station.events() if event["type"] == "run.amended")
    assert station.status(run, "--at", str(seq - 1))["seal"] == seal
    _review(station, run)
    _next_run(station, plan, run)


def _review(station: Station, run: str) -> None:
    station.do("rest")
    await_condition(lambda: station.engine() is None, "the engine ends")

    def is_due() -> bool:
        (row,) = station.virada("runs", "--json").expect().json
        return row["due"] is not None and row["due"]["phase"] == "Review"

    await_condition(is_due, "seven days pass", 30)
    station.do("sign", "figures", "--note", "as before")
    assert station.virada("do", run, "sign", "lessons", "--note", "x").expect(5).err.startswith("Refused: No lesson")
    station.do("lesson", "read the script aloud")
    station.do("sign", "lessons", "--note", "all of us")
    station.do("improve", "a linter for scripts", "--owner", "bruno", "--due", day(0))
    station.do("improve", "a shorter window", "--owner", "ana", "--due", day(30))
    station.kill_engine(number=signal.SIGTERM)
    station.do("sign", "better", "--note", "two")
    station.do("close")


def _next_run(station: Station, plan: Path, first: str) -> None:
    """It has what the first one left at its head, and its figures beside that one's."""
    checked = station.virada("check", str(plan)).expect().err
    assert f"learnt in an earlier run, {first}:L1: read the script aloud" in checked
    subprocess.run(["psql", "-qX", station.env["DAYS_DSN"], "-c", "drop table things"], check=True, env=station.env)
    second = station.open(plan, "--on", "here", "--compress", str(SEVEN_DAYS_IN))
    status = station.status()
    assert [(x["run"], x["id"]) for x in status["improvements"]] == [(first, "I1"), (first, "I2")]
    assert status["lessons"][0]["text"] == "read the script aloud"
    for step in ("before", "table", "rows"):
        station.do("execute", step)
    station.do("improved", f"{first}:I1", "sqlfluff runs in the pipeline")
    left = {row["id"]: [x["id"] for x in row["improvements"]] for row in station.virada("runs", "--json").expect().json}
    assert left == {first: ["I2"], second: []}
    told = station.virada("runs", "--compare", first, second, "--json").expect().json
    assert [run["id"] for run in told["runs"]] == [first, second] and told["same_work"], "as it was amended"
    steps = {step["step"]: step for step in told["steps"]}
    assert steps["rows"]["one"]["attempts"] == 2 and steps["rows"]["more_s"] is not None
    assert steps["before"]["one"]["why"] == "compressed" and steps["figures"]["other"]["why"] == "not_reached"
    assert any(lock["relation"].endswith("things") for lock in told["locks"])
    connections = next(one for one in told["metrics"] if one["metric"] == "connections")
    assert connections["one"]["samples"] > 0 and connections["other"]["samples"] > 0


def answered(station: Station, *arguments: str, typed: bytes) -> tuple[int, str]:
    """The command on a terminal, with what is typed there: its exit code and all that was seen."""
    parent, child = pty.openpty()
    process = subprocess.Popen([str(VIRADA), *arguments], env=station.env, cwd=station.root, stdin=child, stdout=child,
                               stderr=child, start_new_session=True)  # fmt: skip
    os.close(child)
    seen = b""
    asked = False
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:
            part = b""
        if not part:
            break
        seen += part
        if not asked and (b"as it is: " in seen or b"Type yes: " in seen):
            asked = True
            os.write(parent, typed + b"\n")
    os.close(parent)
    return process.wait(30), seen.decode()


def test_on_production_the_name_of_the_target_is_typed(station: Station, plan: Path) -> None:
    run = station.open(plan, "--on", "prod")
    mended(plan)
    amend = ("amend", run, str(plan), "--reason", "a typo")
    station.virada(*amend, "--yes").expect(5)
    code, seen = answered(station, *amend, typed=b"here")
    assert code == 5 and "Nothing was changed." in seen
    code, seen = answered(station, *amend, typed=b"prod")
    assert code == 0 and "\x1b[32m+insert into things" in seen, seen
    (line,) = (event for event in station.events() if event["type"] == "run.amended")
    assert line["data"]["confirm"] == "prod" and line["data"]["rehearsed"] is False
    # A remark more is the same work, which nobody has rehearsed by that.
    plan.write_text(plan.read_text() + "# as agreed\n")
    assert answered(station, *amend, typed=b"prod")[0] == 0
    (_first, again) = (event for event in station.events() if event["type"] == "run.amended")
    assert again["data"]["work"] == line["data"]["work"] and again["data"]["rehearsed"] is False


def test_what_is_wrong_is_one_sentence_and_changes_nothing(station: Station, plan: Path) -> None:
    run = station.open(plan, "--on", "here")

    def refused(code: int) -> str:
        return station.virada("amend", run, str(plan), "--reason", "x", "--yes").expect(code).err

    assert "The plan is the one in force already." in refused(5)
    plan.write_text(PLAN.replace("id: rows", "id: rows, wibble: 1"))
    broken = refused(2)
    assert "plan.yaml:15:" in broken and "wibble" in broken, broken
    assert not any(event["type"] == "run.amended" for event in station.events())
    assert [path.name for path in station.directory().glob("*plan*")] == ["plan"], "nothing is left lying there"
    # A window that is too short is made longer.
    plan.write_text(PLAN.replace("duration: 45m}}\n  prod", "duration: 90m}}\n  prod"))
    # Two at once who ask for the same: one of them has it, and the plan that is in force stays whole.
    asked = ("amend", run, str(plan), "--reason", "it takes longer", "--yes", "--json")
    with ThreadPoolExecutor(2) as both:
        answers = [each.result() for each in [both.submit(station.virada, *asked) for _ in range(2)]]
    assert sorted(answer.code for answer in answers) == [0, 5], [answer.err for answer in answers]
    done = next(answer for answer in answers if answer.code == 0).json
    assert done["number"] == 1 and done["steps"] == [] and not done["voids"]
    assert station.status()["window"]["duration_s"] == 5400
    assert sorted(path.name for path in station.directory().glob("*plan*")) == ["plan", "plan.1"]
    for name in ("plan", "plan.1"):
        subprocess.run(["sha256sum", "--status", "-c", "SEAL"], cwd=station.directory() / name, check=True)
