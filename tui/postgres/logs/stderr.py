"""The server log as plain text: our best reading of log_line_prefix."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from tui.postgres.logs.record import LONGEST, LineSplitter, LogRecord, decoded, spelled_out

_HEAD: Final = 4096
"""Characters within which a prefix ends: names have 63 bytes, hosts 255."""

# What log_line_prefix can hold besides names of any kind, all of bounded length; the names are the parts we keep.
_ESCAPES: Final = {
    "p": r"(?P<pid>\d{1,10})", "P": r"\d{0,10}", "t": r"(?P<t>[-\d]{8,16} [\d:]{6,10} \S{1,40}?)",
    "m": r"(?P<m>[-\d]{8,16} [\d:.]{6,16} \S{1,40}?)", "n": r"(?P<n>\d{1,12}\.\d{1,6})",
    "e": r"(?P<sqlstate>[0-9A-Z]{5})", "c": r"[0-9a-f]{1,20}\.[0-9a-f]{1,20}", "l": r"\d{1,20}",
    "s": r"[-\d]{8,16} [\d:]{6,10} \S{1,40}?", "v": r"[\d/]{0,40}", "x": r"\d{1,20}", "Q": r"-?\d{1,20}", "%": r"%",
}  # fmt: skip
# A word of any language, or its bytes written out. Some are two letters long, one is one.
_SEVERITY: Final = r"(?P<severity>(?:[^\W_]|\\x[0-9a-f]{2}){2,99}|文)[ \u00a0]?:  "


class StderrParser:
    """Lines that begin with a tab go on with the one before."""

    def __init__(self, prefix: str) -> None:
        self._lines = LineSplitter()
        self._prefix = prefix
        self._patterns = prefix_patterns(prefix)
        self.skipped = 0

    def adopt(self, prefix: str) -> None:
        """Read lines of this prefix from here on; what was written before it was in force is still read as such."""
        if prefix != self._prefix:
            self._patterns = [*prefix_patterns(prefix), *prefix_patterns(self._prefix)]
            self._prefix = prefix

    def feed(self, data: bytes) -> list[LogRecord]:
        found: list[tuple[LogRecord, list[str]]] = []
        room = 0
        for raw, _cut in self._lines.complete(data):
            text = spelled_out(decoded(raw))
            if text.startswith("\t") and found:
                room -= len(text)
                if room > 0:
                    found[-1][1].append(text[1:])
            else:
                line = self._line(text)
                found.append((line, [line.text]))
                room = LONGEST
        return [replace(line, text="\n".join(texts)) if len(texts) > 1 else line for line, texts in found]

    def _line(self, text: str) -> LogRecord:
        for pattern in self._patterns:
            match = pattern.match(text, 0, _HEAD)
            if match is not None:
                break
        else:
            return LogRecord(None, "", None, text, None, None)
        part = match.groupdict()
        at, pid, application = part.get("m") or part.get("t") or part.get("n"), part.get("pid"), part.get("application")
        return LogRecord(
            at,
            part["severity"],
            part.get("sqlstate"),
            text[match.end() :],
            int(pid) if pid else None,
            application if application is None else application.strip(),
            (part.get("database") or "").strip() or None,
        )


def holds(prefix: str, letter: str) -> bool:
    """Whether this log_line_prefix has an escape, padded or not: `%%e` is none."""
    return letter in re.findall(r"%-?\d*([a-zA-Z%])", prefix)


def prefix_patterns(prefix: str) -> list[re.Pattern[str]]:
    """Patterns for lines that begin with this log_line_prefix and a severity, to be tried in this order.

    Parts that occur twice are kept once. What stands behind %q is missing in processes that are no session.
    """
    parts = re.findall(r"%(-?\d*)([a-zA-Z%])|(.)", prefix, re.DOTALL)
    found = []
    for index, (_padding, letter, _literal) in enumerate(parts):
        if letter == "q":
            found.append(_pattern(parts[:index]))
            break
    return [*found, _pattern([part for part in parts if part[1] != "q"])]


def _pattern(parts: list[tuple[str, str, str]]) -> re.Pattern[str]:
    """Names may be anything, so each ends where what follows it is first seen. That one is never taken back (`(?>`):
    the next name would take up whatever is between, so that later places match nothing more and only cost time.
    """
    pattern, segment, name, seen = "", "", "", set[str]()
    for padding, letter, literal in parts:
        if literal:
            segment += re.escape(literal)
        elif letter in _ESCAPES:
            piece = _ESCAPES[letter]
            if letter in seen:
                piece = re.sub(r"\?P<\w+>", "?:", piece)
            segment += rf"\s{{0,99}}{piece}\s{{0,99}}" if padding else piece
        elif name and not segment:
            # Nothing tells where one of two names ends that stand side by side.
            name = ".*?"
        else:
            pattern += f"(?>{name}{segment})"
            kept = {"a": "application", "d": "database"}.get(letter)
            name = f"(?P<{kept}>.*?)" if kept is not None and letter not in seen else ".*?"
            segment = ""
        seen.add(letter)
    return re.compile(f"{pattern}(?>{name}{segment}{_SEVERITY})", re.DOTALL)
