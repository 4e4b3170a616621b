"""What `check` says of psql scripts, held against psql itself: how it reads names, and what it really does."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres_server
from tests.postgres_server import MAJORS, Database
from tui.demo.server import Server
from tui.sql.meta import parse_meta
from tui.sql.psql import read_psql
from tui.sql.psql_files import FileRefused
from tui.sql.variables import Variables


class Run:
    """How psql ended, and which tables are there then."""

    def __init__(self, psql: Path, database: Database, directory: Path, text: str, *options: str) -> None:
        (directory / "m.sql").write_text(text, encoding="utf-8", newline="")
        argv = [str(psql), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database.dsn, *options, "-f", "m.sql"]
        done = subprocess.run(
            argv, cwd=directory, capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=20
        )
        self.status = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()
        names = database.value(
            "select string_agg(relname, ' ' order by relname) from pg_class where relnamespace = 'public'::regnamespace"
            " and relkind = 'r'"
        )
        self.tables = str(names or "").split()


class Plan:
    """The files of a directory, as the plan would freeze them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def text(self, name: str) -> str:
        self.claim(name)
        return (self.directory / name).read_text("utf-8")

    def claim(self, name: str) -> None:
        if name.startswith(("..", "/", "~")) or not (self.directory / name).is_file():
            raise FileRefused("missing-file", name)


def refused(directory: Path, *, single: bool = True) -> set[str]:
    found = read_psql("m.sql", Plan(directory), {}, single=single)
    return {finding.code for finding in found if finding.level == "error"}


@pytest.fixture(scope="module")
def kept() -> Iterator[list[Database]]:
    """One database for all tests of this file: they are many and short."""
    made: list[Database] = []
    yield made
    for database in made:
        postgres_server.drop_database(database)


@pytest.fixture
def emptied(server: Server, kept: list[Database]) -> Database:
    if not kept:
        kept.append(postgres_server.create_database(server, "template0"))
    with kept[0].connect() as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")
    return kept[0]


PSQLS = {major: found.bindir / "psql" for major, found in MAJORS.items() if (found.bindir / "psql").exists()}


@pytest.fixture(params=sorted(PSQLS) or [0], ids=lambda major: f"psql{major}")
def psql(request: pytest.FixtureRequest) -> Path:
    """Every version of psql that is there, one after the other."""
    if request.param not in PSQLS:
        pytest.skip("there is no psql")
    return PSQLS[request.param]


ARGUMENTS = [
    "a b", "'a b' c", "'it''s'", "'a\\nb'", "'a\\x41\\101\\q'", '"a b" c', 'a"b c"d', "a'b'c", ":n", ":n.sql", "x:n",
    ":'n'", ':"n"', ":{?n} :{?no}", ":no :'no' :\"no\"", "::n", "a;", "'a';", ":q", ":'q'", ":\"q\"", ":'back'",
    "a \\\\ \\echo b", "  spaced   out  ", "'a''b'\"c\"d", "é :é", "a::b", ":n:n", ":n-:n", "[1:n]",
]  # fmt: skip


def test_arguments_are_read_as_psql_reads_them(psql: Path, emptied: Database, tmp_path: Path) -> None:
    values = {"n": "N", "q": 'it\'s "q"', "back": "a\\b'c", "é": "ü"}
    options = [option for name, value in values.items() for option in ("-v", f"{name}={value}")]
    text = "".join(f"\\echo {arguments}\n\\echo ---\n" for arguments in ARGUMENTS)
    printed = Run(psql, emptied, tmp_path, text, *options).out.split("---\n")
    for arguments, shown in zip(ARGUMENTS, printed, strict=False):
        meta = parse_meta(f"\\echo {arguments}", Variables(values))
        ours = " ".join(argument.text or "" for argument in meta.arguments)
        assert shown.split("\n\\echo")[0].removesuffix("b\n" if "\\\\" in arguments else "\n") == ours + (
            "\n" if "\\\\" in arguments else ""
        ), arguments


GOES_WRONG = [
    ("goes_on", "\\set ON_ERROR_STOP off\ncreate table a ();\nselect 1/0;\n"),
    ("goes_on", "\\unset ON_ERROR_STOP\ncreate table a ();\nselect 1/0;\n"),
    ("if_not_boolean", "\\if maybe\ncreate table a ();\n\\endif\n"),
    ("if_not_boolean", "\\if :nothing\ncreate table a ();\n\\endif\n"),
    ("quits", "\\q\ncreate table a ();\n"),
    ("unended_quote", "\\set ON_ERROR_STOP 'on\n\\set x 'a\n"),
    ("unended_quote", '\\set x "a\n'),
    ("nul_byte", "select 1; \0 create table a ();\n"),
]


@pytest.mark.parametrize(("code", "text"), GOES_WRONG, ids=[f"{code}{at}" for at, (code, _) in enumerate(GOES_WRONG)])
def test_what_ends_with_success_and_nothing_done(
    psql: Path, emptied: Database, tmp_path: Path, code: str, text: str
) -> None:
    done = Run(psql, emptied, tmp_path, text, "-1")
    assert (done.status, done.tables) == (0, [])
    assert code in refused(tmp_path)


@pytest.mark.parametrize("off", ["\\set AUTOCOMMIT off", "\\unset AUTOCOMMIT"])
def test_what_no_commit_follows_is_lost(psql: Path, emptied: Database, tmp_path: Path, off: str) -> None:
    done = Run(psql, emptied, tmp_path, f"{off}\ncreate table a ();\n")
    assert (done.status, done.tables) == (0, [])
    assert refused(tmp_path, single=False) == {"autocommit_off"}
    done = Run(psql, emptied, tmp_path, f"{off}\ncreate table b ();\ncommit;\n")
    assert (done.status, done.tables) == (0, ["b"])
    assert refused(tmp_path, single=False) == set()


HALF = [
    ("transaction_control", "commit;"),
    ("transaction_control", "select 1\\; commit;"),
    ("transaction_control", "\\set c 'commit;'\n:c"),
    ("transaction_control", "\\i commit.sql"),
    ("transaction_control", "rollback; begin; create table a (); commit;"),
    ("new_session", "\\c -"),
]


@pytest.mark.parametrize(("code", "text"), HALF, ids=[f"{code}{at}" for at, (code, _) in enumerate(HALF)])
def test_what_leaves_half_of_it(psql: Path, emptied: Database, tmp_path: Path, code: str, text: str) -> None:
    (tmp_path / "commit.sql").write_text("commit;\n")
    done = Run(psql, emptied, tmp_path, f"create table a ();\n{text}\nselect 1/0;\n", "-1")
    assert done.status == 3
    assert done.tables == (["a"] if code == "transaction_control" else [])
    assert code in refused(tmp_path)


FAILS = [
    "\\frob", "\\!date", "\\ia.sql", '\\i "a.sql"', "\\i nothing.sql", "\\i", "\\else", "\\endif", "\\if true",
    "\\cd sub\n\\i sub/b.sql", "\\copy t from nothing", "\\lo_import nothing", "select :nothing;", "\\i ../a.sql",
    "\\set f a.sql\n\\copy t from :f", "vacuum;", "create index concurrently i on t (a);",
    "do $$ begin commit; end $$;", "\\prompt x",
    "set transaction isolation level serializable;",
    "create procedure p() language plpgsql as $$ begin commit; end $$;\ncall p();",
]  # fmt: skip


@pytest.mark.parametrize("text", FAILS)
def test_what_psql_or_the_server_refuses(psql: Path, emptied: Database, tmp_path: Path, text: str) -> None:
    (tmp_path / "a.sql").write_text("select 1;\n")
    done = Run(psql, emptied, tmp_path, f"create table t (a int);\nselect 1 as x;\n{text}\n", "-1")
    assert (done.status, done.tables) == (3, []), done.err
    assert refused(tmp_path)


WORKS = [
    "savepoint s; create table gone (); rollback to s; release s;", "\\i a.sql", "\\i 'a'.sql;", "\\i ./sub/../a.sql",
    "\\ir sub/b.sql", "\\set f a.sql\n\\i :f", "\\i 'a\\x2esql'", "\\copy t from 'd''.csv'", "\\copy t from d.csv",
    "\\copy t from stdin\n1\n\\.", "\\lo_import d.csv", "\\if false\n\\i nothing\n\\! false\n\\endif",
    "\\if :{?no}\n\\else\n\\set x 1\n\\endif\nselect :x;", "select 1 as x \\gset\nselect :x;",
    "select 'select 1' \\gexec", "drop table t \\r\nselect 1;", "\\set ON_ERROR_STOP",
    "copy t from stdin \\g\n1\n\\.", "select (array[1, 2])[1:n] from (select 1 as n) as q;",
    "\\encoding latin1\nselect 1;", "\\set x 'a''b\\\\c'\nselect :'x', 1 as :\"x\";", "select 1 \\; select 2;",
    "\\set ON_ERROR_ROLLBACK on",
]  # fmt: skip


@pytest.mark.parametrize("text", WORKS)
def test_what_is_allowed_works(psql: Path, emptied: Database, tmp_path: Path, text: str) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a.sql", "sub/c.sql"):
        (tmp_path / name).write_text("select 1;\n")
    for name in ("d'.csv", "d.csv"):
        (tmp_path / name).write_text("1\n")
    (tmp_path / "sub/b.sql").write_text("\\ir c.sql\n")
    done = Run(psql, emptied, tmp_path, f"create table t (a int);\n{text}\n", "-1")
    assert (done.status, done.tables) == (0, ["t"]), done.err
    assert refused(tmp_path) == set()


PIECES = [
    "\\i a.sql", "\\ir sub/b.sql", "\\set x y", "\\set x :x", "\\set ON_ERROR_STOP 0", "\\set ON_ERROR_STOP", ":x",
    ":'x'", ":{?x}", ":v", "\\set v 'commit;'", "\\set v ';'", "\\if true", "\\if false", "\\if :x", "\\elif true",
    "\\else", "\\endif", "\n", "\n", "\n", " ", ";", ";", "'", '"', "$$", "select 1", "select 'a'",
    "create table t ()", "insert into nothing values (1)", "select 1/0;", "copy first_ from stdin;\n\\.\n",
    "\\copy first_ from stdin\n\\.\n", "\\\\", "(", ")", "[", "]", "--", "/*", "*/", "commit", "commit;", "rollback;",
    "begin;", "savepoint a;", "rollback to a;", "\\q", "\\g", "\\gset", "\\gdesc", "\\gexec", "\\r", "\\p", "\\;",
    "\\x", "\\dt", "do $$begin perform 1; end$$;", "do $$begin commit; end$$;", "vacuum;", "discard all;",
    "prepare transaction 'a';", "E'\\''", "\\unset ON_ERROR_STOP", "\\echo a 'b", "\\encoding latin1", "é",
    "\\restrict a", "\\unrestrict a", "set standard_conforming_strings = off;",
    "create function f() returns int begin atomic select 1; end;", "copy (select 1) to stdout;", "\\timing",
    "values (1)",
]  # fmt: skip
UNKNOWABLE = {"unread", "quits", "conditional"}


def test_scripts_that_pass_the_check_are_executed_whole_or_not_at_all(
    psql: Path, emptied: Database, tmp_path: Path
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.sql").write_text("select 5;\n")
    (tmp_path / "sub/b.sql").write_text("create table c ();\n")
    dice, tried = random.Random(20), 0
    while tried < 40:
        pieces = [dice.choice(PIECES) + dice.choice(("", "\n", " ")) for _ in range(dice.randint(1, 7))]
        text = f"create table first_ ();\n{''.join(pieces)}\n;\ncreate table last_ ();\n"
        (tmp_path / "m.sql").write_text(text, encoding="utf-8")
        found = read_psql("m.sql", Plan(tmp_path), {"x": "t"}, single=True)
        if any(finding.level == "error" or finding.code in UNKNOWABLE for finding in found):
            continue
        tried += 1
        with emptied.connect() as connection:
            connection.execute("drop schema public cascade; create schema public")
        done = Run(psql, emptied, tmp_path, text, "-1", "-v", "x=t")
        whole = {"first_", "last_"} <= set(done.tables)
        assert whole if done.status == 0 else not done.tables, (text, done.status, done.tables, done.err)
