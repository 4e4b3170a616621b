"""What went wrong is told whole: where, by which code, what was found and expected, what is in the database."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

import tui.locale
from tests.unit.cli.journals import Journal, plan, sql
from tui.journal import codes
from tui.journal import events as e
from tui.plain.narrator import end_lines, narrate
from tui.plain.table import status_lines
from tui.run.fold import fold, fold_all
from tui.run.state import RunState
from tui.run.status import status
from tui.words.codes import EFFECT, FATE, FATE_REASON, REASON, STEP_STATUS, STEP_WAITING, UNMEASURED
from tui.words.trouble import told_rows, trouble

ERROR = {
    "sqlstate": "23505", "message": 'duplicate key value violates unique constraint "u"',
    "detail": "Key (id)=(1) already exists.", "hint": "Look at it.",
    "context": "SQL statement\nPL/pgSQL function f() line 3", "file": "migration.sql", "line": 14,
}  # fmt: skip


@pytest.fixture(autouse=True)
def english() -> None:
    tui.locale.use("en")


def failed(evidence: dict[str, Any], kind: str = "sql", **more: Any) -> Journal:
    of = sql("fill") if kind == "sql" else sql("fill", kind=kind)
    journal = Journal(plan(of))
    journal.add(e.StepStarted(step="fill", attempt=1))
    given: dict[str, Any] = {"reason": "sql_error", "effect": "none"} | more
    journal.add(e.StepFailed(step="fill", attempt=1, evidence=evidence, **given))
    return journal


def rows(journal: Journal) -> list[tuple[str, str]]:
    return trouble(fold_all(journal.lines).steps["fill"])


def of_kind(kind: str, evidence: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    from msgspec.structs import replace

    at = fold_all(failed(evidence, **more).lines).steps["fill"]
    return trouble(replace(at, step=replace(at.step, kind=kind)))


def test_where_by_which_code_and_what_the_server_advises() -> None:
    journal = failed({"error": ERROR}, sqlstate="23505", message=ERROR["message"], effect="some")
    assert rows(journal) == [
        ("reason", "the server reported an error"), ("where", "migration.sql:14"), ("SQLSTATE", "23505"),
        ("message", 'duplicate key value violates unique constraint "u"'), ("detail", "Key (id)=(1) already exists."),
        ("hint", "Look at it."), ("context", "SQL statement"), ("", "PL/pgSQL function f() line 3"),
        ("effect", "part of it is in the database"),
    ]  # fmt: skip


def test_all_of_it_is_told_while_it_happens_at_the_end_and_afterwards() -> None:
    journal = failed({"error": ERROR}, sqlstate="23505", message=ERROR["message"])
    state, told = RunState(), []
    for line in journal.lines:
        previous, state = state, fold(state, line)
        told += narrate(previous, state, line)
    for text in ("\n".join(told), "\n".join(end_lines(state)), "\n".join(status_lines(status(state)))):
        for part in ("migration.sql:14", "23505", "duplicate key", "Key (id)=(1) already exists.", "Look at it."):
            assert part in text, (part, text)
        assert "nothing of it is in the database" in text
    # Not twice: what stands on the outcome's own line is not told again below it.
    assert "\n".join(told).count("duplicate key") == 1
    assert status(state)["steps"][0]["evidence"]["error"] == ERROR


def test_long_messages_are_told_to_their_end_in_a_narrow_table() -> None:
    message = "could not do it because " + "of this and that " * 30 + "END"
    lines = status_lines(status(fold_all(failed({"error": {"message": message}}).lines)))
    assert "END" in " ".join(lines) and all(len(line) <= 80 for line in lines)


def test_what_would_steer_the_terminal_is_shown() -> None:
    evil = "x\x1b[2J\u202e"
    found: dict[str, Any] = {"error": dict.fromkeys(("message", "detail", "hint", "file"), evil), "tail": evil}
    found["checks"] = [{"name": evil, "holds": False, "found": evil, "expected": evil}]
    found["prove"] = {"answer": evil, "rows": [[evil]], "columns": [evil], "expected": {evil: evil}}
    for label, text in of_kind("query", found):
        assert label.isprintable() and text.isprintable()


def test_which_of_six_checks() -> None:
    checks = [
        {"name": "connect", "expected": None, "found": "15.18", "holds": True},
        {"name": "connections_free", "expected": 10, "found": None, "holds": None, "error": "no connection"},
        {"name": "version", "expected": ">=16", "found": "15.18", "holds": False},
        {"name": "writable", "expected": True, "found": False, "holds": False},
        {"name": "tools", "expected": ["psql", "pg_dump"], "found": [], "holds": False},
        {"name": "privilege", "expected": ["SELECT"], "found": [], "holds": False, "table": "app.t"},
        {"name": "disk_free", "expected": 50_000_000_000, "found": 1_500_000, "holds": False},
        {"name": "role", "expected": "app_owner", "found": "not_member", "holds": False},
    ]
    told = of_kind("check", {"checks": checks}, reason="check_failed")
    assert told[0] == ("reason", "checks 3, 4, 5, 6, 7, 8 of 8 did not hold")
    assert told[1:-1] == [
        ("version", "15.18; expected >=16"), ("writable", "no; expected yes"),
        ("tools", "nothing; expected psql, pg_dump"), ("privilege app.t", "nothing; expected SELECT"),
        ("disk_free", "1.5 MB; expected 50.0 GB"),
        ("role", "it exists, and this login is no member of it; expected app_owner"),
        ("connections_free", "unknown: no connection; expected 10"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("found", "expected", "told"),
    [
        ([["7"]], {"equals": 1}, [("value", "n = 7"), ("expected", "1")]),
        ([[None]], {"below": 5.0}, [("value", "n = NULL"), ("expected", "below 5.0")]),
        ([], {"equals": True}, [("value", "no row"), ("expected", "true")]),
        ([["a"]], {"empty": True}, [("value", "n = a"), ("expected", "no rows")]),
    ],
)  # fmt: skip
def test_the_value_and_what_was_expected(found: list[Any], expected: dict[str, Any], told: list[Any]) -> None:
    answer = {"columns": ["n"], "rows": found, "count": len(found), "expected": expected}
    assert of_kind("query", answer, reason="not_as_expected")[1:-1] == told
    proof = {"prove": {"answer": "not_there", **answer}}
    assert of_kind("sql", proof, reason="not_proved")[1:-1] == [("proof", "its effect is not there"), *told]


def test_a_proof_without_an_answer_says_why_nobody_knows() -> None:
    journal = Journal(plan(sql("fill")))
    journal.add(e.StepStarted(step="fill", attempt=1))
    facts = {"prove": {"answer": "none", "sqlstate": "55P03", "message": "held by pid 7"}, "given_up": "person"}
    journal.add(e.StepFate(step="fill", attempt=1, fate="undecided", reason="proof_unanswered", facts=facts))
    assert rows(journal) == [
        ("reason", "whether its effect is there was not answered"), ("proof", "no answer"), ("SQLSTATE", "55P03"),
        ("message", "held by pid 7"), ("effect", "unknown what of it is in the database"),
    ]  # fmt: skip
    assert any("held by pid 7" in line for line in end_lines(fold_all(journal.lines)))


def test_a_program_says_its_status_and_what_it_printed_last() -> None:
    tail = "\n".join(f"line {n}" for n in range(9)) + "\n\n"
    told = of_kind("command", {"exit_status": 3, "tail": tail}, reason="exit_status", effect="unknown")
    assert told[1:3] == [("exit status", "3"), ("printed last", "line 4")] and told[-2] == ("", "line 8")


NOT_MEASURED = [
    {"metric": "critical_errors", "limit": 0.0, "why": "log_without_sqlstates"},
    {"metric": "cpu", "limit": 0.9, "why": "unknown", "seconds": 12.0, "too_long": True},
    {"what": "log", "why": "log_unclear", "count": 3},
]
LITTLE = {"place": "/backup/a.dump", "free_bytes": 1_500_000, "need_bytes": 50_000_000_000, "source": "db1 (ssh)"}
MISSING = [{"table": f"public.t{n}", "rows": n, "at_least": 50} for n in range(10)]


@pytest.mark.parametrize(
    ("reason", "evidence", "told"),
    [
        ("not_measured", {"not_measured": NOT_MEASURED}, [
            ("not measured", "critical errors: the server's log has no SQLSTATEs; add %e to log_line_prefix"),
            ("not measured", "CPU: nobody measures it (for 12.0 s)"),
            ("not measured", "server's log: it has records of which nobody can tell whether they are errors (3)"),
        ]),
        ("guard_breached", {"breached": [{"metric": "cpu", "value": 0.97, "limit": 0.9, "source": "db1 (ssh)"}]}, [
            ("CPU", "97 %, limit 90 % (db1 (ssh))"),
        ]),
        ("no_space", {"space": LITTLE}, [
            ("free space", "1.5 MB; expected 50.0 GB"), ("place", "/backup/a.dump (db1 (ssh))"),
        ]),
        ("rows_missing", {"rows_missing": MISSING, "count": 12}, [
            ("rows missing", "public.t0: 0 rows, the source had and still has 50"),
            ("", "public.t1: 1 row, the source had and still has 50"),
            *(("", f"public.t{n}: {n} rows, the source had and still has 50") for n in range(2, 10)),
            ("", "and 2 more"),
        ]),
        ("not_in_backup", {"missing": ["public.a", "b"]}, [("not in the backup", "public.a"), ("", "b")]),
        ("scratch_exists", {"database": "check"}, [("scratch database", "check")]),
        ("rows_left", {"left": 7}, [("rows left", "7")]),
        ("hash_differs", {"recorded": "aa", "sha256": "bb"}, [("hash recorded", "aa"), ("hash found", "bb")]),
        ("no_backup", {"of": "dump"}, [("backup of", "dump")]),
        ("not_carried_out", {"exception": "OSError", "errno": "EIO", "path": "/a", "message": "Input/output error"}, [
            ("message", "Input/output error"), ("exception", "OSError (EIO)"), ("path", "/a"),
        ]),
        ("not_as_expected", {"exception": "ValueError", "not_recorded": ["rows"]}, [
            ("exception", "ValueError"), ("not recorded", "rows"),
        ]),
    ],
)  # fmt: skip
def test_what_was_found_is_named(reason: str, evidence: dict[str, Any], told: list[Any]) -> None:
    assert of_kind("monitor", evidence, reason=reason)[1:-1] == told
    # Of another journal's evidence nothing is expected.
    of_kind("monitor", dict.fromkeys((*evidence, "count"), "?"), reason=reason)
    of_kind("monitor", {key: [{}] for key in evidence}, reason=reason)


def test_every_reason_for_no_measurement_has_words() -> None:
    assert {member.value for member in codes.Unmeasured} == set(UNMEASURED)


def test_a_caret_stands_below_what_it_points_at() -> None:
    context = "LINE 1: insert into repport values (1)\n                    ^"
    lines = told_rows(rows(failed({"error": {"message": "no such table", "context": context}})))
    at = next(i for i, line in enumerate(lines) if line.startswith("context"))
    assert lines[at].index("repport") == lines[at + 1].index("^")


def test_a_recorded_error_without_a_message_is_told_in_words() -> None:
    journal = failed({}, reason="not_measured")
    journal.add(e.ErrorRecorded(id="E1", text="not_measured", step="fill", attempt=1, source="unanswered"))
    state, told = RunState(), []
    for line in journal.lines:
        previous, state = state, fold(state, line)
        told += narrate(previous, state, line)
    assert told[-1].endswith("what was to be watched was not measured")


def test_what_is_well_has_no_trouble() -> None:
    journal = Journal(plan(sql("fill")))
    journal.passed("fill", rows=1)
    assert rows(journal) == []
    cancelled = Journal(plan(sql("fill")))
    cancelled.add(e.StepStarted(step="fill", attempt=1))
    cancelled.add(e.StepCancelled(step="fill", attempt=1, reason="person", effect="none"))
    assert rows(cancelled) == []
    left = Journal(plan(sql("fill")))
    left.add(e.StepStarted(step="fill", attempt=1))
    left.add(e.StepCancelled(step="fill", attempt=1, reason="person", effect="some"))
    assert rows(left)[-1] == ("effect", "part of it is in the database")


@pytest.mark.parametrize(
    ("family", "table"),
    [
        (codes.FateReason, FATE_REASON), (codes.FailReason, REASON), (codes.WaitReason, STEP_WAITING),
        (codes.CancelReason, REASON), (codes.SkipReason, REASON), (codes.TriggerReason, REASON),
        (codes.EffectCode, EFFECT), (codes.FateCode, FATE), (codes.Outcome, STEP_STATUS),
    ],
)  # fmt: skip
def test_every_code_has_words(family: type[StrEnum], table: Mapping[str, str]) -> None:
    assert not {member.value for member in family} - set(table) - {"", "engine"}
