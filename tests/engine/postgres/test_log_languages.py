"""A server's log in its own language: what is an error there is one here, and what is none is not."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.engine.postgres.pgserver import Server
from tests.postgres_server import await_condition
from tui.engine.watch.log_errors import CriticalErrors
from tui.postgres.logs.file import FileLog
from tui.postgres.logs.severity import Meaning, meaning

pytestmark = pytest.mark.postgres
PREFIX = "%m [%p] %e "
CATALOGUES = sorted(Path("/usr/share/locale").glob("*/LC_MESSAGES/postgres-*.mo"))
# Each an error or a message, as an application and the server itself write them.
SAID = (
    ("exception", "22012"), ("exception", "XX000"), ("exception", "F0000"),
    ("log", "F0000"), ("log", "58P01"), ("warning", "53100"),
)  # fmt: skip
MEANINGS: dict[str, Meaning] = {
    "DEBUG": "message", "LOG": "message", "INFO": "message", "NOTICE": "message", "WARNING": "warning",
    "ERROR": "error", "FATAL": "error", "PANIC": "panic",
}  # fmt: skip


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_every_catalogue_on_this_machine_is_known(path: Path) -> None:
    with path.open("rb") as file:
        words = gettext.GNUTranslations(file)
    for severity, wanted in MEANINGS.items():
        # In Georgian a notice and a warning are one word; neither is an error.
        found = meaning(words.gettext(severity))
        assert found == wanted or {found, wanted} == {"message", "warning"}, words.gettext(severity)


@pytest.fixture
def translated(own: Server, language: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that writes its log in a language, as text and as CSV. The locale itself need not be installed."""
    if not any(path.parts[-3] == language for path in CATALOGUES):
        pytest.skip(f"no server catalogue for {language} on this machine")
    monkeypatch.setenv("LANGUAGE", language)
    monkeypatch.delenv("LC_ALL", raising=False)
    yield own.start(
        logging_collector="on", log_directory=str(own.home), log_filename="x.log", log_destination="stderr,csvlog",
        lc_messages="C.UTF-8", log_line_prefix=f"'{PREFIX}'",
    )  # fmt: skip


@pytest.mark.parametrize("language", ["de", "fr", "ko", "ru", "zh_CN"])
def test_what_is_an_error_is_counted_in_every_language(translated: Server, language: str) -> None:
    logs = [FileLog(translated.home / name, PREFIX) for name in ("x.log", "x.csv")]
    dsn = f"host={translated.home} user=postgres"
    with psycopg.connect(f"{dsn} dbname=postgres", autocommit=True) as session:
        try:
            session.execute("select 1/0")
        except psycopg.Error as error:
            if error.diag.severity == "ERROR":
                pytest.skip("this server is built without other languages")
        names = [b"postgres"]
        if language == "ru":
            session.execute("create database other encoding 'WIN1251' lc_collate 'C' lc_ctype 'C' template template0")
            names.append(b"other")
    # What is written late of the error before would be counted with the others.
    await_condition(
        lambda: all(b"1/0" in (translated.home / name).read_bytes() for name in ("x.log", "x.csv")), "it is logged"
    )
    for log in logs:
        log.open()
    for name in names:
        with psycopg.connect(f"{dsn} dbname={name.decode()} client_encoding=SQL_ASCII", autocommit=True) as session:
            for level, state in SAID:
                try:
                    session.execute(f"do $$ begin raise {level} 'boom' using errcode = '{state}'; end $$".encode())
                except psycopg.Error:
                    assert level == "exception"
    for log in logs:
        critical, lines = CriticalErrors(0), list[str]()

        def all_there(log: FileLog = log, lines: list[str] = lines, critical: CriticalErrors = critical) -> bool:
            found = log.read()
            critical.meet(found)
            lines += [line.severity for line in found if line.text.startswith("boom")]
            return len(lines) >= len(SAID) * len(names)

        await_condition(all_there, "the log has it all")
        assert "ERROR" not in lines
        assert (critical.errors, critical.count, critical.unclear) == (3 * len(names), 2 * len(names), 0), lines
        log.close()
