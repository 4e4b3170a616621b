"""Redaction at capture: secrets leave a stream of bytes before it reaches any file, journal or screen.

Two filters, one behind the other. The first replaces the secrets that are known by value, the second what looks like a
secret: passwords in URLs, connection strings, environment and SQL, and authorization tokens. Both hold back only what
may still become part of a match, so that the result does not depend on how the stream was cut into chunks, and both
work in bounded memory on lines of any length. When in doubt too much is redacted, never too little.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

MARK: Final = b"[redacted]"
MIN_SECRET: Final = 4
"""Shorter values occur everywhere by chance."""


class Redactor:
    """Redacts one stream of bytes, and texts and structures of their own.

    `feed` and `flush` belong to the stream; `text` and `mapping` are independent of it. `secrets` are values that must
    not appear, of which those under MIN_SECRET characters are ignored.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._values = _values(secrets)
        self._known = _KnownValues(self._values)
        self._likely = _LikelySecrets()

    def feed(self, data: bytes) -> bytes:
        """Takes the stream's next bytes; returns what is certain by now."""
        return self._likely.feed(self._known.feed(data))

    def flush(self) -> bytes:
        """The rest, at the end of the stream; afterwards a new stream may begin."""
        return self._likely.feed(self._known.flush()) + self._likely.flush()

    def fresh(self) -> Redactor:
        """One for another stream, with the same secrets."""
        other = Redactor()
        other._values = self._values
        other._known = _KnownValues(self._values)
        return other

    def text(self, text: str) -> str:
        """The text, redacted. Lone surrogates, as from undecodable arguments, are kept."""
        data = text.encode("utf-8", "surrogatepass")
        return text if self._harmless(data) else self._whole(data).decode("utf-8", "surrogatepass")

    def mapping(self, value: Any) -> Any:
        """A copy of a structure of dicts, lists, tuples, sets, texts and bytes with every text in it redacted.

        Under a key such as `password` or `token` a text is replaced whole. Other objects are passed on as they are.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self._whole(value)
        if isinstance(value, Mapping):
            return {self.mapping(key): self._under(key, item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            items = [self.mapping(item) for item in value]
            # A named tuple takes its fields one by one.
            return value._make(items) if hasattr(value, "_make") else type(value)(items)
        return value

    def harmless(self, encoded: bytes) -> bool:
        """Whether a JSON text certainly holds nothing to redact: what is escaped, or has a telling key, may."""
        if b"\\" in encoded or not self._harmless(encoded):
            return False
        lowered = encoded.lower()
        return not any(word in lowered for word in (b"pass", b"secret", b"token", b"authorization"))

    def _under(self, key: object, value: Any) -> Any:
        if isinstance(key, str) and isinstance(value, str | bytes) and value and _SECRET_KEY.search(key):
            return MARK if isinstance(value, bytes) else MARK.decode()
        return self.mapping(value)

    def _harmless(self, data: bytes) -> bool:
        """Whether there is nothing in it at which a filter would begin; most texts of an event are short and plain."""
        # Written out as loops: generators would cost more than what they look for.
        lowered = data.lower()
        for needle, _anchor in _ANCHORS:
            if needle in lowered:
                return False
        for value in self._values:
            if value in data:
                return False
        return b"@" not in data

    def _whole(self, data: bytes) -> bytes:
        if self._harmless(data):
            return data
        known, likely = _KnownValues(self._values), _LikelySecrets()
        return likely.feed(known.feed(data)) + likely.feed(known.flush()) + likely.flush()


_SECRET_KEY: Final = re.compile(
    r"(?:^|[^a-z])(?:pg)?(?:ssl)?(?:password|passwd|passphrase|authorization|secret|token)$", re.IGNORECASE
)


def _values(secrets: Iterable[str]) -> tuple[bytes, ...]:
    """The values to look for, longest first: each as it is, and as a URL would write it."""
    values = set()
    for secret in secrets:
        plain = secret.strip()
        if len(plain) >= MIN_SECRET:
            values |= {
                form.encode("utf-8", "surrogatepass") for form in (plain, quote(plain, safe="", errors="replace"))
            }
    return tuple(sorted(values, key=lambda value: (-len(value), value)))


class _KnownValues:
    """Replaces every occurrence of the values; occurrences that overlap become one mark."""

    def __init__(self, values: tuple[bytes, ...]) -> None:
        self._values = values
        self._rest = b""
        # So many bytes at the beginning of the rest are part of an occurrence whose mark was already given out.
        self._covered = 0

    def feed(self, data: bytes) -> bytes:
        if not self._values:
            return data
        return self._take(self._rest + data if self._rest else data, final=False)

    def flush(self) -> bytes:
        return self._take(self._rest, final=True)

    def _take(self, data: bytes, *, final: bool) -> bytes:
        cut = len(data) if final else self._possible_start(data)
        spans = sorted(self._spans(data))
        if not spans and not self._covered:
            self._rest = data[cut:]
            return data if cut == len(data) else data[:cut]
        pieces: list[bytes] = []
        position = self._covered
        for start, end in spans:
            if start >= cut:
                break
            if start >= position:
                # What touches the occurrence before is one of its own; only an overlap continues it.
                pieces += (data[position:start], MARK)
            position = max(position, end)
        if position < cut:
            pieces.append(data[position:cut])
        self._covered = max(0, position - cut)
        self._rest = data[cut:]
        return b"".join(pieces)

    def _spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        for value in self._values:
            start = data.find(value)
            while start >= 0:
                yield start, start + len(value)
                start = data.find(value, start + 1)

    def _possible_start(self, data: bytes) -> int:
        """The first position from which the data's end may be the beginning of a value."""
        held = 0
        for value in self._values:
            for length in range(min(len(value) - 1, len(data)), held, -1):
                if data.endswith(value[:length]):
                    held = length
                    break
        return len(data) - held


# The value behind a match is dropped up to its end: what the end looks like depends on how it began.
_End = re.Pattern[bytes]
_BARE_END: Final = re.compile(rb"[\s\x00]")
_LINE_END: Final = re.compile(rb"[\r\n]")
_TOKEN_END: Final = re.compile(rb"[^A-Za-z0-9._~+/=\-]")
# Doubled quotes and backslashes may belong to the value; an end of line never does, so a lone quote hides one line.
_SINGLE_END: Final = re.compile(rb"(?:[^'\\\r\n]++|''|\\[^\r\n]|\\(?=[\r\n]))*")
_DOUBLE_END: Final = re.compile(rb'(?:[^"\\\r\n]++|""|\\[^\r\n]|\\(?=[\r\n]))*')
_QUOTED: Final = {b"'": _SINGLE_END, b'"': _DOUBLE_END}

_LINE_ENDS: Final = frozenset({b"\r", b"\n"})

_MAX_USER: Final = 256
_MAX_URL_PASSWORD: Final = 4096
# No match looks further ahead than this, and none across the end of a line except PASSWORD before its literal.
_REACH: Final = _MAX_USER + _MAX_URL_PASSWORD + 64

_ASSIGNED: Final = re.compile(
    rb"""(?i:passw(?:ord|d)) (?: \\?["']?[ \t]{0,16}=[ \t]{0,16} | (?<=ord)\\?["']?[ \t]{0,16}:(?!:)[ \t]{0,16} )
         (?: \\?(?P<quote>["']) (?=[^\r\n]) | (?=[^\s"'\x00]) )""",
    re.VERBOSE,
)
_LITERAL: Final = re.compile(
    rb"(?i:password)\s{1,64}(?:(?:[eEnN]|[uU]&)?(?P<quote>')(?=[^\r\n])|(?P<dollar>(?=\$[A-Za-z_\x80-\xff]{0,63}\$)))"
)
_TOKEN: Final = re.compile(
    rb"(?i:bearer)[ \t]{1,16}(?=[A-Za-z0-9._~+/=\-]{4})"
    # "Basic" is a word of prose as well; credentials in base64 have more than small letters.
    rb"|(?i:basic)[ \t]{1,16}(?=[a-z]{0,63}[A-Z0-9+/=])(?=[A-Za-z0-9+/=_\-]{8})"
)
_URL: Final = re.compile(
    rb"""://[^\s/@:'"<>]{0,%(user)d}:
         (?: (?=[^\s/'"<>]{1,%(password)d}@) (?P<strict>) | (?![0-9]{1,5}[/?]) (?=[^\s@'"<>]{1,%(password)d}@) )"""
    % {b"user": _MAX_USER, b"password": _MAX_URL_PASSWORD},
    re.VERBOSE,
)
_STRICT_PASSWORD: Final = re.compile(rb"[^\s/'\"<>]{1,%d}(?=@)" % _MAX_URL_PASSWORD)
_LOOSE_PASSWORD: Final = re.compile(rb"[^\s@'\"<>]{1,%d}(?=@)" % _MAX_URL_PASSWORD)
_HANGING_PASSWORD: Final = re.compile(rb"(?i:password)\s{1,64}\Z")


class _LikelySecrets:
    """Replaces what follows `password=`, `PASSWORD '`, `Bearer ` and the like, and passwords in URLs."""

    def __init__(self) -> None:
        self._rest = b""
        self._end: _End | None = None

    def feed(self, data: bytes) -> bytes:
        return self._take(self._rest + data if self._rest else data, final=False)

    def flush(self) -> bytes:
        result = self._take(self._rest, final=True)
        self._rest, self._end = b"", None
        return result

    def _take(self, data: bytes, *, final: bool) -> bytes:
        pieces: list[bytes] = []
        position = 0
        if self._end is not None:
            position = self._skip(data, 0, self._end, final)
            if position < 0:
                return b""
        cut = len(data) if final else max(position, self._certain(data, position))
        for start, anchor in self._anchors(data, position, cut):
            if start < position:
                continue
            found = anchor(data, start)
            if found is None:
                continue
            kept, value, end = found
            pieces += (data[position:kept], MARK)
            position = value
            if end is not None:
                position = self._skip(data, value, end, final)
                if position < 0:
                    return b"".join(pieces)
        if position < cut:
            pieces.append(data[position:cut] if position or cut < len(data) else data)
        self._rest = data[max(cut, position) :]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _skip(self, data: bytes, position: int, end: _End, final: bool) -> int:
        """Where the value that goes on at `position` ends; -1 when that is not in `data`, which is then used up."""
        self._end = end
        self._rest = b""
        if end is _SINGLE_END or end is _DOUBLE_END:
            inside = end.match(data, position)
            assert inside is not None
            stop = inside.end()
            # What a backslash or a quote as the last byte means only the next byte tells.
            if stop < len(data) - 1 or data[stop:] in _LINE_ENDS or (final and data[stop:] in _QUOTED):
                self._end = None
                return stop
            self._rest = data[stop:]
            return -1
        match = end.search(data, position)
        if match is None:
            return -1
        self._end = None
        return match.start()

    def _certain(self, data: bytes, position: int) -> int:
        """Matches that begin before this position are wholly in `data`, whatever follows."""
        line = max(data.rfind(b"\n", position), data.rfind(b"\r", position)) + 1
        cut = max(line, len(data) - _REACH)
        if cut == line and line > 0:
            hanging = _HANGING_PASSWORD.search(data, max(position, line - 72), line)
            if hanging is not None:
                cut = max(hanging.start(), len(data) - _REACH)
        return cut

    def _anchors(self, data: bytes, start: int, stop: int) -> Iterable[tuple[int, Callable[[bytes, int], _Found]]]:
        lowered = data.lower()
        found: list[tuple[int, Callable[[bytes, int], _Found]]] = []
        for needle, anchor in _ANCHORS:
            position = lowered.find(needle, start)
            while 0 <= position < stop:
                found.append((position, anchor))
                position = lowered.find(needle, position + 1)
        # An @ is much cheaper to find than ://, and rare; without one behind it no URL has a password.
        looked = start
        at = data.find(b"@", start)
        while at >= 0 and looked < stop:
            position = max(looked, at - _REACH, data.rfind(b"\n", looked, at))
            while 0 <= (position := data.find(b"://", position, min(at, stop + 2))) < stop:
                found.append((position, _url))
                position += 1
            looked, at = at, data.find(b"@", at + 1)
        if len(found) > 1:
            found.sort(key=lambda item: item[0])
        return found


# Where the mark goes, where the value begins (or ended, then without an end), what ends it.
_Found = tuple[int, int, _End | None] | None


def _password(data: bytes, start: int) -> _Found:
    match = _ASSIGNED.match(data, start) or _LITERAL.match(data, start)
    if match is None:
        return None
    mark = match.group("quote")
    if mark is not None:
        return match.end(), match.end(), _QUOTED[mark]
    return match.end(), match.end(), _LINE_END if match.re is _LITERAL else _BARE_END


def _token(data: bytes, start: int) -> _Found:
    match = _TOKEN.match(data, start)
    return None if match is None else (match.end(), match.end(), _TOKEN_END)


def _url(data: bytes, start: int) -> _Found:
    match = _URL.match(data, start)
    if match is None:
        return None
    password = _STRICT_PASSWORD if match.group("strict") is not None else _LOOSE_PASSWORD
    value = password.match(data, match.end())
    assert value is not None
    return match.end(), value.end(), None


_ANCHORS: Final = ((b"passw", _password), (b"bearer", _token), (b"basic", _token))
