from __future__ import annotations

from typing import Any

import pytest

from tui.sql.quoting import database_argument, literal
from tui.steps.archive.scratch import created, settings

LIBC = {"datcollate": "de_DE.UTF-8", "datctype": "C", "datlocprovider": "c"}


@pytest.mark.parametrize(
    ("source", "ending"),
    [
        ({"datcollate": "C", "datctype": "C"}, "lc_collate 'C' lc_ctype 'C'"),
        (LIBC, "lc_collate 'de_DE.UTF-8' lc_ctype 'C' locale_provider libc"),
        (LIBC | {"datlocprovider": "i", "daticulocale": "und"}, "locale_provider icu icu_locale 'und'"),
        (LIBC | {"datlocprovider": "i", "datlocale": "en", "daticurules": "&a < g"},
         "locale_provider icu icu_locale 'en' icu_rules '&a < g'"),
        (LIBC | {"datlocprovider": "b", "datlocale": "C.UTF-8"}, "locale_provider builtin builtin_locale 'C.UTF-8'"),
    ],
)  # fmt: skip
def test_provider_and_locale_of_every_version(source: dict[str, Any], ending: str) -> None:
    """15 calls it daticulocale, 17 datlocale; 14 has no provider."""
    create, comment = created("s", "LATIN1", source, None)
    assert create.startswith("create database \"s\" template template0 encoding 'LATIN1' lc_collate")
    assert create.endswith(ending) and comment == "comment on database \"s\" is 'virada trial restore'"
    assert created('a"b', "UTF8", source, "own er")[0].endswith('owner "own er"')


def test_settings_come_with_their_values_whatever_is_in_them() -> None:
    found = dict(
        settings(
            "s",
            [
                [None, ["app.kind=it's = \\ this", 'search_path="$user", "x y"', "default_transaction_read_only=on"]],
                ["bob", ["work_mem=7MB", "role=other"]],
            ],
        )
    )
    assert list(found) == ["app.kind", "search_path", "work_mem (bob)"], (
        "what would keep the restore from working is not"
    )
    assert found["app.kind"] == 'alter database "s" set "app"."kind" to E\'it\'\'s = \\\\ this\''
    assert found["search_path"].startswith(
        "begin; select pg_catalog.set_config('search_path', '\"$user\", \"x y\"', true);"
    )
    assert found["work_mem (bob)"] == 'alter role "bob" in database "s" set "work_mem" to \'7MB\''


@pytest.mark.parametrize(
    ("name", "argument"),
    [("scratch_1", "scratch_1"), ("a=b", "dbname='a=b'"), ("it's", "dbname='it\\'s'"), ("-c", "dbname='-c'")],
)
def test_a_name_is_no_connection_string(name: str, argument: str) -> None:
    assert database_argument(name) == argument


def test_literals() -> None:
    assert (literal("it's"), literal("a\\b")) == ("'it''s'", "E'a\\\\b'")
