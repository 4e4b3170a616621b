"""Texts and names as they stand in SQL, and in a connection string. Pure."""

from __future__ import annotations

import re


def literal(text: str) -> str:
    """A literal that reads the same whatever standard_conforming_strings is."""
    escaped = text.replace("'", "''").replace("\\", "\\\\")
    return f"E'{escaped}'" if "\\" in text else f"'{escaped}'"


def identifier(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def conninfo_value(value: str) -> str:
    """A value as it stands in a key=value connection string."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def database_argument(name: str) -> str:
    """The database's name as an argument of libpq's programs, which take one with `=` for a connection string."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_$-]*", name):
        return name
    return f"dbname={conninfo_value(name)}"
