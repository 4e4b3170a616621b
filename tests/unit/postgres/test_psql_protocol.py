from __future__ import annotations

import msgspec
import pytest

from tui.postgres import psql_protocol
from tui.postgres.psql_protocol import PsqlReport, PsqlVariables


def line(**more: object) -> bytes:
    said = {"pid": 7, "role": "r", "login": "l", "synchronous_commit": "on", "begun": False} | more
    return msgspec.json.encode(said).hex().encode() + b"\n"


def test_a_report_of_the_session() -> None:
    expected = PsqlReport(pid=7, role="r", login="l", synchronous_commit="on", begun=False, xid="727")
    assert psql_protocol.read(line(xid="727")) == expected
    assert psql_protocol.read(line(xid=None, more="of another version")) == msgspec.structs.replace(expected, xid=None)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (b"said 00000 on\n", PsqlVariables(sqlstate="00000", stops=True)),
        (b"said 22012 1\n", PsqlVariables(sqlstate="22012", stops=True)),
        (b"said 00000 off\n", PsqlVariables(sqlstate="00000", stops=False)),
        (b"said 00000 :ON_ERROR_STOP\n", PsqlVariables(sqlstate="00000", stops=False)),
        (b"said 22012\n", PsqlVariables(sqlstate="22012", stops=False)),
    ],
)
def test_what_psql_knows_of_itself(said: bytes, found: PsqlVariables) -> None:
    assert psql_protocol.read(said) == found


@pytest.mark.parametrize("said", [b"\n", b"over\n", b"7b\n", b"7b7d\n", b"\xff\xfe\n", b"zz\n", b"7b2\n"])
def test_what_is_no_report(said: bytes) -> None:
    assert psql_protocol.read(said) is None
    assert psql_protocol.is_over(said) is (said == b"over\n")


def test_a_script_stops_at_errors_whatever_its_variables_say() -> None:
    said = psql_protocol.script("it's\\here.sql", {"ON_ERROR_STOP": "off", "n": "a\nb"}).splitlines()
    assert said == [
        r"\set 'ON_ERROR_STOP' 'off'", r"\set 'n' 'a\nb'", r"\set ON_ERROR_STOP on", r"\set VERBOSITY verbose",
        r"\i 'it''s\\here.sql'",
    ]  # fmt: skip


def test_the_step_s_role_is_put_back_behind_the_opening() -> None:
    assert psql_protocol.begin(None) == "begin read write;\n"
    assert psql_protocol.begin('o"w') == 'set role "o""w";\nbegin read write;\nset local role none;\n'
    assert psql_protocol.opening(5, transaction=True, role='o"w').endswith('set local role "o""w";\n')
    assert psql_protocol.opening(5, transaction=False, role='o"w').startswith("set role none;\n")
    assert "role none" not in psql_protocol.opening(5, transaction=True, role=None)


@pytest.mark.parametrize("said", [psql_protocol.opening(5, transaction=True, role=None), psql_protocol.closing(5)])
def test_names_are_qualified_and_a_report_is_one_line(said: str) -> None:
    """\\copy takes one line, and the script sets its search_path."""
    (copy,) = [text for text in said.splitlines() if text.startswith("\\copy")]
    assert copy.endswith("to '/dev/fd/5'")
    for name in ("encode(", "pg_backend_pid(", "json_build_object(", "current_setting("):
        assert copy.count(name) == copy.count(f"pg_catalog.{name}") > 0
