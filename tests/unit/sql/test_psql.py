"""A psql script read beforehand: files, variables, conditions, and what breaks the promise of its step."""

from __future__ import annotations

from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.sql.parts import Part, part_text
from tui.sql.psql import objection_to_variable, read_psql
from tui.sql.psql_files import FileRefused
from tui.sql.review import Transaction, review
from tui.sql.script import read_script

TRANSACTIONS: tuple[Transaction, ...] = ("single", "per_statement", "script")
PARTS: tuple[Part | None, ...] = ("up", "down", "whole", None)


class Plan:
    """Files of a plan; what was asked for stands in `asked`."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files
        self.asked: list[str] = []

    def text(self, name: str) -> str:
        self.claim(name)
        return self.files[name]

    def claim(self, name: str) -> None:
        self.asked.append(name)
        if name.startswith(("/", "..", "~")):
            raise FileRefused("file-outside", name)
        if name not in self.files:
            raise FileRefused("missing-file", name)


def said(
    text: str, files: dict[str, str] | None = None, *, single: bool = True, **given: str | None
) -> list[tuple[str, int, str, str]]:
    plan = Plan({"m.sql": text} | (files or {}))
    found = read_psql("m.sql", plan, given, single=single)
    assert all(finding.message and "{" not in str(finding.message).replace(":{?", "") for finding in found)
    return [(finding.file, finding.line, finding.code, finding.level) for finding in found]


def asked(text: str, files: dict[str, str], **given: str | None) -> list[str]:
    plan = Plan({"m.sql": text} | files)
    read_psql("m.sql", plan, given, single=True)
    return plan.asked[1:]


def errors(text: str, *, single: bool = True) -> list[tuple[int, str]]:
    return [(line, code) for _, line, code, level in said(text, single=single) if level == "error"]


class TestFiles:
    FILES: ClassVar = {
        "a.sql": "select 1;\n",
        "sub/b.sql": "\\ir c.sql\n",
        "sub/c.sql": "select 2;\n",
        "it's.csv": "1\n",
        "d.csv": "",
    }

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("\\i a.sql\n", ["a.sql"]),
            ("\\include 'a.sql'\n", ["a.sql"]),
            ("\\i './a'.sql;\n", ["a.sql"]),
            ("\\i 'a\\x2esql'\n", ["a.sql"]),
            ("\\i a.sql \\\\ select 1;\n", ["a.sql"]),
            ("\\i sub/../a.sql\n", ["a.sql"]),
            ("select 1 \\i a.sql\n;", ["a.sql"]),
            ("\\i sub/b.sql\n", ["sub/b.sql", "sub/c.sql"]),
            ("\\ir sub/b.sql\n\\include_relative a.sql\n", ["sub/b.sql", "sub/c.sql", "a.sql"]),
            ("\\set f a.sql\n\\i :f\n", ["a.sql"]),
            ("\\set f a\n\\i :f.sql\n", ["a.sql"]),
            ("\\i :given\n", ["a.sql"]),
            ("\\copy t from 'it''s.csv'\n", ["it's.csv"]),
            ("\\copy t (a, b) from d.csv with (format csv);\n", ["d.csv"]),
            ("\\copy \"from\" from d.csv\n", ["d.csv"]),
            ("\\COPY t from d.csv\n", []),
            ("\\copy t from stdin\nit's\n\\i nothing\n\\.\n\\i a.sql\n", ["a.sql"]),
            ("\\copy t from stdin csv\n\\.\n", []),
            ("\\copy (select 1 from stdin) to stdout\n\\i a.sql\n", ["a.sql"]),
            ("copy t from stdin;\n\\i nothing\n\\.\n", []),
            ("\\lo_import 'd.csv' comment\n", ["d.csv"]),
            ("\\if false\n\\i nothing\n\\endif\n", []),
            ("/* \\i nothing */ -- \\i nothing\n", []),
            ("select '\n\\i nothing\n';\n", []),
        ],
    )  # fmt: skip
    def test_what_is_frozen(self, text: str, expected: list[str]) -> None:
        assert asked(text, self.FILES, given="a.sql") == expected

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("\\i nothing.sql\n", "missing-file"),
            ("\\i \"a.sql\"\n", "missing-file"),
            ("\\i ../a.sql\n", "file-outside"),
            ("\\ir ../a.sql\n", "file-outside"),
            ("\\i /etc/passwd\n", "file-outside"),
            ("\\i ~/a.sql\n", "file-outside"),
            ("\\copy t from '/etc/passwd'\n", "file-outside"),
            ("\\lo_import ../x\n", "file-outside"),
            ("\\i :nothing\n", "unset_variable"),
            ("\\copy t from :given\n", "copy_variable"),
            ("select 'a.sql' as f \\gset\n\\i :f\n", "unknown_name"),
            ("\\if :open\n\\set f a.sql\n\\else\n\\set f b.sql\n\\endif\n\\i :f\n", "unknown_name"),
            ("\\getenv f F\n\\i :f\n", "unknown_name"),
            ("\\i :open\n", "unknown_name"),
            ("\\i\n", "bad_command"),
            ("\\copy t\n", "bad_command"),
            ("\\i m.sql\n", "includes_itself"),
            ("\\i -\n", "no_input"),
            ("\\copy t from pstdin\n", "no_input"),
        ],
    )  # fmt: skip
    def test_what_is_refused_at_its_line(self, text: str, code: str) -> None:
        line = text.count("\n")
        found = said(text, self.FILES, given="a.sql", open=None)
        assert ("m.sql", line, code, "error") in found

    def test_faults_are_told_where_they_stand(self) -> None:
        files = {"sub/b.sql": "\\ir c.sql\nselect 1;\n", "sub/c.sql": "select 1;\ncommit;\n\\i nothing.sql\nselect '"}
        assert said("\\i sub/b.sql\n", files) == [
            ("sub/c.sql", 4, "unterminated_string", "error"),
            ("sub/c.sql", 2, "transaction_control", "error"),
            ("sub/c.sql", 3, "missing-file", "error"),
        ]

    def test_where_an_include_is_looked_for(self) -> None:
        files = {"sub/b.sql": "\\i c.sql\n", "sub/c.sql": ""}
        (found,) = read_psql("m.sql", Plan({"m.sql": "\\i sub/b.sql\n"} | files), {}, single=True)
        assert found.code == "missing-file" and "\\ir looks beside" in str(found.message)
        (found,) = read_psql("m.sql", Plan({"m.sql": "\\i c.sql\n"} | files), {}, single=True)
        assert found.code == "missing-file" and "\\ir" not in str(found.message)

    def test_both_parts_would_be_executed(self) -> None:
        text = "-- migrate:up\nselect 1;\n-- migrate:down\nselect 2;\n"
        assert said(text) == [("m.sql", 3, "both_parts", "error")]
        assert said("\\i g.sql\n", {"g.sql": text}) == [("g.sql", 3, "both_parts", "error")]
        assert said("-- Up\nselect 1;\n-- Down\nselect 2;\n") == [("m.sql", 3, "both_parts", "warning")]

    @pytest.mark.parametrize(
        "command",
        ["\\o {}", "\\out '{}'", "\\w {}", "select 1 \\g {}", "select 1 \\gx (format=aligned) {}", "\\s {}",
         "\\copy t to {}", "\\copy (select 1) to '{}' csv", "\\lo_export 5 {}"],
    )  # fmt: skip
    def test_what_is_written(self, command: str) -> None:
        assert said(command.format("out.txt") + "\n")[0][2:] == ("writes_into_plan", "error")
        assert said(command.format("/tmp/out.txt") + "\n")[0][2:] == ("writes_outside", "warning")

    @pytest.mark.parametrize(
        "command", ["\\o", "select 1 \\g", "\\copy t to stdout", "\\copy t to pstdout", "\\g (format=x)"]
    )
    def test_what_is_printed(self, command: str) -> None:
        assert said(command + "\n") == []


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("\\! date", "runs_program"), ("\\o |cat", "runs_program"), ("\\o | cat", "runs_program"),
        ("\\o '|cat'", "runs_program"), ("select 1 \\g |cat", "runs_program"), ("\\w |cat", "runs_program"),
        ("select 1 \\gx (format=aligned) |cat", "runs_program"), ("\\set x `date`", "runs_program"),
        ("\\copy t from program 'cat x'", "runs_program"), ("\\copy t to program 'cat'", "runs_program"),
        ("\\if `true`\n\\endif", "runs_program"), ("\\echo `date`", "runs_program"),
        ("\\c", "new_session"), ("\\c -", "new_session"), ("\\connect other", "new_session"),
        ("\\set ON_ERROR_STOP off", "goes_on"), ("\\set ON_ERROR_STOP 0", "goes_on"),
        ("\\set ON_ERROR_STOP F", "goes_on"), ("\\unset ON_ERROR_STOP", "goes_on"),
        ("\\set s off\n\\set ON_ERROR_STOP :s", "goes_on"), ("select 1 as s \\gset\n\\set ON_ERROR_STOP :s", "goes_on"),
        ("\\startpipeline", "escapes_stop"), ("\\set SINGLELINE on", "reads_otherwise"),
        ("\\set SINGLESTEP", "reads_otherwise"), ("\\prompt 'x? ' x", "asks_a_person"),
        ("\\password", "needs_a_terminal"), ("\\e", "needs_a_terminal"), ("\\ef f", "needs_a_terminal"),
        ("select 1 \\watch", "repeats"), ("select 1 \\watch 2", "repeats"), ("\\cd /tmp", "changes_directory"),
        ("\\frob", "unknown_command"), ("\\!date", "unknown_command"), ("\\ia.sql", "unknown_command"),
        ("\\if maybe\n\\endif", "if_not_boolean"), ("\\if :nothing\n\\endif", "if_not_boolean"),
        ("\\if true", "if_unbalanced"), ("\\else", "if_unbalanced"), ("\\endif", "if_unbalanced"),
        ("\\if true\n\\else\n\\else\n\\endif", "if_unbalanced"), ("\\q\nselect 1;", "quits"),
        ("\\restrict x\n\\i a.sql", "restricted"), ("copy t from stdin;\n\\.\n; select 1;", "empty_after_copy"),
        ("copy t from stdin;\n\\.\n\n;", "empty_after_copy"),
        ("copy t from stdin;\n\\.\n-- c\n/* d */;\nselect 1;", "empty_after_copy"),
        ("copy t from stdin;\n\\.\n\\echo x\n;", "empty_after_copy"), ("copy t from stdin;\n\\.\n\\g", "copies_again"),
        ("\\p \\q\nselect 1;", "quits"), ("\\echo x \\set ON_ERROR_STOP 0", "goes_on"), ("\\x\\c", "new_session"),
        ("\\encoding latin1\nselect 'é';", "encoding"),
        ("set client_encoding = 'LATIN1';\nselect 'é';", "encoding"),
        ("\\encoding latin1\n\\copy t from stdin\né\n\\.", "encoding"),
        ("commit;", "transaction_control"), ("begin;", "transaction_control"), ("rollback;", "transaction_control"),
        ("prepare transaction 'x';", "transaction_control"), ("select 1\\; commit;", "transaction_control"),
        ("\\set c commit\n:c;", "transaction_control"), ("\\set c 'select 1; commit'\n:c;", "transaction_control"),
        ("\\set c '\\\\c other'\n:c\n", "new_session"),
        ("select 1 as x \\gset\ncommit \\g", "transaction_control"),
        ("vacuum;", "needs_no_transaction"), ("create index concurrently i on t (a);", "needs_no_transaction"),
        ("do $$ begin commit; end $$;", "commits_inside"),
        ("alter type e add value 'x';\nselect 'x'::e;", "enum_value_used"),
        ("\\set v x\nalter type e add value :'v';\nselect :'v'::e;", "enum_value_used"),
        ("set transaction isolation level serializable;", "isolation_too_late"),
        ("discard all;", "discard_all"), ("set session authorization bob;", "session_authorization"),
        ("set synchronous_commit = off;", "runner_setting"), ("select :nothing;", "unset_variable"),
        ("select :'nothing', 1;", "unset_variable"),
    ],
)  # fmt: skip
def test_what_breaks_the_promise(command: str, code: str) -> None:
    assert code in [found for _, found in errors(command + "\n")]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("select 'x' \\gexec", "unread"), ("select 1 as x \\gset\n:x;", "unread"), ("\\setenv PAGER less", "setenv"),
        ("\\getenv x HOME", "from_environment"), ("\\set VERBOSITY terse", "hides_sqlstate"),
        ("select 1 as x \\gset\n\\if :x\n\\endif", "conditional"), ("\\if :{?given}\n\\q\n\\endif\nselect 1;", "quits"),
        ("select 1 \\watch c=3 i=1", "repeats_counted"), ("set lock_timeout = 0;", "overrules_setting"),
        ("set role x;", "changes_role"), ("insert into t values (1);\n\\g", "executes_again"),
        ("call p();", "may_commit_inside"),
    ],
)  # fmt: skip
def test_what_is_only_a_warning(command: str, code: str) -> None:
    assert [(found, level) for _, _, found, level in said(command + "\n", given="1")] == [(code, "warning")]


@pytest.mark.parametrize(
    "text",
    [
        "savepoint a;\nrelease a;\nsavepoint b;\nrollback to b;\nrollback work to savepoint b;\n",
        "\\set x 1\n\\set name 'it''s'\n\\echo :x :name\nselect :x, :'name', :\"name\", :{?name}, :{?other};\n",
        "\\restrict abc\nselect 1;\n\\unrestrict abc\n\\i a.sql\n",
        "\\if :{?region}\n\\else\n\\set region eu\n\\endif\nselect :'region';\n",
        "\\if false\n\\! rm\n\\c\ncommit;\n\\frob\n\\elif true\nselect 1;\n\\elif `date`\n\\else\nvacuum;\n\\endif\n",
        "\\if no\n\\if maybe\n\\i nothing\n\\else\n\\endif\n\\endif\n",
        "select 1 as n, 2 as m \\gset p_\nselect :p_n, :p_m;\n",
        "select :ROW_COUNT, :'DBNAME';\n",
        "select a[1:2], a[i:j], b::text, f(x := 1);\n",
        "\\set t text\nselect 1:::t;\n",
        "\\set ON_ERROR_STOP on\n\\set ON_ERROR_STOP\n\\set ON_ERROR_STOP 1\n",
        "\\set ON_ERROR_ROLLBACK on\n\\set VERBOSITY verbose\n",
        "\\set AUTOCOMMIT off\nselect 1;\n\\unset AUTOCOMMIT\n\\set SINGLELINE off\n",
        "\\timing\n\\x\n\\pset format csv\n\\t\n\\a\n\\d+ t\n\\dt *.*\n",
        "\\l+\n\\z\n\\sf f\n\\conninfo\n\\h\n\\?\n\\errverbose\n",
        "select 1 \\gdesc\nselect $1 \\bind 1 \\g\ndrop table x \\r\nselect 1 \\p\n;\n",
        "\\encoding utf8\nselect 'é';\nset client_encoding to 'UTF8';\n\\encoding\nselect 'é';\n",
        "\\encoding latin1\nselect 'e';\n",
        "copy t to stdout;\n\\copy t to stdout\n",
        "copy t from stdin;\n\\.\nselect 1; ;\n;\n;;\n\\g\nselect 2;\n\\gset\n",
        "\\echo 'a \\\\ b' \\\\ \\echo x \\x\n",
        "\\q\n",
        "create function f() returns int language sql begin atomic select 1; end;\n",
        "\ufeffselect 1;\r\n\\set x 1\r\nselect :x;\r\n",
    ],
)
def test_what_is_allowed(text: str) -> None:
    assert said(text, {"a.sql": ""}) == []


def test_without_the_single_transaction_the_script_has_its_own() -> None:
    assert said("begin;\nselect 1;\ncommit;\nvacuum;\n", single=False) == []
    assert errors("begin;\nselect 1;\n", single=False) == [(1, "open_transaction")]
    assert errors("begin;\nvacuum;\ncommit;\n", single=False) == [(2, "needs_no_transaction")]
    assert errors("do $$ begin commit; end $$;\n", single=False) == []
    assert said("select 'x' \\gexec\n", single=False) == []


@pytest.mark.parametrize("off", ["\\set AUTOCOMMIT off", "\\unset AUTOCOMMIT", "\\set AUTOCOMMIT 0"])
def test_what_no_commit_follows_is_lost(off: str) -> None:
    assert errors(f"{off}\ncreate table a ();\n", single=False) == [(1, "autocommit_off")]
    assert errors(f"{off}\ncreate table a ();\n\\set AUTOCOMMIT on\n", single=False) == [(1, "autocommit_off")]
    assert errors(f"{off}\ncreate table a ();\ncommit;\n", single=False) == []
    assert errors(f"{off}\ncreate table a ();\ncommit;\n\\set AUTOCOMMIT on\nselect 1;\n", single=False) == []
    assert errors(f"create table a ();\n{off}\n", single=False) == []


def test_variables_that_the_step_must_not_give() -> None:
    assert objection_to_variable("ON_ERROR_STOP", "off", single=True)
    assert objection_to_variable("ON_ERROR_STOP", None, single=True)
    assert objection_to_variable("ON_ERROR_STOP", "1", single=True) is None
    assert objection_to_variable("AUTOCOMMIT", "off", single=False)
    assert objection_to_variable("AUTOCOMMIT", "off", single=True) is None
    assert objection_to_variable("VERBOSITY", "terse", single=True) is None
    assert objection_to_variable("schema", "off", single=True) is None
    assert objection_to_variable("région_1", "x", single=True) is None
    assert objection_to_variable("a-b", "x", single=True)


PIECES = st.sampled_from(
    ["\\i a.sql", "\\ir a.sql", "\\set x 'y", "\\set x :x", ":x", ":'x'", ":{?x}", "\\if :x", "\\elif", "\\else",
     "\\endif", "\n", " ", ";", "'", '"', "$$", "select 1", "copy t from stdin", "\\copy t from ", "\\.", "\\\\",
     "`", "(", ")", "[", "--", "/*", "*/", "commit", "\\q", "\\g", "\\gset", "\\r", "\\", "\\o |", "\0", "do ",
     "begin", "create procedure p() as ", "call p()", "alter type a add value 'b'", "set ", "-- +goose Down",
     "-- migrate:up", "é", "\\encoding x", "\\unset AUTOCOMMIT"]
)  # fmt: skip


def test_neither_files_nor_variables_grow_without_end() -> None:
    files = {f"{n}.sql": f"\\i {n + 1}.sql\n" * 3 for n in range(40)} | {"40.sql": ""}
    assert "too_many_files" in [code for _, _, code, _ in said("\\i 0.sql\n", files)]
    assert said("\\set x xx\n" + "\\set x :x:x\n" * 60 + "select :'x';\n") == []


@given(st.lists(PIECES, max_size=25).map("".join))
def test_nothing_that_stands_in_a_file_stops_the_reading(text: str) -> None:
    for single in (True, False):
        found = read_psql("m.sql", Plan({"m.sql": text, "a.sql": text}), {"x": "commit; :x"}, single=single)
        assert all(finding.line >= 1 and finding.message for finding in found)
    for transaction in TRANSACTIONS:
        assert all(finding.line >= 1 for finding in review(read_script(text), transaction))
    for part in PARTS:
        assert part_text(text, part).count("\n") <= text.count("\n")
