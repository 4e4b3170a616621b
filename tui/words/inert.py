"""Text from servers, files and people, made harmless: what would steer a terminal is shown instead of obeyed.

The one place of it. Whatever prints, draws or writes a line for a person takes the line from here: control characters,
escape sequences, C1 codes, marks of direction, line ends inside a line, lone surrogates.
"""

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


def visible_json(text: str) -> str:
    """JSON with the same meaning, in which nothing but line ends between its values is unprintable.

    JSON escapes by itself only what lies below U+0020: DEL, C1 codes and marks of direction may stand raw in a string.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(c if c == "\n" or c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
