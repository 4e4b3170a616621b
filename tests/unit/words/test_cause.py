"""One sentence says why a step failed: what a person acts on comes first, whatever kind of step it is."""

from __future__ import annotations

from typing import Any

import pytest

import tui.locale
from tests.unit.words.test_trouble import ERROR, failed
from tui.run.fold import fold_all
from tui.words.cause import Cause, cause

NOTHING = "nothing of it is in the database"
SIX = [{"name": name, "expected": None, "found": 1, "holds": True} for name in ("connect", "version", "writable")]
SIX += [{"name": "disk_free", "expected": 50_000_000_000, "found": 1_500_000, "holds": False}]
SIX += [{"name": name, "expected": 1, "found": 1, "holds": True} for name in ("role", "tools")]
DUMP = """pg_dump: last built-in OID is 16383
pg_dump: error: query failed: ERROR:  permission denied for table t
pg_dump: detail: Query was: LOCK TABLE public.t IN ACCESS SHARE MODE
"""
PSQL = """psql:a.sql:3: ERROR:  42P01: relation "nosuch" does not exist
LINE 1: select * from nosuch;
                      ^
LOCATION:  parserOpenTable, parse_relation.c:1449
"""


@pytest.fixture(autouse=True)
def english() -> None:
    tui.locale.use("en")


def of(kind: str, evidence: dict[str, Any], reason: str, **more: Any) -> Cause:
    from msgspec.structs import replace

    at = fold_all(failed(evidence, reason=reason, **more).lines).steps["fill"]
    return cause(replace(at, step=replace(at.step, kind=kind)))


@pytest.mark.parametrize(
    ("kind", "evidence", "reason", "code", "what"),
    [
        ("sql", {"error": ERROR}, "sql_error", "23505",
         'migration.sql:14: duplicate key value violates unique constraint "u"'),
        ("check", {"checks": SIX}, "check_failed", "",
         "check 4 of 6 did not hold: disk_free: 1.5 MB; expected 50.0 GB"),
        ("check", {"checks": [dict(check, holds=False) for check in SIX[3:5]] + SIX[:1]}, "check_failed", "",
         "checks 1, 2 of 3 did not hold: disk_free: 1.5 MB; expected 50.0 GB; role: 1; expected 1"),
        ("check", {"checks": SIX[3:4]}, "check_failed", "",
         "a check did not hold: disk_free: 1.5 MB; expected 50.0 GB"),
        ("check", {"checks": [*SIX[:3], {"name": "role", "found": None, "holds": None, "error": "no route"}]},
         "not_answered", "", "check 4 of 4 was not answered: role: unknown: no route"),
        ("query", {"columns": ["n"], "rows": [["7"]], "count": 1, "expected": {"equals": 0}}, "not_as_expected", "",
         "value n = 7; expected 0"),
        ("sql", {"prove": {"answer": "not_there", "columns": ["n"], "rows": [["7"]], "expected": {"equals": 1}}},
         "not_proved", "", "its effect could not be proved: value n = 7; expected 1"),
        ("monitor", {"not_measured": [{"what": "figures", "why": "no_samples"}]}, "not_measured", "",
         "what was to be watched was not measured: figures: not a single one was taken"),
        ("backup", {"exit_status": 1, "tail": DUMP}, "exit_status", "",
         "exit status 1: pg_dump: error: query failed: ERROR:  permission denied for table t"),
        ("command", {"exit_status": 3, "tail": PSQL}, "exit_status", "42P01",
         'exit status 3: psql:a.sql:3: ERROR:  42P01: relation "nosuch" does not exist'),
        ("command", {"exit_status": 3, "tail": "a\nb\n\n"}, "exit_status", "", "exit status 3: b"),
        ("command", {"exit_status": -9, "tail": ""}, "signalled", "",
         "the program was ended by a signal: exit status: -9"),
        ("sql", {"error": {"sqlstate": "57014", "message": "canceling statement"}}, "timeout", "57014",
         "it took longer than allowed: canceling statement"),
        ("monitor", {"breached": [{"metric": "cpu", "value": 0.97, "limit": 0.9}]}, "guard_breached", "",
         "a guard was breached: CPU: 97 %, limit 90 %"),
        ("backup", {"space": {"free_bytes": 10, "need_bytes": 20}}, "no_space", "",
         "there is too little free space: free space: 10 B; expected 20 B"),
        ("sign", {}, "needs_signature", "", "only a person can sign it"),
        ("sql", {"error": {"message": "a\nb"}}, "sql_error", "", "a"),
    ],
)  # fmt: skip
def test_what_a_person_acts_on(kind: str, evidence: dict[str, Any], reason: str, code: str, what: str) -> None:
    sqlstate = evidence.get("error", {}).get("sqlstate") if "error" in evidence else None
    assert of(kind, evidence, reason, sqlstate=sqlstate) == Cause(code, what, NOTHING)


def test_what_would_steer_the_terminal_is_shown() -> None:
    evil = "x\x1b[2J\u202e"
    found: dict[str, Any] = {"error": dict.fromkeys(("message", "file", "sqlstate"), evil), "tail": evil}
    found["checks"] = [{"name": evil, "holds": False, "found": evil, "expected": evil}] * 2
    for evidence in (found, {"tail": f"ERROR: {evil}"}, {"rows": [[evil]], "expected": {evil: evil}}):
        for kind in ("query", "sql", "command"):
            known = of(kind, evidence, evil, sqlstate=evil, message=evil)
            assert all(text.isprintable() or not text for text in (known.code, known.what, known.effect))
