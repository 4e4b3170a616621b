"""The error that psql printed last, read from what it printed with verbose errors. Pure.

`psql:FILE:LINE: ERROR:  SQLSTATE: MESSAGE`, then lines with labels of their own; severities and labels may be in any
language, so that the SQLSTATE's class says what is an error, and only what is labelled in English is taken apart.
"""

from __future__ import annotations

import re

from tui.steps.effects import SqlError

_ERROR = re.compile(r"(?:psql:(?P<file>.+?):(?P<line>[0-9]+): )?\S+:  (?P<sqlstate>[0-9A-Z]{5}): (?P<message>.*)")
_LABELLED = re.compile(
    r"(?P<label>DETAIL|HINT|CONTEXT|LOCATION|QUERY|STATEMENT|LINE [0-9]+|[A-Z ]+ NAME):\s+(?P<text>.*)"
)
_CLIENT = re.compile(r"psql:(?:(?P<file>[^:]+):(?P<line>[0-9]+):)? (?:error: )?(?P<message>.+)")
_QUIET = ("00", "01", "02")


def error_of(printed: str) -> SqlError | None:
    """The last error in it; None where there is none."""
    lines = printed.splitlines()
    for number in range(len(lines) - 1, -1, -1):
        found = _ERROR.fullmatch(lines[number])
        if found is not None and not found["sqlstate"].startswith(_QUIET):
            return _whole(found, lines[number + 1 :])
    for line in reversed(lines):
        found = _CLIENT.fullmatch(line)
        if found is not None and _ERROR.fullmatch(line) is None:
            # psql's own: a file that is not there, a meta-command that it does not know, no connection.
            return SqlError(sqlstate=None, message=found["message"], file=found["file"], line=_number(found["line"]))
    return None


def _whole(found: re.Match[str], rest: list[str]) -> SqlError:
    """With what follows it: a text without a label goes on what came before."""
    parts: dict[str, list[str]] = {"": [found["message"]]}
    label = ""
    for line in rest:
        labelled = _LABELLED.fullmatch(line)
        if labelled is not None:
            label = labelled["label"]
            if label in parts:
                break
            parts[label] = [labelled["text"]]
        elif _ERROR.fullmatch(line) is not None:
            break
        else:
            parts[label].append(line)
    # psql names the line on which the statement ends; where in it the error is, the server's own line says.
    within = next((f"{name}: {_text(parts, name)}" for name in parts if name.startswith("LINE ")), None)
    context = "\n".join(part for part in (within, _text(parts, "CONTEXT")) if part) or None
    return SqlError(
        sqlstate=found["sqlstate"], message="\n".join(parts[""]).rstrip(), detail=_text(parts, "DETAIL"),
        hint=_text(parts, "HINT"), context=context, file=found["file"], line=_number(found["line"]),
    )  # fmt: skip


def _text(parts: dict[str, list[str]], label: str) -> str | None:
    return "\n".join(parts[label]).rstrip() if label in parts else None


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
