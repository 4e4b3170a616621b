"""What strangers may write into a log: nothing of it costs a record, a second, or the memory."""

from __future__ import annotations

import csv
import io
import time

import pytest

from tui.postgres.logs.csvlog import CsvParser
from tui.postgres.logs.jsonlog import JsonParser
from tui.postgres.logs.parser import Parser, parser_for
from tui.postgres.logs.record import LONGEST, LogRecord
from tui.postgres.logs.stderr import StderrParser

PLAIN = "%m [%p] %e "


def record(text: str, statement: str = "", state: str = "XX000") -> bytes:
    """As csvlog of PostgreSQL 15 has it."""
    head = "2026-11-22 06:03:00.000 UTC"
    row = [head, "ana", "app", "42", "[local]", "1.1", "1", "SELECT", head, "1/2", "0", "ERROR", state, text]
    row += ["", "", "", "", "", statement, "", "", "psql", "client backend", "", "0"]
    made = io.StringIO()
    csv.writer(made, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(row[1:])
    # The server does not quote the time.
    return f"{head},{made.getvalue()}".encode()


def fed(parser: Parser, data: bytes, piece: int = 32 << 10) -> list[LogRecord]:
    return [line for at in range(0, len(data), piece) for line in parser.feed(data[at : at + piece])]


@pytest.mark.parametrize("length", [140_000, LONGEST + 100_000, 3 * LONGEST])
def test_a_long_statement_costs_no_record(length: int) -> None:
    parser = CsvParser()
    statement = 'select "' + "x\n" * (length // 2) + '"'
    lines = fed(parser, record("long", statement) + record("after"))
    assert [(line.text, line.sqlstate) for line in lines] == [("long", "XX000"), ("after", "XX000")]


@pytest.mark.parametrize("form", ["csvlog", "jsonlog"])
def test_a_statement_of_bytes_that_are_no_text_costs_no_record(form: str) -> None:
    junk = b"\xff" * 1_000_000
    if form == "csvlog":
        data = record("boom", "QQ").replace(b"QQ", junk)
    else:
        data = b'{"error_severity":"ERROR","state_code":"XX000","message":"boom","statement":"' + junk + b'"}\n'
    assert [(line.text, line.sqlstate) for line in fed(parser_for(form, PLAIN), data)] == [("boom", "XX000")]


def test_csv_that_begins_within_a_statement() -> None:
    torn = record("torn", 'select "a\nb" from c\n')
    parser = CsvParser()
    lines = fed(parser, torn[torn.index(b"select") + 2 :] + record("critical") * 1000)
    assert [line.text for line in lines] == ["critical"] * 1000


def test_csv_finds_its_way_after_what_is_no_record() -> None:
    parser = CsvParser()
    broken = b'2026-11-22 06:03:00.000 UTC,"ana",only\n' + b'2026-11-22 06:03:00.000 UTC,"ana","app",4\n'
    lines = fed(parser, broken + b"junk\n" + record("after"))
    assert [line.text for line in lines] == ["after"] and parser.skipped == 2


def test_a_statement_that_looks_like_a_record_is_none() -> None:
    parser = CsvParser()
    lines = fed(parser, record("real", "x\n" + record("invented").decode()) + record("after"))
    assert [line.text for line in lines] == ["real", "after"]


@pytest.mark.parametrize("line", [b"1", b"[]", b"null", b'"x"', b"{", b"[" * 100_000, b"\xff\xfe"])
def test_json_that_is_no_record_is_counted(line: bytes) -> None:
    parser = JsonParser()
    good = b'{"error_severity":"ERROR","state_code":"XX000","message":"after"}\n'
    assert [found.text for found in parser.feed(line + b"\n" + good)] == ["after"]
    assert parser.skipped == 1


@pytest.mark.parametrize("line", [b'{"message":5}', b'{"message":null,"pid":"x"}', b'{"error_severity":[],"pid":true}'])
def test_json_with_other_types(line: bytes) -> None:
    assert JsonParser().feed(line + b"\n") == [LogRecord(None, "", None, "", None, None)]


def test_json_with_bytes_that_are_no_text() -> None:
    (line,) = JsonParser().feed(b'{"error_severity":"ERROR","state_code":"XX000","message":"bad \xff byte"}\n')
    assert (line.text, line.sqlstate) == ("bad \\xff byte", "XX000")


def test_a_long_json_record_is_told_by_its_beginning() -> None:
    data = b'{"timestamp":"t","user":"\\"state_code\\":\\"00000","pid":7,"error_severity":"ERROR","state_code":"53100"'
    data += b',"message":"no \\"space\\"","statement":"' + b"x" * LONGEST + b'","application_name":"psql"}\n'
    lines = fed(JsonParser(), data + b'{"message":"after"}\n')
    assert lines[0] == LogRecord("t", "ERROR", "53100", 'no "space"', 7, None)
    assert [line.text for line in lines[1:]] == ["after"]


@pytest.mark.parametrize(
    ("prefix", "line"),
    [
        ("%t:%r:%u@%d:[%p]: ", b"2026-11-25 12:00:00 UTC:" + b": " * 20_000),
        ("%m [%p] %q%u@%d/%a ", b"2026-11-25 12:00:00.000 UTC [1] " + b"@/ " * 20_000),
        ("%a %u %d %r %h ", b" " * 60_000),
        ("%u %p %l %x ", b"1" * 60_000),
    ],
)
def test_a_prefix_is_matched_in_linear_time(prefix: str, line: bytes) -> None:
    parser = StderrParser(prefix)
    began = time.process_time()
    for _ in range(10):
        assert len(parser.feed(line + b"\n")) == 1
    assert time.process_time() - began < 0.5


def test_many_newlines_take_linear_time() -> None:
    stderr = b"2026-11-25 12:00:00.000 UTC [1] XX000 ERROR:  boom\n" + b"\tmore\n" * 100_000
    for parser, data in ((CsvParser(), record("boom", "\n" * 300_000)), (StderrParser(PLAIN), stderr)):
        began = time.process_time()
        assert fed(parser, data)[0].text.startswith("boom")
        assert time.process_time() - began < 1


@pytest.mark.parametrize("parser", [CsvParser(), JsonParser(), StderrParser(PLAIN)])
def test_a_line_without_end_is_not_kept(parser: Parser) -> None:
    lines = [line for _ in range(100) for line in parser.feed(b"x" * (256 << 10))]
    assert sum(len(line.text) for line in lines) <= LONGEST
    kept = getattr(parser, "_lines", None)
    assert kept is None or len(kept._rest) == 0
    assert len(getattr(parser, "_record", b"")) + len(getattr(parser, "_part", b"")) < LONGEST


@pytest.mark.parametrize(
    ("prefix", "head", "application"),
    [
        ("%t:%r:%u@%d:[%p]: ", "2026-11-25 12:00:00 UTC:10.0.0.1(5000):a:b@c:[42]: ", None),
        ("%m [%p] %q%u@%d/%a ", "2026-11-25 12:00:00.000 -03 [42] ana@app/my: own [x] ", "my: own [x]"),
        ("%m [%p] %q%u@%d/%a ", "2026-11-25 12:00:00.000 -03 [42] ", None),
        ("%m [%p] %-20a|", "2026-11-25 12:00:00.000 UTC [42] psql                |", "psql"),
        ("%m %a%u [%p] ", "2026-11-25 12:00:00.000 UTC psqlana [42] ", None),
    ],
)
def test_names_may_hold_what_separates_them(prefix: str, head: str, application: str | None) -> None:
    (line,) = StderrParser(prefix).feed(f"{head}ERROR:  no: [1] ERROR:  x\n".encode())
    assert (line.severity, line.pid, line.text) == ("ERROR", 42, "no: [1] ERROR:  x")
    assert line.application == application
