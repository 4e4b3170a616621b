from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import BROKEN, LOCKED, answers, codes, committed, lint, play, refused, step
from tui.plan.model import Proof
from tui.steps.effects import Failed, Passed, ReadFile, RunSession, RunStatement, RunTransaction, Sleep
from tui.steps.sql import KIND

THREE = "create table t (a int);\ninsert into t values (1);\nupdate t set a = 2;\n"
MIXED = "create table t (a int);\ncreate index concurrently i on t (a);\nanalyze t;\n"
OWN = "begin;\ninsert into t values (1);\ncommit;\ninsert into t values (2);\nbegin;\ndelete from t;\ncommit;\n"
PROVE = Proof(query="select 1", equals=1)


def ordinals(asked: list[RunTransaction | RunStatement]) -> list[int]:
    return [a.statement if isinstance(a, RunTransaction) else a.ordinal for a in asked]


class TestSingle:
    def test_it_is_one_transaction_with_one_witness(self) -> None:
        witness = {"xid": "7", "protection": "xid"}
        done = play(KIND, {"text": THREE}, answers(committed(2, witness=witness, warnings=("careful",), seconds=0.5)))
        (work,) = done.asked
        assert isinstance(work, RunTransaction)
        assert [(s.text, s.line) for s in work.statements] == [
            ("create table t (a int)", 1), ("insert into t values (1)", 2), ("update t set a = 2", 3),
        ]  # fmt: skip
        assert done.ended == Passed(
            evidence={
                "statements": 3, "rows": 2, "tries": 1, "commit": witness, "warnings": ["careful"], "seconds": 0.5,
            },
            effect="all",
        )  # fmt: skip

    def test_the_file_is_read_from_the_frozen_plan(self) -> None:
        done = play(KIND, {"file": "migration.sql"}, answers(THREE, committed()))
        assert done.asked[0] == ReadFile(path="migration.sql")
        assert isinstance(done.ended, Passed)

    def test_it_runs_as_the_steps_role_under_its_limits(self) -> None:
        spec = {"text": THREE, "lock_timeout": 0.25, "statement_timeout": 9.0, "row_security": "on"}
        done = play(KIND, spec, answers(committed()), of=step("sql", spec, as_="owner"))
        settings = done.of(RunTransaction)[0].settings
        assert (settings.role, settings.statement_timeout, settings.row_security) == ("owner", 9.0, True)
        assert settings.lock_timeout == 0.1
        plain = play(KIND, {"text": THREE}, answers(committed())).of(RunTransaction)[0].settings
        assert plain.row_security is False, "FORCE RLS makes an error, not a silent half"

    def test_an_error_leaves_nothing(self) -> None:
        done = play(KIND, {"text": THREE}, answers(refused()))
        assert isinstance(done.ended, Failed)
        assert (done.ended.reason, done.ended.effect, done.ended.error) == ("sql_error", "none", BROKEN)

    def test_locks_are_tried_again_with_pauses(self) -> None:
        done = play(KIND, {"text": THREE, "retries": 2}, answers(refused(LOCKED), False, committed()))
        assert len(done.of(Sleep)) == 1
        assert done.ended.evidence["tries"] == 2

    def test_committed_before_it_is_not_applied_again(self) -> None:
        done = play(KIND, {"text": THREE}, answers(), done=1, attempt=2)
        assert done.asked == []
        assert isinstance(done.ended, Passed) and done.ended.effect == "all"


class TestPerStatement:
    def test_each_has_its_own_transaction_and_what_cannot_runs_outside(self) -> None:
        spec = {"text": MIXED, "transaction": "per_statement"}
        done = play(KIND, spec, answers(committed(0), committed(0), committed(0)))
        assert [type(a) for a in done.asked] == [RunTransaction, RunStatement, RunTransaction]
        assert ordinals(done.of(RunTransaction) + done.of(RunStatement)) == [0, 2, 1]
        assert done.ended.effect == "all"
        assert done.ended.evidence["done"] == 3

    def test_outside_it_waits_for_locks_as_long_as_the_plan_says_and_once(self) -> None:
        spec = {"text": MIXED, "transaction": "per_statement", "lock_timeout": 30.0}
        done = play(KIND, spec, answers(committed(), refused(LOCKED)))
        (outside,) = done.of(RunStatement)
        assert outside.settings.lock_timeout == 30.0
        assert isinstance(done.ended, Failed) and done.ended.effect == "unknown"

    def test_it_goes_on_behind_what_is_proved(self) -> None:
        spec = {"text": THREE, "transaction": "per_statement"}
        done = play(KIND, spec, answers(committed(), committed()), done=1, attempt=2)
        assert ordinals(done.of(RunTransaction)) == [1, 2]
        assert done.ended.evidence["done"] == 3

    def test_all_of_it_proved_there_is_nothing_left(self) -> None:
        done = play(KIND, {"text": THREE, "transaction": "per_statement"}, answers(), done=3)
        assert done.asked == [] and isinstance(done.ended, Passed) and done.ended.effect == "all"

    @pytest.mark.parametrize(("before", "effect"), [(0, "none"), (1, "some"), (2, "some")])
    def test_a_failure_says_what_is_there(self, before: int, effect: str) -> None:
        spec = {"text": THREE, "transaction": "per_statement"}
        done = play(KIND, spec, answers(*[committed()] * before, refused()))
        assert isinstance(done.ended, Failed)
        assert (done.ended.effect, done.ended.evidence["done"]) == (effect, before)

    def test_rows_and_warnings_add_up(self) -> None:
        spec = {"text": THREE, "transaction": "per_statement"}
        given = (committed(0, warnings=("w1",)), committed(2), committed(3, warnings=("w2",), witness={"xid": "9"}))
        evidence = play(KIND, spec, answers(*given)).ended.evidence
        assert (evidence["rows"], evidence["warnings"], evidence["commit"]) == (5, ["w1", "w2"], {"xid": "9"})

    def test_copy_data_goes_along(self) -> None:
        spec = {"text": "copy t from stdin;\n1\n2\n\\.\n", "transaction": "per_statement"}
        (work,) = play(KIND, spec, answers(committed())).of(RunTransaction)
        assert work.statements[0].copy_data == "1\n2\n"


class TestScript:
    def test_each_of_its_transactions_has_one_piece_of_evidence(self) -> None:
        done = play(KIND, {"text": OWN, "transaction": "script"}, answers(*[committed()] * 3))
        assert [type(a) for a in done.asked] == [RunTransaction] * 3
        assert [(a.statement, a.begin, a.end) for a in done.of(RunTransaction)] == [
            (2, "begin", "commit"), (3, "begin", "commit"), (6, "begin", "commit"),
        ]  # fmt: skip
        assert [s.text for a in done.of(RunTransaction) for s in a.statements] == [
            "insert into t values (1)", "insert into t values (2)", "delete from t",
        ]  # fmt: skip
        assert done.ended.evidence["done"] == 7

    @pytest.mark.parametrize(
        ("done", "first"), [(0, 0), (1, 0), (2, 0), (3, 1), (4, 2), (5, 2), (6, 2), (7, 3)]
    )  # fmt: skip
    def test_a_transaction_that_was_open_is_begun_again_as_a_whole(self, done: int, first: int) -> None:
        played = play(KIND, {"text": OWN, "transaction": "script"}, answers(*[committed()] * 3), done=done, attempt=2)
        assert ordinals(played.of(RunTransaction)) == [2, 3, 6][first:]
        assert isinstance(played.ended, Passed)

    def test_what_leaves_nothing_has_no_evidence(self) -> None:
        text = "begin; delete from t; rollback; begin read only; select 1; commit; set a.b = 1; commit;"
        done = play(KIND, {"text": text, "transaction": "script"}, answers(*[committed()] * 4))
        assert [(a.end, a.witnessed) for a in done.of(RunTransaction)] == [("rollback", False), ("commit", False)]
        assert [a.statement.text for a in done.of(RunSession)] == ["set a.b = 1", "commit"]
        assert isinstance(done.ended, Passed) and done.ended.effect == "none"

    @pytest.mark.parametrize("text", [
        "begin read only; select 1; commit; begin; select 1; commit",
        "begin; select setval('s', 7); rollback",
        "begin read only; select 1; commit; insert into t values (1)",
    ])  # fmt: skip
    def test_what_may_leave_something_does(self, text: str) -> None:
        done = play(KIND, {"text": text, "transaction": "script"}, answers(*[committed()] * 4))
        assert isinstance(done.ended, Passed) and done.ended.effect == "all"


class TestLint:
    def test_exactly_one_source(self) -> None:
        assert codes(lint(KIND, {})) == ["sql-source"]
        assert codes(lint(KIND, {"text": "select 1", "file": "f.sql"})) == ["sql-source"]

    def test_an_empty_script(self) -> None:
        assert codes(lint(KIND, {"text": "-- nothing\n"})) == ["sql-empty"]

    def test_a_file_that_cannot_be_read_is_the_loaders_to_tell(self) -> None:
        assert lint(KIND, {"file": "gone.sql"}) == []

    def test_what_is_found_stands_at_its_line_of_the_file(self) -> None:
        (found,) = lint(KIND, {"file": "f.sql"}, files={"f.sql": "select 1;\n\ncommit;\n"})
        assert (found.file, found.line, found.key) == ("f.sql", 3, "file")

    def test_outside_a_transaction_it_needs_a_proof(self) -> None:
        spec = {"text": MIXED, "transaction": "per_statement"}
        assert "needs-prove" in codes(lint(KIND, spec))
        assert "needs-prove" not in codes(lint(KIND, spec, prove=PROVE))
        assert "needs-prove" not in codes(lint(KIND, spec, is_undo=True))
        assert "needs-prove" not in codes(lint(KIND, {"text": THREE, "transaction": "per_statement"}))
        assert "needs-prove" not in codes(lint(KIND, {"text": OWN, "transaction": "script"}))
        assert "needs-prove" in codes(lint(KIND, {"text": OWN + "call p();", "transaction": "script"}))


class TestLintOutside:
    def test_what_cannot_be_told_of_several_needs_a_step_of_its_own(self) -> None:
        spec = {"text": "insert into t values (1);\ncall p();", "transaction": "script"}
        (found,) = [f for f in lint(KIND, spec, prove=PROVE) if f.code == "outside-alone"]
        assert found.line == 2 and "call p()" in str(KIND.sentence(found))
        alone = {"text": "set a.b = 1; call p();", "transaction": "script"}
        assert "outside-alone" not in codes(lint(KIND, alone, prove=PROVE))
        told = {"text": "vacuum t; create index concurrently i on t (a);", "transaction": "script"}
        assert "outside-alone" not in codes(lint(KIND, told, prove=PROVE))

    def test_what_may_be_left_half_done_has_a_cleanup(self) -> None:
        (found,) = [f for f in lint(KIND, {"text": MIXED, "transaction": "per_statement"}) if f.code == "no-cleanup"]
        assert (found.level, found.line) == ("warning", 2)
        assert "no-cleanup" not in codes(lint(KIND, {"text": "vacuum t", "transaction": "per_statement"}))


class TestLimits:
    CIC = "create index concurrently i on t (a);"

    @pytest.mark.parametrize(
        ("given", "limit"), [({}, 0.0), ({"lock_timeout": 0.5}, 0.5), ({"lock_timeout": None}, None)]
    )
    def test_a_concurrent_command_has_a_limit_only_where_the_step_says_so(
        self, given: dict[str, float | None], limit: float | None
    ) -> None:
        spec = {"text": self.CIC, "transaction": "per_statement", **given}
        (work,) = play(KIND, spec, answers(committed())).of(RunStatement)
        assert work.settings.lock_timeout == limit

    def test_others_outside_a_transaction_keep_the_usual_one(self) -> None:
        (work,) = play(KIND, {"text": "vacuum t", "transaction": "per_statement"}, answers(committed())).of(
            RunStatement
        )
        assert work.settings.lock_timeout == 0.5

    def test_what_the_script_sets_itself_is_left_alone(self) -> None:
        spec = {"text": "set lock_timeout = '3s'; select 1; " + self.CIC, "transaction": "per_statement"}
        done = play(KIND, spec, answers(*[committed()] * 3))
        assert done.of(RunTransaction)[0].settings.keep == ("lock_timeout",)
        assert done.of(RunStatement)[0].settings.keep == ("lock_timeout",)


def test_what_it_is() -> None:
    assert (KIND.name, KIND.short, KIND.changes, KIND.fence, KIND.repeat) == (
        "sql",
        "text",
        True,
        "statements",
        "never",
    )
    assert KIND.atomic is not None
    assert KIND.atomic(KIND.typed({"text": "select 1"}))
    assert not KIND.atomic(KIND.typed({"text": "select 1", "transaction": "per_statement"}))


def test_its_facts() -> None:
    assert KIND.facts is not None
    told = KIND.facts({"statements": 3, "rows": 2, "tries": 1, "commit": {"xid": "7", "protection": "xid"}})
    assert told == [("statements", 3), ("rows", 2), ("tries", 1), ("xid", "7"), ("protection", "xid")]
    assert KIND.facts({"commit": None}) == []


def test_a_warning_stays_a_warning() -> None:
    text = "set lock_timeout = 0;\nset role shop;\nselect pg_catalog.set_config('search_path', '', false);\nselect 1;\n"
    found = lint(KIND, {"text": text})
    assert [(finding.code, finding.level, finding.line) for finding in found] == [
        ("overrules_setting", "warning", 1), ("changes_role", "warning", 2),
    ]  # fmt: skip


class TestParts:
    FILE = "-- migrate:up\ncreate table a (x int);\n-- migrate:down\ndrop table a;\n"

    def said(self, spec: dict[str, Any], text: str = FILE, **more: Any) -> list[tuple[str, str, int | None]]:
        found = lint(KIND, {"file": "a.sql"} | spec, files={"a.sql": text}, **more)
        return [(finding.code, finding.level, finding.line) for finding in found]

    def test_the_up_part_is_executed_and_the_down_part_offered(self) -> None:
        done = play(KIND, {"file": "a.sql"}, answers(self.FILE, committed()))
        assert [(s.text, s.line) for s in done.of(RunTransaction)[0].statements] == [("create table a (x int)", 2)]
        assert self.said({}) == [("up-part", "warning", 3)]
        (finding,) = lint(KIND, {"file": "a.sql"}, files={"a.sql": self.FILE})
        assert "(lines 1-2)" in str(KIND.sentence(finding))
        assert "`undo: {sql: {file: a.sql, part: down}}`" in str(KIND.sentence(finding))
        assert self.said({"part": "up"}) == []

    def test_the_down_part_takes_it_back(self) -> None:
        done = play(KIND, {"file": "a.sql", "part": "down"}, answers(self.FILE, committed()))
        assert [(s.text, s.line) for s in done.of(RunTransaction)[0].statements] == [("drop table a", 4)]
        assert self.said({"part": "down"}, is_undo=True) == []

    def test_the_whole_file_is_executed_where_the_plan_says_so(self) -> None:
        done = play(KIND, {"file": "a.sql", "part": "whole"}, answers(self.FILE, committed()))
        assert len(done.of(RunTransaction)[0].statements) == 2
        assert self.said({"part": "whole"}) == []

    def test_an_undo_says_which_part_it_means(self) -> None:
        assert self.said({}, is_undo=True) == [("which-part", "error", 1)]
        assert self.said({"part": "up"}, is_undo=True) == []

    @pytest.mark.parametrize("part", ["up", "down"])
    def test_a_part_that_is_not_there(self, part: str) -> None:
        assert self.said({"part": part}, "select 1;\n") == [("no-such-part", "error", None)]

    def test_what_reads_like_a_marker_is_refused(self) -> None:
        text = self.FILE.replace("-- migrate", " -- migrate")
        assert self.said({}, text) == [("almost-marker", "error", 3)]
        assert self.said({"part": "up"}, text) == []

    def test_a_file_that_asks_for_no_transaction(self) -> None:
        text = self.FILE.replace("up\n", "up transaction:false\n")
        assert ("asks-no-transaction", "warning", 1) in self.said({}, text)
        assert self.said({"part": "up", "transaction": "per_statement"}, text) == []
        assert self.said({"part": "down"}, text) == []

    def test_only_the_part_that_is_executed_is_reviewed(self) -> None:
        text = self.FILE.replace("drop", "vacuum;\ndrop")
        assert self.said({"part": "up"}, text) == []
        assert self.said({"part": "down"}, text) == [("needs_no_transaction", "error", 4)]
