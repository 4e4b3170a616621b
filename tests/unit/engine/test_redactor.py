"""Redaction: what is replaced, that chunks make no difference, that nothing of a secret gets out, bounded memory."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tui.engine.redaction.patterns import MARK
from tui.engine.redaction.redactor import Redactor

M = MARK.decode()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("postgres://app:s3cr3t@db:5432/x", f"postgres://app:{M}@db:5432/x"),
        ("POSTGRESQL://:s3cr3t@/x", f"POSTGRESQL://:{M}@/x"),
        ("redis://u:a@b@host/x?mail=c@d", f"redis://u:{M}@host/x?mail=c@d"),
        ("mysql://u:pa/ss@host/x", f"mysql://u:{M}@host/x"),
        ("host=h password=s3cr3t dbname=x", f"host=h password={M} dbname=x"),
        ("host=h Password = 's3\\'cr et' dbname=x", f"host=h Password = '{M}' dbname=x"),
        ("sslpassword=a''b'c x", f"sslpassword={M} x"),
        ("PGPASSWORD=s3cr3t psql", f"PGPASSWORD={M} psql"),
        ("pgpassword='s3 cr3t' psql", f"pgpassword='{M}' psql"),
        (
            "ALTER ROLE x PASSWORD 's3''cr3t' VALID UNTIL 'infinity'",
            f"ALTER ROLE x PASSWORD '{M}' VALID UNTIL 'infinity'",
        ),
        ("create role x encrypted password\n  'abc';", f"create role x encrypted password\n  '{M}';"),
        ("CREATE ROLE x PASSWORD E'a\\'b' LOGIN", f"CREATE ROLE x PASSWORD E'{M}' LOGIN"),
        ("CREATE ROLE x PASSWORD $q$a'b$q$;\nnext", f"CREATE ROLE x PASSWORD {M}\nnext"),
        ("PASSWORD 'open\nnext 'line'", f"PASSWORD '{M}\nnext 'line'"),
        ("PASSWORD 'ends with \\\nnext", f"PASSWORD '{M}\nnext"),
        ("password='''abc' x", f"password='{M}' x"),
        ('{"password": "a\\"b", "x": 1}', f'{{"password": "{M}", "x": 1}}'),
        ("password: s3cr3t\nnext", f"password: {M}\nnext"),
        ("Authorization: Bearer abc.DEF-123_~+/= x", f"Authorization: Bearer {M} x"),
        ("BEARER\tabcdef", f"BEARER\t{M}"),
        ("authorization: basic dXNlcjpwYXNz", f"authorization: basic {M}"),
        ("PASSWORD 's3cr3t'", f"PASSWORD '{M}'"),
        ("password='s3cr3t", f"password='{M}"),
        ("DB_PASS=s3cr3t X=1", f"DB_PASS={M} X=1"),
        ("DB_PASSWORD_PROD=s3cr3t X=1", f"DB_PASSWORD_PROD={M} X=1"),
        ("MYSQL_PWD='s3 cr3t' x", f"MYSQL_PWD='{M}' x"),
        ("GITHUB_TOKEN=s3cr3t\nPWD=/home", f"GITHUB_TOKEN={M}\nPWD=/home"),
        ("CLIENT_SECRET_PROD=s3cr3t x", f"CLIENT_SECRET_PROD={M} x"),
        ("AWS_SECRET_ACCESS_KEY=s3cr3t", f"AWS_SECRET_ACCESS_KEY={M}"),
        ("export API_KEY=s3cr3t", f"export API_KEY={M}"),
        ('{"api_token": "s3cr3t", "x": 1}', f'{{"api_token": "{M}", "x": 1}}'),
        ('{\\"client_secret\\":\\"s3cr3t\\"}', f'{{\\"client_secret\\":\\"{M}'),
        ("http://h/x?access_token=s3cr3t", f"http://h/x?access_token={M}"),
        ("PASSPHRASE=s3cr3t", f"PASSPHRASE={M}"),
    ],
)
def test_what_looks_like_a_secret(source: str, expected: str) -> None:
    assert Redactor().text(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        'password authentication failed for user "x"',
        "password_encryption = scram-sha-256",
        "ALTER ROLE x PASSWORD NULL",
        "ALTER ROLE x PASSWORD $1",
        "SELECT password::text FROM t",
        "http://localhost:8080/path?x=1",
        "http://localhost:9100/metrics for ops@example.com",
        "https://example.com/a:b",
        "ssh://git@example.com/x",
        "cat: /etc/passwd: Permission denied",
        "Basic information about basic authentication",
        "PWD=/home/x OLDPWD=/ MAX_TOKENS=4096 token_type=x PGPASSFILE=/home/x/.pgpass bypass=yes",
        "syntax error at token = x, the secret: none; primary_key=7 COMPASS=north",
        '{"token_type": "bearer", "tokens": "many", "secret_name": "x"}',
        "12:00:01 LOG: statement: SELECT 1 -- ação",
        "",
    ],
)
def test_what_is_left_alone(source: str) -> None:
    assert Redactor(["hunter2"]).text(source) == source


def test_known_values() -> None:
    redactor = Redactor(["hunter2", "hunter2-long", "abc", "p@ss w/rd", "senhaç"])
    assert redactor.text("x hunter2-long, hunter2; abc HUNTER2 p@ss w/rd p%40ss%20w%2Frd senhaç") == (
        f"x {M}, {M}; abc HUNTER2 {M} {M} {M}"
    )


def test_every_form_of_a_value() -> None:
    """As others write it down: SQL, E'', a connection string, a password file, JSON, a URL, a shell."""
    redactor = Redactor(["p@s's\\w:o\"rd$ ç"])
    for form in (
        "p@s's\\w:o\"rd$ ç", "p@s''s\\w:o\"rd$ ç", "p@s''s\\\\w:o\"rd$ ç", "p@s\\'s\\\\w:o\"rd$ ç",
        "p@s's\\\\w\\:o\"rd$ ç", 'p@s\'s\\\\w:o\\"rd$ ç', 'p@s\'s\\\\w:o\\"rd$ \\u00e7',
        "p%40s%27s%5Cw%3Ao%22rd%24%20%C3%A7", "p%40s%27s%5cw%3ao%22rd%24%20%c3%a7", "p%40s%27s%5Cw%3Ao%22rd%24+%C3%A7",
        "p@s'\"'\"'s\\w:o\"rd$ ç",
    ):  # fmt: skip
        assert redactor.text(f"x={form}.") == f"x={M}.", form


def test_an_excerpt_that_is_cut_off_within_a_secret() -> None:
    """psql shows sixty characters of a line around an error."""
    secret = "a-long-Zebra-of-a-secret"
    for length in range(4, len(secret)):
        for piece in (f"...{secret[-length:]}' nosuch", f"role x {secret[:length]}..."):
            for size in (1, 3, 1000):
                redactor = Redactor([secret]).fresh(excerpts=True)
                data = f"LINE 1: {piece}\nrest\n".encode()
                out = (
                    b"".join(redactor.feed(data[at : at + size]) for at in range(0, len(data), size)) + redactor.flush()
                )
                assert secret[-4:].encode() not in out and secret[:4].encode() not in out, out
                assert out.endswith(b"\nrest\n")
    assert Redactor(["abcdef"]).fresh(excerpts=True).feed(b"wait... abc...\n") == b"wait... abc...\n"


def test_lines_stay_as_many_as_they_are() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"
    assert Redactor([key]).text(f"a {key} b\nc") == f"a {M}\n\n b\nc"


def test_a_short_value_is_no_reason_to_redact() -> None:
    text = "a ab abc 1 12 123 abcd"
    assert Redactor(["a", "ab", "abc", "1", "12", "123"]).text(text) == text


def test_overlapping_values_leave_no_rest() -> None:
    assert Redactor(["abcd", "bcdefg"]).text("xabcdefgx") == f"x{M}x"
    assert Redactor(["aaaa"]).text("xaaaaaaax aaa") == f"x{M}x aaa"
    assert Redactor(["abcd"]).text("abcdabcd") == M + M


def test_structures() -> None:
    redactor = Redactor(["hunter2"])
    evidence = {
        "argv": ["psql", "host=h password=x1y2"],
        "password": "short",
        "PGPASSWORD": "x",
        "deep": ({"hunter2": b"hunter2", "api_token": "t"}, 7, None, True, 1.5),
        "tokens": "kept",
    }
    assert redactor.mapping(evidence) == {
        "argv": ["psql", f"host=h password={M}"],
        "password": M,
        "PGPASSWORD": M,
        "deep": ({M: MARK, "api_token": M}, 7, None, True, 1.5),
        "tokens": "kept",
    }
    assert evidence["password"] == "short"


def test_undecodable_text_is_kept() -> None:
    assert Redactor().text("a\udcff password=x") == f"a\udcff password={M}"


def stream(secrets: Iterable[str], chunks: Iterable[bytes]) -> bytes:
    redactor = Redactor(secrets)
    return b"".join([*map(redactor.feed, chunks), redactor.flush()])


SECRETS = ["hunter2", "hunterhunt", "aaaa", "two\nlines", "ç'x\"y\\"]
PIECES = st.sampled_from(
    [b"hunter2", b"hunt", b"erhunt", b"er", b"2", b"aaa", b"a", b"two", b"\n", b"lines", "ç'x\"y\\".encode(), b"\xc3",
     b"password", b"PassW", b"ord", b"=", b" = ", b":", b"::", b"'", b"''", b'"', b"\\", b"PASSWORD '", b"E'", b"$q$",
     b"://", b"u", b"@", b"/", b"x" * 70, b"Bearer ", b"basic ", b"dXNlcjpwYXNz", b" ", b"\r", b"\t", b"\x00", b"\xff",
     b"_TOKEN", b"secret", b'": "', b"_PASS"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=30), st.data())
def test_chunks_make_no_difference(pieces: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(pieces)
    expected = stream(SECRETS, [whole])
    assert stream(SECRETS, (whole[i : i + 1] for i in range(len(whole)))) == expected
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    bounds = [0, *cuts, len(whole)]
    assert stream(SECRETS, [whole[a:b] for a, b in itertools.pairwise(bounds)]) == expected


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(PIECES, st.sampled_from([s.encode() for s in SECRETS])), max_size=20), st.integers(1, 9))
@example([b"hunter", b"hunter2"], 1)
def test_no_known_value_gets_out_in_any_form(pieces: list[bytes], size: int) -> None:
    whole = b"".join(pieces)
    redactor = Redactor(SECRETS)
    out = b""
    for start in range(0, len(whole), size):
        out += redactor.feed(whole[start : start + size])
        # What was given out is final: it never ends in what the next bytes would complete to a secret.
        seen = whole[: start + size]
        for secret in SECRETS:
            value = secret.encode()
            longest = max((n for n in range(1, len(value)) if seen.endswith(value[:n])), default=0)
            if longest and longest == len(seen):
                assert out == b""
    out += redactor.flush()
    assert all(secret.encode() not in out for secret in SECRETS)


@given(st.text(alphabet=st.characters(blacklist_characters="'\\\r\n", blacklist_categories=["Cs"]), min_size=1))
def test_no_sql_password_gets_out(password: str) -> None:
    assert Redactor().text(f"ALTER ROLE x PASSWORD '{password}';") == f"ALTER ROLE x PASSWORD '{M}';"


def test_the_end_of_a_line_is_given_out_at_once() -> None:
    redactor = Redactor(["hunter2"])
    assert redactor.feed(b"half a ") == b""
    assert redactor.feed(b"line\nand") == b"half a line\n"
    assert redactor.feed(b"\rprogress\rhunt") == b"and\rprogress\r"
    assert redactor.feed(b"ing\nhunt") == b"hunting\n"
    assert redactor.flush() == b"hunt"


def test_a_flushed_one_begins_anew() -> None:
    redactor = Redactor(["hunter2"])
    assert redactor.feed(b"password='abc") + redactor.flush() == b"password='" + MARK
    assert redactor.feed(b"def'\nhunter2\n") + redactor.flush() == b"def'\n" + MARK + b"\n"
    assert redactor.fresh().feed(b"hunter2\n") == MARK + b"\n"


@pytest.mark.parametrize(
    ("head", "filler"),
    [(b"", b"x"), (b"password=", b"x"), (b"PASSWORD '", b"''"), (b"", b"aaaa"), (b"", b"://a:"), (b"Bearer ", b"ab")],
)
def test_memory_is_bounded_on_a_line_without_end(head: bytes, filler: bytes) -> None:
    redactor = Redactor(["hunter2", "aaaa"])
    chunk = filler * (16384 // len(filler))
    redactor.feed(head)
    redactor.feed(chunk)
    tracemalloc.start()
    try:
        for _ in range(5):
            assert len(redactor.feed(chunk)) <= len(chunk) + 65536
        assert tracemalloc.get_traced_memory()[0] < 256 * 1024
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()


@given(
    st.dictionaries(st.text(max_size=12), st.text(max_size=40), max_size=4),
    st.sampled_from(["hunter22", 'qu"ote\\d', "ünïcode"]),
)
def test_json_that_is_called_harmless_is_not_changed_by_redaction(data: dict[str, str], secret: str) -> None:
    redactor = Redactor([secret])
    for value in (data, {**data, "x": f"a {secret} b"}, {**data, "api_token": "v"}, {**data, "m": "password=abc"}):
        encoded = msgspec.json.encode(value)
        if redactor.harmless(encoded):
            assert redactor.mapping(value) == value
