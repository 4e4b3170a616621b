"""A target resolved: by libpq's own order, from string, service and environment."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tui.postgres.conninfo.resolve import resolve, without_service_variable
from tui.postgres.errors import ConnectFailed
from tui.words.said import say

SERVICES = """
# what stands before a section is nobody's
nonsense
[other]
more nonsense
[app]
  host=db1,db2
port=5432,5433
# a comment
user=service user  
password=of service
host=ignored
options=-c search_path=shop

[last]
host=db9
"""  # noqa: W291


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "mine").write_text(SERVICES)
    system = tmp_path / "system"
    system.mkdir()
    (system / "pg_service.conf").write_text("[machine]\nhost=db7\n[app]\nhost=never\n")
    return tmp_path


def environment(files: Path, **more: str) -> dict[str, str]:
    return {"PGSERVICEFILE": str(files / "mine"), "PGSYSCONFDIR": str(files / "system"), **more}


def test_the_string_comes_before_the_service_and_that_before_the_variables(files: Path) -> None:
    found = resolve("service=app port=1,2", environment(files, PGUSER="variable", PGDATABASE="app", PGPASSWORD="x"))
    assert found.parameters == {
        "host": "db1,db2", "port": "1,2", "user": "service user", "password": "of service",
        "options": "-c search_path=shop", "dbname": "app",
    }  # fmt: skip
    assert found.secrets == ("of service",)


def test_a_service_by_variable_and_by_the_machines_file(files: Path) -> None:
    by_variable = resolve("dbname=x", environment(files, PGSERVICE="machine")).parameters
    assert by_variable == {"dbname": "x", "host": "db7"}
    assert resolve("", environment(files, PGSERVICE="last", PGHOST="db0")).parameters == {"host": "db9"}
    home = files / "home"
    home.mkdir()
    (home / ".pg_service.conf").write_text("[own]\nhost=db5\n")
    assert resolve("service=own", {"HOME": str(home)}).parameters == {"host": "db5"}


@pytest.mark.parametrize(
    ("service", "text", "said"),
    [
        ("none", "[app]\nhost=a\n", "none"),
        ("app", "[app]\nhost = s3cret\n", "Line 2"),
        ("app", "[app]\nhost=a\nservice=s3cret\n", "Line 3"),
        ("app", "[app]\ns3cret\n", "Line 2"),
    ],
)
def test_a_service_that_cannot_be_read_is_named_without_its_values(
    tmp_path: Path, service: str, text: str, said: str
) -> None:
    (tmp_path / "mine").write_text(text)
    with pytest.raises(ConnectFailed) as caught:
        resolve(f"service={service}", {"PGSERVICEFILE": str(tmp_path / "mine"), "PGSYSCONFDIR": "/nonexistent"})
    assert said in say(caught.value) and "s3cret" not in say(caught.value)


def test_every_variable_of_libpq_counts_and_empty_ones_do_not() -> None:
    given = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/ca.crt", "PGCHANNELBINDING": "require", "PGHOST": "",
             "PGREQUIREAUTH": "scram-sha-256", "PGOPTIONS": "-c geqo=off", "PGPASSFILE": "/pass", "PGKRBSRVNAME": "pg",
             "PGTARGETSESSIONATTRS": "any", "PGLOADBALANCEHOSTS": "random"}  # fmt: skip
    found = resolve("dbname=app", given).parameters
    assert found == {
        "dbname": "app", "sslmode": "verify-full", "sslrootcert": "/ca.crt", "channel_binding": "require",
        "require_auth": "scram-sha-256", "options": "-c geqo=off", "passfile": "/pass", "krbsrvname": "pg",
        "target_session_attrs": "any", "load_balance_hosts": "random",
    }  # fmt: skip


def test_files_are_named_from_where_the_person_stands(tmp_path: Path) -> None:
    (tmp_path / "services").write_text("[app]\nhost=db1\nsslrootcert=certs/ca.crt\nsslkey=pkcs11:token\n")
    given = {"PGSERVICEFILE": "services", "PGPASSFILE": "/abs/pass", "PGSSLCERT": "mine.crt", "PWD": str(tmp_path)}
    found = resolve("service=app", given).parameters
    assert (found["sslrootcert"], found["passfile"]) == (f"{tmp_path}/certs/ca.crt", "/abs/pass")
    assert (found["sslcert"], found["sslkey"]) == (f"{tmp_path}/mine.crt", "pkcs11:token")
    assert resolve("host=a sslrootcert=system", given).parameters["sslrootcert"] == "system"


def test_the_variable_is_out_of_the_way_of_the_drivers_libpq(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSERVICE", "app")
    with without_service_variable():
        assert "PGSERVICE" not in os.environ
        assert "PGSERVICE" not in subprocess.run(["env"], capture_output=True, text=True, check=True).stdout
    assert os.environ["PGSERVICE"] == "app"
