"""Secrets written down in any text: in addresses, connection strings, assignments, and in SQL within a program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

import msgspec

from tui.sql.secrets import is_reference, is_secret_name

HOLDS: Final = re.compile(
    r"passw|passphrase|passcode|secret|token|://|[_.-]?key|pass\b|pass_|pwd|\bpw\b|bearer|basic |credential|_pin|psk",
    re.IGNORECASE,
)
"""What every text has that holds one; others need not be looked at."""
_URL: Final = re.compile(r"://[^\s/:@'\"<>]{0,256}:(?P<value>[^\s/@'\"<>]{1,4096})@")
_ASSIGNED: Final = re.compile(
    r"""(?<![A-Za-z0-9_$.])(?P<name>[A-Za-z_][A-Za-z0-9_.\-]{0,100})(?P<closed>["']?)
        (?P<tie>=|:[ \t]{0,8}|[ \t]{0,8}(?:=|:=|=>)[ \t]{0,8})
        (?:'(?P<single>(?:[^'\\\r\n]|''|\\.){1,4096})'|"(?P<double>(?:[^"\\\r\n]|\\.){1,4096})"|(?P<bare>[^\s'",;&|<>()\[\]{}`]{1,4096}))
    """,
    re.VERBOSE,
)
_LITERAL: Final = re.compile(
    r"\bpassword\s+(?:[eEnN]|[uU]&)?(?:'(?P<single>(?:[^'\r\n]|''){1,4096})'|\$\$(?P<dollar>[^$\r\n]{1,4096})\$\$)",
    re.IGNORECASE,
)
_HEADER: Final = re.compile(
    r"\bauthorization['\"]?\s*[:=]\s*['\"]?(?:bearer|basic)\s+(?P<value>[^\s'\"]{4,4096})", re.I
)
_ATTRIBUTE: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


class Written(msgspec.Struct, frozen=True):
    """A secret and where its value stands, in characters of the text."""

    value: str
    start: int
    end: int


def find_written(text: str, *, literals: bool = True) -> Iterator[Written]:
    """Every secret in a text, in no order; what only refers to one (`${VARIABLE}`, `$(command)`) is none.

    `literals`: also SQL's `PASSWORD 'literal'`, which `tui.sql.passwords` reads better where the text is SQL.
    """
    if HOLDS.search(text) is None:
        return
    for match in _URL.finditer(text):
        if not is_reference(match["value"]):
            yield Written(unquote(match["value"]), *match.span("value"))
    for match in _ASSIGNED.finditer(text):
        if is_secret_name(match["name"]):
            group = next(name for name in ("single", "double", "bare") if match[name] is not None)
            if not is_reference(match[group]) and (group != "bare" or _is_value(match, text)):
                yield Written(_plain(match[group], group), *match.span(group))
    for match in _LITERAL.finditer(text) if literals else ():
        group = "single" if match["single"] is not None else "dollar"
        if not is_reference(match[group]) and not match[group].startswith("SCRAM-SHA-256$"):
            yield Written(match[group].replace("''", "'"), *match.span(group))
    for match in _HEADER.finditer(text):
        if not is_reference(match["value"]):
            yield Written(match["value"], *match.span("value"))


def _is_value(match: re.Match[str], text: str) -> bool:
    """Whether a word without quotes is a value: prose has a blank before it, code calls or looks up."""
    if match["tie"] != "=" or match["closed"]:
        # `key: value` of a settings file stands on a line of its own.
        return match["tie"].strip() in ("=", ":") and _alone(match, text) and len(match["bare"]) >= 6
    value = match["bare"]
    called = text[match.end() : match.end() + 1] in ("(", "[")
    return not (called or value == match["name"] or _ATTRIBUTE.fullmatch(value))


def _alone(match: re.Match[str], text: str) -> bool:
    before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    after = text[match.end() :].partition("\n")[0]
    return not before.strip("\t \"'-") and not after.strip()


def _plain(value: str, group: str) -> str:
    if group == "single":
        return re.sub(r"\\(.)", r"\1", value.replace("''", "'"))
    return re.sub(r"\\(.)", r"\1", value) if group == "double" else value
