"""What a program is started with, by what is known of its target."""

from __future__ import annotations

import pytest

from tui.postgres.conninfo.parameters import Address, WorkSettings
from tui.postgres.conninfo.programs import (
    KnownConnection,
    ProgramConnection,
    program_connection,
    program_settings,
    without_misleading,
)

ADDRESS = Address(host="db1", hostaddr="10.0.0.1", port="5433", user="ana", dbname="app")
KNOWN = {"lock_timeout": "0", "statement_timeout": "0", "synchronous_commit": "on", "row_security": "off"}


def found(
    parameters: dict[str, str] | None = None, program: str = "psql", major: int | None = 15, **more: object
) -> ProgramConnection:
    given = more.pop("given", {})
    bearing = KnownConnection(**({"parameters": parameters or {}, "address": ADDRESS, "known": KNOWN} | more))  # type: ignore[arg-type]
    ours = program in ("psql", "pg_dump")
    return program_connection(
        bearing, program_settings(bearing, WorkSettings()), application="virada r s", program=program, major=major,
        ours=ours, given=given,  # type: ignore[arg-type]
    )  # fmt: skip


def test_one_server_in_place_of_all_that_were_named_beside_its_name() -> None:
    asked = {"host": "db0,db1", "port": "5432,5433", "hostaddr": "10.0.0.9,10.0.0.1", "load_balance_hosts": "random",
             "sslmode": "verify-full", "passfile": "/p", "password": "s3cret"}  # fmt: skip
    told = found(asked)
    assert told.service["host"] == "db1" and told.service["hostaddr"] == "10.0.0.1"
    assert (told.service["port"], told.service["user"], told.service["dbname"]) == ("5433", "ana", "app")
    assert told.service["sslmode"] == "verify-full" and told.service["passfile"] == "/p"
    assert told.service["target_session_attrs"] == "primary" and "load_balance_hosts" not in told.service
    assert told.service["tcp_user_timeout"] == "8000" and told.service["application_name"] == "virada r s"
    assert told.environment["PGPASSWORD"] == "s3cret" and "s3cret" not in str(told.service)


def test_options_are_kept_and_ours_come_last() -> None:
    told = found({"options": "-c search_path=a\\ b -c lock_timeout=0"})
    assert told.service["options"].startswith("-c search_path=a\\ b -c lock_timeout=0 -c ")
    assert (
        told.service["options"].endswith("synchronous_commit=on") or "synchronous_commit=on" in told.service["options"]
    )


def test_behind_a_pooler_psql_is_told_and_others_lose_them() -> None:
    psql = found(options=False)
    assert "options" not in psql.service and psql.lost == ()
    assert "set lock_timeout = '500'" in psql.statements
    other = found(options=False, program="tool")
    assert "options" not in other.service and set(other.lost) == set(KNOWN) and other.statements == ()


@pytest.mark.parametrize("major", [15, 16, None])
def test_what_an_older_libpq_takes_for_a_broken_file_goes_by_variables(major: int | None) -> None:
    told = found({"require_auth": "scram-sha-256", "sslnegotiation": "direct", "scram_client_key": "k"}, major=major)
    assert ("require_auth" in told.service) == (major == 16)
    assert (told.environment.get("PGREQUIREAUTH") == "scram-sha-256") == (major != 16)
    assert told.environment["PGSSLNEGOTIATION"] == "direct" and told.lost == ("scram_client_key",)


def test_what_no_line_of_a_service_file_can_hold_goes_by_variables() -> None:
    told = found({"sslcert": "/blank at the end ", "options": "-c a.b=" + "x" * 1100})
    assert told.environment["PGSSLCERT"] == "/blank at the end " and "sslcert" not in told.service
    assert told.environment["PGOPTIONS"].startswith("-c a.b=xxx") and "options" not in told.service


@pytest.mark.parametrize(
    ("program", "encoding", "of_service", "of_variable"),
    [
        ("psql", "LATIN1", "UTF8", None), ("psql", "SQL_ASCII", "SQL_ASCII", None), ("pg_dump", "LATIN1", None, None),
        ("tool", "LATIN1", None, "UTF8"),
    ],
)  # fmt: skip
def test_files_are_in_utf_8_and_dumps_in_the_databases_encoding(
    program: str, encoding: str, of_service: str | None, of_variable: str | None
) -> None:
    told = found({"client_encoding": "KOI8R"}, program, encoding=encoding)
    assert told.service.get("client_encoding") == of_service
    assert told.environment.get("PGCLIENTENCODING") == of_variable


def test_what_the_plan_sets_for_its_program_wins() -> None:
    told = found({"sslmode": "require"}, "tool", given={"PGDATABASE": "other", "PGHOST": "db7", "PGOPTIONS": "-c a=b"})
    assert not {"dbname", "host", "hostaddr"} & set(told.service)
    assert told.service["options"].endswith(" -c a=b")
    own = found({}, "tool", given={"PGSERVICE": "mine"})
    assert own == ProgramConnection(environment={"PGAPPNAME": "virada r s"}, lost=tuple(sorted(KNOWN)))


def test_a_tool_that_knows_no_services_finds_variables() -> None:
    told = found({"sslmode": "require"}, "tool")
    assert (told.environment["PGHOST"], told.environment["PGPORT"], told.environment["PGSSLMODE"]) == (
        "db1", "5433", "require",
    )  # fmt: skip
    assert "PGHOSTADDR" not in told.environment and "target_session_attrs" not in told.service


def test_nothing_answers_and_the_author_may_still_bring_it_back() -> None:
    told = found({"host": "a,b", "port": "1,2"}, "tool", address=None, known={})
    assert (told.service["host"], told.service["target_session_attrs"]) == ("a,b", "primary")


@pytest.mark.parametrize(
    ("addresses", "verified", "encrypted", "host", "hostaddr"),
    [
        ({"10.0.0.1"}, False, False, "db1", None),
        ({"10.0.0.1"}, True, True, "db1", None),
        ({"10.0.0.1", "10.0.0.2"}, False, False, "10.0.0.1", None),
        ({"10.0.0.1", "10.0.0.2"}, False, True, "db1", None),
        ({"10.0.0.1", "10.0.0.2"}, True, True, "db1", "10.0.0.1"),
        (set(), False, False, "10.0.0.1", None),
    ],
)
def test_another_host_that_a_script_names_is_not_turned_into_the_target(
    addresses: set[str], verified: bool, encrypted: bool, host: str, hostaddr: str | None
) -> None:
    told = without_misleading(ADDRESS, addresses=frozenset(addresses), verified=verified, encrypted=encrypted)
    assert (told.host, told.hostaddr) == (host, hostaddr)
    socket = Address(host="/run", hostaddr=None, port="5432", user="u", dbname="d")
    assert without_misleading(socket, addresses=frozenset(), verified=False, encrypted=False) == socket
