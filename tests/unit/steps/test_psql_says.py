from __future__ import annotations

import pytest

from tui.steps.psql.says import error_of

VERBOSE = """psql:up/a.sql:3: NOTICE:  00000: hello
LOCATION:  exec_stmt_raise, pl_exec.c:3891
psql:up/b.sql:12: ERROR:  23505: duplicate key value violates unique constraint "u"
DETAIL:  Key (id)=(1) already exists.
HINT:  Look at it.
CONTEXT:  SQL statement "insert into u values (1)"
PL/pgSQL function inline_code_block line 1 at SQL statement
SCHEMA NAME:  public
LOCATION:  _bt_check_unique, nbtinsert.c:664
"""


def test_file_line_code_and_advice_are_read() -> None:
    error = error_of(VERBOSE)
    assert error is not None
    assert (error.file, error.line, error.sqlstate) == ("up/b.sql", 12, "23505")
    assert error.message == 'duplicate key value violates unique constraint "u"'
    assert (error.detail, error.hint) == ("Key (id)=(1) already exists.", "Look at it.")
    assert error.context is not None and error.context.splitlines()[1].startswith("PL/pgSQL function")


def test_severities_may_be_in_any_language_and_warnings_are_none() -> None:
    translated = 'psql:a.sql:5: ERRO:  42703: coluna "x" não existe\nLINHA 1: select x\n'
    error = error_of(translated + "psql:a.sql:6: AVISO:  01000: nada\n")
    assert error is not None and (error.sqlstate, error.line) == ("42703", 5)
    assert error_of("psql:a.sql:6: WARNING:  01000: nothing\n") is None


def test_where_in_a_long_statement_the_error_is() -> None:
    error = error_of("psql:b.sql:5: ERROR:  42703: no x\nLINE 2:    x\n           ^\nLOCATION:  y, z.c:1\n")
    assert error is not None and error.line == 5 and error.context is not None
    assert error.context.splitlines()[0] == "LINE 2: x"


def test_a_message_of_several_lines_is_whole() -> None:
    error = error_of("psql:a.sql:1: ERROR:  P0001: one\ntwo\nDETAIL:  three\nfour\nLOCATION:  x, y.c:1\n")
    assert error is not None and (error.message, error.detail) == ("one\ntwo", "three\nfour")


@pytest.mark.parametrize(
    ("printed", "file", "line", "message"),
    [
        ("ERROR:  42703: no x\nLINE 1: select x\n", None, None, "no x"),
        ("psql:d.sql:1: error: invalid command \\\\nosuch\n", "d.sql", 1, "invalid command \\\\nosuch"),
        ("psql: error: connection failed\n\tIs it running?\n", None, None, "connection failed"),
    ],
)  # fmt: skip
def test_what_has_no_file_or_no_code(printed: str, file: str | None, line: int | None, message: str) -> None:
    error = error_of(printed)
    assert error is not None and (error.file, error.line, error.message) == (file, line, message)


@pytest.mark.parametrize("printed", ["", "INSERT 0 1\n", "all is well: really\n", "psql:\n", "ERROR:\n"])
def test_what_is_no_error(printed: str) -> None:
    assert error_of(printed) is None
