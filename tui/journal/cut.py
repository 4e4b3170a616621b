"""What is kept of a long text: its beginning, with a mark that says how much of it that is. Pure.

A text that comes from elsewhere (a value, an error, a notice) may be as long as a server sends. It is cut where it is
taken in, so that nothing behind has to hold it.
"""

from __future__ import annotations

import codecs
import re
from typing import Any, Final, TypeVar

LONGEST: Final = 1 << 20
"""Bytes (UTF-8) of one text that are kept anywhere."""
REPEATED: Final = 4000
"""Bytes of a text where it stands beside a longer copy of itself."""
_BACK: Final = 4096
"""Characters within which a cut goes back to a blank: half a word might be half a secret, which nobody knows again."""
_DECODER: Final = codecs.getincrementaldecoder("utf-8")
_NARROW: Final = 4
_MARK: Final = re.compile(r"…\[[0-9]+/([0-9]+) bytes\]")
_LONGEST_MARK: Final = 64

T = TypeVar("T", str, str | None)


def cut(text: T, most: int = LONGEST) -> T:
    """The text, or its first `most` bytes at most and a mark such as `…[1048576/31457280 bytes]`."""
    if text is None or len(text) * _NARROW <= most:
        return text
    whole = length(text)
    if whole <= most:
        return text
    before = _MARK.search(text, max(0, len(text) - _LONGEST_MARK))
    if before is not None and before.end() == len(text):
        # It was cut once already.
        whole = max(whole, int(before[1]))
    # Bytes are never fewer than characters.
    kept = text[:most].encode("utf-8", "surrogatepass")[:most].decode("utf-8", "ignore")
    return marked(kept, whole)


def cut_bytes(data: bytes, most: int = LONGEST, errors: str = "backslashreplace") -> str:
    """The same of bytes as they come from a server; those that are no UTF-8 become visible as \\xNN."""
    if len(data) <= most:
        return data.decode("utf-8", errors)
    # The beginning of a character whose other bytes are cut off is left out.
    return marked(_DECODER(errors).decode(data[:most]), len(data))


def marked(kept: str, whole: int) -> str:
    """What is kept of a text of so many bytes, back to a blank, and the mark behind it."""
    blank = max(kept.rfind(" ", -_BACK), kept.rfind("\n", -_BACK))
    if blank > 0:
        kept = kept[:blank]
    return f"{kept}…[{length(kept)}/{whole} bytes]"


def length(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def within(value: Any, most: int = LONGEST) -> Any:
    """Neutral data (dicts, lists, texts, numbers) in which no text is longer."""
    if isinstance(value, str):
        return cut(value, most)
    if isinstance(value, dict):
        return {cut(key, most) if isinstance(key, str) else key: within(each, most) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [within(each, most) for each in value]
    return value
