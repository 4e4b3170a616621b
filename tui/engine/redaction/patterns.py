"""What looks like a secret in a stream of bytes: passwords in URLs, connection strings, assignments and SQL, and
authorization tokens. See `redact.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

MARK: Final = b"[redacted]"

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
    rb"""(?i:passw(?:ord|d)) (?i:_?[0-9]{1,4}|_(?:prod|production|staging|stage|dev|test|old|new))?
         (?: \\?["']?[ \t]{0,16}=[ \t]{0,16} | (?<=ord)\\?["']?[ \t]{0,16}:(?!:)[ \t]{0,16} )
         (?: \\?(?P<quote>["']) (?=[^\r\n]) | (?=[^\s"'\x00]) )""",
    re.VERBOSE,
)
_LITERAL: Final = re.compile(
    rb"(?i:password)\s{1,64}(?:(?:[eEnN]|[uU]&)?(?P<quote>')(?=[^\r\n])|(?P<dollar>(?=\$[A-Za-z_\x80-\xff]{0,63}\$)))"
)
# Names of other secrets, as in an environment or a JSON object; what they say about one (`token_type`) is none.
_NAMED: Final = re.compile(
    rb"""(?i:(?:(?<![a-z])|(?<=pg))pass(?:phrase|code)?|token|secret|_pwd|(?:api|private|access)_?key)
         (?!_?(?i:file|path|dir|type|name|id|count|ttl|expir|endpoint|url|length|policy))
         (?i:_[a-z0-9]{1,30}){0,3}
         (?: = (?: (?P<quote>["']) (?=[^\r\n]) | (?=[^\s"'\x00$]{4}) )
           | \\?["'][ \t]{0,16}[:=][ \t]{0,16}\\?(?P<quoted>["']) (?=[^\r\n]) )""",
    re.VERBOSE,
)
_BEHIND: Final = re.compile(rb"(?i:token|secret|_pwd|(?:api|private|access)_?key)(?i:_[a-z0-9]{1,30}){0,3}\\?[\"']?\Z")
"""What such a name ends with just before its `=` or quote."""
NAMES: Final = (b"token", b"secret", b"_pwd", b"api_key", b"apikey", b"private_key", b"access_key")
_LONGEST_NAME: Final = 112
_SPARSE: Final = 256
"""Where so many bytes come to each `=` and `"`, looking before each of them costs less than looking for every name."""
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


class SecretPatterns:
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
        within = max(position, len(data) - _REACH)
        line = max(data.rfind(b"\n", within), data.rfind(b"\r", within)) + 1
        cut = max(line, len(data) - _REACH)
        if cut == line and line > 0:
            hanging = _HANGING_PASSWORD.search(data, max(position, line - 72), line)
            if hanging is not None:
                cut = max(hanging.start(), len(data) - _REACH)
        return cut

    def _anchors(self, data: bytes, start: int, stop: int) -> Iterable[tuple[int, Callable[[bytes, int], _Found]]]:
        lowered = data.lower()
        found: list[tuple[int, Callable[[bytes, int], _Found]]] = []
        for needle, anchor in ANCHORS:
            position = lowered.find(needle, start)
            while 0 <= position < stop:
                found.append((position, anchor))
                position = lowered.find(needle, position + 1)
        _named_in(data, lowered, start, stop, found)
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


def _named_in(
    data: bytes, lowered: bytes, start: int, stop: int, found: list[tuple[int, Callable[[bytes, int], _Found]]]
) -> None:
    """Where the name of another secret stands, with a value behind it."""
    few = (len(data) - start) // _SPARSE
    sparse: list[tuple[int, Callable[[bytes, int], _Found]]] = []
    for tie in (b"=", b'"'):
        position = data.find(tie, start)
        while position >= 0 and few >= 0:
            few -= 1
            # A name that begins before `stop` may end behind it.
            behind = _BEHIND.search(data, max(start, position - _LONGEST_NAME), position)
            if behind is not None and behind.start() < stop:
                sparse.append((behind.start(), _name))
            position = data.find(tie, position + 1)
    if few >= 0:
        found += sparse
        return
    for name in NAMES:
        position = lowered.find(name, start)
        while 0 <= position < stop:
            found.append((position, _name))
            position = lowered.find(name, position + 1)


def _name(data: bytes, start: int) -> _Found:
    match = _NAMED.match(data, start)
    if match is None:
        return None
    mark = match.group("quote") or match.group("quoted")
    return match.end(), match.end(), _BARE_END if mark is None else _QUOTED[mark]


def _password(data: bytes, start: int) -> _Found:
    match = _ASSIGNED.match(data, start) or _LITERAL.match(data, start)
    if match is None:
        return _name(data, start)
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


ANCHORS: Final = ((b"pass", _password), (b"bearer", _token), (b"basic", _token))
KEY_WORDS: Final = (b"pass", b"secret", b"token", b"auth", b"pwd", b"_key", b"apikey", b"credential", b"bearer", b"psk")
"""Some of these stand in every text, in lower case, that has a name which tells of a secret."""
