"""Names with `*` in place of any characters. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


def matches(pattern: str, name: str) -> bool:
    """Whether the whole name is what the pattern says."""
    return pattern == name or ("*" in pattern and _compiled(pattern).fullmatch(name) is not None)


def any_matches(patterns: Iterable[str], *names: str) -> bool:
    """Whether one of the patterns says one of the names."""
    return any(matches(pattern, name) for pattern in patterns for name in names)
