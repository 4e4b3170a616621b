"""Numbers as they are written in English, Portuguese, Spanish and German: `2,000`, `2.000`, `2 000`, `1,5`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

NUMBER: Final = r"[0-9]{1,12}(?:[.,'’][0-9]{1,9}| [0-9]{3}(?![0-9]))*"
"""In a folded text: digits, with what may part them."""
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:[ '’][0-9]{3})+(?=[.,]|$)")


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How numbers of a document are to be read. `language`: of the document. `thousands`: the sign between thousands in
    it; empty where nothing tells."""

    language: str
    thousands: str = ""


def read_number(written: str, style: NumberStyle) -> str | None:
    """A number with a point before its decimals and nothing between its thousands; None where it may be read in two
    ways, or is none."""
    grouped = _GROUPED.match(written)
    text = re.sub(r"[ '’]", "", grouped[0]) + written[grouped.end() :] if grouped is not None else written
    signs = re.findall(r"[^0-9]", text)
    parts = re.split(r"[^0-9]", text)
    if not signs:
        return str(int(text))
    if set(signs) - {".", ","}:
        return None
    thirds = 1 <= len(parts[0]) <= 3 and parts[0][0] != "0"
    if len(signs) == 1:
        if len(parts[1]) != 3 or not thirds or grouped is not None:
            return _decimal(parts[:1], parts[1])
        return parts[0] + parts[1] if signs[0] == style.thousands else None
    # `1,234,567`, `1,234.5`; not `1.2.3`, and no groups of another writing.
    alike = len(set(signs)) == 1
    groups = parts[1:] if alike else parts[1:-1]
    if not thirds or grouped is not None or any(len(part) != 3 for part in groups):
        return None
    if alike:
        return "".join(parts)
    return _decimal(parts[:-1], parts[-1]) if len(set(signs[:-1])) == 1 and signs[-1] != signs[0] else None


def _decimal(whole: list[str], decimals: str) -> str:
    """With its decimals, those without a meaning left out."""
    kept = decimals.rstrip("0")
    number = str(int("".join(whole)))
    return f"{number}.{kept}" if kept else number
