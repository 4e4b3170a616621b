"""Connection strings with a mistake in them: the parameter is named, and nothing of a value is told."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.postgres.connect import open_session
from tui.postgres.conninfo.connection_string import MARK, masked
from tui.postgres.conninfo.resolve import resolve
from tui.postgres.errors import ConnectFailed
from tui.words.said import say

# Where a password is mistyped, libpq takes pieces of it for other things: every piece is an S here.
MISTYPED = (
    "postgresql://u:S1@S2@db1/app", "postgresql://u:S1/S2@db1/app", "postgresql://u:S1%zzS2@db1/app",
    "postgresql://u:S1 S2@db1/app", "postgresql://u:%00S1@db1/app", "postgresql://u:S1/S2/S3@db1:5432/app",
    "postgres://u:S1@S2:S3@db1:5432/app?sslmode=require", "postgresql://u:S1@[S2@::1/app",
    "postgresql://db1/app?user=u&password=S1&S2", "postgresql://db1/app?user=u&password=S1&S2=S3",
    "postgresql://u:S1@db1:S2/app", "postgresql://u:S1@S2@/app",
    "host=db1 password=S1 S2 user=u", "host=db1 password=S1 S2=S3 user=u", "host=db1 password='S1'S2' user=u",
    "password='S1 S2", "host=db1 user=u password=S1 S2", "host=db1 port=S1S2 password=x",
)  # fmt: skip


def error_of(dsn: str, **environment: str) -> str:
    """What is said of a connection that cannot be opened."""

    async def opened() -> str:
        with pytest.raises(ConnectFailed) as caught:
            session = await open_session(dsn, purpose="control", run="r", environment=environment)
            await session.close()
        return say(caught.value)

    return asyncio.run(opened())


@pytest.mark.parametrize("dsn", MISTYPED)
def test_no_piece_of_a_password_is_told(dsn: str) -> None:
    secrets = {f"S{n}": f"s3cret{n}piece" for n in (1, 2, 3)}
    for short, piece in secrets.items():
        dsn = dsn.replace(short, piece)
    said = error_of(dsn)
    assert not [piece for piece in secrets.values() if piece in said], said


@pytest.mark.parametrize(
    ("dsn", "named"),
    [
        ("host=db1 prot=5432", "prot"),
        ("postgresql://db1/app?sslmod=require", "sslmod"),
        ("postgresql://db1/app?sslmode", "sslmode"),
        ("host=db1 port=54321x", "port"),
        ("host=db1 port=0", "port"),
        ("host=a,b port=1,99999", "port"),
        ("host=db1 sslmode=requires", "sslmode"),
        ("host=db1 connect_timeout=soon", "connect_timeout"),
        ("host=db1 keepalives_idle=5s", "keepalives_idle"),
        ("host=db1 hostaddr=db2", "hostaddr"),
        ("host=db1 target_session_attrs=primry", "target_session_attrs"),
        ("host=u@db1", "host"),
        ("host=127.0.0.1 port=1 require_auth=scrum", "require_auth"),
    ],
)
def test_the_bad_parameter_is_named(dsn: str, named: str) -> None:
    said = error_of(dsn)
    assert named in said
    assert "54321x" not in said and "requires" not in said and "scrum" not in said and "u@db1" not in said


def test_whose_value_is_bad_is_said() -> None:
    assert "PGPORT" in error_of("host=db1", PGPORT="port")
    assert "PGSSLMODE" in error_of("host=/nonexistent", PGSSLMODE="requires")


@pytest.mark.parametrize(
    "dsn",
    [
        "host=/tmp,@abstract port=1,2", "postgresql:///app?host=/tmp", "postgresql://u:p%40ss@[::1]:5432/app",
        "hostaddr=::1,127.0.0.1 host=a,b port=5432", "host=a port=", "host=a connect_timeout=-1",
        "postgresql://a:1,b:2/app?load_balance_hosts=random&target_session_attrs=any",
        "host=fe80::1 sslrootcert=system sslmode=verify-full",
    ],
)  # fmt: skip
def test_what_libpq_takes_is_taken(dsn: str) -> None:
    assert resolve(dsn, {}).parameters


def test_an_error_keeps_what_is_no_secret() -> None:
    dsn = "postgresql://app:app@db1/app"
    text = 'connection to server at "db1" (10.0.0.1), port 5432 failed: FATAL: role "app" does not exist'
    assert masked(text, dsn, ("app",)) == text
    assert masked('database "ss@db1/app" does not exist', "postgresql://u:12/ss@db1/app") == (
        f'database "{MARK}@db1/app" does not exist'
    )  # fmt: skip
    assert masked("failed to resolve host 'ss@db1'", "postgresql://u:p@ss@db1/x") == (
        f"failed to resolve host '{MARK}@db1'"
    )  # fmt: skip


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\x00'\"u"), min_size=4, max_size=12))
def test_whatever_the_password_the_message_loses_it(password: str) -> None:
    """As libpq would quote it: the whole, and what is left of it behind any of its own separators."""
    dsn = f"postgresql://u:{password}@db1/app"
    assert password not in masked(f'could not use "{password}@db1" or "{password}"', dsn, (password,))
    for separator in "@/:":
        rest = password.rpartition(separator)[2]
        if separator in password and len(rest) > 3 and dsn.count(rest) == 1:
            assert rest not in masked(f'could not translate host name "{rest}@db1"', dsn)
