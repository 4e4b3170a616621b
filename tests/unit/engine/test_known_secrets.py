"""What a redactor knows by value: of the environment, of libpq's files, of the plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.engine.redaction.known_secrets import around
from tui.engine.target.access import TargetAccess
from tui.plan.model import Target
from tui.plan.secrets import Secrets
from tui.postgres.conninfo.password_file import passwords_of


def test_the_environment() -> None:
    environment = {
        "DB_PASS": "hunter1", "PRIVATE_KEY": "hunter2\nline", "MYSQL_PWD": "hunter3", "PGPASSWORD": "h4",
        "DATABASE_URL": "postgres://u:hunt%40er5@h/x", "CONN": "host=h password='hunter 6'", "INNOCENT": "hunter7",
        "PWD": "/home/x", "PGPASSFILE": "/x/y", "MAX_TOKENS": "409600", "X_TOKEN": "true", "PATH": "/bin", "HOME": "/",
    }  # fmt: skip
    planned = Secrets(values=("hunter8",), variables=("INNOCENT",))
    assert set(around(environment, planned)) == {
        "hunter1", "hunter2\nline", "hunter3", "h4", "hunt@er5", "hunter 6", "hunter7", "hunter8",
    }  # fmt: skip


def test_the_password_file(tmp_path: Path) -> None:
    file = tmp_path / "pass"
    file.write_text(
        "# h:1:d:u:none\nh:5432:d:u:plain\n*:*:*:*:wi\\:th\\\\it:more\r\nshort:line\nh\\:x:1:d:u:es\\:caped\n"
    )
    assert passwords_of({"PGPASSFILE": str(file)}) == ("plain", "wi:th\\it:more", "es:caped")
    assert passwords_of({"HOME": str(tmp_path)}) == ()
    file.rename(tmp_path / ".pgpass")
    assert passwords_of({"HOME": str(tmp_path)})[0] == "plain"
    assert passwords_of({"PWD": str(tmp_path)}, ".pgpass")[0] == "plain"


@pytest.mark.parametrize("named", ["service", "variable", "dsn"])
def test_a_target_knows_what_libpq_would_find(tmp_path: Path, named: str) -> None:
    """Before anything has connected, and of other services as well: a program of the plan may print them."""
    (tmp_path / "pass").write_text("h:5432:*:*:of-passfile\n")
    (tmp_path / "services").write_text(
        "[app]\nhost=h\npassword=of-service\nsslpassword=of-the-key\n[other]\npassword=of-another\n"
    )
    environment = {"PGSERVICEFILE": str(tmp_path / "services"), "HOME": str(tmp_path)}
    target = Target(environment="production", dsn=f"host=h passfile={tmp_path}/pass")
    if named == "service":
        target = Target(environment="production", service="app")
        environment["PGPASSFILE"] = str(tmp_path / "pass")
    elif named == "variable":
        target = Target(environment="production", dsn="host=h")
        environment["PGPASSFILE"] = str(tmp_path / "pass")
    access = TargetAccess("run", target, environment)
    assert {"of-passfile", "of-service", "of-the-key", "of-another"} <= set(access.secrets())
