"""Secrets written down in SQL, in scripts of psql and in any text: what is found, where, and what is none."""

from __future__ import annotations

import pytest

from tui.sql.disclosed import disclosed_in_script, disclosed_in_text, hidden
from tui.sql.passwords import read_secrets
from tui.sql.secrets import is_secret_name


@pytest.mark.parametrize(
    ("sql", "secret"),
    [
        ("create role x password 'hunter2'", "hunter2"),
        ("ALTER USER x WITH ENCRYPTED PASSWORD E'hun\\'t\\x65r2' VALID UNTIL 'infinity'", "hun'ter2"),
        ("alter role x password 'it''s'", "it's"),
        ("alter role x password U&'d\\0061t'", "dat"),
        ("alter role x password U&'d!0061t' uescape '!'", "dat"),
        ("alter role x password $$abc$$", "abc"),
        ("alter group x password $q$a$b$q$", "a$b"),
        ("alter role x password 'abc' -- on\n 'def'", "abcdef"),
        ("create role x password /* here */ 'hunter2'", "hunter2"),
        ("create role x password 'md5" + 32 * "0" + "'", "md5" + 32 * "0"),
        ("create subscription s connection 'host=h password=hunter2' publication p", "hunter2"),
        ("alter subscription s connection 'host=h password=''hunt er2'''", "hunt er2"),
        ("create user mapping for x server y options (user 'u', password 'hunter2')", "hunter2"),
        ("alter user mapping for x server y options (set password 'hunter2')", "hunter2"),
        ("create server s foreign data wrapper w options (host 'h', api_key 'hunter2')", "hunter2"),
        ("select dblink_connect('c', 'host=h password=hunter2')", "hunter2"),
        ("select * from dblink('postgres://u:hunt%40er2@h/x', 'select 1')", "hunt@er2"),
        ("copy t to program 'PGPASSWORD=hunter2 psql -c x'", "hunter2"),
        ("alter system set primary_conninfo = 'host=h password=hunter2'", "hunter2"),
        ("set local app.jwt_secret = 'hunter2'", "hunter2"),
        ("select set_config('app.jwt_secret', 'hunter2', false)", "hunter2"),
        ("alter role x in database y set app.api_key to 'hunter2'", "hunter2"),
        ("do $$ begin execute 'create role x password ''hunter2'''; end $$", "hunter2"),
        ("do $$ begin execute format('alter role %I password %L', 'x', 'hunter2'); end $$", "hunter2"),
        ("do $$ begin execute 'alter role x password ' || quote_literal('hunter2'); end $$", "hunter2"),
        ("update users set hash = crypt('hunter2', gen_salt('bf'))", "hunter2"),
        ("select pgp_sym_encrypt(data, 'hunter2') from t", "hunter2"),
        ("update users set password = 'hunter2'", "hunter2"),
    ],
)
def test_what_is_written_down(sql: str, secret: str) -> None:
    reading = read_secrets(sql)
    assert {found.value for found in reading.found} == {secret}
    assert all(0 <= found.start < found.end <= len(sql) for found in reading.found)


@pytest.mark.parametrize(
    "sql",
    [
        "alter role x password null",
        "alter role x password 'SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy'",
        "alter role x password :'pw'",
        "alter role x password $1",
        "set password_encryption = 'scram-sha-256'",
        "comment on column u.password is 'the password of it'",
        "create table t (password text default 'x', token text, pass int)",
        "insert into t values ('password', 'token')",
        "create server s foreign data wrapper w options (host 'h', password_required 'false')",
        "select 'http://h:8080/x', 'a@b'",
        "create user mapping for x server y options (user 'u', passfile '/x')",
    ],
)
def test_what_is_no_secret(sql: str) -> None:
    assert read_secrets(sql).found == ()


def test_a_script_of_psql() -> None:
    script = (
        "\\set unused 'nothing'\n\\set pw 'hunter1'\n\\set api_token hunter2\n\\getenv env NAME\n"
        "select 1; alter role x password :'pw'; alter role x password :'env';\n"
        "-- alter role x password 'hunter3'\n"
        "copy t from stdin;\npassword 'no'\n\\.\n"
        "create role y\n  password 'hunter4';\n"
    )
    found = disclosed_in_script(script)
    assert [(f.value, f.line, f.column) for f in found.found] == [("hunter3", 6, 27), ("hunter4", 11, 12)]
    assert found.names == {"pw", "env"} and found.environment == (("env", "NAME"),)
    assert [(name, f.value, f.line) for name, f in found.sets if name != "unused"] == [
        ("pw", "hunter1", 2),
        ("api_token", "hunter2", 3),
    ]


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("#!/bin/sh\nPGPASSWORD=hunter2 psql\n", ["hunter2"]),
        ("export DB_PASS='hunter 2'\n", ["hunter 2"]),
        ("psql -c \"alter role x password 'hunter2'\"", ["hunter2"]),
        ("url: postgres://u:p%40ss@h/x", ["p@ss"]),
        ("db:\n  password: hunter22\n  user: x\n", ["hunter22"]),
        ('{"api_token": "abc123", "token_type": "bearer"}', ["abc123"]),
        ("curl -H 'Authorization: Bearer abcdef'", ["abcdef"]),
        ("mysql --password=hunter2 --user=x", ["hunter2"]),
        ('TOKEN=$(cat x)\nPASSWORD="$1"\nPASS=${P}\n', []),
        ("password = os.environ['X']\nconnect(password=args.password)\n", []),
        ("the password: see the vault", []),
        ("psql --no-password\nPGPASSFILE=/x/y\nMAX_TOKENS=4096\n", []),
        ("http://localhost:9100/metrics ops@example.com", []),
    ],
)
def test_any_text(text: str, secrets: list[str]) -> None:
    assert [found.value for found in disclosed_in_text(text)] == secrets


def test_names() -> None:
    secret = """PGPASSWORD DB_PASS MYSQL_PWD PRIVATE_KEY API_KEY apiKey SECRET_KEY_BASE GITHUB_TOKEN token pw password
    client_secret AWS_SECRET_ACCESS_KEY DB_PASSWORD_PROD app.jwt_secret sslpassword passphrase VAULT_TOKEN
    oauth_client_secret authorization db-password"""
    none = """PWD OLDPWD PGPASSFILE SSH_ASKPASS MAX_TOKENS TOKENIZERS_PARALLELISM token_type password_encryption
    PASSWORD_STORE_DIR AWS_ACCESS_KEY_ID tokens primary_key foreign_key bypass compass passed keyboard sslkey"""
    assert [name for name in secret.split() if not is_secret_name(name)] == []
    assert [name for name in none.split() if is_secret_name(name)] == []


def test_a_text_with_its_secrets_hidden() -> None:
    script = "-- it is hun'ter-2\nalter role x password 'hun''ter-2';\nalter role q7z password 'q7z'; -- q7z\n"
    assert hidden(script) == (
        "-- it is [redacted]\nalter role x password '[redacted]';\nalter role q7z password '[redacted]'; -- q7z\n"
    )
    assert hidden("\\set pw 'ab1-c'\nalter role x password :'pw';") == (
        "\\set pw '[redacted]'\nalter role x password :'pw';"
    )
    assert hidden("select 1") == "select 1"
