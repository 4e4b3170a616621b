from __future__ import annotations

import pytest

from tui.journal.codes import LeftOut
from tui.steps.archive.toc import TocEntry, chosen, read, without, written

TEXT = """;
; Archive created at 2026-11-27 04:59:50 UTC
;     dbname: app
;     TOC Entries: 33
;
; Selected TOC Entries:
;
3488; 0 0 ENCODING - ENCODING·
3491; 1262 16384 DATABASE - app postgres
3492; 0 0 DATABASE PROPERTIES - app postgres
8; 2615 16385 SCHEMA - app postgres
9; 2615 16386 SCHEMA - my schema postgres
3; 3079 16515 EXTENSION - postgres_fdw·
3494; 0 0 COMMENT - EXTENSION postgres_fdw·
;\tdepends on: 3
600; 1247 16400 TYPE app kind postgres
;\tdepends on: 8
2164; 1417 16544 SERVER - s postgres
;\tdepends on: 3 3 3
3495; 0 0 USER MAPPING - USER MAPPING ana SERVER s postgres
222; 1259 16546 FOREIGN TABLE app ft postgres
;\tdepends on: 2164 8
218; 1259 16522 TABLE app t postgres
;\tdepends on: 600 8
219; 1259 16529 TABLE my schema odd name postgres
;\tdepends on: 9 3
223; 1259 16549 VIEW app v postgres
;\tdepends on: 218 222 8
3482; 0 16522 TABLE DATA app t postgres
;\tdepends on: 218
3483; 0 16529 TABLE DATA my schema odd name postgres
;\tdepends on: 219
3485; 0 16553 MATERIALIZED VIEW DATA app m postgres
3330; 3466 16543 EVENT TRIGGER - et postgres
""".replace("·", " ")


def ids(entries: list[TocEntry]) -> list[int]:
    return [entry.id for entry in entries]


def test_it_is_read_as_pg_restore_prints_it() -> None:
    entries = {entry.id: entry for entry in read(TEXT)}
    assert 3491 not in entries and 3492 not in entries, "they belong to the database itself"
    assert entries[3482] == TocEntry(id=3482, oid=16522, kind="TABLE DATA", rest="app t postgres", needs=(218,))
    assert [(entries[n].kind, entries[n].name) for n in (3, 218, 3485, 3330, 2164)] == [
        ("EXTENSION", "postgres_fdw"), ("TABLE", "app.t"), ("MATERIALIZED VIEW DATA", "app.m"), ("EVENT TRIGGER", "et"),
        ("SERVER", "s"),
    ]  # fmt: skip
    assert entries[2164].needs == (3,)
    assert written(read(TEXT)[:2]) == "3488;\n8;\n"


@pytest.mark.parametrize(
    ("schemas", "tables", "found", "missing"),
    [
        ([], [], None, []),
        (["app"], [], [3488, 8, 3, 600, 2164, 222, 218, 223, 3482, 3485], []),
        ([], ["app.t"], [3488, 8, 600, 218, 3482], []),
        ([], ["my schema.odd name"], [3488, 9, 3, 219, 3483], []),
        (["gone"], ["app.gone", "t"], [3488], ["gone", "app.gone", "t"]),
    ],
)
def test_what_is_chosen_comes_with_what_it_needs(
    schemas: list[str], tables: list[str], found: list[int] | None, missing: list[str]
) -> None:
    entries = read(TEXT)
    kept, lacking = chosen(entries, schemas, tables)
    assert ids(kept) == (ids(entries) if found is None else found) and lacking == missing


def test_what_needs_something_left_out_follows_but_never_a_table() -> None:
    entries = read(TEXT)
    found = without(entries, {3: LeftOut.NEEDS_SUPERUSER})
    assert set(found) == {3, 3494, 2164, 3495, 222, 223}, "table 219 needs the extension, and its rows are wanted"
    assert set(found.values()) == {LeftOut.NEEDS_SUPERUSER}
    assert without(entries, {}) == {}
