"""Headless runs and bad input: exit codes for scripts, one sentence for people, never a traceback."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.acceptance.station import Station
from tests.postgres_server import Database

PLAN = Path(__file__).parent / "plans" / "small.yaml"


@pytest.fixture
def prepared(station: Station, database: Database) -> Database:
    with database.connect() as connection:
        connection.execute("create table gate (closed boolean)")
    station.env["SMALL_DSN"] = database.dsn
    return database


def test_without_sign_off_it_stops_at_the_step_a_person_signs(station: Station, prepared: Database) -> None:
    done = station.virada("run", str(PLAN), "--headless").expect(6)
    assert "agreed" in done.err
    run = done.out.strip()
    assert run == station.directory().name
    assert [s["id"] for s in station.status()["steps"] if s["status"] == "passed"] == ["access"]
    station.kill_engine()
    # The plan's last command fails, as it is made to: what a person then decides is not headless's to decide.
    done = station.virada("continue", run, "--headless", "--sign-off", "agreed by phone").expect(1)
    assert "optional" in done.err
    signed = station.wait_for("step.signed")["data"]
    assert signed["note"] == "agreed by phone" and signed["evidence"]["sign_off"] is True
    # Left out with its error unresolved the run is failed, whoever asks, and closed by nobody by itself.
    station.do("skip", "optional", "--reason", "it fails always", "--keep-driving")
    station.wait_for(lambda e: e["type"] == "step.passed" and e["data"]["step"] == "verify")
    done = station.virada("continue", run, "--headless").expect(1)
    assert "The run is failed, at line" in done.err
    refused = station.do("close", "--reason", "nobody knows", code=5)["refused"]
    applied = ["table", "rows", "slow", "done-elsewhere", "optional"]
    assert (refused["facts"]["applied"], refused["facts"]["unresolved"]) == (applied, ["E1"])
    assert station.status()["status"] == "failed"
    # To resolve an error is not to drive: headless goes on, to the end.
    station.do("resolve", "E1", "it fails always")
    assert station.wait_for("run.closed")["data"]["outcome"] == "completed"


def test_who_comes_to_a_headless_run_drives_it_from_there_on(station: Station, prepared: Database) -> None:
    station.virada("run", str(PLAN), "--headless").expect(6)
    # The engine that is started for them begins nothing either: the signature would let it go on.
    station.kill_engine()
    done = station.virada("attach", "--plain", stdin="sign agreed --note yes\n").expect(0)
    assert "drives: root" in done.out and "by hand" in done.out
    told = station.status()
    assert (told["drives"]["how"], told["drives"]["by_itself"]["steps"]) == ("by_hand", [])
    assert station.step("table")["status"] == "pending"
    assert "by hand" in station.virada("status").expect(0).out


def test_on_failure_rollback(station: Station, prepared: Database) -> None:
    done = station.virada("run", str(PLAN), "--headless", "--sign-off", "yes", "--on-failure", "rollback").expect(3)
    assert "rolled back" in done.err
    assert prepared.value("select to_regclass('things') is null")
    assert station.status()["rollback"]["status"] == "rolled_back"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("run", "nowhere.yaml", "--headless"), 2, "nowhere.yaml"),
        (("check", "nowhere.yaml"), 2, "nowhere.yaml"),
        (("run", str(PLAN), "--headless", "--on", "elsewhere"), 2, "elsewhere"),
        (("run", str(PLAN), "--sign-off", "x", "--plain"), 2, "--headless"),
        (("run", str(PLAN), "--headless", "--compress", "0.5"), 2, "0.5"),
        (("run", str(PLAN), "--headless", "--as", "a (b)"), 2, "--as"),
        (("status", "last"), 2, "no run"),
        (("status", "20200101"), 2, "20200101"),
        (("verify", "/etc/hostname"), 1, "/etc/hostname"),
        (("watch", "--plain"), 2, "no run"),
        (("attach", "--plain"), 2, "no run"),
        (("replay", "/nowhere", "--plain"), 2, "/nowhere"),
        (("do", "last", "note", "x"), 2, "no run"),
        (("dance",), 2, "dance"),
    ],
    ids=lambda value: " ".join(value).replace(str(PLAN), "PLAN") if isinstance(value, tuple) else "",
)
def test_bad_input_gets_a_sentence(station: Station, arguments: tuple[str, ...], code: int, told: str) -> None:
    done = station.virada(*arguments, env={"SMALL_DSN": "host=/nowhere"}).expect(code)
    assert told in done.err or (arguments[0] == "check" and told in done.out)
    assert not station.has_run()


def test_a_target_that_does_not_answer(station: Station) -> None:
    done = station.virada("run", str(PLAN), "--headless", env={"SMALL_DSN": "host=127.0.0.1 port=1 dbname=x"})
    done.expect(5)
    assert "here" in done.err and "cannot be reached" in done.err and "error target-unreachable" in done.err
    assert done.out == ""
    assert station.virada("runs", "--json").expect().json == [], "a run that never opened leaves nothing"
    unset = station.virada("run", str(PLAN), "--headless")
    assert unset.code == 5 and "SMALL_DSN" in unset.err and "Traceback" not in unset.err


def test_every_mistake_of_a_plan_at_once(station: Station) -> None:
    plan = station.root / "bad.yaml"
    mistakes = [
        "virada: 7", "nmae: x", "targets:", "  here: {environment: prod, dsn: x}", "  there: {enviroment: staging}",
        "phases:", "  - title: One", "    sections:", "      - title: S", "        steps:",
        "          - {id: a, title: A, sql: {text: 'select 1', lock_timeout: soon}}",
        "          - {id: a, title: B, sign: true}", "          - {id: b, title: B, needs: [zz], sign: true}",
        "          - {id: c, title: C}", "          - {id: d, title: D, dance: true}",
        "          - {id: e, title: E, query: {sql: 'select 1'}}", "          - {id: f, title: F, monitor: {}}",
        "          - {id: g, title: G, sql: {file: nowhere.sql}}", "          - {title: H, sign: true}",
        "          - {id: i, title: I, sql: 'begin; select 1; commit'}",
        "          - {id: j, title: J, verify_backup: {of: nope}}", "          - {id: k, title: K, command: {run: []}}",
        "          - {id: l, title: L, with: zz, sign: true}",
        "          - {id: m, title: M, sign: true, estimate: -3}",
    ]  # fmt: skip
    plan.write_text("\n".join(mistakes) + "\n")
    done = station.virada("check", str(plan)).expect(2)
    lines = [line for line in done.out.splitlines() if " error " in line]
    assert len(lines) >= 20, done.out
    assert all(line.startswith(f"{plan}:") for line in lines)
    places = {int(line.removeprefix(f"{plan}:").split(":")[0]) for line in lines}
    assert places >= {1, 2, 4, 5, *range(11, 25)}, f"no error at lines {set(range(11, 25)) - places}"
    run = station.virada("run", str(plan), "--headless").expect(2)
    assert len([line for line in run.err.splitlines() if " error " in line]) == len(lines)


def test_a_frozen_plan_that_was_changed_is_not_executed(station: Station, prepared: Database) -> None:
    station.virada("run", str(PLAN), "--headless").expect(6)
    station.kill_engine()
    plan = next((station.directory() / "plan").glob("*.yaml"))
    plan.write_text(plan.read_text().replace("things", "other"))
    done = station.virada("continue", "last", "--headless")
    assert done.code in (1, 5) and "frozen plan" in done.err


def test_a_reader_that_goes_away(station: Station, prepared: Database) -> None:
    """`virada watch --plain | head -1` ends quietly."""
    station.virada("run", str(PLAN), "--headless").expect(6)
    watch = station.start("watch", "--plain")
    assert watch.stdout is not None and watch.stderr is not None
    assert watch.stdout.readline()
    watch.stdout.close()
    station.do("note", "one more line")
    station.do("note", "and another")
    watch.wait(20)
    assert "Traceback" not in watch.stderr.read()
    watch.stderr.close()


def test_interrupted_by_the_keyboard_the_engine_goes_on(station: Station, prepared: Database) -> None:
    with prepared.connect() as connection:
        connection.execute("insert into gate values (true)")
    run = station.start("run", str(PLAN), "--headless", "--sign-off", "yes", stdout=subprocess.PIPE)
    station.wait_for(lambda e: e["type"] == "tx.begin" and e["data"]["step"] == "slow")
    run.send_signal(2)
    _out, err = run.communicate(timeout=20)
    assert run.returncode == 130 and "goes on" in err and "Traceback" not in err
    assert station.engine() is not None
    with prepared.connect() as connection:
        connection.execute("delete from gate")
    station.wait_for(lambda e: e["type"] == "step.passed" and e["data"]["step"] == "slow")
