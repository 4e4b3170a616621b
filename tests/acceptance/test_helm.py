"""`do`: every command and its refusals, by exit code and by what `--json` says; the helm; a plan driven by hand."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.station import Station
from tests.postgres_server import Database

PLAN = Path(__file__).parent / "plans" / "small.yaml"
_OF_ITSELF = ("helm.", "metrics.", "log.", "guard.", "step.progress")
"""What comes into the journal without any command."""


@pytest.fixture
def run(station: Station, database: Database) -> str:
    """An open run of the small plan; the gate is open."""
    with database.connect() as connection:
        connection.execute("create table gate (closed boolean)")
    return station.open(PLAN, SMALL_DSN=database.dsn)


def _close_gate(database: Database, closed: bool = True) -> None:
    with database.connect() as connection:
        connection.execute("insert into gate values (true)" if closed else "delete from gate")


def _refused(station: Station, *arguments: str, code: str | None = None) -> Any:
    """The refusal of a command: exit code 5, nothing of it in the journal."""
    before = [e for e in station.events() if not e["type"].startswith(_OF_ITSELF)]
    answer = station.do(*arguments, code=5)
    refused = answer["refused"]
    assert set(refused) == {"code", "message", "facts"} and refused["message"]
    if code is not None:
        assert refused["code"] == code
    after = [e for e in station.events() if not e["type"].startswith(_OF_ITSELF)]
    assert after == before
    return refused


def _reach(station: Station, step: str) -> None:
    """Drive by hand up to this step, which is not begun."""
    lines = {
        "access": "execute access", "agreed": "sign agreed --note all", "table": "execute table",
        "rows": "execute rows", "slow": "execute slow",
    }  # fmt: skip
    before = list(lines)[: list(lines).index(step)]
    station.virada("attach", "--plain", stdin="".join(lines[id] + "\n" for id in before)).expect()


def test_a_whole_plan_by_hand(station: Station, database: Database, run: str) -> None:
    answer = station.do("execute", "access")
    assert answer["accepted"] is True and answer["status"] == "passed"
    assert (answer["step"], answer["attempt"]) == ("access", 1) and isinstance(answer["seq"], int)
    assert station.do("sign", "agreed", "--note", "all four agree")["status"] == "signed"
    assert station.do("execute", "table")["status"] == "passed"
    assert station.virada("do", run, "execute", "rows").expect(0).out == "rows: passed\n"
    assert station.do("execute", "slow")["status"] == "passed"
    with database.connect() as connection:
        connection.execute("insert into things values (4, 'by hand')")
    assert station.do("by-hand", "done-elsewhere", "--note", "inserted in psql")["status"] == "by_hand"
    assert station.do("execute", "optional", code=1)["status"] == "failed"
    assert station.do("skip", "optional", "--reason", "it says no")["status"] == "skipped"
    assert station.do("note", "a remark of the test")["accepted"] is True
    assert station.do("feedback", "went well")["accepted"] is True
    error = station.status()["errors"][0]
    assert error["step"] == "optional" and error["resolved"] is None
    station.do("resolve", error["id"], "looked at, harmless")
    assert station.status()["errors"][0]["resolved"] == "looked at, harmless"
    _refused(station, "close")
    assert station.do("execute", "verify")["status"] == "passed"
    assert station.status()["status"] == "completed"
    station.do("close")
    status = station.status()
    assert status["status"] == "completed" and status["undecided"] == []
    assert [s["status"] for s in status["steps"]] == [
        "passed", "signed", "passed", "passed", "passed", "by_hand", "skipped", "passed",
    ]  # fmt: skip
    _refused_closed(station)
    station.virada("verify", run).expect()


def _refused_closed(station: Station) -> None:
    done = station.virada("do", "last", "execute", "access").expect(5)
    assert "closed" in done.err
    station.virada("attach", "last", "--plain", stdin="").expect(5)
    station.virada("continue", "last", "--headless").expect(5)


def test_what_is_refused_says_why(station: Station, database: Database, run: str) -> None:
    _refused(station, "execute", "no-such-step", code="no-step")
    spoken = station.virada("do", "last", "execute", "no-such-step").expect(5)
    assert spoken.out == "" and spoken.err.startswith("Refused: ") and len(spoken.err.splitlines()) == 1
    _refused(station, "execute", "table", code="order")
    _refused(station, "execute", "agreed", code="sign")
    _refused(station, "sign", "agreed", "--note", "all", code="order")
    _refused(station, "skip", "table", "--reason", "early", code="order")
    _refused(station, "sign", "access", "--note", "I looked", code="sensed")
    _refused(station, "retry", "access", code="status")
    _refused(station, "undo", "access", code="no-undo")
    _refused(station, "undo", "table", code="status")
    _refused(station, "cancel", "access", code="status")
    _refused(station, "resume", code="not-held")
    _refused(station, "resolve", "E9", "text", code="no-error")
    _refused(station, "rollback", "--reason", "why not", "--confirm", "elsewhere", code="confirm")
    _refused(station, "rollback", "--reason", "why not", "--confirm", "here", "--to", "nowhere", code="no-step")
    _refused(station, "close")
    station.do("execute", "access")
    _refused(station, "execute", "access", code="status")
    _refused(station, "execute", "agreed", code="sign")
    station.do("hold", "--reason", "the phone rings")
    _refused(station, "hold", code="held")
    _refused(station, "sign", "agreed", "--note", "all", code="held")
    assert station.status()["status"] == "held"
    station.do("resume")
    station.do("sign", "agreed", "--note", "all")


@pytest.mark.parametrize(
    "words",
    [
        ("execute",), ("sign", "agreed"), ("skip", "access"), ("rollback", "--reason", "x"), ("dance",),
        ("execute", "access", "twice"), ("execute", "access", "--reason", "x"), ("run-to",), ("handover",), ("note",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_words_that_are_no_command_are_usage_errors(station: Station, words: tuple[str, ...]) -> None:
    done = station.virada("do", "last", *words).expect(2)
    assert done.out == "" and done.err


def test_run_to_goes_on_by_itself_until_a_person_is_needed(station: Station, database: Database, run: str) -> None:
    answer = station.do("run-to", "rows", code=6)
    assert answer["step"] == "agreed"
    assert station.status()["drives"] | {"person": None} == {
        "how": "run_to", "person": None, "until": "rows",
        "by_itself": {"steps": [], "signed": [], "then": "person", "at": "agreed", "whole": True},
    }  # fmt: skip
    station.do("sign", "agreed", "--note", "all", "--keep-driving")
    station.wait_for(lambda e: e["type"] == "step.passed" and e["data"]["step"] == "rows")
    assert station.step("rows")["status"] == "passed"
    assert station.step("slow")["status"] == "pending", "it goes no further than it was told to"
    assert station.status()["policy"]["drive"] == "by_hand"
    _close_gate(database)
    station.do("run-to", "done-elsewhere", "--no-wait")
    station.wait_for(lambda e: e["type"] == "tx.begin" and e["data"]["step"] == "slow")
    station.do("hold", "--reason", "lunch")
    _close_gate(database, False)
    station.wait_for(lambda e: e["type"] == "step.passed" and e["data"]["step"] == "slow")
    assert station.status()["status"] == "held"
    assert station.step("done-elsewhere")["status"] == "pending"
    # Whoever held it drives: it goes on when it is told to.
    station.do("resume")
    assert station.status()["drives"]["how"] == "by_hand"
    station.do("run-to", "done-elsewhere")
    assert station.step("done-elsewhere")["status"] == "passed"


def test_cancel_takes_a_running_statement_back(station: Station, database: Database, run: str) -> None:
    _reach(station, "slow")
    _close_gate(database)
    begun = station.do("execute", "slow", "--no-wait")
    assert begun["accepted"] is True and "status" not in begun
    station.wait_for(lambda e: e["type"] == "tx.begin" and e["data"]["step"] == "slow")
    _refused(station, "execute", "done-elsewhere")
    _refused(station, "skip", "slow", "--reason", "no", code="status")
    _refused(station, "close", "--reason", "going home", code="busy")
    assert station.do("cancel", "slow")["status"] == "cancelled"
    assert database.value("select count(*) from things where id = 3") == 0
    _refused(station, "execute", "slow", code="retry")
    _close_gate(database, False)
    assert station.do("retry", "slow")["status"] == "passed"
    assert station.step("slow")["attempt"] == 2
    assert database.value("select count(*) from things where id = 3") == 1


def test_undo_and_again(station: Station, database: Database, run: str) -> None:
    _reach(station, "slow")
    _refused(station, "undo", "table", code="order")
    assert station.do("undo", "rows", "--confirm", "here")["status"] == "undone"
    assert database.value("select count(*) from things") == 0
    assert station.step("rows")["status"] == "undone"
    assert station.do("retry", "rows")["status"] == "passed"
    assert station.do("undo", "rows", "--confirm", "here")["status"] == "undone"
    assert database.value("select count(*) from things") == 0
    assert station.step("undo.rows")["attempt"] == 2


def test_by_hand_is_proved_where_it_can_be(station: Station, database: Database, run: str) -> None:
    _reach(station, "rows")
    answer = station.do("by-hand", "rows", "--note", "I did it, honestly", code=1)
    assert answer["status"] == "failed"
    assert station.step("rows")["reason"] == "not_proved"
    with database.connect() as connection:
        connection.execute("insert into things values (1, 'a'), (2, 'b')")
    assert station.do("by-hand", "rows", "--note", "now really")["status"] == "by_hand"


def test_the_helm_belongs_to_one_person(station: Station, run: str) -> None:
    station.do("note", "first")
    assert station.status()["helm"] is None, "the last client's end gives it back"
    ana = station.start("attach", "last", "--plain", "--as", "ana", stdin=subprocess.PIPE)
    try:
        taken = station.wait_for(lambda e: e["type"] == "helm.taken" and "ana" in e["data"]["person"])
        assert "declared by" in taken["by"]
        assert station.status()["helm"] == taken["data"]["person"]
        refused = _refused(station, "note", "may I?", code="helm")
        assert refused["facts"]["holder"] == taken["data"]["person"]
        assert "--take" in station.virada("do", "last", "note", "x").err
        station.do("note", "me too", "--as", "ana")
        assert station.status()["helm"] == taken["data"]["person"], "another client of hers has it still"
        station.do("note", "I must", "--take", "ana fell asleep", "--as", "rui")
        took = station.wait_for(lambda e: e["type"] == "helm.taken" and "rui" in e["data"]["person"])
        assert took["data"]["reason"] == "ana fell asleep" and took["data"]["from"] == taken["data"]["person"]
        station.do("note", "mine again", "--take", "back at the desk", "--as", "ana")
        station.do("handover", "--note", "rui goes on", "--as", "ana")
        assert station.status()["helm"] is None
        released = station.wait_for(lambda e: e["type"] == "helm.released" and bool(e["data"].get("note")))
        assert released["data"]["note"] == "rui goes on"
        station.do("execute", "access", "--as", "rui")
    finally:
        assert ana.stdin is not None
        ana.stdin.close()
        assert ana.wait(20) == 0
        for pipe in (ana.stdout, ana.stderr):
            assert pipe is not None
            pipe.close()


def test_commands_in_lines(station: Station, database: Database, run: str) -> None:
    lines = "execute access\nsign agreed --note 'all agree'\nexecute table\nstatus\n"
    done = station.virada("attach", "last", "--plain", stdin=lines).expect(0)
    assert "table passed" in done.out
    assert station.step("table")["status"] == "passed"
    station.virada("attach", "last", "--plain", stdin="execute verify\n").expect(5)
    station.virada("attach", "last", "--plain", stdin="dance\n").expect(2)
    assert station.virada("runs", "--json").expect().json[0]["id"] == run
