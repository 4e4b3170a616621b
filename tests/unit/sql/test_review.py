"""What statements do to transaction and session, and what the review says of it."""

from __future__ import annotations

import pytest

from tui.sql.classify import is_transaction_control, is_within_transaction, mentions, needs_no_transaction
from tui.sql.objections import PSQL
from tui.sql.review import Transaction, review
from tui.sql.script import Statement, read_script


def one(source: str) -> Statement:
    (statement,) = read_script(source).statements
    return statement


@pytest.mark.parametrize(
    "source",
    ["BEGIN", "begin work", "START TRANSACTION", "COMMIT", "/* x */ commit and chain", "END", "ROLLBACK", "ABORT",
     "SAVEPOINT a", "RELEASE a", "ROLLBACK TO a", "PREPARE TRANSACTION 'x'"],
)  # fmt: skip
def test_transaction_control(source: str) -> None:
    assert is_transaction_control(one(source))
    within = source.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK TO"))
    assert is_within_transaction(one(source)) == within


@pytest.mark.parametrize(
    "source",
    ["SELECT 'COMMIT'", "COMMIT PREPARED 'x'", "ROLLBACK PREPARED 'x'",
     "PREPARE transaction AS SELECT 1", "PREPARE p AS SELECT 1", "SET TRANSACTION READ ONLY",
     "DO $$ begin commit; end $$", 'SELECT "commit"'],
)  # fmt: skip
def test_no_transaction_control(source: str) -> None:
    assert not is_transaction_control(one(source))


NEED_NONE = [
    "CREATE INDEX CONCURRENTLY i ON t (a)",
    "create unique index concurrently i on t (a)",
    "DROP INDEX CONCURRENTLY i",
    "REINDEX INDEX CONCURRENTLY i",
    "REINDEX (VERBOSE) TABLE CONCURRENTLY t",
    "REINDEX (CONCURRENTLY, VERBOSE) TABLE t",
    "REINDEX DATABASE d",
    "REINDEX SCHEMA s",
    "VACUUM",
    "VACUUM (FULL) t",
    "ALTER SYSTEM SET work_mem = '1MB'",
    "CREATE DATABASE d",
    "DROP DATABASE d",
    "CREATE TABLESPACE x LOCATION '/x'",
    "DROP TABLESPACE x",
    "ALTER DATABASE d SET TABLESPACE x",
    "ALTER TABLE s.t DETACH PARTITION s.p CONCURRENTLY",
    "ALTER TABLE IF EXISTS ONLY s.t DETACH PARTITION s.p CONCURRENTLY",
    "CLUSTER",
    "CLUSTER VERBOSE",
    "CLUSTER (VERBOSE)",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
    "DROP SUBSCRIPTION s",
    "ALTER SUBSCRIPTION s REFRESH PUBLICATION",
    "ALTER SUBSCRIPTION s SET PUBLICATION p",
    "DISCARD ALL",
    "COMMIT PREPARED 'x'",
]

NEED_NOT = [
    "CREATE INDEX i ON t (a)",
    "CREATE INDEX concurrently_i ON t (concurrently)",
    "DROP INDEX i",
    "REINDEX TABLE t",
    "REINDEX (CONCURRENTLY false) TABLE t",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
    "ANALYZE",
    "ALTER TABLE t DETACH PARTITION p",
    "ALTER TABLE t DETACH PARTITION p FINALIZE",
    "ALTER TYPE e ADD VALUE 'x'",
    "ALTER DATABASE d SET work_mem = '1MB'",
    "ALTER DATABASE d RENAME TO tablespace",
    "CLUSTER t",
    "CLUSTER t USING i",
    "DISCARD PLANS",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)",
    "ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)",
    "SELECT 'VACUUM'",
    "INSERT INTO vacuum VALUES (1)",
]


@pytest.mark.parametrize(("source", "expected"), [(s, True) for s in NEED_NONE] + [(s, False) for s in NEED_NOT])
def test_needs_no_transaction(source: str, expected: bool) -> None:
    assert needs_no_transaction(one(source)) is expected


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("DISCARD ALL", "discard_all"),
        ("DISCARD TEMP", None),
        ("RESET ALL", "reset_all"),
        ("RESET work_mem", None),
        ("SELECT pg_advisory_unlock(1)", "advisory_unlock"),
        ("SELECT PG_CATALOG.PG_ADVISORY_UNLOCK_ALL()", "advisory_unlock"),
        ('SELECT "pg_advisory_unlock_shared"(1)', "advisory_unlock"),
        ("DO $$ begin perform pg_advisory_unlock(1); end $$", "advisory_unlock"),
        ("DO $$ begin execute 'select pg_advisory_unlock_all()'; end $$", "advisory_unlock"),
        ("DO $$ begin -- no pg_advisory_unlock here\n end $$", None),
        ("SELECT 'pg_advisory_unlock' /* pg_advisory_unlock */", None),
        ("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$select pg_advisory_unlock(1)$$", None),
        ("SELECT pg_try_advisory_xact_lock(1)", None),
        ("SET SESSION AUTHORIZATION bob", "session_authorization"),
        ("SET LOCAL SESSION AUTHORIZATION bob", "session_authorization"),
        ("RESET SESSION AUTHORIZATION", "session_authorization"),
        ("SET synchronous_commit = off", "runner_setting"),
        ("SET LOCAL synchronous_commit TO off", "runner_setting"),
        ("set session Synchronous_Commit to local", "runner_setting"),
        ('SET "synchronous_commit" = off', "runner_setting"),
        ("RESET synchronous_commit", "runner_setting"),
        ("SELECT pg_catalog.set_config('synchronous_commit', 'off', true)", "runner_setting"),
        ("SELECT pg_catalog.set_config('search_path', '', false)", None),
        ("SET application_name = 'x'", "runner_setting"),
        ("ALTER ROLE r SET synchronous_commit = off", None),
        ("SET search_path = a, b", None),
        ("COPY t TO STDOUT", "copy_to_stdout"),
        ("COPY (SELECT 1) TO stdout WITH (FORMAT csv)", "copy_to_stdout"),
        ("COPY t TO '/tmp/x'", None),
    ],
)
def test_forbidden(source: str, code: str | None) -> None:
    assert next((found.code for found in mentions(one(source))), None) == code


def codes(source: str, transaction: Transaction) -> list[tuple[int, str]]:
    return [(finding.line, finding.code) for finding in review(read_script(source), transaction)]


def test_single() -> None:
    source = "SELECT 1;\nBEGIN;\nSAVEPOINT a;\nROLLBACK TO a;\nVACUUM;\nCOMMIT;\n"
    expected = [(2, "transaction_control"), (5, "needs_no_transaction"), (6, "transaction_control")]
    assert codes(source, "single") == expected


def test_per_statement() -> None:
    source = "SAVEPOINT a;\nVACUUM;\nCREATE INDEX CONCURRENTLY i ON t (a);\nCOMMIT;"
    assert codes(source, "per_statement") == [(1, "transaction_control"), (4, "transaction_control")]


def test_script_keeps_its_own_transactions() -> None:
    assert codes("BEGIN;\nSELECT 1;\nCOMMIT;\nVACUUM;", "script") == []
    assert codes("BEGIN;\nVACUUM;\nCOMMIT;", "script") == [(2, "needs_no_transaction")]
    assert codes("SELECT 1;\nBEGIN;\nSELECT 2;", "script") == [(2, "open_transaction")]
    assert codes("BEGIN;\nCOMMIT AND CHAIN;\nSELECT 2;", "script") == [(2, "open_transaction")]
    assert codes("BEGIN;\nCOMMIT AND NO CHAIN;\nVACUUM;", "script") == []


@pytest.mark.parametrize("transaction", ["single", "per_statement", "script"])
def test_refused_however_it_is_executed(transaction: Transaction) -> None:
    source = (
        "\\restrict x\n\\set a 1\nDISCARD ALL;\nDO $$\nbegin\n perform pg_advisory_unlock(1);\nend $$;\n"
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);\nSET lock_timeout = 0;\n\\unrestrict x\nSELECT '"
    )
    found = review(read_script(source), transaction)
    got = {(finding.line, finding.code, finding.level) for finding in found}
    assert {
        (2, "meta_command", "error"),
        (3, "discard_all", "error"),
        (6, "advisory_unlock", "error"),
        (8, "concurrently_if_not_exists", "error"),
        (9, "overrules_setting", "warning"),
        (11, "unterminated_string", "error"),
    } <= got
    assert not {finding.line for finding in found} & {1, 10}
    assert [finding.line for finding in found] == sorted(finding.line for finding in found)
    assert all(str(finding.message).endswith((".", "\\set a 1", "`.", "!")) for finding in found)


def test_an_ordinary_migration_has_no_finding() -> None:
    source = "ALTER TABLE t ADD COLUMN a int;\nUPDATE t SET a = 1;\nCREATE INDEX i ON t (a);\nGRANT SELECT ON t TO r;"
    assert codes(source, "single") == []


def test_another_sessions_prepared_transaction_is_ended_outside_any() -> None:
    source = "COMMIT PREPARED 'x';\nROLLBACK PREPARED 'y';"
    assert codes(source, "per_statement") == []
    assert codes(source, "single") == [(1, "needs_no_transaction"), (2, "needs_no_transaction")]
    assert codes("BEGIN;\nSELECT 1;\nPREPARE TRANSACTION 'x';", "script") == [(3, "prepared")]
    assert codes("PREPARE TRANSACTION 'x';", "single") == [(1, "transaction_control")]


@pytest.mark.parametrize("what", ["ISOLATION LEVEL SERIALIZABLE", "DEFERRABLE", "SNAPSHOT 'x'"])
def test_what_must_come_before_the_runners_own_statement(what: str) -> None:
    assert codes(f"SET TRANSACTION {what};", "single") == [(1, "isolation_too_late")]
    assert codes(f"BEGIN;\nSET TRANSACTION {what};\nCOMMIT;", "script") == []


@pytest.mark.parametrize(
    "source",
    ["SET LOCAL work_mem = '1GB'", "SET TRANSACTION READ ONLY", "SET CONSTRAINTS ALL DEFERRED", "LOCK TABLE t",
     "SET LOCAL ROLE r"],
)  # fmt: skip
def test_what_ends_with_its_own_statement(source: str) -> None:
    assert codes(source, "per_statement") == codes(source, "script") == [(1, "ends_at_once")]
    assert codes(source, "single") == codes(f"BEGIN;\n{source};\nCOMMIT;", "script") == []


COMMITS = [
    "DO $$ begin commit; end $$",
    "DO $$ begin for i in 1..2 loop insert into t values (i); commit and chain; end loop; end $$",
    "DO 'begin if true then rollback; end if; end'",
    "DO LANGUAGE plpgsql $x$ begin call p(); end $x$",
    "DO LANGUAGE plpython3u $x$\nplpy.execute('select 1')\nplpy.commit()\n$x$",
    "CALL p()",
    "CALL shop.p(1)",
    'CALL shop."p"(1)',
]
PROCEDURES = (
    "CREATE OR REPLACE PROCEDURE shop.p(a int) LANGUAGE plpgsql AS $$ begin insert into t values (1); commit; end $$;\n"
    "CREATE PROCEDURE quiet() LANGUAGE plpgsql AS $$ begin /* commit; */ insert into t values ('commit'); end $$;\n"
)


@pytest.mark.parametrize("source", COMMITS)
def test_code_that_commits(source: str) -> None:
    script = read_script(PROCEDURES + source)
    line = 5 if "plpython" in source else 3
    transactions: tuple[Transaction, ...] = ("single", "per_statement")
    for transaction in transactions:
        (found,) = review(script, transaction)
        assert (found.line, found.code, found.level) == (line, "commits_inside", "error")
        assert "`transaction: script`" in str(found.message)
    assert review(script, "script") == []
    assert codes(f"{PROCEDURES}BEGIN;\n{source};\nCOMMIT;", "script") == [(line + 1, "commits_inside")]
    (found,) = review(script, "single", PSQL)
    assert "`single_transaction: false`" in str(found.message)


@pytest.mark.parametrize(
    "source",
    ["DO $$ begin perform 'commit'; end $$", "DO $$ begin -- commit;\n end $$", "CALL quiet()", "CALL shop.quiet()",
     "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ begin commit; end $$",
     "CREATE PROCEDURE s() LANGUAGE sql AS 'insert into t values (1)'; CALL s()"],
)  # fmt: skip
def test_code_that_does_not_commit(source: str) -> None:
    assert codes(PROCEDURES + source, "single") == []


def test_a_procedure_that_is_not_in_the_file_may_commit() -> None:
    (found,) = review(read_script("CALL elsewhere(1)"), "single")
    assert (found.code, found.level) == ("may_commit_inside", "warning")
    assert review(read_script("CALL elsewhere(1)"), "script") == []


USES = [
    "INSERT INTO t VALUES ('great')",
    "SELECT 'great'::mood",
    "ALTER TABLE t ALTER COLUMN m SET DEFAULT 'great'",
    "CREATE VIEW v AS SELECT * FROM t WHERE m = 'great'",
    "DO $$ begin insert into t values ('great'); end $$",
    "CREATE FUNCTION f() RETURNS mood LANGUAGE sql AS $$ select 'great'::mood $$",
    "CREATE FUNCTION f() RETURNS mood LANGUAGE sql RETURN 'great'::mood",
]
ADDS = "ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'great' AFTER 'good';\n"


@pytest.mark.parametrize("source", USES)
def test_an_enum_value_is_used_in_the_transaction_that_adds_it(source: str) -> None:
    (found,) = review(read_script(ADDS + source), "single")
    assert (found.line, found.code, found.level) == (2, "enum_value_used", "error")
    assert "line 1" in str(found.message) and "per_statement" in str(found.message)
    assert codes(ADDS + source, "per_statement") == codes(ADDS + source, "script") == []
    assert codes(f"BEGIN;\n{ADDS}{source};\nCOMMIT;", "script") == [(3, "enum_value_used")]
    (found,) = review(read_script(f"CREATE TYPE mood AS ENUM ('good');\n{ADDS}{source}"), "single")
    assert (found.code, found.level) == ("enum_value_used", "error") and "CREATE TYPE" in str(found.message)


def test_an_enum_value_is_copied_in() -> None:
    assert codes(ADDS + "COPY t FROM stdin;\n1\tgreat\n\\.\n", "single") == [(2, "enum_value_used")]
    assert codes(ADDS + "COPY t FROM stdin;\n1\tgreater\n\\.\n", "single") == []


@pytest.mark.parametrize(
    "source",
    ["SELECT 'good'::mood", "ALTER TYPE mood ADD VALUE 'best' AFTER 'great'", "SELECT 1 -- 'great'\n",
     "CREATE FUNCTION f() RETURNS mood LANGUAGE plpgsql AS $$ begin return 'great'; end $$"],
)  # fmt: skip
def test_an_enum_value_is_not_used(source: str) -> None:
    assert codes(ADDS + source, "single") == []


@pytest.mark.parametrize(
    ("source", "shown"),
    [("SELECT :name", ":name"), ("SELECT :'name'", ":'name'"), ('SELECT * FROM :"table"', ':"table"'),
     ("SELECT :{?name}", ":{?name}"), ("SET search_path TO :schema", ":schema"), ("SELECT f(:a)::int", ":a"),
     ("SELECT 1 WHERE x=:n", ":n")],
)  # fmt: skip
def test_a_variable_of_psql(source: str, shown: str) -> None:
    (found,) = review(read_script(f"SELECT 1;\n{source}"), "single")
    assert (found.line, found.code) == (2, "psql_variable")
    assert str(found.message).startswith(shown)


@pytest.mark.parametrize(
    "source",
    ["SELECT a::text, f(b := 1), f(b => 2)", "SELECT a[1:2], a[i:j], a[:n], a[1:n][2:m]", "SELECT ':name', $$ :name $$",
     "SELECT 1 -- :name\n", "SELECT 1 /* :name */", 'SELECT ":name"', "SELECT j @? '$.a ? (@ > :x)'",
     "DO $$ begin x := 1; end $$", "SELECT E'\\':name'", "COPY t FROM stdin;\n:name\n\\.\n", "SELECT '12:30'::time"],
)  # fmt: skip
def test_no_variable_of_psql(source: str) -> None:
    assert codes(source, "single") == []


def test_a_nul_byte() -> None:
    assert codes("SELECT 1;\nSELECT 2 \0;", "single") == [(2, "nul_byte")]


def test_a_byte_order_mark_amid_a_file() -> None:
    assert codes("\ufeffSELECT 1;\n\ufeffSELECT 2;", "single") == [(2, "byte_order_mark")]
