"""The ways in which a secret is written down: as it is, and quoted for all the places that it comes to stand in."""

from __future__ import annotations

import json
import re
import shlex
from urllib.parse import quote, quote_plus

_PERCENT = re.compile(r"%[0-9A-F]{2}")


def forms(secret: str) -> frozenset[str]:
    """The secret as it is; in a URL; in SQL and in psql; in a connection string, a password file, JSON and a shell."""
    found = {secret}
    for url in (
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, errors="replace"),
        quote(secret, safe="~!*'()", errors="replace"),
    ):
        found |= {url, _PERCENT.sub(lambda match: match[0].lower(), url)}
    backslashes = secret.replace("\\", "\\\\")
    found |= {
        secret.replace("'", "''"), backslashes.replace("'", "''"), backslashes.replace("'", "\\'"), backslashes,
        secret.replace("'", "\\'"), backslashes.replace(":", "\\:"), backslashes.replace('"', '\\"'),
        secret.replace('"', '""'), shlex.quote(secret).strip("'"), secret.replace("$", "\\$"),
    }  # fmt: skip
    for ascii_only in (True, False):
        found.add(json.dumps(secret, ensure_ascii=ascii_only)[1:-1])
    return frozenset(found)
