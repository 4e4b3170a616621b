"""A backup's table of contents, as `pg_restore --list --verbose` prints it: what of it a restore takes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from tui.journal.codes import LeftOut

_LINE: Final = re.compile(r"(\d+); (\d+) (\d+) (.*)")
_NEEDS: Final = "depends on: "
# Those of several words; every other kind is one word.
_KINDS: Final = tuple(
    sorted(
        (
            "ACCESS METHOD", "BLOB METADATA", "CHECK CONSTRAINT", "DATABASE PROPERTIES", "DEFAULT ACL", "EVENT TRIGGER",
            "FK CONSTRAINT", "FOREIGN DATA WRAPPER", "FOREIGN TABLE", "INDEX ATTACH", "MATERIALIZED VIEW DATA",
            "MATERIALIZED VIEW", "OPERATOR CLASS", "OPERATOR FAMILY", "PROCEDURAL LANGUAGE", "PUBLICATION TABLE",
            "PUBLICATION TABLES IN SCHEMA", "ROW SECURITY", "SECURITY LABEL", "SEQUENCE OWNED BY", "SEQUENCE SET",
            "SHELL TYPE", "STATISTICS DATA", "SUBSCRIPTION TABLE", "TABLE ATTACH", "TABLE DATA",
            "TEXT SEARCH CONFIGURATION", "TEXT SEARCH DICTIONARY", "TEXT SEARCH PARSER", "TEXT SEARCH TEMPLATE",
            "USER MAPPING",
        ),
        key=len,
        reverse=True,
    )
)  # fmt: skip
FOR_SUPERUSERS: Final = frozenset(
    (
        "ACCESS METHOD", "EVENT TRIGGER", "FOREIGN DATA WRAPPER", "OPERATOR CLASS", "OPERATOR FAMILY",
        "PROCEDURAL LANGUAGE", "PUBLICATION TABLES IN SCHEMA", "SECURITY LABEL", "TRANSFORM",
    )
)  # fmt: skip
"""Kinds that only a superuser may create."""
_NOT_RESTORED: Final = ("DATABASE", "DATABASE PROPERTIES")
"""They belong to the database itself, and are restored into no other."""


class TocEntry(Struct, frozen=True, kw_only=True):
    """One line. `rest` is what stands behind the kind: schema (or `-`), name and owner, with blanks between them and
    perhaps within them. `oid` is that of the source's object, `needs` the ids of what must be there before."""

    id: int
    oid: int
    kind: str
    rest: str
    needs: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Without its owner, as far as that can be told."""
        schema, _blank, name = self.rest.rpartition(" ")[0].partition(" ")
        return name if schema == "-" else f"{schema}.{name}"


def read(text: str) -> list[TocEntry]:
    """The entries in their order."""
    found: list[TocEntry] = []
    for line in text.splitlines():
        if match := _LINE.match(line):
            kind, rest = _kind(match[4])
            if kind not in _NOT_RESTORED:
                found.append(TocEntry(id=int(match[1]), oid=int(match[3]), kind=kind, rest=rest))
        elif found and line.startswith(";") and _NEEDS in line:
            needs = tuple(dict.fromkeys(int(word) for word in line.partition(_NEEDS)[2].split()))
            last = found.pop()
            found.append(TocEntry(id=last.id, oid=last.oid, kind=last.kind, rest=last.rest, needs=needs))
    return found


def _kind(text: str) -> tuple[str, str]:
    for kind in _KINDS:
        if text.startswith(f"{kind} "):
            return kind, text[len(kind) + 1 :]
    kind, _blank, rest = text.partition(" ")
    return kind, rest


def written(entries: Iterable[TocEntry]) -> str:
    """As `pg_restore --use-list` reads it."""
    return "".join(f"{entry.id};\n" for entry in entries)


def chosen(
    entries: Iterable[TocEntry], schemas: Iterable[str], tables: Iterable[str]
) -> tuple[list[TocEntry], list[str]]:
    """The entries of these schemas and tables (`schema.table`) with all that they need, and the names that no entry
    has. Everything, where nothing is named."""
    entries, schemas, tables = list(entries), list(schemas), list(tables)
    if not schemas and not tables:
        return entries, []
    wanted: set[int] = set()
    missing: list[str] = []
    for schema in schemas:
        found = [e.id for e in entries if e.rest.startswith((f"{schema} ", f"- {schema} ")) and _in_schema(e, schema)]
        missing += [] if found else [schema]
        wanted.update(found)
    for table in tables:
        schema, _dot, name = table.rpartition(".")
        begins = f"{schema or 'public'} {name} "
        found = [e.id for e in entries if e.kind in ("TABLE", "TABLE DATA") and e.rest.startswith(begins)]
        missing += [] if found else [table]
        wanted.update(found)
    by_id = {entry.id: entry for entry in entries}
    todo = list(wanted)
    while todo:
        for need in by_id[todo.pop()].needs:
            if need in by_id and need not in wanted:
                wanted.add(need)
                todo.append(need)
    always = ("ENCODING", "STDSTRINGS", "SEARCHPATH")
    return [entry for entry in entries if entry.id in wanted or entry.kind in always], missing


def _in_schema(entry: TocEntry, schema: str) -> bool:
    return entry.rest.startswith(f"{schema} ") or entry.kind == "SCHEMA"


def of_members(
    entries: Iterable[TocEntry], members: Iterable[tuple[str, str, str]], gone: Mapping[str, LeftOut]
) -> dict[int, LeftOut]:
    """Rows that extensions keep in tables of their own, and what is granted on their parts, of extensions that are left
    out. `members`: the extension, the oid of a relation (or 0), and how an entry that grants something on it begins."""
    by_oid: dict[int, LeftOut] = {}
    begins: dict[str, LeftOut] = {}
    for extension, oid, beginning in members:
        by_oid |= {int(oid): gone[extension]} if oid != "0" else {}
        begins[beginning] = gone[extension]
    found = {entry.id: by_oid[entry.oid] for entry in entries if entry.oid in by_oid}
    for entry in entries:
        why = next((begins[text] for text in begins if entry.rest.startswith(text)), None)
        if why is not None and entry.kind in ("ACL", "COMMENT", "SECURITY LABEL"):
            found[entry.id] = why
    return found


def without(entries: Iterable[TocEntry], left_out: Mapping[int, LeftOut]) -> dict[int, LeftOut]:
    """These ids and all that needs them, for the same reason. A table is never among what follows, nor what needs the
    table: its rows are what a backup is for."""
    entries = list(entries)
    found = dict(left_out)
    grown = True
    while grown:
        grown = False
        servers = {e.name for e in entries if e.kind == "SERVER" and e.id in found}
        for entry in entries:
            if entry.id in found or entry.kind == "TABLE":
                continue
            why = next((found[need] for need in entry.needs if need in found), None)
            if why is None and entry.kind == "USER MAPPING" and entry.name.rpartition(" SERVER ")[2] in servers:
                why = LeftOut.NEEDS_SUPERUSER
            if why is not None:
                found[entry.id], grown = why, True
    return found
