from __future__ import annotations

import pytest

from tui.sql.leaving import reach


def outside(text: str, *values: str, **files: str) -> bool:
    texts = {"s.sql": text} | {name.replace("__", "/") + ".sql": content for name, content in files.items()}

    def read(name: str) -> str:
        if name not in texts:
            raise FileNotFoundError(name)
        return texts[name]

    return reach("s.sql", values, read).outside


@pytest.mark.parametrize(
    "text",
    [
        "create table a ();",
        "create table a ();\n\\i more.sql\n",
        "commit; create table b ();",
        "select 'commit' \\gexec\n:finish;",
        "\\set c 1\n\\copy t from 'x.csv'\n\\cd /tmp\n\\conninfo\n\\crosstabview\n\\gset\n\\if :x\n\\endif",
        "copy t from stdin;\nC\\\\connect\t\\N\t|\n\\.\n",
        "insert into t values ('read', 'write');",
        "alter table read_write add column writer text;",
        "select pg_advisory_lock(1), pg_try_advisory_lock(2), pg_advisory_unlock(1), pg_advisory_xact_lock(3);",
        "select nextval('s'); create function setvalue() returns int language sql as 'select 1'; select setval from t;",
    ],
)
def test_a_script_that_can_only_end_its_transaction_changes_nothing_behind_it(text: str) -> None:
    assert not outside(text, more="select 1;")


@pytest.mark.parametrize(
    "text",
    [
        "begin READ   WRITE;",
        "begin read /* and */ -- then\n write;",
        "select 'begin read ' || 'write' \\gexec",
        "select format('begin read %s', 'write') \\gexec",
        "begin read :how;",
        "copy t from program 'psql';",
        "copy t from /* x */ program 'psql';",
        "set transaction_read_only = off;",
        "select set_config('default_transaction_read_only', 'off', false);",
        "reset all;",
        "Discard All;",
        "select dblink_exec('...');",
        "select setval('s', 9);",
        "select pg_catalog.\"setval\" /* to */ ('s', max(a)) from t;",
        "select pg_create_logical_replication_slot('a', 'b'), pg_drop_replication_slot('c');",
        "select lo_export(1, '/tmp/x');",
        "copy t to program 'psql';",
        "\\c",
        "\\connect other",
        "select 1 \\; \\c\n",
        "\\! psql -c 'create table b ()'",
        "\\o |psql",
        "\\set x `psql -c 'create table b ()'`",
        "\\copy t to program 'psql'",
        "\\i :file",
        "\\i",
        "\\i nowhere.sql",
        "\\ir more.sql",
    ],
)
def test_what_is_written_out_to_change_something_elsewhere(text: str) -> None:
    assert outside(text, more="\\c\n")


def test_what_it_includes_and_its_variables_are_read_too() -> None:
    assert outside("\\i a.sql", a="\\ir b.sql", b="begin read write;")
    assert not outside("\\i sub/a.sql", sub__a="\\ir b.sql", sub__b="select 1;")
    assert outside("\\i sub/a.sql", sub__a="\\ir b.sql", b="select 1;"), "relative to the file that includes it"
    assert outside(":x;", "begin read write")
    assert outside("\\i s.sql"), "one that includes itself is read no more than so deep"


@pytest.mark.parametrize(
    ("text", "goes_on"),
    [("select 1;", False), ("\\set ON_ERROR_STOP off", True), ("\\unset ON_ERROR_STOP", True), ("\\i :file", True)],
)
def test_one_that_may_go_on_behind_an_error(text: str, goes_on: bool) -> None:
    assert reach("s.sql", (), lambda _: text).past_errors is goes_on
