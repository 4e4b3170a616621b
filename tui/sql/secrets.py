"""What is secret: the ways in which one is written down, and the one table of their names.

`DB_PASS`, `PGPASSWORD`, `api_token`, `PRIVATE_KEY`, `apiKey` hold secrets; `PGPASSFILE`, `token_type`,
`password_encryption`, `PWD` and `MAX_TOKENS` do not.
"""

from __future__ import annotations

import json
import re
import shlex
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_plus

_ENDINGS: Final = ("password", "passwd", "passphrase", "passcode", "secret", "apikey", "authorization")
"""A word that ends so: PGPASSWORD, clientsecret."""
_WORDS: Final = frozenset(
    {"pass", "pw", "token", "bearer", "credential", "credentials", "pin", "privatekey", "accesskey", "secretkey", "psk"}
)
_BEHIND: Final = frozenset({"pwd"})
"""Words that are something else alone: the working directory."""
_KEYS: Final = frozenset({"api", "private", "access", "secret", "signing", "encryption", "master", "auth", "account"})
"""What makes a KEY one that is kept secret."""
_ABOUT_TEXT: Final = """
file files path dir directory command cmd program length len size ttl age expiry expires expiration policy
encryption name names id ids count type endpoint url uri algorithm algo method min max prompt store manager limit
timeout enabled required valid until hint format strength history attempts reset changed
"""
_ABOUT: Final = frozenset(_ABOUT_TEXT.split())
"""Words that say something about a secret and come last: the rest of the name is not the secret itself."""
_SPLIT: Final = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])")
_MIGHT: Final = re.compile(r"pass|pw|secret|token|key|auth|bearer|credential|pin|psk", re.IGNORECASE)


@lru_cache(4096)
def is_secret_name(name: str) -> bool:
    """Whether what is called so is kept secret: an environment variable, a key, an option, a setting."""
    if len(name) > 200 or _MIGHT.search(name) is None:
        return False
    words = [word.lower() for word in _SPLIT.split(name) if word]
    if not words or words[-1] in _ABOUT:
        return False
    for at, word in enumerate(words):
        if word.endswith(_ENDINGS) or word in _WORDS or (at and word in _BEHIND):
            return True
        if word == "key" and at and words[at - 1] in _KEYS:
            return True
        if at == 0 and word.startswith("pg") and word[2:] in ("pass", "pwd"):
            return True
    return False


REFERENCE: Final = re.compile(
    r"\s*(?:\$|`|%\(|\{\{|<|:['\"A-Za-z_{]|\[|\(|null\b|none\b|true\b|false\b|\*+$|x+$|\.\.\.)", re.I
)
"""What stands in place of a secret: a variable, a template, a placeholder."""


def is_reference(text: str) -> bool:
    """Whether a value only says where the secret comes from, or that there is none."""
    return not text.strip() or REFERENCE.match(text) is not None


def is_distinctive(value: str) -> bool:
    """Whether a value is no word that may stand anywhere by chance, so that it can be looked for by itself."""
    letters = any(character.isalpha() for character in value)
    mixed = any(not character.isalpha() for character in value)
    return len(value) >= 5 and letters and (mixed or (len(value) >= 8 and value.lower() != value))


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
