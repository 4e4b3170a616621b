"""Names of what is secret: the one table by which variables, keys, options and settings are told from others.

`DB_PASS`, `PGPASSWORD`, `api_token`, `PRIVATE_KEY`, `apiKey` hold secrets; `PGPASSFILE`, `token_type`,
`password_encryption`, `PWD` and `MAX_TOKENS` do not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

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
