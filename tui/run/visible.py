"""Text from servers, files and people, made harmless: what would steer a terminal is shown instead of obeyed."""

from __future__ import annotations

import unicodedata

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "    "}


def visible(text: str) -> str:
    """One line of the text: what is not printable as escapes (`\\x1b`, `\\u202e`, `\\n`), tabs and other spaces as
    spaces. Printable text is returned as it is."""
    if text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    named = _NAMED.get(character)
    if named is not None:
        return named
    if character.isprintable():
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible_lines(text: str) -> list[str]:
    """The lines of a text, each made visible; only `\\n` and `\\r\\n` end a line, one at the end ends the last."""
    parts = text.split("\n")
    if parts[-1] == "":
        parts.pop()
    return [visible(part[:-1] if part.endswith("\r") else part) for part in parts]
