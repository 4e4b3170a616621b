"""What statements outside a transaction do, by their words."""

from __future__ import annotations

from typing import Any

import pytest

from tui.sql.outside import Outside, outside_of
from tui.sql.script import read_script


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('create unique index concurrently "I x" on only shop."T y" using btree (a)',
         {"kind": "create_index", "names": ("I x",), "table": 'shop."T y"', "concurrent": True}),
        ("create index concurrently on t (a)", {"kind": "create_index", "table": "t", "concurrent": True}),
        ("create index concurrently if not exists I on t(a)",
         {"kind": "create_index", "names": ("i",), "table": "t", "concurrent": True, "optional": True}),
        ('create index concurrently "on" on t(a)',
         {"kind": "create_index", "names": ("on",), "table": "t", "concurrent": True}),
        ("drop index concurrently if exists a.b cascade",
         {"kind": "drop_index", "names": ("a.b",), "optional": True, "concurrent": True}),
        ('drop index a, "B"."c d"', {"kind": "drop_index", "names": ("a", '"B"."c d"')}),
        ("reindex (verbose, concurrently) table t",
         {"kind": "reindex", "what": "table", "names": ("t",), "concurrent": True, "several": True}),
        ("reindex index concurrently shop.i",
         {"kind": "reindex", "what": "index", "names": ("shop.i",), "concurrent": True}),
        ("reindex schema s", {"kind": "reindex", "what": "schema", "names": ("s",), "several": True}),
        ('alter table if exists only shop.p detach partition shop."c" concurrently',
         {"kind": "detach", "table": "shop.p", "names": ('shop."c"',), "concurrent": True}),
        ("create database X with owner y", {"kind": "create", "what": "database", "names": ("x",)}),
        ('drop database if exists "Y"', {"kind": "drop", "what": "database", "names": ("Y",), "optional": True}),
        ("commit prepared 'it''s'", {"kind": "prepared", "what": "commit", "names": ("it's",)}),
        ("rollback prepared 'x'", {"kind": "prepared", "what": "rollback", "names": ("x",)}),
        ("vacuum (full) t", {"kind": "repeatable"}),
        ("vacuum (full, parallel 2) t (a, b)", {"kind": "repeatable"}),
        ("vacuum full verbose shop.t", {"kind": "repeatable"}),
        ("vacuum t (a, b), u", {"kind": "repeatable", "several": True}),
        ("vacuum (analyze)", {"kind": "repeatable", "several": True}),
        ("analyze", {"kind": "repeatable", "several": True}),
        ("cluster", {"kind": "repeatable", "several": True}),
        ("cluster t using i", {"kind": "repeatable"}),
        ("alter system set a = 1", {"kind": "repeatable"}),
        ("alter database d set tablespace t", {"kind": "repeatable"}),
        ("alter subscription s refresh publication", {"kind": "repeatable"}),
        ("alter subscription s add publication p", {"kind": "unknown"}),
        ("call p()", {"kind": "unknown"}),
        ("do $$ begin commit; end $$", {"kind": "unknown"}),
    ],
)  # fmt: skip
def test_what_it_does(source: str, expected: dict[str, Any]) -> None:
    (statement,) = read_script(source).statements
    assert outside_of(statement) == Outside(**expected)
    assert outside_of(statement).told == (expected["kind"] != "unknown")
